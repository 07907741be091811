"""LiteRT (TensorFlow Lite), for phones and small machines."""

import pathlib
import tempfile
import warnings

from keras_gan.errors import ConfigError, ExportError
from keras_gan.export.parity import Exported, check_parity, float32_signatures, work_folder
from keras_gan.export.saved_model import write
from keras_gan.signature import pick

import numpy as np
import tensorflow as tf

TOLERANCE = 1e-5


def to_litert(model, path, signature=None) -> Exported:
    """Writes one of a model's signatures, in float32, as a `.tflite` file.

    A GAN's is `serving_default`; it has the inputs `latents (batch, latent_dim) float32` and, for
    class-conditional networks, `labels (batch,) int32`, and the output `images` in [-1, 1]
    (`audio`, `clips` and so on of other media), for any batch. Operators are LiteRT's own.

    Args:
        model: A game with signatures, such as a `GAN`.
        path: The file to write; replaced if it is there.
        signature: Name of the signature, for a model that has several.

    Returns:
        An `Exported`.

    Raises:
        ConfigError: Without LiteRT, which `pip install "keras_gan[litert]"` brings.
        ExportError: If it can't be written, or differs from the Keras network by more than
            1e-5. Then nothing is left, and a file that was there stays.

    Example:

        kg.export.to_litert(gan, "digits.tflite")
    """
    interpreter = import_interpreter()
    path, signatures = pathlib.Path(path), float32_signatures(model)
    chosen = pick(signatures, signature)
    name = next(name for name, each in signatures.items() if each is chosen)
    with work_folder(path.parent) as work:
        new = work / path.name
        new.write_bytes(convert(model, signatures, name))
        serve = interpreter(model_path=str(new)).get_signature_runner(name)
        differences = check_parity(
            chosen,
            chosen,
            lambda inputs: serve(**inputs)[chosen.output],
            (TOLERANCE, np.inf),
            "LiteRT file",
        )
        new.replace(path)
    return Exported(path, *differences)


def import_interpreter():
    """LiteRT's interpreter, or an error that names the extra."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ConfigError('expected LiteRT; pip install "keras_gan[litert]".') from error
    return Interpreter


def convert(model, signatures, name):
    """Returns a signature as the bytes of a `.tflite` file."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the converter's own
        write(model, signatures, folder, jit_compile=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[name])
        try:
            return converter.convert()
        except Exception as error:  # the converter's errors have no common class
            raise ExportError(f"LiteRT can't hold this generator: {error}") from error
