"""Neighbours: samples beside the training samples that are nearest to them."""

import dataclasses

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, labels_for, names_of
from keras_gan.explore.sheets import Sheet
from keras_gan.metrics import extractors
from keras_gan.metrics.evaluate import read_batches
from keras_gan.metrics.nearest import nearest
from keras_gan.progress import progress_bar

import numpy as np

BATCH_SIZE = 1024


@dataclasses.dataclass(frozen=True)
class Nearest:
    """The nearest samples of a source, for each of some samples, the nearest first.

    Args:
        distances: `(count, k)`, Euclidean, of the extractor's features.
        indices: `(count, k)` places in the source.
        images: `(count, k, *sample_shape)`.
    """

    distances: np.ndarray
    indices: np.ndarray
    images: np.ndarray


def nearest_in_source(samples, source, k=1, extractor="values"):
    """The `k` samples of a source that are nearest to each of some samples.

    The source is read once, a batch at a time, and never held in memory.

    Args:
        samples: `(count, *sample_shape)` floats, images in [-1, 1].
        source: A `keras_gan.datasets.Source` of at least `k` samples of that shape.
        k: At least 1.
        extractor: What looks at them; see `keras_gan.metrics.extractors.get`.

    Returns:
        A `Nearest`.

    Raises:
        ConfigError: For samples of another shape than the source's, or a `k` out of range.

    Example:

    >>> import keras_gan as kg
    >>> digits = kg.datasets.open_source("digits")
    >>> found = kg.explore.nearest_in_source(digits[7][0][None], digits)
    >>> found.indices.tolist(), found.distances.tolist()
    ([[7]], [[0.0]])
    """
    samples = np.asarray(samples)
    check_integer("k", k)
    if samples.shape[1:] != source.sample_shape or k > len(source):
        raise ConfigError(
            f"expected samples like the {len(source):,} of {source.name}, {source.sample_shape}, "
            f"and at most so many neighbours, got {samples.shape[1:]} and {k}."
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


def neighbours(
    gan, source, count=8, k=5, seed=0, labels=None, extractor="values", class_names=None
):
    """A sheet of samples, each beside its nearest training samples: is any of them a copy?

    `keras-gan evaluate` says by the metric `nearest` what share is authentic; this shows some.

    Args:
        gan: A game of images, such as a `GAN`.
        source: The training data, a `keras_gan.datasets.Source`.
        count: Samples: rows.
        k: Training samples beside each.
        seed: Non-negative int; decides the samples.
        labels: For class-conditional networks: one class, or one a row; all in turn by default.
        extractor: What looks at them; see `keras_gan.metrics.extractors.get`.
        class_names: For the captions; numbers by default.

    Returns:
        A `Sheet`. Below a training sample is its distance.

    Raises:
        ConfigError: For a game of no images, or data of another shape.

    Example:

        digits = kg.datasets.open_source("digits")
        kg.explore.neighbours(gan, digits).save("neighbours.png")
    """
    check_images(gan)
    check_integer("count", count)
    labels = labels_for(gan, count, labels)
    samples = gan.sample(count, seed, labels)
    found = nearest_in_source(samples, source, k, extractor)
    name = extractors.get(extractor).describe()
    return Sheet(
        np.concatenate([samples[:, None], found.images], axis=1),
        rows=names_of(labels, class_names),
        columns=["sample", "nearest", *(f"{place}." for place in range(2, k + 1))],
        cells=[["", *(f"{distance:.3g}" for distance in row)] for row in found.distances],
        title=f"distances of {name}, {len(source):,} training samples of {source.name}",
    )
