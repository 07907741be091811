"""Neighbours: samples beside their nearest training samples."""

import dataclasses
from collections.abc import Sequence

from keras_gan.checks import check_integer
from keras_gan.datasets.source import Source
from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, class_captions, labels_for
from keras_gan.metrics import extractors
from keras_gan.metrics.evaluate import read_batches
from keras_gan.metrics.nearest import nearest, neighbour_captions
from keras_gan.pictures.sheets import Sheet
from keras_gan.progress import progress_bar
from keras_gan.sampling import Sampling
from keras_gan.tf32 import allow_tf32

import numpy as np
from numpy.typing import ArrayLike

BATCH_SIZE = 1024


@dataclasses.dataclass(frozen=True)
class Nearest:
    """The nearest neighbours of samples in a source, nearest first.

    Args:
        distances: `(count, k)` Euclidean distances of the extractor's features.
        indices: `(count, k)` indices into the source.
        images: `(count, k, *sample_shape)`, the neighbours.
    """

    distances: np.ndarray
    indices: np.ndarray
    images: np.ndarray


@allow_tf32(False)
def nearest_in_source(
    samples: np.ndarray, source: Source, k: int = 1, extractor: extractors.ExtractorLike = "values"
) -> Nearest:
    """Finds the `k` nearest neighbours of each sample in a source.

    The source is read once, batch by batch; it doesn't have to fit in memory.

    Args:
        samples: `(count, *sample_shape)` floats, images in [-1, 1].
        source: A `keras_gan.datasets.Source` of at least `k` samples of that shape.
        k: Number of neighbours, at least 1.
        extractor: Feature extractor; see `keras_gan.metrics.extractors.get`.

    Returns:
        A `Nearest`.

    Raises:
        ConfigError: For samples of another shape than the source's, or a `k` out of range.

    Example:

    >>> import keras_gan as kg
    >>> digits = kg.datasets.open_source("digits")
    >>> nearest = kg.explore.nearest_in_source(digits[7][0][None], digits)
    >>> nearest.indices.tolist(), nearest.distances.tolist()
    ([[7]], [[0.0]])
    """
    samples = np.asarray(samples)
    check_integer("k", k)
    if samples.shape[1:] != source.sample_shape or k > len(source):
        raise ConfigError(
            f"expected samples like the {len(source):,} of {source.name}, {source.sample_shape}, "
            f"and at most that many neighbours, got {samples.shape[1:]} and {k}."
        )
    extractor = extractors.get(extractor)
    features = extractor.features(samples)
    distances = np.empty((len(samples), 0))
    indices = np.empty((len(samples), 0), "int64")
    batches = read_batches(source, np.arange(len(source)), BATCH_SIZE)
    bar = progress_bar(-(-len(source) // BATCH_SIZE), "batch", iterable=batches)
    for number, batch in enumerate(bar):
        near = nearest(features, extractor.features(batch), min(k, len(batch)))
        distances = np.concatenate([distances, near[0]], axis=1)
        indices = np.concatenate([indices, near[1] + number * BATCH_SIZE], axis=1)
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        distances, indices = (np.take_along_axis(x, order, 1) for x in (distances, indices))
    images = np.concatenate(list(read_batches(source, indices.ravel(), BATCH_SIZE)))
    return Nearest(distances, indices, images.reshape(*indices.shape, *samples.shape[1:]))


@allow_tf32(False)
def neighbours(
    gan: Sampling,
    source: Source,
    count: int = 8,
    k: int = 5,
    seed: int = 0,
    labels: ArrayLike | None = None,
    extractor: extractors.ExtractorLike = "values",
    class_names: Sequence[str] | None = None,
) -> Sheet:
    """Returns a sheet of samples beside their nearest training samples, to look for copies.

    The metric `nearest` of `keras-gan evaluate` measures the share of authentic samples; this
    sheet shows examples.

    Args:
        gan: A model of images, such as a `GAN`.
        source: The training data, a `keras_gan.datasets.Source`.
        count: Number of samples, one per row.
        k: Number of training samples beside each.
        seed: Non-negative int that determines the samples.
        labels: For class-conditional networks: one class, or one per row; all in turn by default.
        extractor: Feature extractor; see `keras_gan.metrics.extractors.get`.
        class_names: Names of the classes, for the captions; their numbers by default.

    Returns:
        A `Sheet`. The caption of a training sample is its distance.

    Raises:
        ConfigError: For a model that doesn't generate images, or data of another shape.

    Example:

        digits = kg.datasets.open_source("digits")
        kg.explore.neighbours(gan, digits).save("neighbours.png")
    """
    check_images(gan)
    check_integer("count", count)
    labels = labels_for(gan, count, labels)
    samples = gan.sample(count, seed, labels)
    neighbours = nearest_in_source(samples, source, k, extractor)
    name = extractors.get(extractor).describe()
    return Sheet(
        np.concatenate([samples[:, None], neighbours.images], axis=1),
        rows=class_captions(labels, class_names),
        columns=neighbour_captions(k),
        cells=[["", *(f"{distance:.3g}" for distance in row)] for row in neighbours.distances],
        title=f"distances of {name}, {len(source):,} training samples of {source.name}",
    )
