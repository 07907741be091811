"""The sliced Wasserstein distance: how far the samples must move, seen along random directions."""

from keras_gan.checks import check_integer, check_seed
from keras_gan.errors import DataError
from keras_gan.metrics.metric import FeatureMetric, check_features

import keras
import numpy as np

BLOCK = 64  # directions at once, for bounded memory


@keras.saving.register_keras_serializable(package="keras_gan")
class SlicedWasserstein(FeatureMetric):
    """Mean 1-Wasserstein distance of the features along random directions; 0 is the best.

    It has the unit of the features. Between samples of one distribution it isn't 0 but falls with
    their number: compare figures of equal counts.

    Args:
        extractor: See `FeatureMetric`.
        projections: Number of random directions, at least 1.
        seed: Decides them, an int from 0.
        name: Name of the metric.

    Raises:
        ConfigError: For numbers out of range.

    Source: the slices of Rabin et al., "Wasserstein Barycenter and its Application to Texture
    Mixing", SSVM 2011; with absolute differences for GANs in Karras et al., "Progressive Growing
    of GANs", ICLR 2018, section 5, on patches of a Laplacian pyramid instead.

    Example:

    >>> import numpy as np
    >>> real = np.random.default_rng(0).normal(size=(500, 1))
    >>> metric = SlicedWasserstein()
    >>> metric.update_state(real, real + 3.0)
    >>> round(metric.result(), 6)
    3.0
    """

    def __init__(self, extractor="values", projections=512, seed=0, name="sliced_wasserstein"):
        super().__init__(extractor, name)
        self.projections = check_integer("projections", projections)
        self.seed = check_seed(seed, bits=63)

    def result(self):
        """The distance, a float.

        Raises:
            DataError: Without a sample of each kind.
        """
        self.require(1, 1)
        return mean_over_slices(self.real.array, self.fake.array, self.projections, self.seed)

    def get_config(self):
        """Constructor arguments."""
        return super().get_config() | {"projections": self.projections, "seed": self.seed}


def sliced_wasserstein(real, fake, projections=512, seed=0):
    """Mean 1-Wasserstein distance along random directions.

    Args:
        real, fake: Features `(count, features)`; the counts may differ.
        projections, seed: See `SlicedWasserstein`.

    Returns:
        A float.

    Raises:
        DataError: For unfit features.

    Source: see `SlicedWasserstein`.

    Example:

    >>> sliced_wasserstein([[0.0], [2.0]], [[5.0]], projections=1)
    4.0
    """
    real, fake = check_features(real, "real"), check_features(fake, "generated")
    if real.shape[1] != fake.shape[1]:
        raise DataError(f"expected equally many features, got {real.shape[1]} and {fake.shape[1]}.")
    return mean_over_slices(real, fake, projections, seed)


def mean_over_slices(real, fake, projections, seed):
    """`sliced_wasserstein` of checked features."""
    total = 0.0
    for start in range(0, projections, BLOCK):
        slices = directions(real.shape[1], min(BLOCK, projections - start), [seed, start])
        total += wasserstein(real @ slices, fake @ slices).sum()
    return float(total / projections)


def directions(features, count, seed):
    """Random unit vectors, uniform on the sphere: `(features, count)` float64."""
    normal = np.random.default_rng(seed).normal(size=(features, count))
    return normal / np.linalg.norm(normal, axis=0)


def wasserstein(first, second):
    """1-Wasserstein distance of numbers, column by column.

    The integral of |F^-1(q) - G^-1(q)| over the quantiles q: on each interval between neighbouring
    multiples of 1/m and 1/n both are constant. With m = n it is the mean distance of the sorted
    numbers.

    Args:
        first: `(m, columns)`.
        second: `(n, columns)`.

    Returns:
        `(columns,)`.

    Example:

    >>> import numpy as np
    >>> wasserstein(np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [1.0]])).round(6).tolist()
    [0.5]
    """
    m, n = len(first), len(second)
    ends = np.union1d(np.arange(1, m + 1) * n, np.arange(1, n + 1) * m)  # in units of 1 / (m n)
    widths = np.diff(ends, prepend=0) / (m * n)
    apart = np.sort(first, axis=0)[(ends - 1) // n] - np.sort(second, axis=0)[(ends - 1) // m]
    return widths @ np.abs(apart)
