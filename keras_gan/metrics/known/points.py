"""Distances between sets of points, and the modes that points hit."""

import math

from keras_gan.checks import check_positive
from keras_gan.datasets.toy.mixture import check_points, squared_distances

import numpy as np

QUADRATURE_NODES = 16


def energy_distance(x, y):
    """The energy distance sqrt(2 E|x - y| - E|x - x'| - E|y - y'|) of two sets of points.

    The means run over all pairs, a point with itself too (the V-statistic): it is never negative,
    0 for equal sets, exact, and of n and m points of one distribution about
    sqrt((1/n + 1/m) E|x - x'|). In float64.

    Args:
        x: `(n, dim)` floats, or `(n,)`.
        y: `(m, dim)` floats, or `(m,)`.

    Returns:
        A float, in the points' unit to the power 1/2.

    Source: Szekely and Rizzo, "Energy statistics: A class of statistics based on distances", 2013.

    Example:

    >>> from keras_gan.metrics.known import energy_distance
    >>> energy_distance([0.0], [2.0])
    2.0
    """
    x, y = as_table(x), as_table(y)
    x, y = check_points(x, x.shape[1]), check_points(y, x.shape[1])
    squared = 2 * mean_distance(x, y) - mean_distance(x, x) - mean_distance(y, y)
    return math.sqrt(max(0.0, squared))  # rounding alone makes it negative


def as_table(points):
    """Numbers on the line as `(n, 1)`."""
    points = np.asarray(points, "float64")
    return points[:, None] if points.ndim == 1 else points


def mean_distance(x, y):
    """E|x - y| over all pairs, in blocks."""
    total = sum(np.sqrt(squared).sum() for squared in squared_distances(x, y))
    return total / (len(x) * len(y))


def wasserstein_1d(x, y):
    """The Wasserstein-1 distance on the line: the mean distance of equal quantiles.

    Args:
        x: `(n,)` or `(n, 1)` floats.
        y: Another such array: then exact. Or the quantile function `(n,) -> (n,)` of a known
            distribution: then by quadrature, for a Gaussian within 1e-5 sigma.

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


def distance_to_quantiles(x, quantile):
    """Integral over u of |x's quantile - quantile(u)|, by Gauss-Legendre on each step of x's.

    Args:
        x: Sorted values.
        quantile: A quantile function, which may be infinite at 0 and 1: no node lies there.
    """
    # Repeated values are the same distribution in shorter steps, at whose ends less is lost.
    x = np.repeat(x, math.ceil(1_000 / len(x)))
    nodes, weights = np.polynomial.legendre.leggauss(QUADRATURE_NODES)
    shares = (np.arange(len(x))[:, None] + (nodes + 1) / 2) / len(x)
    gaps = np.abs(x[:, None] - quantile(shares.ravel()).reshape(shares.shape))
    return float(np.mean(gaps @ weights / 2))


def modes_and_good_samples(points, means, sigma, within=3.0):
    """How many modes are hit, and the share of samples that lie near one.

    A sample is good within `within` sigma of the nearest mean; a mode counts with one good
    sample. In two dimensions the exact distribution gives 1 - exp(-4.5) = 98.9 % good samples.

    Args:
        points: `(n, dim)` floats; the protocol's n is 2,500.
        means: `(modes, dim)` floats.
        sigma: Standard deviation of a mode, more than 0.
        within: Radius of a mode, in sigma.

    Returns:
        The number of modes, an int, and the share of good samples, a float from 0 to 1.

    Raises:
        ConfigError: For a sigma or a radius of 0 or less.
        DataError: For points of another dimension than the means, or not finite.

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
    hit = [
        squared.argmin(axis=1)[squared.min(axis=1) <= (within * sigma) ** 2]
        for squared in squared_distances(points, means)
    ]
    hit = np.concatenate(hit)
    return len(np.unique(hit)), len(hit) / len(points)
