"""How close the generated distribution is to the data's: distances, quality, variety, copies."""

import math

from keras_gan import media
from keras_gan.errors import unknown
from keras_gan.metrics import extractors, known
from keras_gan.metrics.evaluate import Evaluation, Evaluator, evaluate
from keras_gan.metrics.frechet import FrechetDistance, frechet_distance
from keras_gan.metrics.inception_score import InceptionScore, inception_score
from keras_gan.metrics.kernel import KernelDistance, kernel_distance
from keras_gan.metrics.metric import FeatureMetric
from keras_gan.metrics.modes import Modes, kl_to_uniform
from keras_gan.metrics.nearest import NearestNeighbours
from keras_gan.metrics.neighbourhoods import (
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    precision_recall,
)
from keras_gan.metrics.sliced_wasserstein import SlicedWasserstein, sliced_wasserstein

__all__ = [
    "METRICS",
    "DensityCoverage",
    "Evaluation",
    "Evaluator",
    "FeatureMetric",
    "FrechetDistance",
    "InceptionScore",
    "KernelDistance",
    "Modes",
    "NearestNeighbours",
    "PrecisionRecall",
    "SlicedWasserstein",
    "default_metrics",
    "default_names",
    "density_coverage",
    "evaluate",
    "extractors",
    "frechet_distance",
    "get",
    "inception_score",
    "kernel_distance",
    "kl_to_uniform",
    "known",
    "precision_recall",
    "sliced_wasserstein",
]

METRICS = {
    "frechet": FrechetDistance,
    "kernel": KernelDistance,
    "inception_score": InceptionScore,
    "precision_recall": PrecisionRecall,
    "density_coverage": DensityCoverage,
    "modes": Modes,
    "sliced_wasserstein": SlicedWasserstein,
    "nearest": NearestNeighbours,
}
NEIGHBOURS = ("precision_recall", "density_coverage", "nearest")
DEFAULTS = {
    "digits": ("frechet", "kernel", "inception_score", "modes", *NEIGHBOURS),
    "inception": ("frechet", "kernel", "inception_score", *NEIGHBOURS),
    "stacked_digits": ("modes", "frechet"),
    "values": ("frechet", "sliced_wasserstein", *NEIGHBOURS),
}
OF_FEATURES = ("frechet", "kernel", *NEIGHBOURS)  # of any other extractor
MOST_VALUES = 4_096  # of a sample, of which a covariance is taken


def get(names, extractor) -> list[FeatureMetric]:
    """Metrics by name.

    Args:
        names: Of `METRICS`, several or one; a `FeatureMetric` among them stays what it is.
        extractor: What looks at the samples; see `extractors.get`.

    Returns:
        A list of metrics.

    Raises:
        ConfigError: For an unknown name, or an extractor that isn't known.

    Example:

    >>> from keras_gan import metrics
    >>> [metric.name for metric in metrics.get(["frechet", "modes"], "digits")]
    ['frechet', 'modes']
    """
    names = [names] if isinstance(names, str) else names
    return [name if isinstance(name, FeatureMetric) else make(name, extractor) for name in names]


def make(name, extractor):
    """One metric by name."""
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    return METRICS[name](extractor)


def default_metrics(sample_shape) -> list[FeatureMetric]:
    """Returns the metrics that fit samples of this shape.

    Args:
        sample_shape: `(28, 28, 1)` are taken for digits, other grey or color images are looked at
            by Inception, and of all else, such as points, the numbers themselves.

    Returns:
        A list of metrics.

    Raises:
        DataError: Where Inception is needed, lies not here and can't be fetched.

    Example:

    >>> from keras_gan import metrics
    >>> [metric.name for metric in metrics.default_metrics((2,))]
    ['frechet', 'sliced_wasserstein', 'precision_recall', 'density_coverage', 'nearest']
    """
    extractor = media.of(sample_shape).extractor(sample_shape)
    return get(default_names(extractor, sample_shape), extractor)


def default_names(extractor, sample_shape) -> tuple[str, ...]:
    """Returns the names of the metrics that fit what an extractor sees of samples of a shape.

    Args:
        extractor: Its name.
        sample_shape: Where the values themselves are looked at and are many, there is no Frechet
            distance among them: it would need the covariance of all.

    Example:

    >>> from keras_gan import metrics
    >>> metrics.default_names("values", (16_384, 1))[0]
    'sliced_wasserstein'
    """
    names = DEFAULTS.get(extractor, OF_FEATURES)
    if extractor == "values" and math.prod(sample_shape) > MOST_VALUES:
        return tuple(name for name in names if name != "frechet")
    return names
