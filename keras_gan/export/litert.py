"""LiteRT (TensorFlow Lite), for phones and small machines."""

import pathlib
import tempfile
import warnings

from keras_gan.errors import ConfigError, ExportError
from keras_gan.export.interface import call, output_name
from keras_gan.export.parity import Exported, check_parity, float32_generator, work_folder
from keras_gan.export.saved_model import write

import numpy as np
import tensorflow as tf

TOLERANCE = 1e-5


def to_litert(gan, path) -> Exported:
    """Writes the averaged generator, in float32, as a `.tflite` file.

    Its signature `serving_default` has the inputs `latents (batch, latent_dim) float32` and, for
    class-conditional networks, `labels (batch,) int32`, and the output `images` in [-1, 1]
    (`samples` where they are no images), for any batch. Operators are LiteRT's built-in ones.

    Args:
        gan: A `GAN`.
        path: The file to write; replaced if it is there.

    Returns:
        An `Exported`.

    Raises:
        ConfigError: Without LiteRT, which `pip install "keras_gan[litert]"` brings.
        ExportError: If it can't be written, or differs from the Keras generator by more than
            1e-5. Then nothing is left, and a file that was there stays.

    Example:

        kg.export.to_litert(gan, "digits.tflite")
    """
    interpreter = import_interpreter()
    path = pathlib.Path(path)
    generator = float32_generator(gan)
    with work_folder(path.parent) as work:
        (work / path.name).write_bytes(convert(gan, generator))
        run = runner(interpreter, work / path.name, output_name(gan))
        found = check_parity(
            gan,
            lambda inputs: call(generator, *inputs.values()),
            run,
            (TOLERANCE, np.inf),
            "LiteRT file",
        )
        (work / path.name).replace(path)
    return Exported(path, *found)


def import_interpreter():
    """LiteRT's interpreter, or an error that names the extra."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ConfigError('expected LiteRT; pip install "keras_gan[litert]".') from error
    return Interpreter


def convert(gan, generator):
    """The averaged generator as the bytes of a `.tflite` file."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own
        write(gan, generator, folder, jit_compile=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=["serving_default"]
        )
        try:
            return converter.convert()
        except Exception as error:  # the converter's errors have no common class
            raise ExportError(f"LiteRT can't hold this generator: {error}") from error


def runner(interpreter, path, output):
    """`dict of arrays -> samples` of a file."""
    serve = interpreter(model_path=str(path)).get_signature_runner("serving_default")
    return lambda inputs: serve(**inputs)[output]
