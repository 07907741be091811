"""Toy distributions of the GAN literature, with the papers' parameters."""

import math

from keras_gan.datasets.toy.mixture import GaussianMixture

import numpy as np


def gaussian1d() -> GaussianMixture:
    """Returns one Gaussian on the line, N(4, 0.5^2).

    Source: J. Glover, "An introduction to Generative Adversarial Networks (with code in
    TensorFlow)", 2016, whose parameters most one-dimensional demonstrations use.
    """
    return GaussianMixture([[4.0]], 0.5, name="gaussian1d")


def gaussians8() -> GaussianMixture:
    """Returns eight Gaussians on a ring of radius 2, sigma 0.02.

    Source: Metz et al., "Unrolled Generative Adversarial Networks", ICLR 2017.
    """
    angles = np.arange(8) * math.pi / 4
    means = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return GaussianMixture(means, 0.02, name="gaussians8")


def gaussians25() -> GaussianMixture:
    """Returns twenty-five Gaussians at {-4, -2, 0, 2, 4}^2, sigma 0.05.

    Source: Lin et al., "PacGAN: The power of two samples in generative adversarial networks",
    NeurIPS 2018.
    """
    positions = np.linspace(-4, 4, 5)
    means = np.stack(np.meshgrid(positions, positions, indexing="ij"), axis=-1).reshape(-1, 2)
    return GaussianMixture(means, 0.05, name="gaussians25")


def swissroll() -> GaussianMixture:
    """Returns a ribbon along the spiral t (cos t, sin t) / 7.5, t uniform in [1.5 pi, 4.5 pi].

    Its Gaussian width is 0.25 / 7.5. The integral along t is the midpoint sum of 2,000 Gaussians.
    Neighbours are at most 0.27 sigma apart, so the sum equals the integral up to rounding, except
    at the two ends.

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017 (its toy data).
    """
    count = 2_000
    t = 1.5 * math.pi + 3 * math.pi * (np.arange(count) + 0.5) / count
    means = np.stack([t * np.cos(t), t * np.sin(t)], axis=1) / 7.5
    return GaussianMixture(means, 0.25 / 7.5, modes=False, name="swissroll")


# fmt: off
DISTRIBUTIONS = {
    "gaussian1d":  gaussian1d,
    "gaussians8":  gaussians8,
    "gaussians25": gaussians25,
    "swissroll":   swissroll,
}
# fmt: on
