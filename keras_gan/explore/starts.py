"""Starts: the codes at which the search for an image begins."""

from keras_gan.errors import ConfigError
from keras_gan.explore.search import SearchOptions
from keras_gan.explore.spaces import Space
from keras_gan.sampling import Sampling

import numpy as np


def choose_starts(
    gan: Sampling,
    space: Space,
    images: np.ndarray,
    labels: np.ndarray | str | None,
    search: SearchOptions,
    seed: int,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Chooses the starting codes of each image: its nearest candidates, and the mean code.

    Args:
        gan: The model.
        space: A `Space`.
        images: `(count, *sample_shape)`.
        labels: `(count,)` ints, `"guess"`, `"all"`, or None for networks without labels.
        search: `SearchOptions`.
        seed: Seed of the candidates.

    Returns:
        `(codes (count, starts, ...), labels (count, starts) or None)`, the nearest candidate
        first.

    Raises:
        ConfigError: For too few candidates.
    """
    classes = None if labels is None else classes_of(gan, labels)
    check_enough(search, classes, labels)
    latents = np.asarray(gan.latents(search.candidates, seed))
    candidate_labels = None if classes is None else np.resize(classes, search.candidates)
    codes = space.codes(gan, latents, candidate_labels)
    errors = squared_errors(gan, space, images, codes, candidate_labels, search.batch_size)
    if isinstance(labels, np.ndarray):
        errors[candidate_labels != labels[:, None]] = np.inf
    order = np.argsort(errors, axis=1, kind="stable")
    if isinstance(labels, str) and labels == "all":
        nearest = np.stack([first_of_each(candidate_labels[row], row, classes) for row in order])
        return codes[nearest], candidate_labels[nearest]
    nearest = order[:, : max(1, search.starts - 1)]
    starts = codes[nearest]
    start_labels = None if classes is None else candidate_labels[nearest]
    if search.starts > 1:
        middle = np.broadcast_to(space.middle, (len(images), 1, *space.middle.shape))
        starts = np.concatenate([starts, middle], axis=1)
        if classes is not None:
            start_labels = np.concatenate([start_labels, start_labels[:, :1]], axis=1)
    return starts.astype("float32"), start_labels


def classes_of(gan: Sampling, labels: np.ndarray | str | None) -> np.ndarray:
    """Returns the classes of the candidates, int32."""
    if isinstance(labels, np.ndarray):
        return np.unique(labels).astype("int32")
    return np.arange(gan.num_classes, dtype="int32")


def check_enough(
    search: SearchOptions, classes: np.ndarray | None, labels: np.ndarray | str | None
) -> None:
    """Raises `ConfigError` for fewer candidates than the starts need."""
    fixed = classes is not None and not isinstance(labels, str)
    minimum = max(1, search.starts - 1) * (len(classes) if fixed else 1)
    minimum = max(minimum, 0 if classes is None else len(classes))
    if search.candidates < minimum:
        raise ConfigError(
            f"expected at least {minimum} candidates for these starts and classes, got "
            f"{search.candidates}."
        )


def first_of_each(labels: np.ndarray, order: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Returns the first candidate of each class, in the given order of the candidates."""
    firsts = np.array([np.flatnonzero(labels == label)[0] for label in classes])
    return order[np.sort(firsts)]


def squared_errors(
    gan: Sampling,
    space: Space,
    images: np.ndarray,
    codes: np.ndarray,
    labels: np.ndarray | None,
    batch_size: int,
) -> np.ndarray:
    """Computes mean squared errors of all images to all candidates, `(count, candidates)`."""
    flat = images.reshape(len(images), -1).astype("float64")
    errors = np.empty((len(images), len(codes)))
    for start in range(0, len(codes), batch_size):
        part = slice(start, start + batch_size)
        classes = None if labels is None else labels[part]
        samples = np.asarray(space.decode(gan.moving_average, codes[part], classes), "float64")
        samples = samples.reshape(len(samples), -1)
        norms = np.square(flat).sum(axis=1)[:, None] + np.square(samples).sum(axis=1)
        errors[:, part] = (norms - 2 * flat @ samples.T) / flat.shape[1]
    return errors
