"""ClassMetric: the base class of metrics of class probabilities."""

from keras_gan.errors import DataError
from keras_gan.metrics import extractors
from keras_gan.metrics.metric import FeatureMetric, check_features

import numpy as np
from numpy.typing import ArrayLike

SUM_TOLERANCE = 1e-3  # rounding error of a softmax's sum in float16


class ClassMetric(FeatureMetric):
    """Base class of metrics that use the class probabilities of generated samples.

    Args:
        extractor, name: As in `FeatureMetric`; the extractor must classify.
    """

    def read(self, samples: np.ndarray | extractors.Reading) -> np.ndarray:
        """Returns the class probabilities `(count, classes)` of samples."""
        return self.extractor.probabilities(samples)

    def update_state(self, real: np.ndarray | None, fake: np.ndarray) -> None:
        """Adds generated samples; ignores the real ones."""
        super().update_state(None, fake)

    def update_features(self, real: np.ndarray | None, fake: np.ndarray) -> None:
        """Adds class probabilities of generated samples `(count, classes)`."""
        super().update_features(None, fake)

    def check(self, features: ArrayLike, what: str) -> np.ndarray:
        """Returns the probabilities as a float64 array; see `check_probabilities`."""
        return check_probabilities(features, what)


def check_probabilities(probabilities: ArrayLike, what: str) -> np.ndarray:
    """Returns class probabilities as a float64 array.

    Raises:
        DataError: Unless they are at least 0 and each row sums to 1.
    """
    probabilities = check_features(probabilities, what)
    off = np.abs(probabilities.sum(axis=1) - 1.0).max()
    if probabilities.min() < 0 or off > SUM_TOLERANCE:
        raise DataError(
            "expected class probabilities of at least 0 that sum to 1 in each row, got values from "
            f"{probabilities.min():g} and a row that is off by {off:g}; are they logits? Apply a "
            "softmax."
        )
    return probabilities
