"""Finds held-out digits of MNIST in the latents of the shipped generator of digits.

    python tools/invert_digits.py                 # 16 test digits, for each of three seeds
    python tools/invert_digits.py --tuning 100 --out inversion.png
    python tools/invert_digits.py --pictures fashion_mnist:test   # what it can't make

Prints root mean square errors in grey levels of 255: of what was found, of the nearest random
samples, of the nearest of the 10,000 digits that the generator was trained on, and of these digits'
principal components, as many as there are latents.
"""

import argparse
import time

import keras_gan as kg
import parity
from keras_gan import explore
from keras_gan.explore.distance import root_mean_squares
from keras_gan.metrics.evaluate import choose, read_batches

import numpy as np


def pictures_of(source, count, seed):
    """Some pictures of a source, `(count, 28, 28, 1)`."""
    return next(read_batches(source, choose(len(source), count, seed), count))


def principal_components(source, count):
    """`images -> images`, through so many principal components of a source."""
    training = pictures_of(source, len(source), 0).reshape(len(source), -1).astype("float64")
    mean = training.mean(axis=0)
    axes = np.linalg.eigh(np.cov(training.T))[1][:, -count:]

    def reduced(images):
        flat = images.reshape(len(images), -1) - mean
        return (flat @ axes @ axes.T + mean).reshape(images.shape)

    return reduced


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", default="mnist:test", help="(default: mnist:test)")
    parser.add_argument("--count", type=int, default=16, help="for each seed (default: 16)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(default: 0 1 2)")
    parser.add_argument(
        "--tuning", type=int, default=0, help="steps of pivotal tuning (default: 0)"
    )
    parser.add_argument("--out", help="a sheet of the last seed's")
    arguments = parser.parse_args()
    gan, training = parity.shipped_digits(), kg.datasets.open_source("digits")
    source = kg.datasets.open_source(arguments.pictures)
    reduced = principal_components(training, gan.latent_dim)
    for seed in arguments.seeds:
        images = pictures_of(source, arguments.count, seed)
        begun = time.perf_counter()
        found = explore.invert(gan, images, tuning=arguments.tuning, seed=seed)
        seconds = time.perf_counter() - begun
        nearest = explore.nearest_in_source(images, training)
        linear = root_mean_squares(reduced(images), images).mean()
        print(f"seed {seed}, {seconds:.1f} s: {found.summary(nearest)}")
        print(f"  {gan.latent_dim} principal components: {linear:.1f}", flush=True)
    if arguments.out:
        found.sheet(nearest).save(arguments.out)


if __name__ == "__main__":
    main()
