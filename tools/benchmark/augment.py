"""Measures the cost of augmentations, compared with a pass of the discriminator.

    python tools/benchmark/augment.py --size 28 --channels 1 --batch 64

Prints the milliseconds of the forward pass, and of the forward pass with the gradient with respect
to the images: medians of alternating rounds, minus the time of an identity function. ADA has p = 1.
"""

import argparse
import statistics
import time

import keras_gan as kg
from keras_gan import augment, noise

import numpy as np
import tensorflow as tf


def candidates(shape):
    """Returns the functions to measure, as name -> function of images."""
    key = noise.make_key(0)
    layers = {"DiffAugment": augment.DiffAugment(), "ADA": augment.ADA(p=1.0)}
    for kind, p in ((augment.DiffAugment, {}), (augment.ADA, {"p": 1.0})):
        for name in kind.known:
            layers[f"{kind.__name__} {name}"] = kind((name,), **p)
    functions = {name: lambda x, layer=layer: layer(x, key) for name, layer in layers.items()}
    discriminator = kg.networks.DCGANDiscriminator(shape, width=64)
    return {"nothing": tf.identity, "DCGAN discriminator": discriminator, **functions}


def compiled(function, jit):
    """Returns the compiled forward pass, and the compiled forward pass with the gradient."""

    def forward(images):
        return tf.reduce_sum(tf.square(function(images)))

    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = forward(images)
        return tape.gradient(total, images)

    return [tf.function(way, jit_compile=jit) for way in (forward, gradient)]


def milliseconds(function, images, calls=10):
    """Returns the wall time of a call in milliseconds, the minimum of several calls."""
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        function(images).numpy()
        times.append(1000 * (time.perf_counter() - start))
    return min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--jit", action="store_true")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    shape = (arguments.size, arguments.size, arguments.channels)
    values = np.random.default_rng(0).uniform(-1, 1, (arguments.batch, *shape))
    images = tf.constant(values, tf.float32)
    ways = {name: compiled(f, arguments.jit) for name, f in candidates(shape).items()}
    for way in ways.values():
        for function in way:
            milliseconds(function, images)  # compiles
    rounds = [
        {name: [milliseconds(f, images) for f in way] for name, way in ways.items()}
        for _ in range(arguments.rounds)
    ]
    print(f"{arguments.batch} x {shape}, jit {'on' if arguments.jit else 'off'}, milliseconds")
    for name in ways:
        cost = [[r[name][i] - r["nothing"][i] for r in rounds] for i in (0, 1)]
        forward, gradient = map(statistics.median, cost)
        print(f"{name:24} forward {forward:7.2f}   forward and gradient {gradient:7.2f}")


if __name__ == "__main__":
    main()
