"""ONNX, for programs in any language."""

import contextlib
import importlib.metadata
import json
import logging
import pathlib
import warnings

from keras_gan.errors import ConfigError, ExportError
from keras_gan.export.parity import (
    Exported,
    call,
    check_parity,
    float32_generator,
    output_name,
    work_folder,
)

import tensorflow as tf

TOLERANCE = 1e-5
OPSETS = range(15, 19)  # the newest that tf2onnx 1.17 writes is 18


def to_onnx(gan, path, opset=18, recipe=None, class_names=None) -> Exported:
    """Writes the averaged generator, in float32, as an ONNX file.

    Inputs `latents (batch, latent_dim) float32` and, for class-conditional networks,
    `labels (batch,) int32`; output `images (batch, height, width, channels) float32` in [-1, 1]
    (`samples` where they are no images). Metadata that an app can read: `keras_gan_version`,
    `latent_size`, `range`, and where they are known `recipe` and `classes` (a JSON list).

    Args:
        gan: A `GAN`.
        path: The file to write; replaced if it is there.
        opset: Version of ONNX's operators, one of `OPSETS`.
        recipe: Name of the recipe it was trained by.
        class_names: Names of the classes, label 0 first.

    Returns:
        An `Exported`.

    Raises:
        ConfigError: For an opset out of range.
        ExportError: If it can't be written, or differs from the Keras generator by more than
            1e-5. Then nothing is left, and a file that was there stays.

    Example:

        kg.export.to_onnx(gan, "digits.onnx")
    """
    if opset not in OPSETS:
        raise ConfigError(f"expected an opset from {OPSETS[0]} to {OPSETS[-1]}, got {opset}.")
    import onnx
    import onnxruntime

    path = pathlib.Path(path)
    generator = float32_generator(gan)
    model = convert(gan, generator, opset)
    describe(model, gan, recipe, class_names)
    onnx.checker.check_model(model, full_check=True)
    with work_folder(path.parent) as work:
        onnx.save(model, work / path.name)
        session = onnxruntime.InferenceSession(work / path.name, providers=["CPUExecutionProvider"])
        difference = check_parity(
            gan,
            generator,
            lambda inputs: session.run([output_name(gan)], inputs)[0],
            TOLERANCE,
            "ONNX file",
        )
        (work / path.name).replace(path)
    return Exported(path, difference)


def convert(gan, generator, opset):
    """The averaged generator as an `onnx.ModelProto` with the documented names."""
    latents = tf.TensorSpec((None, gan.latent_dim), tf.float32, name="latents")
    labels = [tf.TensorSpec((None,), tf.int32, name="labels")] if gan.conditional else []
    serve = tf.function(lambda *inputs: call(generator, *inputs))
    with quiet_tf2onnx() as tf2onnx:
        model, _ = tf2onnx.convert.from_function(serve, [latents, *labels], opset=opset)
    check_inputs(model, ["latents", "labels"][: 1 + gan.conditional])
    rename_output(model, output_name(gan))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    for size, dim in zip(
        gan.sample_shape, model.graph.output[0].type.tensor_type.shape.dim[1:], strict=True
    ):
        dim.dim_value = size
    return model


def check_inputs(model, wanted):
    """Raises `ExportError` where tf2onnx took a layer's constants for inputs."""
    strange = [value.name for value in model.graph.input if value.name not in wanted]
    if strange:
        raise ExportError(
            f"expected an ONNX graph with the inputs {', '.join(wanted)}, tf2onnx made others too: "
            f"{', '.join(strange)}. A layer keeps tensors that are no weights, such as a Keras "
            "Normalization with given moments; put a Rescaling in its place."
        )


@contextlib.contextmanager
def quiet_tf2onnx():
    """tf2onnx without its log and without warnings that tell our users nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tf2onnx

        logger = logging.getLogger("tf2onnx")
        level = logger.level
        logger.setLevel(logging.ERROR)
        try:
            yield tf2onnx
        finally:
            logger.setLevel(level)


def rename_output(model, name):
    """Gives the graph's one output another name."""
    (output,) = model.graph.output
    for node in model.graph.node:
        node.output[:] = [name if entry == output.name else entry for entry in node.output]
        node.input[:] = [name if entry == output.name else entry for entry in node.input]
    output.name = name


def describe(model, gan, recipe, class_names):
    """Adds the metadata."""
    import onnx

    version = importlib.metadata.version("keras_gan")
    if class_names is None and gan.num_classes:
        class_names = [str(label) for label in range(gan.num_classes)]
    facts = {
        "keras_gan_version": version,
        "latent_size": str(gan.latent_dim),
        "range": "-1 1",
        "recipe": recipe,
        "classes": json.dumps(list(class_names)) if class_names else None,
    }
    onnx.helper.set_model_props(model, {key: fact for key, fact in facts.items() if fact})
    model.producer_name, model.producer_version = "keras_gan", version
    model.doc_string = "The averaged generator of a GAN: latents -> samples."
