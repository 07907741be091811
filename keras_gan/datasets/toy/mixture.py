"""GaussianMixture: a distribution with exact densities and cell masses."""

import math
from collections.abc import Iterator, Sequence

from keras_gan.checks import check_integer, check_positive
from keras_gan.errors import ConfigError, DataError

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

BLOCK = 2**22  # distances in memory at a time


class GaussianMixture:
    """A mixture of Gaussians of equal width, p(x) = sum_k weights_k N(x; means_k, sigma^2 I).

    Args:
        means: `(components, dim)` floats, finite.
        sigma: Standard deviation of every component along every axis, more than 0.
        weights: `(components,)` weights of the components, more than 0; equal by default. They
            are normalized to a sum of 1.
        modes: Whether the components are modes that can be counted, rather than overlap.
        name: Name of the distribution, for titles.

    Attributes:
        dim: Number of axes.

    Raises:
        ConfigError: For a value out of range.

    Example:

    >>> from keras_gan.datasets.toy import GaussianMixture
    >>> two = GaussianMixture([[-1.0], [1.0]], sigma=0.5)
    >>> two.sample(3, seed=0).shape
    (3, 1)
    >>> two.density([[0.0]]).round(4)  # 2 exp(-2) / sqrt(2 pi)
    array([0.108])
    """

    def __init__(
        self,
        means: ArrayLike,
        sigma: float,
        weights: ArrayLike | None = None,
        modes: bool = True,
        name: str = "gaussian mixture",
    ) -> None:
        self.means = check_means(means)
        self.sigma = float(check_positive("sigma", sigma))
        self.weights = check_weights(weights, len(self.means))
        self.modes = bool(modes)
        self.name = name
        self.dim = self.means.shape[1]

    def sample(self, n: int, seed: int = 0) -> np.ndarray:
        """Draws independent points.

        Args:
            n: Number of points, at least 1.
            seed: Non-negative int; the same seed gives the same points.

        Returns:
            A float32 array `(n, dim)`.
        """
        check_integer("n", n)
        random = np.random.default_rng(seed)
        component = random.choice(len(self.means), size=n, p=self.weights)
        noise = random.standard_normal((n, self.dim))
        return (self.means[component] + self.sigma * noise).astype("float32")

    def density(self, points: ArrayLike) -> np.ndarray:
        """Computes the density p(x), exactly.

        Args:
            points: `(n, dim)` floats.

        Returns:
            A float64 array `(n,)`.
        """
        points = check_points(points, self.dim)
        scale = (math.sqrt(2 * math.pi) * self.sigma) ** self.dim
        weights = self.weights / scale
        return np.concatenate(
            [
                np.exp(-squared / (2 * self.sigma**2)) @ weights
                for squared in squared_distances(points, self.means)
            ]
        )

    def cell_masses(self, edges: Sequence[ArrayLike]) -> np.ndarray:
        """Computes the mass of every cell of a grid, exactly, by normal distribution functions.

        Args:
            edges: One increasing array per axis; its ends may be infinite.

        Returns:
            A float64 array with one axis of cells per element of `edges`. Its sum is 1 if the
            ends are infinite.

        Example:

        >>> import numpy as np
        >>> from keras_gan.datasets.toy import GaussianMixture
        >>> normal = GaussianMixture([[0.0]], sigma=1.0)
        >>> normal.cell_masses([[-np.inf, -1.0, 1.0, np.inf]]).round(3)
        array([0.159, 0.683, 0.159])
        """
        masses = [
            np.diff(self._component_cdf(axis, values), axis=0)
            for axis, values in enumerate(check_edges(edges, self.dim))
        ]
        axes = "abcdefgh"[: self.dim]
        pattern = f"{','.join(f'{axis}k' for axis in axes)},k->{axes}"
        return np.einsum(pattern, *masses, self.weights, optimize=True)

    def _component_cdf(self, axis, values):
        """Computes the components' marginal distribution functions, `(values, components)`."""
        values = np.asarray(values, "float64")[:, None]
        return normal_cdf((values - self.means[:, axis]) / self.sigma)

    def cdf(self, values: ArrayLike) -> np.ndarray:
        """Computes the distribution function of a one-dimensional mixture, exactly.

        Args:
            values: `(n,)` floats.

        Returns:
            A float64 array `(n,)`.
        """
        self._require_one_axis()
        return self._component_cdf(0, values) @ self.weights

    def quantile(self, shares: ArrayLike) -> np.ndarray:
        """Computes the inverse of `cdf`, by bisection down to rounding.

        Args:
            shares: `(n,)` floats from 0 to 1. Values are limited to 10 sigma beyond the outermost
                means; only 1e-23 of the mass is outside.

        Returns:
            A float64 array `(n,)`.
        """
        self._require_one_axis()
        shares = np.asarray(shares, "float64")
        low = np.full(shares.shape, self.means.min() - 10 * self.sigma)
        high = np.full(shares.shape, self.means.max() + 10 * self.sigma)
        for _ in range(60):
            middle = (low + high) / 2
            below = self.cdf(middle) < shares
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return (low + high) / 2

    def _require_one_axis(self):
        if self.dim != 1:
            raise ConfigError(f"expected a distribution in one dimension, got {self.dim}.")


def squared_distances(points: ArrayLike, others: ArrayLike) -> Iterator[np.ndarray]:
    """Computes |x - y|^2 of every pair, in blocks of rows that fit into memory.

    It squares differences rather than expanding the square, so close points lose no digits.

    Args:
        points: `(n, dim)` floats.
        others: `(m, dim)` floats.

    Yields:
        Float64 arrays `(rows, m)`, with n rows in total.
    """
    points, others = np.asarray(points, "float64"), np.asarray(others, "float64")
    rows = max(1, BLOCK // len(others))
    for start in range(0, len(points), rows):
        block = points[start : start + rows]
        yield sum(
            np.square(block[:, axis, None] - others[:, axis]) for axis in range(others.shape[1])
        )


def check_means(means: ArrayLike) -> np.ndarray:
    """Returns the means as float64 `(components, dim)`."""
    means = np.asarray(means, "float64")
    if means.ndim != 2 or 0 in means.shape or not np.isfinite(means).all():
        raise ConfigError(
            f"expected finite means of shape (components, dim), got an array of {means.shape}."
        )
    return means


def check_weights(weights: ArrayLike | None, count: int) -> np.ndarray:
    """Returns the weights as float64 `(count,)`, normalized to a sum of 1."""
    weights = np.ones(count) if weights is None else np.asarray(weights, "float64")
    if weights.shape != (count,) or not (np.isfinite(weights) & (weights > 0)).all():
        raise ConfigError(f"expected {count} weights of more than 0, got {weights}.")
    return weights / weights.sum()


def check_points(points: ArrayLike, dim: int) -> np.ndarray:
    """Returns points as float64 `(n, dim)`.

    Raises:
        DataError: For another shape, no points, or values that aren't finite.
    """
    points = np.asarray(points, "float64")
    if points.ndim != 2 or len(points) == 0 or points.shape[1] != dim:
        raise DataError(f"expected points of shape (n, {dim}), got {points.shape}.")
    bad = int((~np.isfinite(points).all(axis=1)).sum())
    if bad:
        raise DataError(
            f"expected finite points, got NaN or infinity in {bad} of {len(points)}; check the "
            "training's losses."
        )
    return points


def check_edges(edges: Sequence[ArrayLike], dim: int) -> list[np.ndarray]:
    """Returns the edges of a grid as float64 arrays, one per axis.

    Raises:
        ConfigError: Unless there are `dim` arrays, each of two or more increasing values.
    """
    edges = [np.asarray(values, "float64") for values in edges]
    if len(edges) != dim:
        raise ConfigError(f"expected an array of edges for each of {dim} axes, got {len(edges)}.")
    for values in edges:
        if values.ndim != 1 or len(values) < 2 or not (values[1:] > values[:-1]).all():
            raise ConfigError(f"expected two or more increasing edges per axis, got {values}.")
    return edges


def normal_cdf(values: np.ndarray) -> np.ndarray:
    """Computes the standard normal distribution function, float64."""
    finite = np.clip(values, -40, 40)  # TensorFlow 2.21's erf of an infinite float64 is NaN
    return (1 + tf.math.erf(tf.constant(finite / math.sqrt(2), tf.float64)).numpy()) / 2
