"""The inception score, which rewards samples of a clear class and variety of classes."""

import itertools

from keras_gan.checks import check_integer, check_seed
from keras_gan.errors import DataError
from keras_gan.metrics.class_metric import ClassMetric, check_probabilities
from keras_gan.metrics.extractors import ExtractorLike

import keras
import numpy as np
from numpy.typing import ArrayLike


@keras.saving.register_keras_serializable(package="keras_gan")
class InceptionScore(ClassMetric):
    """Inception score of generated samples: 1 is worst, the number of classes is best.

    It uses the extractor's class probabilities and ignores real samples. `result` is a dict:
    `"inception_score"`, the mean over the splits, and `"inception_score_deviation"`, their
    standard deviation.

    Args:
        extractor: As in `FeatureMetric`; it must classify.
        splits: Number of parts into which the shuffled samples are split, at least 1.
        seed: Non-negative int that determines the shuffle.
        name: Name of the metric.

    Raises:
        ConfigError: For numbers out of range.

    Source: Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016, section 4.

    Example:

    >>> import numpy as np
    >>> metric = InceptionScore(extractor=lambda samples: samples, splits=1)
    >>> metric.update_features(None, np.eye(4))
    >>> round(metric.result()["inception_score"], 6)
    4.0
    """

    def __init__(
        self,
        extractor: ExtractorLike = "inception",
        splits: int = 10,
        seed: int = 0,
        name: str = "inception_score",
    ) -> None:
        super().__init__(extractor, name)
        self.splits = check_integer("splits", splits)
        self.seed = check_seed(seed, bits=63)

    @property
    def least_counts(self) -> tuple[int, int]:
        """Least numbers of real and of generated samples."""
        return 0, self.splits

    def result(self) -> dict[str, float]:
        """Computes mean and standard deviation over the splits.

        Raises:
            DataError: With fewer samples than splits.
        """
        self.require(*self.least_counts, "feed more samples, or pass fewer splits")
        return score_splits(self.fake.array.astype("float64"), self.splits, self.seed)

    def describe(self, result: dict[str, float]) -> str:
        """Formats the mean +- the standard deviation."""
        score, deviation = result.values()
        return f"{score:.4g} +- {deviation:.2g}"

    def get_config(self) -> dict[str, object]:
        """Returns the constructor arguments."""
        return super().get_config() | {"splits": self.splits, "seed": self.seed}


def inception_score(probabilities: ArrayLike, splits: int = 10, seed: int = 0) -> dict[str, float]:
    """Computes exp(E_x KL(p(y|x) || p(y))) over splits of the samples.

    Args:
        probabilities: p(y|x) of generated samples, `(count, classes)`, with rows that sum to 1.
        splits, seed: As in `InceptionScore`.

    Returns:
        `{"inception_score": mean, "inception_score_deviation": standard deviation}`.

    Raises:
        ConfigError: For numbers out of range.
        DataError: For rows that aren't probabilities, or fewer rows than splits.

    Source: Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016, section 4.

    Example:

    >>> import numpy as np
    >>> inception_score(np.full((20, 5), 0.2))  # no sample is of a clear class
    {'inception_score': 1.0, 'inception_score_deviation': 0.0}
    """
    probabilities = check_probabilities(probabilities, "generated")
    splits, seed = check_integer("splits", splits), check_seed(seed, bits=63)
    if len(probabilities) < splits:
        raise DataError(
            f"expected a sample for each of {splits} splits, got {len(probabilities)}; pass more "
            "samples, or fewer splits."
        )
    return score_splits(probabilities, splits, seed)


def score_splits(probabilities: np.ndarray, splits: int, seed: int) -> dict[str, float]:
    """Shuffles, splits and scores checked probabilities."""
    count = len(probabilities)
    order = np.random.default_rng(seed).permutation(count)
    cuts = [index * count // splits for index in range(splits + 1)]
    scores = [score(probabilities[order[i:j]]) for i, j in itertools.pairwise(cuts)]
    return {
        "inception_score": float(np.mean(scores)),
        "inception_score_deviation": float(np.std(scores)),
    }


def score(conditional: np.ndarray) -> float:
    """Computes exp(E_x KL(p(y|x) || p(y))) of one split."""
    marginal = conditional.mean(axis=0)
    divergences = entropy(marginal) - entropy(conditional)
    return np.exp(np.mean(divergences))


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Computes the entropy -sum p log p over the last axis, with 0 log 0 = 0."""
    logarithms = np.log(probabilities, where=probabilities > 0, out=np.zeros_like(probabilities))
    return -(probabilities * logarithms).sum(axis=-1)
