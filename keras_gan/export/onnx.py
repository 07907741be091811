"""ONNX, for programs in any language."""

import contextlib
import logging
import pathlib
import warnings

from keras_gan.errors import ConfigError, ExportError
from keras_gan.export import noise_graph
from keras_gan.export.interface import Card, Interface, call_through, check_interface, metadata
from keras_gan.export.parity import Exported, check_parity, float32_signatures, work_folder
from keras_gan.export.precision import check_precision, lower
from keras_gan.signature import pick

import numpy as np
import tensorflow as tf

OPSETS = range(15, 19)  # the newest that tf2onnx 1.17 writes is 18
TOLERANCE = 1e-5
MEAN_TOLERANCES = {"float16": 1e-3, "int8": 0.2, "int8_dynamic": 0.2}  # of the samples' spread
CALIBRATION_BATCHES = 16  # of 64 samples


def to_onnx(
    model, path, opset=18, card=None, interface=None, precision="float32", signature=None
) -> Exported:
    """Writes one of a model's signatures, computing in float32, as an ONNX file.

    A GAN has one: inputs `latents (batch, latent_dim) float32` and, for class-conditional networks,
    `labels (batch,) int32`; output `images (batch, height, width, channels) float32` in [-1, 1]
    (`audio`, `clips` and so on of other media); an `Interface` changes them. Metadata that an app
    can read: `keras_gan_version`, `kind`, `latent_size`, `latent_distribution`, of images `range`
    and `layout`, and where they are known `classes` (a JSON list), `recipe` and `licence`; and
    `truncation: network` where scaling latents would change nothing, so that less than 1 needs an
    `Interface(truncation=True)`.
    `keras_gan.runtime.Generator` reads such a file. Equal games give equal bytes.

    Args:
        model: A game with signatures, such as a `GAN`.
        path: The file to write; replaced if it is there.
        opset: Version of ONNX's operators, one of `OPSETS`.
        card: A `Card`: what the file says of the generator.
        interface: An `Interface`: what it takes and gives.
        precision: `"float32"`; `"float16"` stores weights in half the bytes; `"int8"` computes
            in 8 bits, by scales found with 1,024 latents of seed 0; `"int8_dynamic"` matrix
            products alone, by scales found in each call.
        signature: Name of the signature, for a model that has several.

    Returns:
        An `Exported`.

    Raises:
        ConfigError: For an opset, precision, interface or signature that can't be.
        ExportError: If it can't be written, or differs from the Keras network by more than
            1e-5 (in uint8 by more than 1; in a lower precision in the mean by more than
            `MEAN_TOLERANCES` of the samples' standard deviation). Then nothing is left, and a
            file that was there stays.

    Example:

        kg.export.to_onnx(gan, "digits.onnx")
    """
    card, interface = card or Card(), interface or Interface()
    check_opset(opset, interface)
    check_precision(precision)
    signature = pick(float32_signatures(model), signature)
    check_interface(model, signature, interface)
    import onnx

    path = pathlib.Path(path)
    with work_folder(path.parent) as work:
        new = work / path.name
        onnx.save(convert(signature, interface, opset), new)
        fold(new)
        lower(new, precision, list(calibration_inputs(signature, interface)))
        graph = onnx.load(new)
        finish(graph, model, signature, card, interface)
        onnx.save(graph, new)
        differences = compare(signature, new, interface, precision)
        new.replace(path)
    return Exported(path, *differences)


def check_opset(opset, interface):
    """Raises `ConfigError` for an opset out of range, or too old for noise."""
    if opset not in OPSETS:
        raise ConfigError(f"expected an opset from {OPSETS[0]} to {OPSETS[-1]}, got {opset}.")
    if interface.seeded and opset < noise_graph.MIN_OPSET:
        raise ConfigError(
            f"expected opset {noise_graph.MIN_OPSET} for noise drawn inside, got {opset}."
        )


def convert(signature, interface, opset):
    """Returns a signature as an `onnx.ModelProto`, latents not yet drawn inside."""
    specs = dict(signature.inputs)
    if interface.truncation:
        specs["truncation"] = tf.TensorSpec((), tf.float32, name="truncation")

    def serve(*inputs):
        return call_through(signature, interface, dict(zip(specs, inputs, strict=True)))

    with quiet_tf2onnx() as tf2onnx:
        graph, _ = tf2onnx.convert.from_function(tf.function(serve), [*specs.values()], opset=opset)
    check_inputs(graph, [*specs])
    rename_output(graph, output_name(signature))
    return graph


def output_name(signature):
    """Returns the output's name, which in ONNX can't be that of an input."""
    translates = signature.output in signature.inputs
    return f"translated_{signature.output}" if translates else signature.output


def fold(path):
    """Folds constants and fuses what standard operators can, by onnxruntime's own optimiser.

    onnxslim folds one to three nodes more or less, and is a dependency more; the time is the same.
    """
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(onnx.load(path).SerializeToString(), options)


def calibration_inputs(signature, interface):
    """Yields inputs by which scales of activations are found."""
    for index in range(CALIBRATION_BATCHES):
        inputs = signature.example_inputs(64, seed=index)
        if interface.truncation:
            inputs["truncation"] = np.array(1, "float32")
        yield inputs


def finish(graph, model, signature, card, interface):
    """Draws latents inside where asked; gives shapes, names and metadata; checks the graph."""
    import onnx

    if interface.seeded:
        noise_graph.draw_latents(graph, model.latent_dim, model.latent_distribution)
    name_dimensions(graph, signature, interface)
    rename_tensors(graph)
    used = {node.domain for node in graph.graph.node}
    kept = [entry for entry in graph.opset_import if entry.domain in used]
    del graph.opset_import[:], graph.metadata_props[:]
    graph.opset_import.extend(kept)
    known = metadata(model, signature, card, interface)
    onnx.helper.set_model_props(graph, known)
    graph.producer_name, graph.producer_version = "keras_gan", known["keras_gan_version"]
    graph.doc_string = (
        f"An averaged network: {', '.join(signature.inputs)} -> {output_name(signature)}."
    )
    onnx.checker.check_model(graph, full_check=True)


def name_dimensions(graph, signature, interface):
    """Names the batch's dimension, and gives the output the sizes that are known."""
    (output,) = graph.graph.output
    sizes = signature.sample_shape
    if interface.channels_first:
        sizes = (sizes[-1], *sizes[:-1])
    for size, dim in zip(sizes, output.type.tensor_type.shape.dim[1:], strict=True):
        if size is not None:
            dim.dim_value = size
    for value in (*graph.graph.input, output):
        if value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del graph.graph.value_info[:]


def rename_tensors(model):
    """Names tensors and nodes by their order, as tf2onnx's names differ between equal games."""
    graph = model.graph
    kept = {value.name for value in (*graph.input, *graph.output)}
    names = {name: name for name in kept}
    for index, node in enumerate(graph.node):
        node.name = f"{node.op_type}_{index}"
        node.input[:] = [names.setdefault(name, f"tensor_{len(names)}") for name in node.input]
        node.output[:] = [names.setdefault(name, f"tensor_{len(names)}") for name in node.output]
    for entry in graph.initializer:
        entry.name = names[entry.name]
    constants = sorted(graph.initializer, key=lambda entry: int(entry.name.split("_")[1]))
    del graph.initializer[:]
    graph.initializer.extend(constants)
    graph.name, graph.doc_string = "generator", ""


def compare(signature, path, interface, precision):
    """Returns the largest and the mean difference of a file from the Keras network."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    truncation = {"truncation": np.array(0.7, "float32")} if interface.truncation else {}

    def run(inputs):
        feed = {**inputs, **truncation}
        if interface.seeded:  # the seed of the example inputs
            feed["count"] = np.array(len(feed.pop("latents")), "int32")
            feed["seed"] = feed["count"].astype("int64")
        return session.run([output_name(signature)], feed)[0]

    def expected(inputs):
        return call_through(signature, interface, {**inputs, **truncation})

    tolerances = TOLERANCE, np.inf
    if precision != "float32":
        spread = np.std(expected(signature.example_inputs(64, seed=64)))
        tolerances = np.inf, MEAN_TOLERANCES[precision] * spread
    elif interface.uint8:
        tolerances = 1.0, np.inf
    return check_parity(signature, expected, run, tolerances, "ONNX file")


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
