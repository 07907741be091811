"""What the tests of the augmentations share."""

from keras_gan import augment, noise
from keras_gan.augment.ada import OPERATIONS

import numpy as np
import pytest
import tensorflow as tf

KEY = noise.make_key(5, 7)


def images_of(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


def values(*numbers, dtype="float32"):
    return tf.constant(numbers, dtype)


def compiled(function, jit=False):
    return tf.function(function, jit_compile=jit)


def full_ada():
    return augment.ADA(p=1.0)


def all_augments():
    return [augment.DiffAugment(), full_ada()]


def random_matrix(random, images, p):
    """A random matrix of ADA for each image; p is that of all operations, or of each by name."""
    if isinstance(p, float):
        p = {name: p for names in OPERATIONS.values() for name in names}
    uniform = tf.unstack(noise.uniform((7, len(images)), KEY))
    normal = tf.unstack(noise.normal((4, len(images)), noise.fold_in(KEY, 1)))
    return random(images, uniform, normal, p)


both_kinds = pytest.mark.parametrize("kind", [augment.DiffAugment, full_ada])
