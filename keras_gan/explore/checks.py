"""What exploring asks of a game, and the labels and captions that its sheets share."""

from keras_gan import media
from keras_gan.checks import check_labels
from keras_gan.errors import ConfigError
from keras_gan.sampling import require_sampling

import numpy as np


def check_images(gan):
    """Raises `ConfigError` for a model that doesn't sample images from latents."""
    require_sampling(gan, "exploring")
    medium = gan.medium
    if not isinstance(medium, media.Image):
        raise ConfigError(
            f"expected a model of images to look at, got {medium.noun} of shape {gan.sample_shape}."
        )


def labels_for(gan, count, labels=None):
    """A class for each of `count` samples: the one given, those given, or all classes in turn.

    Args:
        gan: The game.
        count: How many.
        labels: None, one class, or `(count,)` ints.

    Returns:
        `(count,)` int32, or None for networks without labels.

    Raises:
        ConfigError: For labels where none are wanted, or that don't fit.
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


def names_of(labels, class_names=None):
    """The names of classes, for captions: theirs, or their numbers; None for no labels."""
    if labels is None:
        return None
    return [str(class_names[label] if class_names else label) for label in labels]
