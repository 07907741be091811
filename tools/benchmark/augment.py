"""Measures the cost of augmentations, compared with a pass of the discriminator.

    python tools/benchmark/augment.py --size 32 --batch 32
    python tools/benchmark/augment.py --size 32 --batch 32 --recipe stylegan2_ada
    python tools/benchmark/augment.py --size 64 --spectrum

Prints the milliseconds of the forward pass, and of the forward pass with the gradient with respect
to the images: medians of alternating rounds, minus the time of an identity function, with the
lowest and highest round. ADA has p = 1. "bilinear" is ADA with bilinear sampling instead of the
filter of the wavelet sym6.

`--recipe` compares the training step of a recipe's variant for a CPU, 16 steps a round, without
augmentation and with both samplings at p = 0.5; the ratios are those of the same round.

`--spectrum` prints the share of white noise's power that ADA's blit and geometry keep at p = 0.5,
in four rings of equal width up to half the sampling rate.
"""

import argparse
import functools
import time
from unittest import mock

import keras_gan as kg
from alternate import ratios, spread
from keras_gan import augment, noise
from keras_gan.augment import ada, resample

import numpy as np
import tensorflow as tf

KEY = noise.make_key(0)
WAYS = {"sym6": resample.resample, "bilinear": resample.interpolate}
STEPS = 16  # of a round: R1 is computed in every 16th


def sampled_by(way, function):
    """Returns a function that is traced with another way of sampling in ADA."""

    def call(*arguments):
        with mock.patch.object(ada, "resample", WAYS[way]):
            return function(*arguments)

    return call


def candidates(shape):
    """Returns the functions to measure, as name -> function of images."""
    layers = {"DiffAugment": augment.DiffAugment(), "ADA": augment.ADA(p=1.0)}
    for kind, p in ((augment.DiffAugment, {}), (augment.ADA, {"p": 1.0})):
        for name in kind.choices:
            layers[f"{kind.__name__} {name}"] = kind((name,), **p)
    functions = {name: lambda x, layer=layer: layer(x, KEY) for name, layer in layers.items()}
    functions["ADA, bilinear"] = sampled_by("bilinear", functions["ADA"])
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


def measure_passes(arguments, shape, images):
    """Prints the cost of each augmentation."""
    ways = {name: compiled(f, arguments.jit) for name, f in candidates(shape).items()}
    for way in ways.values():
        for function in way:
            milliseconds(function, images)  # compiles
    rounds = [
        {name: [milliseconds(f, images) for f in way] for name, way in ways.items()}
        for _ in range(arguments.rounds)
    ]
    for name in ways:
        cost = [[r[name][i] - r["nothing"][i] for r in rounds] for i in (0, 1)]
        forward, gradient = map(spread, cost)
        print(f"{name:22} forward {forward}   forward and gradient {gradient}")


def make_step(recipe, shape, images, way):
    """Returns a function that runs the steps of a round, compiled."""
    augmentation = way and augment.ADA(p=0.5, target=None)
    gan = kg.recipes.build(recipe, shape, width="small", augmentation=augmentation or "none")
    data = tf.data.Dataset.from_tensors(images).repeat(STEPS)
    fit = functools.partial(gan.fit, data, verbose=0)
    return sampled_by(way, fit) if way else fit


def measure_steps(arguments, shape, images):
    """Prints the time of a training step without augmentation and with both samplings."""
    ways = {way: make_step(arguments.recipe, shape, images, way) for way in (None, *WAYS)}
    times = {way: [] for way in ways}
    for index in range(arguments.rounds + 1):
        for way in list(ways)[:: -1 if index % 2 else 1]:
            start = time.perf_counter()
            ways[way]()
            if index:  # the first round compiles
                times[way].append(1000 * (time.perf_counter() - start) / STEPS)
    for way, values in times.items():
        ratio, lowest, highest = ratios(values, times[None])
        compared = f"{ratio:.3f} ({lowest:.3f} to {highest:.3f}) times as long as without"
        print(f"{way or 'no augmentation':22} {spread(values)}   {compared}")


def measure_spectrum(size, count=4096):
    """Prints the power that each way of sampling keeps, by band."""
    images = np.random.default_rng(0).normal(size=(count, size, size, 1)).astype("float32")
    before = power_by_band(images)
    for way in WAYS:
        layer = augment.ADA(("blit", "geometry"), p=0.5)
        after = power_by_band(sampled_by(way, layer)(images, KEY).numpy())
        print(f"{way:10}", *(f"{100 * share:6.1f} %" for share in after / before))


def power_by_band(images):
    """Returns the power of images in four rings of frequency, without the corners beyond."""
    power = np.mean(np.abs(np.fft.fft2(images, axes=(1, 2))) ** 2, axis=(0, 3))
    frequency = np.fft.fftfreq(len(power))
    band = (8 * np.hypot(frequency[:, None], frequency)).astype(int)
    return np.bincount(band.ravel(), power.ravel())[:4]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--jit", action="store_true")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--recipe", help="measure its training step")
    parser.add_argument("--spectrum", action="store_true", help="measure the power kept by band")
    arguments = parser.parse_args()
    if arguments.spectrum:
        measure_spectrum(arguments.size)
        return
    shape = (arguments.size, arguments.size, arguments.channels)
    values = np.random.default_rng(0).uniform(-1, 1, (arguments.batch, *shape))
    images = tf.constant(values, tf.float32)
    print(f"{arguments.batch} x {shape}, jit {'on' if arguments.jit else 'off'}, milliseconds")
    (measure_steps if arguments.recipe else measure_passes)(arguments, shape, images)


if __name__ == "__main__":
    main()
