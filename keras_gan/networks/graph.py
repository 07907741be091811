"""What the graph of a functional network tells: the range of its outputs, and its classes."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras

INFINITY = math.inf
ANY = (-INFINITY, INFINITY)
RANGES = {  # activations and operations, without underscores, by the range of their values
    **dict.fromkeys(("sigmoid", "hardsigmoid", "sparsesigmoid", "softmax", "sparsemax"), (0, 1)),
    **dict.fromkeys(("tanh", "softsign", "hardtanh"), (-1, 1)),
    **dict.fromkeys(("relu", "softplus", "squareplus", "sparseplus"), (0, INFINITY)),
    **dict.fromkeys(("exponential", "exp", "abs", "absolute", "square"), (0, INFINITY)),
    **dict.fromkeys(("logsigmoid", "logsoftmax"), (-INFINITY, 0)),
    **dict.fromkeys(
        ("linear", "leakyrelu", "prelu", "tanhshrink", "softshrink", "hardshrink"), ANY
    ),
    **dict.fromkeys(("silu", "swish"), (-0.28, INFINITY)),
    **{"relu6": (0, 6), "elu": (-1, INFINITY), "celu": (-1, INFINITY), "selu": (-1.76, INFINITY)},
    **{"gelu": (-0.17, INFINITY), "mish": (-0.31, INFINITY), "hardsilu": (-0.38, INFINITY)},
}
# Keras's layers and operations that only move values, or take means and maxima of them
MOVING = (
    *("Reshape", "Flatten", "Permute", "Identity", "RepeatVector", "Squeeze", "ExpandDims"),
    *("Transpose", "Cast", "Mean", "Max", "Min", "Flip", "Repeat", "Tile", "GetItem"),
    *(f"{kind}{rank}D" for kind in ("Cropping", "UpSampling") for rank in (1, 2, 3)),
    *(
        f"{scope}{kind}Pooling{rank}D"
        for scope in ("", "Global")
        for kind in ("Average", "Max")
        for rank in (1, 2, 3)
    ),
)
AFFINE = {  # operations of a tensor and a number -> (scale, offset)
    "Add": lambda number: (1, number),
    "Subtract": lambda number: (1, -number),
    "Multiply": lambda number: (number, 0),
    "TrueDivide": lambda number: (1 / number, 0),
    "Divide": lambda number: (1 / number, 0),
}
REFLECTED = {  # operations of a number and a tensor -> (scale, offset)
    "Add": lambda number: (1, number),
    "Subtract": lambda number: (-1, number),
    "Multiply": lambda number: (number, 0),
}


class End(NamedTuple):
    """The activation in which a network ends.

    Attributes:
        low, high: Bounds of the values, infinite where there is none.
        activation: Its name, such as `"sigmoid"`.
        layer: The layer, or the operation, that computes it.
        is_alone: Whether the layer computes nothing else.
    """

    low: float
    high: float
    activation: str
    layer: Any
    is_alone: bool

    def scaled(self, scale: float, offset: float) -> "End":
        """Returns the end with its bounds scaled and moved."""
        low, high = sorted((self.low * scale + offset, self.high * scale + offset))
        return self._replace(low=low, high=high)

    def __str__(self):
        return f"{self.layer.name} ({type(self.layer).__name__})"


def output_range(network: keras.Model, index: int = 0) -> tuple[float, float] | None:
    """Returns the range that the last activation of a network gives its output.

    Args:
        network: Functional or Sequential model.
        index: Index of the output.

    Returns:
        `(low, high)`, infinite where the activation sets no bound; None for a network whose end
        isn't one of Keras's activations.

    Example:

    >>> import keras
    >>> from keras_gan.networks.graph import output_range
    >>> layers = [keras.Input((4,)), keras.layers.Dense(2, activation="tanh")]
    >>> output_range(keras.Sequential(layers))
    (-1, 1)
    """
    end = find_end(network, index)
    return None if end is None else (end.low, end.high)


def find_end(network: keras.Model, index: int = 0) -> End | None:
    """Returns the `End` of a network's output; None if its graph doesn't tell."""
    return trace(network.outputs[index])


def trace(tensor: keras.KerasTensor) -> End | None:
    """Returns the `End` that computes a symbolic tensor, behind what only moves its values."""
    operation, node_index, tensor_index = tensor._keras_history
    if operation is None or not operation._inbound_nodes:
        return None
    if isinstance(operation, keras.Model):
        return trace(operation.outputs[tensor_index]) if has_graph(operation) else None
    node, kind = operation._inbound_nodes[node_index], type(operation).__name__
    source = node.input_tensors[0] if len(node.input_tensors) == 1 else None
    if source is not None and (kind in MOVING or is_linear(operation)):
        return trace(source)
    change = affine_change(operation, node)
    if source is not None and change is not None:
        end = trace(source)
        return end and end.scaled(*change)
    return end_of(operation)


def is_linear(operation: Any) -> bool:
    """Returns whether an operation is an `Activation("linear")`."""
    is_activation = isinstance(operation, keras.layers.Activation)
    return is_activation and activation_of(operation) == "linear"


def affine_change(operation: Any, node: Any) -> tuple[float, float] | None:
    """Returns `(scale, offset)` of an operation that scales and moves its input, or None."""
    kind, arguments = type(operation).__name__, node.arguments.args
    if isinstance(operation, keras.layers.Rescaling):
        numbers = operation.scale, operation.offset
        return numbers if all(map(is_plain, numbers)) else None
    if len(arguments) != 2:
        return None
    first, second = arguments
    if kind in AFFINE and is_plain(second) and second != 0:
        return AFFINE[kind](second)
    if kind in REFLECTED and is_plain(first) and first != 0:
        return REFLECTED[kind](first)
    return None


def is_plain(value: Any) -> bool:
    """Returns whether a value is a number of Python."""
    return isinstance(value, int | float)


def end_of(operation: Any) -> End | None:
    """Returns the `End` of a layer or an operation by itself; None for an unknown one."""
    layer = operation
    while isinstance(layer, keras.layers.Wrapper) and hasattr(layer, "layer"):
        layer = layer.layer
    name = activation_of(layer)
    if name is None:
        return None
    low, high = RANGES[name]
    if name == "relu" and isinstance(layer, keras.layers.ReLU):
        low = -INFINITY if layer.negative_slope else low
        high = high if layer.max_value is None else layer.max_value
    return End(low, high, name, operation, is_alone(layer))


def is_alone(layer: Any) -> bool:
    """Returns whether a layer computes nothing but its activation."""
    return isinstance(layer, keras.layers.Activation) or not hasattr(layer, "activation")


def activation_of(layer: Any) -> str | None:
    """Returns the name of a layer's or an operation's activation, as in `RANGES`, or None."""
    function = getattr(layer, "activation", None)
    if function is None and isinstance(layer, keras.layers.Lambda):
        function = layer.function
    is_own = not type(layer).__module__.startswith("keras.")
    name = getattr(function, "__name__", None if function or is_own else type(layer).__name__)
    name = name and name.replace("_", "").lower()
    return name if name in RANGES else None


def num_classes_of(network: keras.Model) -> int | None:
    """Returns the number of classes of a class-conditional network, or None if it isn't known.

    It is the network's attribute `num_classes`, or else that of `count_classes`.

    Args:
        network: Network with the inputs `[latents or samples, labels]`.
    """
    count = getattr(network, "num_classes", None)
    if count is not None or len(network.inputs) < 2:
        return count
    return count_classes(network, 1)


def count_classes(network: keras.Model, index: int) -> int | None:
    """Returns the number of classes that a network's input of labels has, if its graph tells.

    It is that of the `Embedding`, the `CategoryEncoding`, the `one_hot` or another layer with
    `num_classes` that reads the labels.

    Args:
        network: Functional or Sequential model.
        index: Index of the input.

    Example:

    >>> import keras
    >>> from keras_gan.networks.graph import count_classes
    >>> labels = keras.Input((), dtype="int32")
    >>> count_classes(keras.Model(labels, keras.layers.Embedding(10, 4)(labels)), 0)
    10
    """
    tensors = {id(network.inputs[index])}
    for node in in_order(network):
        if not any(id(tensor) in tensors for tensor in node.input_tensors):
            continue
        operation, kind = node.operation, type(node.operation).__name__
        if has_graph(operation):
            places = [i for i, t in enumerate(node.input_tensors) if id(t) in tensors]
            count = count_classes(operation, places[0])
        elif kind in MOVING and len(node.input_tensors) == 1:
            tensors |= set(map(id, node.outputs))
            continue
        else:
            count = first_count(operation)
        if count is not None:
            return count
    return None


def first_count(operation: Any) -> int | None:
    """Returns the number of classes that a layer or an operation itself has, or None."""
    for name in ("input_dim", "num_tokens", "num_classes"):
        count = getattr(operation, name, None)
        if isinstance(count, int):
            return count
    return None


def has_graph(operation: Any) -> bool:
    """Returns whether a layer is a functional or Sequential model with known inputs."""
    return isinstance(operation, keras.Model) and bool(getattr(operation, "inputs", None))


def graph_of(network: keras.Model) -> keras.Model:
    """Returns the functional model of a network, which a Sequential one holds."""
    return getattr(network, "_functional", None) or network


def in_order(network: keras.Model) -> list:
    """Returns the nodes of a network's graph, inputs first."""
    nodes = graph_of(network)._nodes_by_depth
    return [node for depth in sorted(nodes, reverse=True) for node in nodes[depth]]


def one_or_all(tensors: Sequence) -> Any:
    """Returns the only tensor, or a list of all: the inputs or outputs of a network."""
    return list(tensors) if len(tensors) > 1 else tensors[0]
