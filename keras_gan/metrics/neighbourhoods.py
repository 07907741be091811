"""Metrics of neighbourhoods: whether samples of one set are near samples of the other.

The manifold of a set is approximated by balls around its samples, each up to the sample's k-th
nearest neighbour in the set. Distances are computed in blocks of rows, so that memory grows
linearly with the number of samples.
"""

from collections.abc import Iterator

from keras_gan.checks import check_integer
from keras_gan.errors import DataError
from keras_gan.metrics.extractors import ExtractorLike
from keras_gan.metrics.metric import FeatureMetric, FeatureTable, check_features

import keras
import numpy as np
from numpy.typing import ArrayLike

ROWS, COLUMNS = 1024, 2048  # samples of the first and the second set per block
# Rounding error of a squared distance, relative to the squared norms, per feature
ROUNDING = 8 * np.finfo("float64").eps


class NeighbourhoodMetric(FeatureMetric):
    """Base class of metrics of the k nearest neighbours.

    Args:
        extractor: As in `FeatureMetric`.
        k: Number of neighbours in a ball, at least 1.
        name: Name of the metric.

    Raises:
        ConfigError: For a k out of range.
    """

    def __init__(self, extractor: ExtractorLike, k: int, name: str) -> None:
        super().__init__(extractor, name)
        self.k = check_integer("k", k)

    def radii(self, side: FeatureTable) -> np.ndarray:
        """Returns the `nearest_radii` of the real or the generated side, computed once."""
        return side.once("radii", lambda: radii_of(side.array, self.k))

    def get_config(self) -> dict[str, object]:
        """Returns the constructor arguments."""
        return super().get_config() | {"k": self.k}


@keras.saving.register_keras_serializable(package="keras_gan")
class PrecisionRecall(NeighbourhoodMetric):
    """Improved precision and recall: quality and variety as two figures from 0 to 1.

    Precision is the share of generated samples within the balls of real ones, and recall the share
    of real samples within the balls of generated ones. Compare figures of equal counts.

    Args:
        extractor, k, name: As in `NeighbourhoodMetric`.

    Raises:
        ConfigError: For a k out of range.

    Source: Kynkaanniemi et al., "Improved Precision and Recall Metric for Assessing Generative
    Models", NeurIPS 2019.

    Example:

    >>> import numpy as np
    >>> real = np.random.default_rng(0).normal(size=(100, 2))
    >>> metric = PrecisionRecall(extractor=lambda samples: samples)
    >>> metric.update_state(real, real[:10] / 100)  # good, but all alike
    >>> metric.result()["precision"], metric.result()["recall"] < 0.1
    (1.0, True)
    """

    def __init__(
        self, extractor: ExtractorLike = "inception", k: int = 3, name: str = "precision_recall"
    ) -> None:
        super().__init__(extractor, k, name)

    @property
    def least_counts(self) -> tuple[int, int]:
        """Least numbers of real and of generated samples."""
        return self.k + 1, self.k + 1

    def result(self) -> dict[str, float]:
        """Computes `{"precision": float, "recall": float}`.

        Raises:
            DataError: With `k` samples or fewer of either kind.
        """
        self.require(*self.least_counts, "feed more samples, or pass a smaller k")
        real, fake = self.real, self.fake
        return shares_within(real.array, self.radii(real), fake.array, self.radii(fake))


@keras.saving.register_keras_serializable(package="keras_gan")
class DensityCoverage(NeighbourhoodMetric):
    """Density and coverage: quality and variety, robust to outliers.

    Density is the mean number of real balls that contain a generated sample, divided by `k`. It
    is about 1 for samples of the same distribution, and not bounded by 1. Coverage is the share of
    real balls that contain a generated sample. Balls exclude their boundary, as in the authors'
    code, so a real sample with more than `k` exact copies can't be covered.

    Args:
        extractor, k, name: As in `NeighbourhoodMetric`.

    Raises:
        ConfigError: For a k out of range.

    Source: Naeem et al., "Reliable Fidelity and Diversity Metrics for Generative Models", ICML
    2020.

    Example:

    >>> import numpy as np
    >>> real = np.random.default_rng(0).normal(size=(100, 2))
    >>> metric = DensityCoverage(extractor=lambda samples: samples)
    >>> metric.update_state(real, real)
    >>> metric.result()
    {'density': 1.0, 'coverage': 1.0}
    """

    def __init__(
        self, extractor: ExtractorLike = "inception", k: int = 5, name: str = "density_coverage"
    ) -> None:
        super().__init__(extractor, k, name)

    @property
    def least_counts(self) -> tuple[int, int]:
        """Least numbers of real and of generated samples."""
        return self.k + 1, 1

    def result(self) -> dict[str, float]:
        """Computes `{"density": float, "coverage": float}`.

        Raises:
            DataError: With `k` real samples or fewer, without generated ones, or if all real
                samples have more than `k` copies.
        """
        self.require(*self.least_counts, "feed more samples, or pass a smaller k")
        return occupancy(self.real.array, self.radii(self.real), self.fake.array, self.k)


def precision_recall(real: ArrayLike, fake: ArrayLike, k: int = 3) -> dict[str, float]:
    """Computes improved precision and recall of two sets of features.

    Args:
        real, fake: Features `(count, features)`, more than `k` of each.
        k: Number of neighbours in a ball, at least 1.

    Returns:
        `{"precision": float, "recall": float}`.

    Raises:
        ConfigError: For a k out of range.
        DataError: For invalid features.

    Source: Kynkaanniemi et al., NeurIPS 2019.

    Example:

    >>> precision_recall([[0.0], [1.0], [9.0]], [[0.5], [0.6], [20.0]], k=1)
    {'precision': 0.6666666666666666, 'recall': 0.6666666666666666}
    """
    real, fake = check_features(real, "real"), check_features(fake, "generated")
    return shares_within(real, nearest_radii(real, k), fake, nearest_radii(fake, k))


def density_coverage(real: ArrayLike, fake: ArrayLike, k: int = 5) -> dict[str, float]:
    """Computes density and coverage of two sets of features.

    Args:
        real, fake: Features `(count, features)`, more than `k` real ones.
        k: Number of neighbours in a ball, at least 1.

    Returns:
        `{"density": float, "coverage": float}`.

    Raises:
        ConfigError: For a k out of range.
        DataError: For invalid features, or if all real ones have more than `k` copies.

    Source: Naeem et al., ICML 2020.

    Example:

    >>> density_coverage([[0.0], [1.0], [9.0]], [[0.6], [1.5]], k=1)
    {'density': 2.0, 'coverage': 1.0}
    """
    real, fake = check_features(real, "real"), check_features(fake, "generated")
    return occupancy(real, nearest_radii(real, k), fake, k)


def nearest_radii(features: ArrayLike, k: int) -> np.ndarray:
    """Computes the distance of each sample to its k-th nearest neighbour in the same set.

    Args:
        features: `(count, features)`, more than `k` of them.
        k: Rank of the neighbour, at least 1.

    Returns:
        `(count,)` floats; exactly 0 for a sample with at least `k` copies.

    Raises:
        ConfigError: For a k out of range.
        DataError: With `k` samples or fewer.

    Example:

    >>> nearest_radii([[0.0], [1.0], [3.0]], k=1).tolist()
    [1.0, 1.0, 2.0]
    """
    features, k = check_features(features, "given"), check_integer("k", k)
    if len(features) <= k:
        raise DataError(
            f"expected more than k={k} samples to have a k-th neighbour, got {len(features)}; "
            "pass more samples, or a smaller k."
        )
    return radii_of(features, k)


def radii_of(features: np.ndarray, k: int) -> np.ndarray:
    """Computes `nearest_radii` of checked features."""
    radii = np.empty(len(features))
    centre = features.mean(axis=0, dtype="float64")
    for rows, distances in distance_blocks(features, features):
        squared = np.partition(distances, k, axis=1)[:, k]  # position 0 is the sample itself
        noise = 2 * ROUNDING * features.shape[1] * squared_norms(features[rows] - centre)
        radii[rows] = np.sqrt(np.where(squared > noise, squared, 0.0))
    return radii


def shares_within(
    real: np.ndarray, real_radii: np.ndarray, fake: np.ndarray, fake_radii: np.ndarray
) -> dict[str, float]:
    """Computes precision and recall from features and radii; balls include their boundary."""
    fake_within, real_within = np.zeros(len(fake), bool), np.empty(len(real), bool)
    for rows, distances in distance_blocks(real, fake, rounding=-ROUNDING):
        fake_within |= (distances <= real_radii[rows, None] ** 2).any(axis=0)
        real_within[rows] = (distances <= fake_radii**2).any(axis=1)
    return {"precision": float(fake_within.mean()), "recall": float(real_within.mean())}


def occupancy(real: np.ndarray, radii: np.ndarray, fake: np.ndarray, k: int) -> dict[str, float]:
    """Computes density and coverage from features and radii; balls exclude their boundary."""
    if not radii.any():
        raise DataError(
            f"expected some real samples with fewer than {k} exact copies, got {len(real)} that "
            "all have as many, so that their balls are empty; check the samples and the extractor."
        )
    inside, covered = 0, 0
    for rows, distances in distance_blocks(real, fake, rounding=ROUNDING):
        within = distances < radii[rows, None] ** 2
        inside += int(within.sum())
        covered += int(within.any(axis=1).sum())
    return {"density": inside / (k * len(fake)), "coverage": covered / len(real)}


def distance_blocks(
    first: np.ndarray, second: np.ndarray, rounding: float = 0.0
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields the squared distances between two sets, in blocks of rows.

    It uses |x - y|^2 = |x|^2 + |y|^2 - 2 x.y around the mean of the first set, as the sum would
    cancel far from the origin.

    Args:
        first, second: Features `(count, features)`.
        rounding: Tolerance to add to every distance, relative to the squared norms, per feature.
            It makes the outcome of ties independent of rounding.

    Yields:
        A slice of rows and their distances, `(rows, count of second)` float64.
    """
    centre = first.mean(axis=0, dtype="float64")
    stretch = 1.0 + rounding * first.shape[1]
    for start in range(0, len(first), ROWS):
        block = first[start : start + ROWS] - centre
        block_norms, doubled = squared_norms(block)[:, None], 2.0 * block
        distances = np.empty((len(block), len(second)))
        for column in range(0, len(second), COLUMNS):
            other = second[column : column + COLUMNS] - centre
            norms = stretch * (block_norms + squared_norms(other))
            distances[:, column : column + COLUMNS] = norms - doubled @ other.T
        yield slice(start, start + len(block)), distances


def squared_norms(features: np.ndarray) -> np.ndarray:
    """Computes |x|^2 of each row."""
    return np.einsum("ij,ij->i", features, features)
