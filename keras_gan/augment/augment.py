"""Augment: the base class of augmentations of the discriminator's images."""

from collections.abc import Callable, Sequence

from keras_gan import media, replicas
from keras_gan.checks import check_number
from keras_gan.errors import ConfigError, unknown

import keras
import tensorflow as tf
from keras import ops


class Augment(keras.layers.Layer):
    """Base of augmentations: called as `augment(images, key)`, differentiable in the images.

    The discriminator sees real and generated images through it. Gradients flow back through it, so
    the generator doesn't learn to produce augmented images. The key determines the parameters of
    every sample. A subclass names its transformations in `choices` and implements `transform`.

    Args:
        transforms: Names of the transformations, some of `choices`.
        p: Probability of applying each transformation to each sample, from 0 to 1.
        name: Name of the layer.

    Attributes:
        p: The probability, a weight: it is saved with the model and can be assigned.

    Raises:
        ConfigError: For an unknown transformation or a p outside of [0, 1].
    """

    choices: tuple[str, ...] = ()

    def __init__(self, transforms: Sequence[str], p: float, name: str | None = None):
        # float32 under every global policy: bfloat16 can't represent 256 levels
        super().__init__(name=name, dtype="float32")
        self.transforms = check_transforms(transforms, self.choices)
        self.p = self.add_state("p", float(check_number("p", p, maximum=1)))

    def add_state(self, name: str, value: float = 0.0) -> keras.Variable:
        """Adds a non-trainable float32 scalar, averaged over replicas."""
        initializer = keras.initializers.Constant(value)
        return self.add_weight(
            (), initializer, trainable=False, name=name, aggregation="mean", dtype="float32"
        )

    def call(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Augments images.

        Args:
            images: `(batch, height, width, channels)` floats in [-1, 1], at least 2x2 pixels;
                grey, RGB or RGBA.
            key: A `keras_gan.noise` key. The same key gives the same augmentation.

        Returns:
            Float32 images of the same shape. They may leave [-1, 1].

        Raises:
            ConfigError: For samples that aren't images or an invalid key.
        """
        check_images(images)
        check_key(key)
        return self.transform(images, key)

    def transform(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Augments valid images; subclasses implement this."""
        raise NotImplementedError(f"{type(self).__name__} defines no transform.")

    def update(self, real_logits: tf.Tensor) -> None:
        """Adapts to the discriminator's logits of a real batch, after each of its updates.

        Does nothing by default.

        Args:
            real_logits: `(batch,)` logits of the augmented real samples.
        """
        return None  # AutoGraph can't convert a body that is only a docstring

    def compute_output_shape(self, images_shape: tuple, key_shape: tuple | None = None) -> tuple:
        """Returns the shape of the images."""
        return images_shape

    def get_build_config(self) -> None:
        """Returns None: the constructor creates all state, so there is nothing to build."""
        return None

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"transforms": list(self.transforms), "name": self.name}


def check_transforms(transforms: Sequence[str], choices: Sequence) -> tuple[str, ...]:
    """Returns the names as a tuple; raises `ConfigError` for unknown or repeated names, or none."""
    if isinstance(transforms, str):
        raise ConfigError(f"expected a tuple of transformations, got {transforms!r}.")
    for name in transforms:
        if name not in choices:
            raise unknown("transformation", name, choices)
    if not transforms or len(set(transforms)) < len(transforms):
        raise ConfigError(f"expected each transformation at most once, got {transforms}.")
    return tuple(transforms)


def check_images(images: tf.Tensor) -> None:
    """Raises `ConfigError` unless these are float images of a fixed size."""
    shape = tuple(images.shape)
    if not media.Image().fits(shape[1:]) or min(shape[1:3]) < 2:
        raise ConfigError(
            f"expected images {media.Image.form} of at least 2x2 pixels and a fixed size, got a "
            f"batch of {shape}."
        )
    dtype = keras.backend.standardize_dtype(images.dtype)
    if not keras.backend.is_float_dtype(dtype):
        raise ConfigError(f"expected float images in [-1, 1], got {dtype}; rescale them.")


def check_key(key: tf.Tensor) -> None:
    """Raises `ConfigError` for an invalid key."""
    dtype = keras.backend.standardize_dtype(key.dtype)
    if tuple(key.shape) != (2,) or not keras.backend.is_int_dtype(dtype):
        raise ConfigError(
            f"expected a key (seed, counter) of two integers, got {dtype} of shape "
            f"{tuple(key.shape)}; make one with keras_gan.noise.make_key."
        )


def draw_numbers(
    distribution: Callable, key: tf.Tensor, names: Sequence[str], count: int, images: tf.Tensor
) -> dict[str, list[tf.Tensor]]:
    """Draws independent random numbers for each image and each transformation.

    All numbers come from one draw, because XLA compiles each draw separately.

    Args:
        distribution: `noise.uniform` or `noise.normal`.
        key: A key.
        names: Names of the transformations.
        count: Number of values per image and name.
        images: `(batch, ...)`.

    Returns:
        Name -> `count` tensors `(batch,)`.
    """
    shape = (len(names), count, ops.shape(images)[0])
    table = replicas.rows_of_batch(lambda shape: distribution(shape, key), shape, axis=2)
    rows = (ops.unstack(row, axis=0) for row in ops.unstack(table, axis=0))
    return dict(zip(names, rows, strict=True))


def select(mask: tf.Tensor, transformed: tf.Tensor, images: tf.Tensor) -> tf.Tensor:
    """Returns `transformed` where `mask` `(batch,)` is true, else the unchanged images."""
    flat = (-1, images.shape[1] * images.shape[2] * images.shape[3])
    # flat: TensorFlow is several times slower at a condition that spans four axes
    result = ops.where(mask[:, None], ops.reshape(transformed, flat), ops.reshape(images, flat))
    return ops.reshape(result, (-1, *images.shape[1:]))


def swap_sides(images: tf.Tensor) -> tf.Tensor:
    """Swaps rows and columns."""
    return ops.transpose(images, (0, 2, 1, 3))


def apply_to_colors(function: Callable, images: tf.Tensor) -> tf.Tensor:
    """Applies a function to the grey or RGB channels; an alpha channel stays unchanged."""
    if images.shape[-1] < 4:
        return function(images)
    return ops.concatenate([function(images[..., :3]), images[..., 3:]], axis=-1)
