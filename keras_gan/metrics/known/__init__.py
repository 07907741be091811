"""Metrics of generated points against a distribution that is known exactly.

A known distribution is an object such as `keras_gan.datasets.toy.GaussianMixture`, with `sample`,
`cell_masses`, `means`, `sigma`, `modes`, `dim` and, in one dimension, `quantile`.
"""

from keras_gan.metrics.known.discriminator import discriminator_gap, optimal_discriminator, sigmoid
from keras_gan.metrics.known.grids import (
    cell_centres,
    covering_edges,
    jensen_shannon,
    masses_on_grid,
    total_variation,
)
from keras_gan.metrics.known.points import energy_distance, modes_and_good_samples, wasserstein_1d
from keras_gan.metrics.known.report import Closeness, closeness

__all__ = [
    "Closeness",
    "cell_centres",
    "closeness",
    "covering_edges",
    "discriminator_gap",
    "energy_distance",
    "jensen_shannon",
    "masses_on_grid",
    "modes_and_good_samples",
    "optimal_discriminator",
    "sigmoid",
    "total_variation",
    "wasserstein_1d",
]
