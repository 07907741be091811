"""Differentiable augmentation of what the discriminator sees, for few data."""

from keras_gan.augment.ada import ADA
from keras_gan.augment.augment import Augment
from keras_gan.augment.diff_augment import DiffAugment

__all__ = ["ADA", "Augment", "DiffAugment"]
