"""Masses on the cells of a grid, and divergences between them."""

import math
from collections.abc import Sequence

from keras_gan.datasets.toy.mixture import GaussianMixture, check_edges, check_points
from keras_gan.errors import ConfigError, DataError

import numpy as np
from numpy.typing import ArrayLike


def masses_on_grid(points: ArrayLike, edges: Sequence[ArrayLike]) -> np.ndarray:
    """Computes the share of points in every cell of a grid.

    Args:
        points: `(n, dim)` floats.
        edges: One increasing array per axis. Points outside are not counted; with infinite ends
            there are none.

    Returns:
        A float64 array with one axis of cells per element of `edges`.

    Example:

    >>> import numpy as np
    >>> from keras_gan.metrics.known import masses_on_grid
    >>> masses_on_grid([[0.1], [0.2], [3.0], [-9.0]], [[-np.inf, 0.0, 1.0, np.inf]])
    array([0.25, 0.5 , 0.25])
    """
    points = check_points(points, len(edges))
    counts, _ = np.histogramdd(points, bins=check_edges(edges, points.shape[1]))
    return counts / len(points)


def covering_edges(distribution: GaussianMixture) -> list[np.ndarray]:
    """Computes the edges of a grid that resolves a distribution and covers all its mass.

    Each axis has 50 to 200 cells, if possible not wider than sigma, from 5 sigma below the lowest
    mean to 5 sigma above the highest, and one infinite cell at either end.

    Args:
        distribution: A distribution with `means` and `sigma`.

    Returns:
        A list of float64 arrays, one per axis.
    """
    return [
        np.concatenate([[-np.inf], span(means, distribution.sigma), [np.inf]])
        for means in distribution.means.T
    ]


def span(means: np.ndarray, sigma: float) -> np.ndarray:
    """Computes the finite edges of one axis."""
    low, high = means.min() - 5 * sigma, means.max() + 5 * sigma
    cells = np.clip(math.ceil((high - low) / sigma), 50, 200)
    return np.linspace(low, high, int(cells) + 1)


def jensen_shannon(p: ArrayLike, q: ArrayLike) -> float:
    """Computes the Jensen-Shannon divergence in nats, from 0 to log 2.

    JS(p, q) = KL(p, m) / 2 + KL(q, m) / 2 with m = (p + q) / 2. For n samples against their own
    distribution it is about (cells with mass - 1) / 8n.

    Args:
        p: Masses of a grid's cells, with a sum of 1.
        q: Masses of the same cells.

    Returns:
        A float.

    Raises:
        DataError: Unless both are masses of the same cells.

    Source: Lin, "Divergence measures based on the Shannon entropy", 1991.

    Example:

    >>> from keras_gan.metrics.known import jensen_shannon
    >>> round(jensen_shannon([1.0, 0.0], [0.0, 1.0]), 4)  # log 2
    0.6931
    """
    p, q = check_masses(p, q)
    mean = (p + q) / 2
    return float(sum(kullback_leibler(masses, mean) for masses in (p, q)) / 2)


def kullback_leibler(p: np.ndarray, q: np.ndarray) -> float:
    """Computes sum p log(p / q); q must be positive wherever p is."""
    positive = p > 0
    return np.sum(p[positive] * np.log(p[positive] / q[positive]))


def total_variation(p: ArrayLike, q: ArrayLike) -> float:
    """Computes the total variation TV(p, q) = sum |p - q| / 2, from 0 to 1.

    Args:
        p, q: Masses of the same cells, each with a sum of 1.

    Returns:
        A float.

    Example:

    >>> from keras_gan.metrics.known import total_variation
    >>> total_variation([0.5, 0.5, 0.0], [0.0, 0.5, 0.5])
    0.5
    """
    p, q = check_masses(p, q)
    return float(np.abs(p - q).sum() / 2)


def check_masses(p: ArrayLike, q: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Returns two arrays of masses as float64.

    Raises:
        DataError: Unless they have the same shape, and are not negative with a sum of 1.
    """
    p, q = np.asarray(p, "float64"), np.asarray(q, "float64")
    if p.shape != q.shape:
        raise DataError(f"expected masses of the same cells, got shapes {p.shape} and {q.shape}.")
    for masses in (p, q):
        if not (masses >= 0).all() or abs(masses.sum() - 1) > 1e-6:
            raise DataError(
                f"expected masses of at least 0 with the sum 1, got {masses.min():g} to "
                f"{masses.max():g} with the sum {masses.sum():g}; use edges from -inf to inf."
            )
    return p, q


def cell_centres(edges: Sequence[ArrayLike]) -> np.ndarray:
    """Computes the centre of every cell; infinite cells are treated as wide as their neighbours.

    Args:
        edges: One increasing array per axis, with two or more finite values.

    Returns:
        A float32 array `(cells, dim)`, in the order of the raveled masses.

    Example:

    >>> import numpy as np
    >>> from keras_gan.metrics.known import cell_centres
    >>> cell_centres([[-np.inf, 0.0, 1.0, np.inf]]).ravel()
    array([-0.5,  0.5,  1.5], dtype=float32)
    """
    axes = [axis_centres(values) for values in check_edges(edges, len(edges))]
    centres = np.meshgrid(*axes, indexing="ij")
    return np.stack([axis.ravel() for axis in centres], axis=1).astype("float32")


def axis_centres(edges: np.ndarray) -> np.ndarray:
    """Computes the centres of one axis's cells."""
    finite = edges[np.isfinite(edges)]
    if len(finite) < 2:
        raise ConfigError(f"expected two or more finite edges, got {edges}.")
    low = [2 * finite[0] - finite[1]] if edges[0] == -np.inf else []
    high = [2 * finite[-1] - finite[-2]] if edges[-1] == np.inf else []
    ends = np.concatenate([low, finite, high])
    return (ends[1:] + ends[:-1]) / 2
