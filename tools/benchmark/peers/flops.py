"""Floating-point operations of a traced function: its matrix products and convolutions."""

import math


def product(operation):
    """Of a matrix product."""
    inner = operation.inputs[0].shape[0 if operation.get_attr("transpose_a") else 1]
    return 2 * math.prod(operation.outputs[0].shape) * inner


def convolution(operation):
    """Of a convolution."""
    return 2 * math.prod(operation.outputs[0].shape) * math.prod(operation.inputs[1].shape[:3])


def to_input(operation):
    """Of a convolution's gradient with respect to its input, or a transposed convolution."""
    return 2 * math.prod(operation.inputs[2].shape) * math.prod(operation.inputs[1].shape[:3])


def to_filter(operation):
    """Of a convolution's gradient with respect to its filter."""
    return 2 * math.prod(operation.inputs[2].shape) * math.prod(operation.outputs[0].shape[:3])


COUNTED = {
    "MatMul": product,
    "Conv2D": convolution,
    "Conv2DBackpropInput": to_input,
    "Conv2DBackpropFilter": to_filter,
}


def flops(concrete):
    """Of a call of a `tf.types.experimental.ConcreteFunction` that TensorFlow won't prune.

    Returns:
        An int; None where it depends on a condition how much is computed.
    """
    operations = needed(concrete)
    if any(operation.type in ("If", "StatelessIf", "While") for operation in operations):
        return None
    return sum(COUNTED[op.type](op) for op in operations if op.type in COUNTED)


def needed(concrete):
    """The operations on which results or variables depend."""
    graph = concrete.graph
    waiting = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    found = {}
    while waiting:
        operation = waiting.pop()
        if operation.name not in found:
            found[operation.name] = operation
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return found.values()
