"""The Frechet distance between Gaussians with the means and covariances of the features."""

from keras_gan.errors import DataError
from keras_gan.metrics.extractors import ExtractorLike
from keras_gan.metrics.metric import Accumulator, FeatureMetric, to_float64

import keras
import numpy as np
from numpy.typing import ArrayLike

BLOCK = 1024  # rows to centre at a time, to bound the memory
NEGATIVE = 1e-6  # tolerance for negative eigenvalues of a float32 covariance, relative


class Moments(Accumulator):
    """Streaming mean and covariance in float64.

    Batches are centred on their means and merged by the formula of Chan et al., which avoids
    cancellation and doesn't depend on the order of the samples.

    Source: Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing
    Sample Variances", 1979.

    Example:

    >>> import numpy as np
    >>> moments = Moments()
    >>> moments.add(np.array([[1.0, 0.0], [3.0, 0.0]]))
    >>> moments.add(np.array([[5.0, 6.0]]))
    >>> moments.mean.tolist(), moments.covariance.round(12).tolist()
    ([3.0, 2.0], [[4.0, 6.0], [6.0, 12.0]])
    """

    def __init__(self):
        super().__init__()
        self.mean = 0.0
        self._scatter = 0.0

    def keep(self, features: np.ndarray) -> None:
        """Merges features, block by block."""
        count = self.count
        for start in range(0, len(features), BLOCK):
            count = self._merge(features[start : start + BLOCK], count)

    def _merge(self, block, count):
        """Merges a block with `count` previous samples; returns the new count."""
        total = count + len(block)
        mean = block.mean(axis=0)
        shift = mean - self.mean
        between = np.sqrt(count * len(block) / total) * shift
        rows = np.vstack([block - mean, between])
        self._scatter += rows.T @ rows
        self.mean = self.mean + len(block) / total * shift
        return total

    @property
    def covariance(self) -> np.ndarray:
        """Unbiased covariance `(features, features)` of at least two samples."""
        return self._scatter / (self.count - 1)

    @property
    def factor(self) -> np.ndarray:
        """Factor of the covariance, computed once; see `covariance_factor`."""
        return self.once("factor", lambda: covariance_factor(self.covariance))


@keras.saving.register_keras_serializable(package="keras_gan")
class FrechetDistance(FeatureMetric):
    """Frechet distance between Gaussians fitted to real and generated features; 0 is best.

    With the extractor "inception" this is the Frechet inception distance (FID); quote the
    extractor with figures of any other. The distance decreases with the number of samples, so
    compare figures of equal counts. Means and covariances are streamed; no features are stored.

    Args:
        extractor: As in `FeatureMetric`.
        name: Name of the metric.

    Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
    Equilibrium", NeurIPS 2017, equation 6.

    Example:

    >>> import numpy as np
    >>> real = np.random.default_rng(0).normal(size=(500, 2))
    >>> metric = FrechetDistance(extractor=lambda samples: samples)
    >>> metric.update_state(real, real + 3.0)
    >>> round(metric.result(), 6)
    18.0
    """

    accumulator = Moments
    least_counts = (2, 2)

    def __init__(self, extractor: ExtractorLike = "inception", name: str = "frechet") -> None:
        super().__init__(extractor, name)

    def result(self) -> float:
        """Computes the squared distance, a float.

        Raises:
            DataError: With fewer than two real or generated samples.
        """
        self.require(*self.least_counts)
        real, fake = self.real, self.fake
        return gaussian_distance(real.mean, real.factor, fake.mean, fake.factor)


def frechet_distance(
    mean_1: ArrayLike, cov_1: ArrayLike, mean_2: ArrayLike, cov_2: ArrayLike
) -> float:
    """Computes the squared Frechet distance of two Gaussians.

    It is |mean_1 - mean_2|^2 + tr(cov_1 + cov_2 - 2 (cov_1 cov_2)^(1/2)).

    Args:
        mean_1, mean_2: `(features,)`.
        cov_1, cov_2: Symmetric `(features, features)` without negative eigenvalues; of any rank.

    Returns:
        A float, at least 0.

    Raises:
        DataError: For anything else.

    Source: Dowson and Landau, "The Frechet Distance between Multivariate Normal Distributions",
    1982.

    Example:

    >>> import numpy as np
    >>> frechet_distance([0.0, 0.0], np.eye(2), [3.0, 0.0], 4 * np.eye(2))
    11.0
    """
    mean_1, cov_1 = check_gaussian(mean_1, cov_1, "first")
    mean_2, cov_2 = check_gaussian(mean_2, cov_2, "second")
    if mean_1.shape != mean_2.shape:
        raise DataError(f"expected equally many features, got {len(mean_1)} and {len(mean_2)}.")
    return gaussian_distance(mean_1, covariance_factor(cov_1), mean_2, covariance_factor(cov_2))


def gaussian_distance(
    mean_1: np.ndarray, factor_1: np.ndarray, mean_2: np.ndarray, factor_2: np.ndarray
) -> float:
    """Computes the squared Frechet distance from means and covariance factors.

    With cov_1 = A^T A and cov_2 = B^T B, the trace of (cov_1 cov_2)^(1/2) is the sum of the
    singular values of A B^T. These are exact to rounding, also for singular covariances. The
    square roots of the eigenvalues of cov_1 cov_2 would turn a rounding error of 1e-16 into 1e-8.
    """
    shift = mean_1 - mean_2
    traces = np.sum(factor_1**2) + np.sum(factor_2**2)
    overlap = np.linalg.svd(factor_1 @ factor_2.T, compute_uv=False).sum()
    # overlap <= sqrt(tr cov_1 tr cov_2) <= traces / 2, so only rounding makes this negative
    return float(shift @ shift + max(traces - 2.0 * overlap, 0.0))


def covariance_factor(covariance: np.ndarray) -> np.ndarray:
    """Factorizes a covariance as A^T A with A of shape `(rank, features)`.

    It uses the symmetric eigendecomposition. Eigenvalues up to `features * epsilon` of the largest
    are rounding errors and are dropped.

    Raises:
        DataError: For a covariance with negative eigenvalues.
    """
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    largest = np.abs(eigenvalues).max()
    if eigenvalues[0] < -NEGATIVE * largest:
        raise DataError(
            f"expected a covariance without negative eigenvalues, got {eigenvalues[0]:g}, with "
            f"{eigenvalues[-1]:g} as the largest; was it computed in too low a precision?"
        )
    significant = eigenvalues > len(covariance) * np.finfo("float64").eps * largest
    return np.sqrt(eigenvalues[significant])[:, None] * eigenvectors[:, significant].T


def check_gaussian(
    mean: ArrayLike, covariance: ArrayLike, what: str
) -> tuple[np.ndarray, np.ndarray]:
    """Returns mean and covariance as finite float64 arrays of matching shapes.

    Raises:
        DataError: For anything else, or a covariance that isn't symmetric.
    """
    mean = to_float64(mean, f"the {what} mean")
    covariance = to_float64(covariance, f"the {what} covariance")
    if mean.ndim != 1 or mean.size == 0 or covariance.shape != (mean.size, mean.size):
        raise DataError(
            f"expected a {what} mean (features,) and covariance (features, features), got "
            f"{mean.shape} and {covariance.shape}."
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise DataError(f"expected a finite {what} mean and covariance, got NaN or infinity.")
    if np.abs(covariance - covariance.T).max() > NEGATIVE * np.abs(covariance).max():
        raise DataError(f"expected a symmetric {what} covariance; was it transposed or cropped?")
    return mean, covariance
