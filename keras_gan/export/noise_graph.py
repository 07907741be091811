"""An ONNX graph that draws latents from a seed, for programs without a random generator.

The numbers equal those of `keras_gan.noise` and `keras_gan.runtime.generator`: Philox-4x32-10, in
64-bit integers below 2^49, and the Box-Muller transform.
"""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx

MIN_OPSET = 18  # has BitwiseXor
WORD, HALF_WORD = 2**32, 2**16
MULTIPLIERS = ((0xD2511F53,), (0xCD9E8D57,))  # for words 0 and 2 of a counter
KEY_STEPS = ((0x9E3779B9,), (0xBB67AE85,))
SCRAMBLE = ((0x3EC8F720,), (0x02461E29,))


class Graph:
    """A builder of ONNX graphs: `graph("Add", "x", 1)` adds a node and names its output."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def __call__(self, operator: str, *inputs, output: str | None = None, **attributes) -> str:
        """Adds a node.

        Args:
            operator: ONNX's name of the operator.
            *inputs: Names of tensors. Numbers and arrays become constants, ints of 64 bits.
            output: Name of the output; a new name by default.
            **attributes: Attributes of the node.

        Returns:
            The name of its output.
        """
        import onnx

        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        output = output or f"noise_{len(self.nodes)}"
        self.nodes.append(onnx.helper.make_node(operator, names, [output], **attributes))
        return output

    def constant(self, value: float | np.ndarray) -> str:
        """Adds a constant and returns its name."""
        import onnx

        name = f"noise_constant_{len(self.constants)}"
        self.constants.append(onnx.numpy_helper.from_array(np.asarray(value), name))
        return name


def draw_latents(model: "onnx.ModelProto", latent_dim: int, distribution: str) -> None:
    """Replaces a model's input `latents` by the inputs `count () int32` and `seed () int64`.

    Args:
        model: An `onnx.ModelProto` of opset 18 or newer, which is modified.
        latent_dim: Size of the latent vector.
        distribution: `"normal"` or `"uniform"`.
    """
    from onnx import TensorProto, helper

    graph = Graph()
    count = graph("Cast", "count", to=TensorProto.INT64)
    size = graph("Mul", count, [latent_dim])
    units = to_unit(graph, random_words(graph, graph("Squeeze", size)))
    values = (to_symmetric if distribution == "uniform" else to_normal)(graph, units)
    values = graph("Slice", values, [0], size)
    shape = graph("Concat", graph("Unsqueeze", count, [0]), [latent_dim], axis=0)
    graph("Reshape", values, shape, output="latents")

    inputs = [entry for entry in model.graph.input if entry.name != "latents"]
    nodes = [*graph.nodes, *model.graph.node]
    del model.graph.input[:], model.graph.node[:]
    model.graph.input.append(helper.make_tensor_value_info("count", TensorProto.INT32, ()))
    model.graph.input.append(helper.make_tensor_value_info("seed", TensorProto.INT64, ()))
    model.graph.input.extend(inputs)
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(graph.constants)


def random_words(graph: Graph, size: str) -> str:
    """Draws at least `size ()` random 32-bit words from the input `seed`: int64 `(4, groups)`."""
    low, high = graph("Mod", "seed", [WORD]), graph("Div", "seed", [WORD])
    seed = graph("Concat", low, high, [0], [0], axis=0)
    mixed = philox(graph, graph("Reshape", seed, [4, 1]), SCRAMBLE)
    key, stream = graph("Slice", mixed, [0], [2]), graph("Slice", mixed, [2], [4])
    groups = graph("Range", 0, graph("Div", graph("Add", size, 3), 4), 1)
    first = graph("Unsqueeze", groups, [0])
    zeros = graph("Mul", first, 0)
    rest = graph("Add", zeros, stream)
    return philox(graph, graph("Concat", first, zeros, rest, axis=0), key)


def philox(graph: Graph, counters: str, key: str) -> str:
    """Applies ten rounds of Philox-4x32 to counters `(4, n)` with a key `(2, 1)`: `(4, n)`.

    Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
    """
    even, odd = graph("Gather", counters, [0, 2]), graph("Gather", counters, [1, 3])
    for index in range(10):
        high, low = multiply(graph, even)
        step = np.multiply(KEY_STEPS, index) % WORD
        round_key = graph("Mod", graph("Add", key, step), WORD)
        mixed = graph("BitwiseXor", graph("Gather", high, [1, 0]), odd)
        even, odd = graph("BitwiseXor", mixed, round_key), graph("Gather", low, [1, 0])
    words = graph("Concat", even, odd, axis=0)
    return graph("Gather", words, [0, 2, 1, 3])


def multiply(graph: Graph, words: str) -> tuple[str, str]:
    """Multiplies words `(2, n)` by the two multipliers; returns the high and the low 32 bits."""
    by_high = graph("Mul", words, np.floor_divide(MULTIPLIERS, HALF_WORD))
    by_low = graph("Mul", words, np.mod(MULTIPLIERS, HALF_WORD))
    carry_sum = graph("Add", by_high, graph("Div", by_low, HALF_WORD))
    shifted = graph("Mul", graph("Mod", by_high, HALF_WORD), HALF_WORD)
    return graph("Div", carry_sum, HALF_WORD), graph("Mod", graph("Add", shifted, by_low), WORD)


def to_unit(graph: Graph, words: str) -> str:
    """Converts the low 23 bits of words to float32 in [0, 1)."""
    from onnx import TensorProto

    low = graph("Cast", graph("Mod", words, 2**23), to=TensorProto.FLOAT)
    return graph("Mul", low, np.float32(2**-23))


def to_symmetric(graph: Graph, units: str) -> str:
    """Converts units `(4, groups)` to numbers `(4 * groups,)`, uniform in [-1, 1)."""
    symmetric = graph("Sub", graph("Mul", units, np.float32(2)), np.float32(1))
    return graph("Reshape", graph("Transpose", symmetric, perm=[1, 0]), [-1])


def to_normal(graph: Graph, units: str) -> str:
    """Converts units `(4, groups)` to standard normal numbers `(4 * groups,)` by Box-Muller."""
    from onnx import TensorProto

    first = graph("Max", graph("Gather", units, [0, 2]), np.float32(1e-7))
    radius = graph("Sqrt", graph("Mul", graph("Log", first), np.float32(-2)))
    turn = graph("Cast", graph("Gather", units, [1, 3]), to=TensorProto.DOUBLE)
    angle = graph("Cast", graph("Mul", turn, 2 * np.pi), to=TensorProto.FLOAT)
    pair = [graph("Mul", radius, graph(wave, angle)) for wave in ("Sin", "Cos")]
    stacked = graph("Concat", *(graph("Unsqueeze", wave, [2]) for wave in pair), axis=2)
    return graph("Reshape", graph("Transpose", stacked, perm=[1, 0, 2]), [-1])
