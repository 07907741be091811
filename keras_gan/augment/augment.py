"""Augment: what every augmentation of the discriminator's images shares."""

from keras_gan import media, replicas
from keras_gan.checks import check_number
from keras_gan.errors import ConfigError, unknown

import keras
from keras import ops


class Augment(keras.layers.Layer):
    """Base of the augmentations: called as `augment(images, key)`, differentiable in the images.

    Real and generated images both pass through it on their way to the discriminator, and the
    gradients pass through it on their way back, so the generator doesn't learn the augmentation.
    Every sample draws its own parameters, from the key alone. A subclass names its transformations
    in `known` and defines `change`.

    Args:
        transforms: Names of the transformations, out of `known`.
        p: Probability from 0 to 1 with which each transformation is applied to each sample.
        name: Name of the layer.

    Attributes:
        p: The probability, a weight: it is saved with the model and can be assigned.

    Raises:
        ConfigError: For a transformation that isn't known, or a p that is no probability.
    """

    known: tuple[str, ...] = ()

    def __init__(self, transforms, p, name=None):
        # float32 whatever the global policy: bfloat16 has no room for 256 levels
        super().__init__(name=name, dtype="float32")
        self.transforms = check_transforms(transforms, self.known)
        self.p = self.add_state("p", float(check_number("p", p, maximum=1)))

    def add_state(self, name, value=0.0):
        """A float32 scalar weight that no optimizer moves; replicas hold their mean."""
        initializer = keras.initializers.Constant(value)
        return self.add_weight(
            (), initializer, trainable=False, name=name, aggregation="mean", dtype="float32"
        )

    def call(self, images, key):
        """The images, augmented.

        Args:
            images: `(batch, height, width, channels)` floats in [-1, 1], at least 2x2 pixels;
                grey, RGB or RGBA.
            key: See `keras_gan.noise`. The same key gives the same augmentation.

        Returns:
            Float32 images of the same shape. They may leave [-1, 1].

        Raises:
            ConfigError: For samples that are no images, or something that is no key.
        """
        check_images(images)
        check_key(key)
        return self.change(images, key)

    def change(self, images, key):
        """The checked images, augmented: what an augmentation defines."""
        raise NotImplementedError(f"{type(self).__name__} defines no change.")

    def update(self, real_logits):
        """Hears, after each step of the discriminator, what it said of the real batch.

        Only an augmentation that adapts listens.

        Args:
            real_logits: `(batch,)` logits of the augmented real samples.
        """
        return None  # AutoGraph can't convert a body that is a docstring alone

    def compute_output_shape(self, images_shape, key_shape=None):
        """The images' shape."""
        return images_shape

    def get_build_config(self):
        """None: all state is made at once, so a used augmentation is configured as a new one."""
        return None

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"transforms": list(self.transforms), "name": self.name}


def check_transforms(transforms, known):
    """The names as a tuple; raises `ConfigError` unless they are known, once each, at least one."""
    if isinstance(transforms, str):
        raise ConfigError(f"expected a tuple of transformations, got {transforms!r}.")
    for name in transforms:
        if name not in known:
            raise unknown("transformation", name, known)
    if not transforms or len(set(transforms)) < len(transforms):
        raise ConfigError(f"expected each transformation at most once, got {transforms}.")
    return tuple(transforms)


def check_images(images):
    """Raises `ConfigError` unless these are float images of a known size."""
    shape = tuple(images.shape)
    if not media.Image().fits(shape[1:]) or min(shape[1:3]) < 2:
        raise ConfigError(
            f"expected images {media.Image.form} of at least 2x2 pixels and a fixed size, got a "
            f"batch of {shape}."
        )
    dtype = keras.backend.standardize_dtype(images.dtype)
    if not keras.backend.is_float_dtype(dtype):
        raise ConfigError(f"expected float images in [-1, 1], got {dtype}; rescale them.")


def check_key(key):
    """Raises `ConfigError` unless this is a key."""
    dtype = keras.backend.standardize_dtype(key.dtype)
    if tuple(key.shape) != (2,) or not keras.backend.is_int_dtype(dtype):
        raise ConfigError(
            f"expected a key (seed, counter) of two integers, got {dtype} of shape "
            f"{tuple(key.shape)}; make one with keras_gan.noise.make_key."
        )


def draw_numbers(distribution, key, names, count, images):
    """`count` numbers for each image and each name, all independent.

    One draw for all, because XLA compiles each draw anew.

    Args:
        distribution: `noise.uniform` or `noise.normal`.
        key: A key.
        names: Who gets numbers of their own.
        count: How many each.
        images: `(batch, ...)`.

    Returns:
        Name -> `count` tensors `(batch,)`.
    """
    shape = (len(names), count, ops.shape(images)[0])
    table = replicas.rows_of_batch(lambda shape: distribution(shape, key), shape, axis=2)
    rows = (ops.unstack(row, axis=0) for row in ops.unstack(table, axis=0))
    return dict(zip(names, rows, strict=True))


def select(chosen, changed, images):
    """`changed` where `chosen` `(batch,)`, else the images as they were, to the bit."""
    pixels = (-1, images.shape[1] * images.shape[2] * images.shape[3])
    # flat: TensorFlow is several times slower at a condition that spans four axes
    result = ops.where(chosen[:, None], ops.reshape(changed, pixels), ops.reshape(images, pixels))
    return ops.reshape(result, (-1, *images.shape[1:]))


def apply_to_colors(function, images):
    """`function` of the grey or RGB channels; an alpha channel stays as it is."""
    if images.shape[-1] < 4:
        return function(images)
    return ops.concatenate([function(images[..., :3]), images[..., 3:]], axis=-1)
