"""Metrics of the generated distribution: distances, quality, variety, copies."""

import math
from collections.abc import Callable, Sequence

from keras_gan import media
from keras_gan.datasets.source import Source
from keras_gan.errors import unknown
from keras_gan.metrics import extractors, known, published
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
from keras_gan.metrics.perceptual import Lpips, lpips
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
    "Lpips",
    "Modes",
    "NearestNeighbours",
    "PrecisionRecall",
    "SlicedWasserstein",
    "default_extractor",
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
    "lpips",
    "precision_recall",
    "published",
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
    "i3d": ("frechet", "kernel", "nearest"),
    "inception": ("frechet", "kernel", "inception_score", *NEIGHBOURS),
    "stacked_digits": ("modes", "frechet"),
    "values": ("frechet", "sliced_wasserstein", *NEIGHBOURS),
}
FEATURE_METRICS = ("frechet", "kernel", *NEIGHBOURS)  # defaults for all other extractors
MAX_VALUES = 4_096  # values per sample for which to compute a covariance


def get(
    names: str | FeatureMetric | Sequence[str | FeatureMetric], extractor: extractors.ExtractorLike
) -> list[FeatureMetric]:
    """Returns metrics by name.

    Args:
        names: One name or several, of `METRICS`; `FeatureMetric` objects are returned unchanged.
        extractor: Feature extractor; see `extractors.get`.

    Returns:
        A list of metrics.

    Raises:
        ConfigError: For an unknown name or extractor.

    Example:

    >>> from keras_gan import metrics
    >>> [metric.name for metric in metrics.get(["frechet", "modes"], "digits")]
    ['frechet', 'modes']
    """
    names = [names] if isinstance(names, str) else names
    return [name if isinstance(name, FeatureMetric) else make(name, extractor) for name in names]


def make(name: str, extractor: extractors.ExtractorLike) -> FeatureMetric:
    """Makes one metric by name."""
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    return METRICS[name](extractor)


def default_metrics(
    sample_shape: Sequence[int],
    medium: media.Medium | None = None,
    tell: Callable[[str], object] = print,
) -> list[FeatureMetric]:
    """Returns the default metrics for samples of a shape.

    Args:
        sample_shape: Shape of a sample. `(28, 28, 1)` is assumed to be digits; other grey or
            colour images are measured by Inception, or by `photos` if it isn't fetched, and all
            other samples, such as points, by their values.
        medium: Medium of the samples, such as that of a source; inferred from their shape by
            default.
        tell: Function to call with a line if Inception is replaced.

    Returns:
        A list of metrics.

    Example:

    >>> from keras_gan import metrics
    >>> [metric.name for metric in metrics.default_metrics((2,))]
    ['frechet', 'sliced_wasserstein', 'precision_recall', 'density_coverage', 'nearest']
    """
    extractor = (medium or media.of(sample_shape)).extractor(sample_shape)
    extractor = extractors.available(extractor, tell)
    return get(default_names(extractor, sample_shape), extractor)


def default_extractor(source: Source, tell: Callable[[str], object] = print) -> str:
    """Returns the name of the extractor that suits a source best.

    Args:
        source: A `keras_gan.datasets.Source`.
        tell: Function to call with a line if Inception is replaced.

    Example:

    >>> import keras_gan as kg
    >>> kg.metrics.default_extractor(kg.datasets.open_source("digits"))
    'digits'
    """
    name = source.extractor or source.medium.extractor(source.sample_shape)
    return extractors.available(name, tell)


def default_names(extractor: str, sample_shape: Sequence[int]) -> tuple[str, ...]:
    """Returns the names of the default metrics for an extractor and samples of a shape.

    Args:
        extractor: Name of the extractor.
        sample_shape: Shape of a sample. For the extractor `values` and samples of many values,
            the Frechet distance is left out, as it needs the covariance of all values.

    Example:

    >>> from keras_gan import metrics
    >>> metrics.default_names("values", (16_384, 1))[0]
    'sliced_wasserstein'
    """
    names = DEFAULTS.get(extractor, FEATURE_METRICS)
    if not extractors.classifies(extractor):
        names = tuple(name for name in names if name != "inception_score")
    if extractor == "values" and math.prod(sample_shape) > MAX_VALUES:
        return tuple(name for name in names if name != "frechet")
    return names
