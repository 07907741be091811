"""The Frechet distance: as close as two Gaussians with the features' means and covariances."""

from keras_gan.errors import DataError
from keras_gan.metrics.metric import Accumulator, FeatureMetric, to_float64

import keras
import numpy as np

BLOCK = 1024  # rows that are centred at once, for bounded memory
NEGATIVE = 1e-6  # relative size of negative eigenvalues that a float32 covariance may have


class Moments(Accumulator):
    """Streaming mean and covariance in float64.

    Batches are centred on their own mean and merged by the formula of Chan et al., so that nothing
    cancels and the order of the samples doesn't matter.

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

    def keep(self, features):
        """Merges the features, block by block."""
        count = self.count
        for start in range(0, len(features), BLOCK):
            count = self._merge(features[start : start + BLOCK], count)

    def _merge(self, block, count):
        """Merges a block with `count` samples seen before it; returns the new count."""
        total = count + len(block)
        mean = block.mean(axis=0)
        shift = mean - self.mean
        between = np.sqrt(count * len(block) / total) * shift
        rows = np.vstack([block - mean, between])
        self._scatter += rows.T @ rows
        self.mean = self.mean + len(block) / total * shift
        return total

    @property
    def covariance(self):
        """Unbiased covariance `(features, features)` of at least two samples."""
        return self._scatter / (self.count - 1)

    @property
    def factor(self):
        """See `covariance_factor`; computed once."""
        return self.once("factor", lambda: covariance_factor(self.covariance))


@keras.saving.register_keras_serializable(package="keras_gan")
class FrechetDistance(FeatureMetric):
    """Frechet distance between the Gaussians of real and generated features; 0 is the best.

    With the extractor "inception" this is the Frechet inception distance (FID); a figure of any
    other extractor has to name it. It falls with the number of samples: compare figures of equal
    counts. Means and covariances are streamed; no features are kept.

    Args:
        extractor: See `FeatureMetric`.
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

    def __init__(self, extractor="inception", name="frechet"):
        super().__init__(extractor, name)

    def result(self):
        """The squared distance, a float.

        Raises:
            DataError: Without two samples of each kind.
        """
        self.require(2, 2)
        real, fake = self.real, self.fake
        return gaussian_distance(real.mean, real.factor, fake.mean, fake.factor)


def frechet_distance(mean_1, cov_1, mean_2, cov_2):
    """Squared Frechet distance of two Gaussians.

    |mean_1 - mean_2|^2 + tr(cov_1 + cov_2 - 2 (cov_1 cov_2)^(1/2))

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


def gaussian_distance(mean_1, factor_1, mean_2, factor_2):
    """Squared Frechet distance from means and covariance factors.

    With cov_1 = A^T A and cov_2 = B^T B, the trace of (cov_1 cov_2)^(1/2) is the sum of the
    singular values of A B^T. Unlike the eigenvalues of cov_1 cov_2, whose roots would turn a
    rounding error of 1e-16 into 1e-8, they are exact to rounding, for singular covariances too.
    """
    shift = mean_1 - mean_2
    traces = np.sum(factor_1**2) + np.sum(factor_2**2)
    overlap = np.linalg.svd(factor_1 @ factor_2.T, compute_uv=False).sum()
    # Never negative but by rounding: overlap <= sqrt(tr cov_1 tr cov_2) <= traces / 2
    return float(shift @ shift + max(traces - 2.0 * overlap, 0.0))


def covariance_factor(covariance):
    """A with covariance = A^T A, `(rank, features)`, by the symmetric eigendecomposition.

    Eigenvalues that rounding alone explains, up to `features * epsilon` of the largest, count as
    zero and leave no row.

    Raises:
        DataError: For a covariance with negative eigenvalues.
    """
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    largest = np.abs(eigenvalues).max()
    if eigenvalues[0] < -NEGATIVE * largest:
        raise DataError(
            f"expected a covariance without negative eigenvalues, got {eigenvalues[0]:g} with a "
            f"largest one of {eigenvalues[-1]:g}; was it computed in too low a precision?"
        )
    kept = eigenvalues > len(covariance) * np.finfo("float64").eps * largest
    return np.sqrt(eigenvalues[kept])[:, None] * eigenvectors[:, kept].T


def check_gaussian(mean, covariance, what):
    """Mean and covariance as finite float64 arrays of matching shapes, the latter symmetric."""
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
        raise DataError(f"expected a symmetric {what} covariance; was it transposed or cut?")
    return mean, covariance
