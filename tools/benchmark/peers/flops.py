"""Floating-point operations of a traced function: its matrix products and convolutions."""

import math


def product(operation):
    """Returns the operations of a matrix product."""
    inner = operation.inputs[0].shape[0 if operation.get_attr("transpose_a") else 1]
    return 2 * math.prod(operation.outputs[0].shape) * inner


def convolution(operation):
    """Returns the operations of a convolution."""
    return 2 * math.prod(operation.outputs[0].shape) * math.prod(operation.inputs[1].shape[:3])


def to_input(operation):
    """Returns the operations of a transposed convolution, or of a gradient by the input."""
    return 2 * math.prod(operation.inputs[2].shape) * math.prod(operation.inputs[1].shape[:3])


def to_filter(operation):
    """Returns the operations of a convolution's gradient with respect to its filter."""
    return 2 * math.prod(operation.inputs[2].shape) * math.prod(operation.outputs[0].shape[:3])


COUNTED = {
    "MatMul": product,
    "Conv2D": convolution,
    "Conv2DBackpropInput": to_input,
    "Conv2DBackpropFilter": to_filter,
}
VARYING = ("If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile")


def flops(concrete):
    """Counts the floating-point operations of a call of a concrete function.

    Operations on which neither results nor variables depend don't count, as TensorFlow prunes them.

    Args:
        concrete: A `tf.types.experimental.ConcreteFunction`.

    Returns:
        An int; None for a function with conditions or loops, whose number of operations varies.
    """
    operations = needed(concrete)
    if any(operation.type in VARYING for operation in operations):
        return None
    return sum(COUNTED[op.type](op) for op in operations if op.type in COUNTED)


def needed(concrete):
    """Returns the operations on which results or variables depend."""
    graph = concrete.graph
    waiting = [tensor.op for tensor in graph.outputs] + list(graph.control_outputs)
    found = {}
    while waiting:
        operation = waiting.pop()
        if operation.name not in found:
            found[operation.name] = operation
            waiting += [tensor.op for tensor in operation.inputs] + list(operation.control_inputs)
    return found.values()
