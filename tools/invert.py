"""Finds held-out images in the latent space of a generator.

    python tools/invert.py                 # 16 test digits in the shipped one, for three seeds
    python tools/invert.py --tuning 100 --out inversion.png
    python tools/invert.py --pictures fashion_mnist:test   # what it can't make
    python tools/invert.py --checkpoints RUN/checkpoints --training faces --pictures held_out

Prints root mean square errors in grey levels of 255: of the inversions, of the nearest random
samples, of the nearest training images, and of the projection to as many principal components of
the training images as there are latents.
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
    """Draws images of a source, `(count, *sample_shape)`."""
    return next(read_batches(source, choose(len(source), count, seed), count))


def principal_components(source, count):
    """Returns the projection of images to the first principal components of a source."""
    training = pictures_of(source, len(source), 0).reshape(len(source), -1).astype("float64")
    mean = training.mean(axis=0)
    axes = np.linalg.eigh(np.cov(training.T))[1][:, -count:]

    def reduced(images):
        flat = images.reshape(len(images), -1) - mean
        return (flat @ axes @ axes.T + mean).reshape(images.shape)

    return reduced


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoints", help="a game's folder of them (default: shipped digits)")
    parser.add_argument("--training", default="digits", help="its data (default: digits)")
    parser.add_argument("--pictures", default="mnist:test", help="(default: mnist:test)")
    parser.add_argument("--count", type=int, default=16, help="for each seed (default: 16)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="(default: 0 1 2)")
    parser.add_argument(
        "--tuning", type=int, default=0, help="steps of pivotal tuning (default: 0)"
    )
    parser.add_argument("--out", help="a sheet of the last seed's")
    arguments = parser.parse_args()
    if arguments.checkpoints:
        gan = kg.checkpoints.Checkpoints(arguments.checkpoints).load()
    else:
        gan = parity.shipped_digits()
    *size, channels = gan.sample_shape
    training = kg.datasets.open_source(arguments.training, size, channels)
    source = kg.datasets.open_source(arguments.pictures, size, channels)
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
