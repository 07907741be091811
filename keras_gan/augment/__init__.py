"""Differentiable augmentation of the discriminator's inputs, for small data sets."""

from keras_gan.augment.ada import ADA
from keras_gan.augment.augment import Augment
from keras_gan.augment.diff_augment import DiffAugment
from keras_gan.errors import unknown

__all__ = ["ADA", "AUGMENTATIONS", "Augment", "DiffAugment", "get"]

AUGMENTATIONS = {"ada": ADA, "diffaugment": DiffAugment}


def get(identifier: Augment | str | None) -> Augment | None:
    """Returns an augmentation by name; an `Augment` or None is returned unchanged.

    Args:
        identifier: One of `AUGMENTATIONS`, an `Augment`, or None.

    Raises:
        ConfigError: For an unknown name.

    Example:

    >>> import keras_gan as kg
    >>> kg.augment.get("diffaugment").transforms
    ('color', 'translation', 'cutout')
    """
    if not isinstance(identifier, str):
        return identifier
    if identifier not in AUGMENTATIONS:
        raise unknown("augmentation", identifier, AUGMENTATIONS)
    return AUGMENTATIONS[identifier](name="augmentation")
