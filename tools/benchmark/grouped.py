"""Compares `GroupedConv2D` with a dense convolution of the same number of operations.

    python tools/benchmark/grouped.py --size 32 --width 16

The shapes are those of R3GAN's residual blocks: 3x3 kernels, twice the stage's channels in groups
of 16, and maps from `--size` down to 4. The number of the dense convolution's channels is the
multiple of 8 whose number of operations is nearest, and its times are scaled by the remaining ratio
of operations. Each convolution runs without XLA and compiled by XLA:

- forward: the outputs;
- first: the gradient of the sum of the cubed outputs with respect to inputs and kernel;
- second: the gradient, with respect to the kernel, of the squared norm of the gradient with respect
  to the inputs, as in R1.

Prints the milliseconds per call, and the ratios of the grouped to the dense convolution's wall and
processor times: median, minimum and maximum of alternating rounds. `--out` writes them as JSON.
"""

import argparse
import json
import pathlib
import statistics
import time

from alternate import ratios
from keras_gan import compilation
from keras_gan.layers import GroupedConv2D
from keras_gan.networks.r3gan import GROUP

import keras
import numpy as np
import tensorflow as tf


def shapes(size, width):
    """Returns `(size of the maps, channels)` of each stage, the largest maps first."""
    stages = (size // 4).bit_length()
    return [(size >> stage, 2 * min(width << stage, max(width, 768))) for stage in range(stages)]


def dense_channels(channels):
    """Returns the number of channels at which a dense convolution costs about the same."""
    return max(8 * round((channels * GROUP) ** 0.5 / 8), 8)


def calls(layer, shape, jit):
    """Returns the functions to time, as name -> function without arguments."""
    x = tf.constant(np.random.default_rng(0).normal(size=shape), tf.float32)
    layer(x)
    kernel = layer.kernel.value

    def cubes():
        y = layer(x)
        return tf.reduce_sum(y * y * y)

    def first():
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = cubes()
        return tape.gradient(total, [x, kernel])

    def second():
        with tf.GradientTape() as outer:
            with tf.GradientTape() as tape:
                tape.watch(x)
                total = cubes()
            norm = tf.reduce_sum(tf.square(tape.gradient(total, x)))
        return outer.gradient(norm, kernel)

    def compiled(function):
        def traced():
            with compilation.in_this_process(jit):
                return function()

        return tf.function(traced, jit_compile=jit, autograph=False)

    ways = {"forward": lambda: layer(x), "first order": first, "second order": second}
    return {name: compiled(way) for name, way in ways.items()}


def seconds(function, times):
    """Returns the wall and processor time of a call."""
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(times):
        function()
    return (time.perf_counter() - clock) / times, (time.process_time() - processor) / times


def compared(size, channels, jit, arguments):
    """Compares both convolutions at a shape; returns name -> times and ratios."""
    dense = dense_channels(channels)
    shape = (arguments.batch_size, size, size)
    grouped = calls(GroupedConv2D(channels, 3, channels // GROUP), (*shape, channels), jit)
    other = calls(keras.layers.Conv2D(dense, 3, padding="same"), (*shape, dense), jit)
    correction = channels * GROUP / dense**2
    return {name: timed(way, other[name], correction, arguments) for name, way in grouped.items()}


def timed(grouped, dense, correction, arguments):
    """Times two functions in alternating rounds.

    Args:
        grouped, dense: Functions without arguments.
        correction: Factor for the times of `dense`.
        arguments: The parsed command line.
    """
    for function in (grouped, dense):
        seconds(function, 2)  # compiles
    rounds = [
        [seconds(function, arguments.calls) for function in (grouped, dense)]
        for _ in range(arguments.rounds)
    ]
    clock, processor = (
        ([one[i] for one, _ in rounds], [correction * other[i] for _, other in rounds])
        for i in (0, 1)
    )
    return {
        "milliseconds": [1000 * statistics.median(side) for side in clock],
        "clock": ratios(*clock),
        "processor": ratios(*processor),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in {"size": 32, "width": 16, "batch_size": 32, "rounds": 9, "calls": 5}.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    parser.add_argument("--out", type=pathlib.Path, help="a JSON file to write")
    arguments = parser.parse_args()
    found = {}
    print(f"{'':34} {'grouped':>8} {'dense ms':>8}   ratio of wall times     of processor times")
    for jit in (False, True):
        for size, channels in shapes(arguments.size, arguments.width):
            groups = channels // GROUP
            shape = f"{'XLA' if jit else 'native'} {size}x{size}x{channels} in {groups}"
            for name, row in compared(size, channels, jit, arguments).items():
                found[f"{shape} {name}"] = row
                times = "{:8.2f} {:8.2f}".format(*row["milliseconds"])
                spreads = [
                    "{:6.2f} ({:.2f} to {:.2f})".format(*row[kind])
                    for kind in ("clock", "processor")
                ]
                print(f"{shape + ' ' + name:34} {times} {'  '.join(spreads)}", flush=True)
    if arguments.out:
        settings = {**vars(arguments), "out": str(arguments.out)}
        arguments.out.write_text(json.dumps({**settings, "rows": found}), "utf-8")


if __name__ == "__main__":
    main()
