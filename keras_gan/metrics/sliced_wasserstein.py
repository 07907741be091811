"""The sliced Wasserstein distance: the mean Wasserstein distance along random directions."""

from collections.abc import Sequence

from keras_gan.checks import check_integer, check_seed
from keras_gan.errors import DataError
from keras_gan.metrics.extractors import ExtractorLike
from keras_gan.metrics.metric import FeatureMetric, check_features

import keras
import numpy as np
from numpy.typing import ArrayLike

BLOCK = 64  # directions per block, to bound the memory


@keras.saving.register_keras_serializable(package="keras_gan")
class SlicedWasserstein(FeatureMetric):
    """Mean 1-Wasserstein distance of the features along random directions; 0 is best.

    It has the unit of the features. For samples of the same distribution it isn't 0 but decreases
    with their number, so compare figures of equal counts.

    Args:
        extractor: As in `FeatureMetric`.
        projections: Number of random directions, at least 1.
        seed: Non-negative int that determines the directions.
        name: Name of the metric.

    Raises:
        ConfigError: For numbers out of range.

    Source: Rabin et al., "Wasserstein Barycenter and its Application to Texture Mixing", SSVM 2011;
    for GANs with absolute differences, there on patches of a Laplacian pyramid: Karras et al.,
    "Progressive Growing of GANs", ICLR 2018, section 5.

    Example:

    >>> import numpy as np
    >>> real = np.random.default_rng(0).normal(size=(500, 1))
    >>> metric = SlicedWasserstein()
    >>> metric.update_state(real, real + 3.0)
    >>> round(metric.result(), 6)
    3.0
    """

    least_counts = (1, 1)

    def __init__(
        self,
        extractor: ExtractorLike = "values",
        projections: int = 512,
        seed: int = 0,
        name: str = "sliced_wasserstein",
    ) -> None:
        super().__init__(extractor, name)
        self.projections = check_integer("projections", projections)
        self.seed = check_seed(seed, bits=63)

    def result(self) -> float:
        """Computes the distance, a float.

        Raises:
            DataError: Without real or without generated samples.
        """
        self.require(*self.least_counts)
        return mean_over_slices(self.real.array, self.fake.array, self.projections, self.seed)

    def get_config(self) -> dict[str, object]:
        """Returns the constructor arguments."""
        return super().get_config() | {"projections": self.projections, "seed": self.seed}


def sliced_wasserstein(
    real: ArrayLike, fake: ArrayLike, projections: int = 512, seed: int = 0
) -> float:
    """Computes the mean 1-Wasserstein distance along random directions.

    Args:
        real, fake: Features `(count, features)`; the counts may differ.
        projections, seed: As in `SlicedWasserstein`.

    Returns:
        A float.

    Raises:
        DataError: For invalid features.

    Source: see `SlicedWasserstein`.

    Example:

    >>> sliced_wasserstein([[0.0], [2.0]], [[5.0]], projections=1)
    4.0
    """
    real, fake = check_features(real, "real"), check_features(fake, "generated")
    if real.shape[1] != fake.shape[1]:
        raise DataError(f"expected equally many features, got {real.shape[1]} and {fake.shape[1]}.")
    return mean_over_slices(real, fake, projections, seed)


def mean_over_slices(real: np.ndarray, fake: np.ndarray, projections: int, seed: int) -> float:
    """Computes `sliced_wasserstein` of checked features."""
    total = 0.0
    for start in range(0, projections, BLOCK):
        slices = directions(real.shape[1], min(BLOCK, projections - start), [seed, start])
        total += wasserstein(real @ slices, fake @ slices).sum()
    return float(total / projections)


def directions(features: int, count: int, seed: int | Sequence[int]) -> np.ndarray:
    """Draws random unit vectors, uniform on the sphere, `(features, count)` float64."""
    normal = np.random.default_rng(seed).normal(size=(features, count))
    return normal / np.linalg.norm(normal, axis=0)


def wasserstein(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Computes the 1-Wasserstein distance of numbers, column by column.

    It is the integral of |F^-1(q) - G^-1(q)| over the quantiles q. Both functions are constant
    between neighbouring multiples of 1/m and 1/n. With m = n it is the mean distance of the sorted
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
    gaps = np.sort(first, axis=0)[(ends - 1) // n] - np.sort(second, axis=0)[(ends - 1) // m]
    return widths @ np.abs(gaps)
