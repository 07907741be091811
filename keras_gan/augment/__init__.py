"""Differentiable augmentation of the discriminator's inputs, for small data sets."""

from keras_gan.augment.ada import ADA
from keras_gan.augment.augment import Augment
from keras_gan.augment.diff_augment import DiffAugment
from keras_gan.errors import ConfigError, abbreviate, unknown

__all__ = ["ADA", "AUGMENTATIONS", "Augment", "DiffAugment", "get"]

AUGMENTATIONS = {"ada": ADA, "diffaugment": DiffAugment}


def get(identifier: Augment | str | None) -> Augment | None:
    """Returns an augmentation by name; an `Augment` or None is returned unchanged.

    Args:
        identifier: One of `AUGMENTATIONS`, an `Augment`, or None.

    Raises:
        ConfigError: For an unknown name or another type.

    Example:

    >>> import keras_gan as kg
    >>> kg.augment.get("diffaugment").transforms
    ('color', 'translation', 'cutout')
    """
    if identifier is None or isinstance(identifier, Augment):
        return identifier
    if not isinstance(identifier, str):
        raise ConfigError(
            "expected a keras_gan.augment.Augment such as DiffAugment(), or a name of "
            f"{', '.join(AUGMENTATIONS)}, got {abbreviate(identifier)}."
        )
    if identifier not in AUGMENTATIONS:
        raise unknown("augmentation", identifier, AUGMENTATIONS)
    return AUGMENTATIONS[identifier](name="augmentation")
