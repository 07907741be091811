"""Starts: the random codes from which a picture is looked for."""

from keras_gan.errors import ConfigError

import numpy as np


def choose_starts(gan, space, images, labels, search, seed):
    """The codes from which each picture is looked for: its nearest candidates, and the mean.

    Args:
        gan: The game.
        space: A `Space`.
        images: `(count, *sample_shape)`.
        labels: `(count,)` ints, `"guess"`, `"all"`, or None for networks without classes.
        search: `SearchOptions`.
        seed: Decides the candidates.

    Returns:
        `(codes (count, starts, ...), labels (count, starts) or None)`; the nearest candidate is the
        first.

    Raises:
        ConfigError: For fewer candidates than are chosen of a class.
    """
    classes = None if labels is None else classes_of(gan, labels)
    check_enough(search, classes, labels)
    latents = np.asarray(gan.latents(search.candidates, seed))
    of_candidates = None if classes is None else np.resize(classes, search.candidates)
    codes = space.codes(gan, latents, of_candidates)
    errors = squared_errors(gan, space, images, codes, of_candidates, search.batch_size)
    if isinstance(labels, np.ndarray):
        errors[of_candidates != labels[:, None]] = np.inf
    order = np.argsort(errors, axis=1, kind="stable")
    if isinstance(labels, str) and labels == "all":
        chosen = np.stack([first_of_each(of_candidates[row], row, classes) for row in order])
        return codes[chosen], of_candidates[chosen]
    chosen = order[:, : max(1, search.starts - 1)]
    found, own = codes[chosen], None if classes is None else of_candidates[chosen]
    if search.starts > 1:
        middle = np.broadcast_to(space.middle, (len(images), 1, *space.middle.shape))
        found = np.concatenate([found, middle], axis=1)
        own = None if own is None else np.concatenate([own, own[:, :1]], axis=1)
    return found.astype("float32"), own


def classes_of(gan, labels):
    """The classes of the candidates, int32."""
    if isinstance(labels, np.ndarray):
        return np.unique(labels).astype("int32")
    return np.arange(gan.num_classes, dtype="int32")


def check_enough(search, classes, labels):
    """Raises `ConfigError` for fewer candidates than the starts need."""
    given = not isinstance(labels, str)
    wanted = max(1, search.starts - 1) * (len(classes) if given and classes is not None else 1)
    wanted = max(wanted, 0 if classes is None else len(classes))
    if search.candidates < wanted:
        raise ConfigError(
            f"expected at least {wanted} candidates for these starts and classes, got "
            f"{search.candidates}."
        )


def first_of_each(labels, order, classes):
    """Of candidates in order, with their labels, the first of each class, in that order."""
    firsts = np.array([np.flatnonzero(labels == label)[0] for label in classes])
    return order[np.sort(firsts)]


def squared_errors(gan, space, images, codes, labels, batch_size):
    """Mean squared errors of every picture to every candidate, `(count, candidates)`."""
    flat = images.reshape(len(images), -1).astype("float64")
    errors = np.empty((len(images), len(codes)))
    for start in range(0, len(codes), batch_size):
        part = slice(start, start + batch_size)
        own = None if labels is None else labels[part]
        made = np.asarray(space.decode(gan.moving_average, codes[part], own), "float64")
        made = made.reshape(len(made), -1)
        norms = np.square(flat).sum(axis=1)[:, None] + np.square(made).sum(axis=1)
        errors[:, part] = (norms - 2 * flat @ made.T) / flat.shape[1]
    return errors
