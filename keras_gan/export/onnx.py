"""ONNX, for programs in any language."""

import contextlib
import logging
import os
import pathlib
import types
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from keras_gan.errors import ConfigError, ExportError
from keras_gan.export import noise_graph
from keras_gan.export.conversion import name_layer, unrolled
from keras_gan.export.interface import Card, Interface, call_through, check_interface, metadata
from keras_gan.export.parity import Exported, check_parity, float32_signatures, work_folder
from keras_gan.export.precision import check_precision, lower
from keras_gan.files.atomic import check_path, replace
from keras_gan.networks.graph import one_or_all
from keras_gan.signature import Signature, pick

import keras
import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    import onnx

OPSETS = range(15, 19)  # tf2onnx 1.17 supports up to 18
TOLERANCE = 1e-5
# Share of the samples' standard deviation
MEAN_TOLERANCES = {"float16": 1e-3, "int8": 0.2, "int8_dynamic": 0.2}
CALIBRATION_BATCHES = 16  # of 64 samples


def to_onnx(
    model: keras.Model,
    path: str | os.PathLike,
    opset: int = 18,
    card: Card | None = None,
    interface: Interface | None = None,
    precision: str = "float32",
    signature: str | None = None,
) -> Exported:
    """Writes one of a model's signatures, computed in float32, as an ONNX file.

    The signature of a GAN has the inputs `latents (batch, latent_dim) float32` and, for
    class-conditional networks, `labels (batch,) int32`. Its output is `images (batch, height,
    width, channels) float32` in [-1, 1], or `audio`, `clips` and so on for other media. An
    `Interface` changes inputs and outputs.

    The metadata for apps are `keras_gan_version`, `kind`, `latent_size`, `latent_distribution`, for
    images `range` and `layout`, and if known `classes` (a JSON list), `recipe` and `licence`. The
    entry `truncation: network` marks networks that don't react to scaled latents; for truncation
    they need `Interface(truncation=True)`.

    `keras_gan.runtime.Generator` reads such files. Equal models give equal bytes.

    Args:
        model: A model with signatures, such as a `GAN`.
        path: The file to write; an existing file is replaced.
        opset: Version of the ONNX operators, one of `OPSETS`.
        card: A `Card` that describes the generator.
        interface: An `Interface`: form of the inputs and outputs.
        precision: `"float32"`; `"float16"` stores weights in half the bytes; `"int8"` computes
            in 8 bits, with scales calibrated on 1,024 latents; `"int8_dynamic"` computes only
            matrix products in 8 bits, with scales computed in each call.
        signature: Name of the signature, if the model has several.

    Returns:
        An `Exported`.

    Raises:
        ConfigError: If the opset, precision, interface or signature isn't supported.
        ExportError: If the file can't be written, or differs from the Keras network by more than
            1e-5 (for uint8 by more than 1; for a lower precision, if the mean difference exceeds
            `MEAN_TOLERANCES` of the samples' standard deviation). An existing file is kept then.

    Example:

        kg.export.to_onnx(gan, "digits.onnx")
    """
    card, interface = card or Card(), interface or Interface()
    check_opset(opset, interface)
    check_precision(precision)
    signature = pick(float32_signatures(model), signature)
    check_interface(model, signature, interface)
    import onnx

    path = check_path(path)
    with work_folder(path.parent) as work:
        new = work / path.name
        with name_onnx_layer(signature.network, opset):
            onnx.save(convert(signature, interface, opset), new)
            fold(new)
        lower(new, precision, list(calibration_inputs(signature, interface)))
        graph = onnx.load(new)
        finish(graph, model, signature, card, interface)
        onnx.save(graph, new)
        with name_onnx_layer(signature.network, opset):
            differences = compare(signature, new, interface, precision)
        replace(new, path)
    return Exported(path, *differences)


def check_opset(opset: int, interface: Interface) -> None:
    """Raises `ConfigError` if the opset is out of range, or too old to draw latents."""
    if opset not in OPSETS:
        raise ConfigError(f"expected an opset from {OPSETS[0]} to {OPSETS[-1]}, got {opset}.")
    if interface.seeded and opset < noise_graph.MIN_OPSET:
        raise ConfigError(
            f"expected opset {noise_graph.MIN_OPSET} to draw latents in the graph, got {opset}."
        )


def convert(signature: Signature, interface: Interface, opset: int) -> "onnx.ModelProto":
    """Converts a signature to an `onnx.ModelProto` that takes latents."""
    specs = dict(signature.inputs)
    if interface.truncation:
        specs["truncation"] = tf.TensorSpec((), tf.float32, name="truncation")

    def serve(*inputs):
        return call_through(signature, interface, dict(zip(specs, inputs, strict=True)))

    with unrolled(signature.network):
        graph = convert_function(serve, [*specs.values()], opset)
    check_inputs(graph, [*specs])
    rename_output(graph, output_name(signature))
    return graph


def convert_function(
    function: Callable, specs: Sequence[tf.TensorSpec], opset: int
) -> "onnx.ModelProto":
    """Converts a function of tensors of these specs to ONNX."""
    with quiet_tf2onnx() as tf2onnx:
        graph, _ = tf2onnx.convert.from_function(
            tf.function(function),
            specs,
            opset=opset,
            custom_op_handlers={"Erfc": (convert_erfc, []), "Expm1": (convert_expm1, [])},
        )
    return graph


def convert_erfc(context: Any, node: Any, name: str, arguments: list) -> None:
    """Converts TensorFlow's Erfc, which a GELU has and ONNX hasn't, to 1 - Erf."""
    replace_node(context, node, lambda one, x: [one, context.make_node("Erf", [x]).output[0]])


def convert_expm1(context: Any, node: Any, name: str, arguments: list) -> None:
    """Converts TensorFlow's Expm1, which a CELU has and ONNX hasn't, to Exp - 1."""
    replace_node(context, node, lambda one, x: [context.make_node("Exp", [x]).output[0], one])


def replace_node(context: Any, node: Any, terms: Callable) -> None:
    """Replaces a node of tf2onnx by a difference.

    Args:
        context: tf2onnx's graph.
        node: A node of one input.
        terms: Function of the names of a constant 1 and of the input, which returns those of both
            terms.
    """
    (source,), (target,) = node.input, node.output
    shape, dtype = context.get_shape(target), context.get_dtype(target)
    context.remove_node(node.name)
    one = context.make_const(f"{node.name}_one", np.array(1, "float32")).output[0]
    context.make_node("Sub", terms(one, source), outputs=[target], shapes=[shape], dtypes=[dtype])


def name_onnx_layer(network: keras.Model, opset: int) -> contextlib.AbstractContextManager:
    """Names the layer that can't be converted to ONNX, in the errors of a `with` block."""

    def convert_part(part):
        import onnxruntime

        specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in part.inputs]
        with unrolled(part):
            graph = convert_function(lambda *inputs: part(one_or_all(inputs)), specs, opset)
        onnxruntime.InferenceSession(graph.SerializeToString())

    return name_layer(network, convert_part, "ONNX", "use to_saved_model, which keeps all layers")


def output_name(signature: Signature) -> str:
    """Returns the output's name; ONNX doesn't allow the name of an input."""
    translates = signature.output in signature.inputs
    return f"translated_{signature.output}" if translates else signature.output


def fold(path: pathlib.Path) -> None:
    """Folds constants and fuses standard operators with onnxruntime's optimizer.

    onnxslim leaves one to three nodes more or fewer at the same speed, and would be another
    dependency.
    """
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(path)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(onnx.load(path).SerializeToString(), options)


def calibration_inputs(
    signature: Signature, interface: Interface
) -> Iterator[dict[str, np.ndarray]]:
    """Yields the inputs with which the scales of activations are calibrated."""
    for index in range(CALIBRATION_BATCHES):
        inputs = signature.example_inputs(64, seed=index)
        if interface.truncation:
            inputs["truncation"] = np.array(1, "float32")
        yield inputs


def finish(
    graph: "onnx.ModelProto",
    model: keras.Model,
    signature: Signature,
    card: Card,
    interface: Interface,
) -> None:
    """Adds the drawing of latents, shapes, names and metadata; checks the graph."""
    import onnx

    if interface.seeded:
        noise_graph.draw_latents(graph, model.latent_dim, model.latent_distribution)
    name_dimensions(graph, signature, interface)
    rename_tensors(graph)
    domains = {node.domain for node in graph.graph.node}
    opsets = [entry for entry in graph.opset_import if entry.domain in domains]
    del graph.opset_import[:], graph.metadata_props[:]
    graph.opset_import.extend(opsets)
    entries = metadata(model, signature, card, interface)
    onnx.helper.set_model_props(graph, entries)
    graph.producer_name, graph.producer_version = "keras_gan", entries["keras_gan_version"]
    graph.doc_string = (
        f"An averaged network: {', '.join(signature.inputs)} -> {output_name(signature)}."
    )
    onnx.checker.check_model(graph, full_check=True)


def name_dimensions(graph: "onnx.ModelProto", signature: Signature, interface: Interface) -> None:
    """Names the batch dimension, and sets the known sizes of the output."""
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


def rename_tensors(model: "onnx.ModelProto") -> None:
    """Numbers tensors and nodes in order, as tf2onnx's names differ between equal models."""
    graph = model.graph
    names = {value.name: value.name for value in (*graph.input, *graph.output)}
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


def compare(
    signature: Signature, path: pathlib.Path, interface: Interface, precision: str
) -> tuple[float, float]:
    """Computes the largest and the mean difference of a file from the Keras network."""
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


def check_inputs(model: "onnx.ModelProto", names: Iterable[str]) -> None:
    """Raises `ExportError` if tf2onnx added a layer's constants as inputs."""
    extra = [value.name for value in model.graph.input if value.name not in names]
    if extra:
        raise ExportError(
            f"expected an ONNX graph with the inputs {', '.join(names)}, but tf2onnx added "
            f"{', '.join(extra)}. A layer holds tensors that aren't weights, such as a Keras "
            "Normalization with given moments; replace it by a Rescaling."
        )


@contextlib.contextmanager
def quiet_tf2onnx() -> Iterator[types.ModuleType]:
    """Yields tf2onnx with its log and its warnings silenced, which don't concern our users."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tf2onnx

        logger = logging.getLogger("tf2onnx")
        level = logger.level
        logger.setLevel(logging.CRITICAL)
        try:
            yield tf2onnx
        finally:
            logger.setLevel(level)


def rename_output(model: "onnx.ModelProto", name: str) -> None:
    """Renames the only output of a graph."""
    (output,) = model.graph.output
    for node in model.graph.node:
        node.output[:] = [name if entry == output.name else entry for entry in node.output]
        node.input[:] = [name if entry == output.name else entry for entry in node.input]
    output.name = name
