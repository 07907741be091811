"""Times each way to compute a convolution and its gradients on this processor.

    python tools/benchmark/convolutions.py --dtype bfloat16

For each shape it prints the milliseconds of a call (the median of the rounds) and GFLOP/s: forward,
the gradient with respect to the input and the one with respect to the kernel. "rule" is the way
that `keras_gan.convolutions` takes, "TensorFlow", "depth" and "products" are the ways by name. All
ways of a shape run in turn.
"""

import argparse
import math
import statistics
import time

from keras_gan import compilation
from keras_gan.convolutions import Convolution

import tensorflow as tf

# (batch, size, channels, filters, side, strides): DCGAN at 64x64 and 28x28, ResNets at 32x32
SHAPES = (
    (128, 32, 64, 128, 4, 2),
    (128, 16, 128, 256, 4, 2),
    (128, 8, 256, 512, 4, 2),
    (64, 8, 256, 512, 4, 2),
    (64, 64, 3, 64, 4, 2),
    (128, 14, 64, 128, 4, 2),
    (64, 28, 1, 64, 4, 2),
    (64, 16, 64, 64, 3, 1),
    (64, 8, 128, 128, 3, 1),
    (64, 4, 128, 128, 3, 1),
)


def ways(convolution):
    """Returns `(map, way) -> (function, number of its first operand, of its second)`."""
    found = {
        ("forward", "rule"): (convolution.convolve, 0, 1),
        ("input gradient", "rule"): (convolution.input_gradient, 2, 1),
        ("input gradient", "TensorFlow"): (convolution.input_gradient_of_tensorflow, 2, 1),
        ("kernel gradient", "rule"): (convolution.kernel_gradient, 0, 2),
        ("kernel gradient", "TensorFlow"): (convolution.kernel_gradient_of_tensorflow, 0, 2),
    }
    if convolution.folded is not None:
        found |= {
            ("input gradient", "depth"): (convolution.input_gradient_by_depth, 2, 1),
            ("input gradient", "products"): (convolution.input_gradient_by_products, 2, 1),
            ("kernel gradient", "products"): (convolution.kernel_gradient_by_products, 0, 2),
        }
    return found


def compile_call(function, first, second):
    """Returns a function that computes a map once and waits for it."""
    with compilation.in_this_process(jit_compile=False):
        compiled = tf.function(function).get_concrete_function(first, second)

    def call():
        start = time.perf_counter()
        compiled(first, second)[0].numpy()
        return time.perf_counter() - start

    call()
    return call


def time_shape(shape, dtype, rounds):
    """Returns `(map, way) -> seconds of each round`, and the operations of a map."""
    batch, size, channels, filters, side, strides = shape
    kernel_shape = (side, side, channels, filters)
    convolution = Convolution.of((None, size, size, channels), kernel_shape, strides, "same")
    outputs = (batch, convolution.rows, convolution.columns, filters)
    shapes = (batch, size, size, channels), kernel_shape, outputs
    operands = [tf.cast(tf.random.stateless_normal(s, (0, 1)), dtype) for s in shapes]
    calls = {
        name: compile_call(function, operands[first], operands[second])
        for name, (function, first, second) in ways(convolution).items()
    }
    seconds = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            seconds[name].append(call())
    return seconds, 2 * side**2 * channels * math.prod(outputs)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="bfloat16")
    parser.add_argument("--rounds", type=int, default=11)
    arguments = parser.parse_args()
    print("batch, channels, filters, map, side: milliseconds (GFLOP/s)")
    for shape in SHAPES:
        seconds, operations = time_shape(shape, arguments.dtype, arguments.rounds)
        batch, size, channels, filters, side, strides = shape
        print(f"{batch}, {channels}, {filters}, {size} -> {-(-size // strides)}, {side}")
        for (part, way), values in seconds.items():
            median = statistics.median(values)
            print(f"  {part:16} {way:10} {1e3 * median:8.2f} ({operations / median / 1e9:5.0f})")


if __name__ == "__main__":
    main()
