"""GaussianMixture: a distribution whose density and cell masses are known exactly."""

import math

from keras_gan.checks import check_integer, check_positive
from keras_gan.errors import ConfigError, DataError

import numpy as np
import tensorflow as tf

BLOCK = 2**22  # distances held at once


class GaussianMixture:
    """A mixture of Gaussians of one width: p(x) = sum_k weights_k N(x; means_k, sigma^2 I).

    Args:
        means: `(components, dim)` floats, finite.
        sigma: Standard deviation of every component on every axis, more than 0.
        weights: `(components,)` shares of the components, more than 0; equal by default. They are
            divided by their sum.
        modes: Whether the components are modes to be counted; not so where they overlap.
        name: Name, for titles.

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

    def __init__(self, means, sigma, weights=None, modes=True, name="gaussian mixture"):
        self.means = check_means(means)
        self.sigma = float(check_positive("sigma", sigma))
        self.weights = check_weights(weights, len(self.means))
        self.modes = bool(modes)
        self.name = name
        self.dim = self.means.shape[1]

    def sample(self, n, seed=0):
        """Independent points.

        Args:
            n: How many, at least 1.
            seed: Non-negative int; the same seed gives the same points.

        Returns:
            A float32 array `(n, dim)`.
        """
        check_integer("n", n)
        random = np.random.default_rng(seed)
        component = random.choice(len(self.means), size=n, p=self.weights)
        noise = random.standard_normal((n, self.dim))
        return (self.means[component] + self.sigma * noise).astype("float32")

    def density(self, points):
        """p(x), exact.

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

    def cell_masses(self, edges):
        """The mass of every cell of a grid, exact: products of normal distribution functions.

        Args:
            edges: One increasing array an axis; its ends may be infinite.

        Returns:
            A float64 array, one axis of cells for each of `edges`. Its sum is 1 where the ends
            are infinite.

        Example:

        >>> import numpy as np
        >>> from keras_gan.datasets.toy import GaussianMixture
        >>> normal = GaussianMixture([[0.0]], sigma=1.0)
        >>> normal.cell_masses([[-np.inf, -1.0, 1.0, np.inf]]).round(3)
        array([0.159, 0.683, 0.159])
        """
        masses = [
            np.diff(self._component_cdf(axis, of_axis), axis=0)
            for axis, of_axis in enumerate(check_edges(edges, self.dim))
        ]
        axes = "abcdefgh"[: self.dim]
        pattern = f"{','.join(f'{axis}k' for axis in axes)},k->{axes}"
        return np.einsum(pattern, *masses, self.weights, optimize=True)

    def _component_cdf(self, axis, values):
        """The distribution functions of the components' marginals, `(values, components)`."""
        values = np.asarray(values, "float64")[:, None]
        return normal_cdf((values - self.means[:, axis]) / self.sigma)

    def cdf(self, values):
        """The distribution function, of a mixture in one dimension, exact.

        Args:
            values: `(n,)` floats.

        Returns:
            A float64 array `(n,)`.
        """
        self._require_one_axis()
        return self._component_cdf(0, values) @ self.weights

    def quantile(self, shares):
        """The inverse of `cdf`, by bisection down to rounding.

        Args:
            shares: `(n,)` floats from 0 to 1. Values end 10 sigma beyond the outermost means,
                which 1e-23 of the mass exceeds.

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


def squared_distances(points, others):
    """|x - y|^2 of every pair, in blocks of rows that fit into memory.

    Differences are taken before they are squared, so close points lose no digits.

    Args:
        points: `(n, dim)` floats.
        others: `(m, dim)` floats.

    Yields:
        Float64 arrays `(some of n, m)`, which have n rows together.
    """
    points, others = np.asarray(points, "float64"), np.asarray(others, "float64")
    rows = max(1, BLOCK // len(others))
    for start in range(0, len(points), rows):
        block = points[start : start + rows]
        yield sum(
            np.square(block[:, axis, None] - others[:, axis]) for axis in range(others.shape[1])
        )


def check_means(means):
    """The means as float64 `(components, dim)`."""
    means = np.asarray(means, "float64")
    if means.ndim != 2 or 0 in means.shape or not np.isfinite(means).all():
        raise ConfigError(
            f"expected finite means of shape (components, dim), got an array of {means.shape}."
        )
    return means


def check_weights(weights, count):
    """The weights as float64 `(count,)` of sum 1."""
    weights = np.ones(count) if weights is None else np.asarray(weights, "float64")
    if weights.shape != (count,) or not (np.isfinite(weights) & (weights > 0)).all():
        raise ConfigError(f"expected {count} weights of more than 0, got {weights}.")
    return weights / weights.sum()


def check_points(points, dim):
    """Points as float64 `(n, dim)`.

    Raises:
        DataError: Unless they are such a table, finite and not empty.
    """
    points = np.asarray(points, "float64")
    if points.ndim != 2 or len(points) == 0 or points.shape[1] != dim:
        raise DataError(f"expected points of shape (n, {dim}), got {points.shape}.")
    bad = int((~np.isfinite(points).all(axis=1)).sum())
    if bad:
        raise DataError(
            f"expected finite points, got NaN or infinity in {bad} of {len(points)}; look at the "
            "training's losses."
        )
    return points


def check_edges(edges, dim):
    """The edges of a grid as float64 arrays, one an axis.

    Raises:
        ConfigError: Unless there are `dim`, each of two increasing values or more.
    """
    edges = [np.asarray(of_axis, "float64") for of_axis in edges]
    if len(edges) != dim:
        raise ConfigError(f"expected an array of edges for each of {dim} axes, got {len(edges)}.")
    for of_axis in edges:
        if of_axis.ndim != 1 or len(of_axis) < 2 or not (of_axis[1:] > of_axis[:-1]).all():
            raise ConfigError(f"expected two increasing edges or more an axis, got {of_axis}.")
    return edges


def normal_cdf(values):
    """The standard normal distribution function, float64."""
    finite = np.clip(values, -40, 40)  # TensorFlow 2.21's erf of an infinite float64 is NaN
    return (1 + tf.math.erf(tf.constant(finite / math.sqrt(2), tf.float64)).numpy()) / 2
