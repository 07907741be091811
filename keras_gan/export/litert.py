"""LiteRT (TensorFlow Lite), for phones and small machines."""

import os
import tempfile
import warnings
from collections.abc import Mapping

from keras_gan.errors import ConfigError, missing_extra
from keras_gan.export.conversion import name_layer, unrolled
from keras_gan.export.parity import Exported, check_parity, float32_signatures, work_folder
from keras_gan.export.saved_model import write
from keras_gan.files.atomic import check_path, replace
from keras_gan.networks.graph import one_or_all
from keras_gan.signature import Signature, pick

import keras
import numpy as np
import tensorflow as tf

TOLERANCE = 1e-5


def to_litert(
    model: keras.Model, path: str | os.PathLike, signature: str | None = None
) -> Exported:
    """Writes one of a model's signatures, in float32, as a `.tflite` file.

    The signature of a GAN is `serving_default`. Its inputs are `latents (batch, latent_dim)
    float32` and, for class-conditional networks, `labels (batch,) int32`. Its output is `images`
    in [-1, 1], or `audio`, `clips` and so on for other media. The batch size is free, and the file
    uses only LiteRT's built-in operators.

    Args:
        model: A model with signatures, such as a `GAN`.
        path: The file to write; an existing file is replaced.
        signature: Name of the signature, if the model has several.

    Returns:
        An `Exported`.

    Raises:
        ConfigError: If LiteRT isn't installed (the extra litert).
        ExportError: If the file can't be written, or differs from the Keras network by more than
            1e-5. An existing file is kept then.

    Example:

        kg.export.to_litert(gan, "digits.tflite")
    """
    interpreter = import_interpreter()
    path, signatures = check_path(path), float32_signatures(model)
    function = pick(signatures, signature)
    name = next(name for name, each in signatures.items() if each is function)
    with work_folder(path.parent) as work:
        new = work / path.name
        content = convert(model, signatures, name)
        new.write_bytes(content)
        # by its path the interpreter would hold the file open, which Windows then can't rename
        serve = interpreter(model_content=content).get_signature_runner(name)
        differences = check_parity(
            function,
            function,
            lambda inputs: serve(**inputs)[function.output],
            (TOLERANCE, np.inf),
            "LiteRT file",
        )
        replace(new, path)
    return Exported(path, *differences)


def import_interpreter() -> type:
    """Imports LiteRT's interpreter; raises `ConfigError` if it isn't installed."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise ConfigError(missing_extra("litert", "to write LiteRT files", error)) from error
    return Interpreter


def convert(model: keras.Model, signatures: Mapping[str, Signature], name: str) -> bytes:
    """Converts a signature to the bytes of a `.tflite` file."""
    network = signatures[name].network
    advice = "use to_saved_model, which keeps all layers"
    with (
        tempfile.TemporaryDirectory() as folder,
        warnings.catch_warnings(),
        unrolled(network),
        name_layer(network, convert_part, "LiteRT", advice),
    ):
        warnings.simplefilter("ignore")  # the converter's warnings don't concern our users
        write(model, signatures, folder, jit_compile=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[name])
        return converter.convert()


def convert_part(network: keras.Model) -> bytes:
    """Converts a network to the bytes of a `.tflite` file, to find a layer that can't be."""
    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in network.inputs]
    function = tf.function(lambda *inputs: network(one_or_all(inputs), training=False))
    concrete = function.get_concrete_function(*specs)
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], network).convert()
