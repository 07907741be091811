"""ClassMetric: what the metrics of class probabilities share."""

from keras_gan.errors import DataError
from keras_gan.metrics.metric import FeatureMetric, check_features

import numpy as np

SUM_TOLERANCE = 1e-3  # what float16 leaves of a softmax's sum of 1


class ClassMetric(FeatureMetric):
    """Base of the metrics that read the extractor's classes of generated samples.

    Args:
        extractor, name: See `FeatureMetric`; the extractor has to know classes.
    """

    def read(self, samples):
        """Class probabilities `(count, classes)`."""
        return self.extractor.probabilities(samples)

    def update_state(self, real, fake):
        """Adds generated samples; the real ones are not looked at."""
        super().update_state(None, fake)

    def update_features(self, real, fake):
        """Adds class probabilities of generated samples `(count, classes)`."""
        super().update_features(None, fake)

    def check(self, features, what):
        """The probabilities as a float64 table; see `check_probabilities`."""
        return check_probabilities(features, what)


def check_probabilities(probabilities, what):
    """Class probabilities as a float64 table.

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
