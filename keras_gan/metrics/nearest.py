"""Nearest neighbours: detection of generated samples that are copies of training samples."""

import os

from keras_gan import pictures
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics.extractors import ExtractorLike
from keras_gan.metrics.metric import FeatureMetric
from keras_gan.metrics.neighbourhoods import ROUNDING, distance_blocks, squared_norms

import keras
import numpy as np
from numpy.typing import ArrayLike


@keras.saving.register_keras_serializable(package="keras_gan")
class NearestNeighbours(FeatureMetric):
    """Share of authentic generated samples, and the ratio of their distances to real samples.

    A sample is authentic if it is farther from its nearest real sample than that real sample is
    from its own nearest neighbour, exact copies excluded. The share is 0 for a generator that
    copies, but less than 1 for new samples: MNIST's test digits reach 0.60 against 10,000 of its
    training digits (extractor "digits"). Compare with the share of held-out real samples. Feed all
    training samples, since copies of missing ones would count as authentic.

    `result` is a dict: `"authentic"`, the share, and `"distance_ratio"`, the median ratio of the
    first of these two distances to the second.

    Args:
        extractor: As in `FeatureMetric`.
        name: Name of the metric.

    Source: Alaa et al., "How Faithful is your Synthetic Data? Sample-level Metrics for Evaluating
    and Auditing Generative Models", ICML 2022, section 3.3.

    Example:

    >>> import numpy as np
    >>> real = np.random.default_rng(0).normal(size=(100, 2))
    >>> metric = NearestNeighbours(extractor="values")
    >>> metric.update_state(real, real[:10])
    >>> metric.result()
    {'authentic': 0.0, 'distance_ratio': 0.0}
    >>> metric.neighbours(k=1)[1].ravel().tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """

    least_counts = (2, 1)

    def __init__(self, extractor: ExtractorLike = "inception", name: str = "nearest") -> None:
        super().__init__(extractor, name)

    def result(self) -> dict[str, float]:
        """Computes `{"authentic": float, "distance_ratio": float}`.

        Raises:
            DataError: Without generated samples, or with fewer than two different real ones.
        """
        self.require(*self.least_counts)
        real = self.real
        among_real = real.once("other", lambda: distances_to_other(real.array))
        to_real, indices = self.neighbours(k=1)
        return authenticity(to_real[:, 0], among_real[indices[:, 0]])

    def neighbours(self, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
        """Finds the `k` nearest real samples of each generated sample, nearest first.

        Args:
            k: Number of neighbours, at most the number of real samples.

        Returns:
            `(distances, indices)`, each `(generated, k)`; indices follow the order in which real
            samples were added.

        Raises:
            ConfigError: For a k below 1.
            DataError: With fewer than `k` real samples, or no generated ones.
        """
        k = check_integer("k", k)
        self.require(k, 1, "feed more samples, or ask for fewer neighbours")
        fake, real = self.fake.array, self.real.array
        return self.fake.once(f"nearest {k} of {len(real)}", lambda: nearest(fake, real, k))


def authenticity(to_real: np.ndarray, among_real: np.ndarray) -> dict[str, float]:
    """Computes the share of authentic samples and the median ratio of distances.

    Args:
        to_real: Distances from each generated sample to its nearest real sample.
        among_real: Distances from that real sample to its nearest other real sample.

    Returns:
        `{"authentic": float, "distance_ratio": float}`.

    Example:

    >>> import numpy as np
    >>> authenticity(np.array([1.0, 3.0, 2.0]), np.array([2.0, 2.0, 2.0]))
    {'authentic': 0.3333333333333333, 'distance_ratio': 1.0}
    """
    return {
        "authentic": float((to_real > among_real).mean()),
        "distance_ratio": float(np.median(to_real / among_real)),
    }


def nearest(samples: np.ndarray, others: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Finds the `k` nearest neighbours of each sample among others, nearest first.

    Args:
        samples: Features `(count, features)`.
        others: Features `(other count, features)`, at least `k`.
        k: Number of neighbours, at least 1.

    Returns:
        `(distances, indices)`, each `(count, k)`. Distances are exact to rounding, 0 for a copy.

    Example:

    >>> import numpy as np
    >>> distances, indices = nearest(np.array([[1.0]]), np.array([[5.0], [0.0], [3.0]]), k=2)
    >>> distances.tolist(), indices.tolist()
    ([[1.0, 2.0]], [[1, 2]])
    """
    distances, indices = np.empty((len(samples), k)), np.empty((len(samples), k), "int64")
    for rows, squared in distance_blocks(samples, others):
        near = np.argpartition(squared, k - 1, axis=1)[:, :k]
        exact = np.stack([distance(samples[rows], others[column]) for column in near.T], axis=1)
        order = np.argsort(exact, axis=1, kind="stable")
        distances[rows] = np.take_along_axis(exact, order, axis=1)
        indices[rows] = np.take_along_axis(near, order, axis=1)
    return distances, indices


def distances_to_other(features: np.ndarray) -> np.ndarray:
    """Computes the distance of each sample to its nearest neighbour that isn't an exact copy.

    Args:
        features: `(count, features)`.

    Returns:
        `(count,)` floats above 0.

    Raises:
        DataError: For samples that are all equal.

    Example:

    >>> import numpy as np
    >>> distances_to_other(np.array([[0.0], [0.0], [3.0]])).tolist()
    [3.0, 3.0, 3.0]
    """
    distances = np.empty(len(features))
    centre = features.mean(axis=0, dtype="float64")
    for rows, squared in distance_blocks(features, features):
        noise = 2 * ROUNDING * features.shape[1] * squared_norms(features[rows] - centre)
        squared[squared <= noise[:, None]] = np.inf
        distances[rows] = distance(features[rows], features[squared.argmin(axis=1)])
    if not distances.all():
        raise DataError(
            f"expected different real samples, got {len(features)} that are all equal; check the "
            "samples and the extractor."
        )
    return distances


def distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Computes the Euclidean distance of each pair of rows, in float64."""
    return np.linalg.norm(first.astype("float64") - second, axis=1)


def save_neighbours(samples: ArrayLike, neighbours: ArrayLike, path: str | os.PathLike) -> None:
    """Writes a captioned PNG with rows of a generated sample and its nearest training samples.

    Args:
        samples: `(count, height, width, channels)` floats in [-1, 1].
        neighbours: `(count, k, height, width, channels)`, nearest first.
        path: File to write; its folder is created if needed.

    Raises:
        ConfigError: For samples that aren't images, or neighbours of another shape.

    Example:

        distances, indices = metric.neighbours(k=3)
        save_neighbours(samples, real[indices], "nearest.png")
    """
    samples, neighbours = np.asarray(samples), np.asarray(neighbours)
    fits = neighbours.ndim == 5 and samples.shape == neighbours[:, 0].shape
    if not fits:
        raise ConfigError(
            "expected images (count, height, width, channels) and their neighbours (count, k, "
            f"height, width, channels), got {samples.shape} and {neighbours.shape}."
        )
    pictures.Sheet(
        np.concatenate([samples[:, None], neighbours], axis=1),
        columns=neighbour_captions(neighbours.shape[1]),
        title="samples | their nearest training samples",
    ).save(path)


def neighbour_captions(k: int) -> list[str]:
    """Returns the captions of a sample and its `k` nearest neighbours.

    Example:

    >>> neighbour_captions(3)
    ['sample', 'nearest', '2.', '3.']
    """
    return ["sample", "nearest", *(f"{rank}." for rank in range(2, k + 1))]
