"""Distances between sets of points, and the modes that points cover."""

import math
from collections.abc import Callable

from keras_gan.checks import check_positive
from keras_gan.datasets.toy.mixture import check_points, squared_distances

import numpy as np
from numpy.typing import ArrayLike

QUADRATURE_NODES = 16


def energy_distance(x: ArrayLike, y: ArrayLike) -> float:
    """Computes the energy distance sqrt(2 E|x - y| - E|x - x'| - E|y - y'|), in float64.

    The means are over all pairs, including each point with itself (the V-statistic). It is never
    negative and 0 for equal sets. For n and m points of one distribution it is about
    sqrt((1/n + 1/m) E|x - x'|).

    Args:
        x: `(n, dim)` floats, or `(n,)`.
        y: `(m, dim)` floats, or `(m,)`.

    Returns:
        A float, in the square root of the points' unit.

    Source: Szekely and Rizzo, "Energy statistics: A class of statistics based on distances", 2013.

    Example:

    >>> from keras_gan.metrics.known import energy_distance
    >>> energy_distance([0.0], [2.0])
    2.0
    """
    x, y = as_table(x), as_table(y)
    x, y = check_points(x, x.shape[1]), check_points(y, x.shape[1])
    squared = 2 * mean_distance(x, y) - mean_distance(x, x) - mean_distance(y, y)
    return math.sqrt(max(0.0, squared))  # only rounding makes it negative


def as_table(points: ArrayLike) -> np.ndarray:
    """Returns points as `(n, dim)`; reshapes `(n,)` to `(n, 1)`."""
    points = np.asarray(points, "float64")
    return points[:, None] if points.ndim == 1 else points


def mean_distance(x: np.ndarray, y: np.ndarray) -> float:
    """Computes E|x - y| over all pairs, in blocks."""
    total = sum(np.sqrt(squared).sum() for squared in squared_distances(x, y))
    return total / (len(x) * len(y))


def wasserstein_1d(x: ArrayLike, y: ArrayLike | Callable[[np.ndarray], np.ndarray]) -> float:
    """Computes the Wasserstein-1 distance in one dimension, the mean distance of equal quantiles.

    Args:
        x: `(n,)` or `(n, 1)` floats.
        y: Another such array, for the exact distance; or the quantile function `(n,) -> (n,)` of a
            known distribution, for a quadrature that is exact to 1e-5 sigma for a Gaussian.

    Returns:
        A float, in the unit of x.

    Example:

    >>> from keras_gan.metrics.known import wasserstein_1d
    >>> wasserstein_1d([0.0, 1.0], [2.0, 3.0])
    2.0
    """
    x = np.sort(check_points(as_table(x), 1)[:, 0])
    if callable(y):
        return distance_to_quantiles(x, y)
    y = np.sort(check_points(as_table(y), 1)[:, 0])
    values = np.sort(np.concatenate([x, y]))
    below = [np.searchsorted(points, values[:-1], "right") / len(points) for points in (x, y)]
    return float(np.sum(np.abs(below[0] - below[1]) * np.diff(values)))


def distance_to_quantiles(x: np.ndarray, quantile: Callable[[np.ndarray], np.ndarray]) -> float:
    """Integrates |quantile of x - quantile(u)| over u, by Gauss-Legendre on each step of x.

    Args:
        x: Sorted values.
        quantile: A quantile function; it may be infinite at 0 and 1, which aren't nodes.
    """
    # Repeating the values keeps their distribution and shortens the steps, for a smaller error.
    x = np.repeat(x, math.ceil(1_000 / len(x)))
    nodes, weights = np.polynomial.legendre.leggauss(QUADRATURE_NODES)
    shares = (np.arange(len(x))[:, None] + (nodes + 1) / 2) / len(x)
    gaps = np.abs(x[:, None] - quantile(shares.ravel()).reshape(shares.shape))
    return float(np.mean(gaps @ weights / 2))


def modes_and_good_samples(
    points: ArrayLike, means: ArrayLike, sigma: float, within: float = 3.0
) -> tuple[int, float]:
    """Computes the number of modes that points cover, and the share of good samples.

    A sample is good if it is within `within` sigma of the nearest mean, and a mode is covered by
    one good sample. In two dimensions, 1 - exp(-4.5) = 98.9 % of the samples of the exact
    distribution are good.

    Args:
        points: `(n, dim)` floats; n is 2,500 in the papers.
        means: `(modes, dim)` floats.
        sigma: Standard deviation of a mode, more than 0.
        within: Radius of a mode, in sigma.

    Returns:
        `(modes, share)`: an int, and a float from 0 to 1.

    Raises:
        ConfigError: For a sigma or a radius that isn't positive.
        DataError: For points of another dimension than the means', or that aren't finite.

    Source: Srivastava et al., "VEEGAN", NeurIPS 2017, and Lin et al., "PacGAN", NeurIPS 2018.

    Example:

    >>> from keras_gan.metrics.known import modes_and_good_samples
    >>> modes_and_good_samples([[0.1], [0.2], [0.9], [0.5]], [[0.0], [1.0], [2.0]], sigma=0.1)
    (2, 0.75)
    """
    means = as_table(means)
    points = check_points(points, means.shape[1])
    check_positive("sigma", sigma)
    check_positive("within", within)
    parts = [
        squared.argmin(axis=1)[squared.min(axis=1) <= (within * sigma) ** 2]
        for squared in squared_distances(points, means)
    ]
    modes = np.concatenate(parts)
    return len(np.unique(modes)), len(modes) / len(points)
