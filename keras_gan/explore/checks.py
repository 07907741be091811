"""Checks of the model, and the labels and captions that all sheets share."""

from collections.abc import Sequence

from keras_gan import media
from keras_gan.checks import check_labels
from keras_gan.errors import ConfigError
from keras_gan.sampling import Sampling, require_sampling

import numpy as np
from numpy.typing import ArrayLike


def check_images(gan: Sampling) -> None:
    """Raises `ConfigError` for a model that doesn't sample images from latents."""
    require_sampling(gan, "exploring")
    medium = gan.medium
    if not isinstance(medium, media.Image):
        raise ConfigError(
            f"expected a model of images to explore, got {medium.noun} of shape {gan.sample_shape}."
        )


def labels_for(gan: Sampling, count: int, labels: ArrayLike | None = None) -> np.ndarray | None:
    """Returns a label for each of `count` samples.

    Args:
        gan: The model.
        count: Number of labels.
        labels: One class for all, `(count,)` ints, or None for all classes in turn.

    Returns:
        `(count,)` int32, or None for networks without labels.

    Raises:
        ConfigError: For labels of the wrong shape or range, or that the networks don't take.
    """
    if not gan.conditional:
        if labels is not None:
            raise ConfigError("expected no labels: these networks take none.")
        return None
    if labels is None:
        if gan.num_classes is None:
            raise ConfigError("expected labels: the generator doesn't say its num_classes.")
        labels = np.arange(count) % gan.num_classes
    labels = np.asarray(labels)
    if labels.shape not in ((), (count,)):
        raise ConfigError(f"expected one label or {count}, got labels of shape {labels.shape}.")
    if gan.num_classes is not None:
        check_labels(labels, gan.num_classes, ConfigError)
    return np.broadcast_to(labels, (count,)).astype("int32")


def class_captions(
    labels: np.ndarray | None, class_names: Sequence[str] | None = None
) -> list[str] | None:
    """Returns a caption for each label, its class's name or number; None without labels."""
    if labels is None:
        return None
    return [str(class_names[label] if class_names else label) for label in labels]
