"""DiffAugment: a few transformations, applied to every sample.

Source: Zhao, Liu, Lin, Zhu and Han, "Differentiable Augmentation for Data-Efficient GAN Training",
NeurIPS 2020.
"""

from collections.abc import Sequence

from keras_gan import noise
from keras_gan.augment.augment import Augment, apply_to_colors, draw_numbers, select, swap_sides

import keras
import tensorflow as tf
from keras import ops


def brightness(images: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
    """Adds an offset to the images.

    Args:
        images: `(batch, height, width, channels)`.
        offset: `(batch,)`.
    """
    return images + offset[:, None, None, None]


def saturation(images: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Scales each pixel's distance from its mean over the channels; grey stays grey.

    Args:
        images: `(batch, height, width, 1 or 3)`.
        factor: `(batch,)`: 0 gives grey, 1 changes nothing.
    """
    _, height, width, channels = images.shape
    if channels == 1:
        return images
    keep = factor[:, None, None]
    # a matrix per sample is twice as fast as TensorFlow's mean over three channels
    mix = keep * ops.eye(channels) + (1.0 - keep) / channels
    pixels = ops.reshape(images, (-1, height * width, channels))
    return ops.reshape(ops.matmul(pixels, mix), (-1, height, width, channels))


def contrast(images: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
    """Scales each value's distance from the mean of the image.

    Args:
        images: `(batch, height, width, channels)`.
        factor: `(batch,)`: 0 gives a constant image, 1 changes nothing.
    """
    mean = ops.mean(images, axis=(1, 2, 3))
    offset = (1.0 - factor) * mean
    return images * factor[:, None, None, None] + offset[:, None, None, None]


def translate(images: tf.Tensor, down: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    """Shifts the images by whole pixels, padded with zeros.

    Args:
        images: `(batch, height, width, channels)`.
        down, right: `(batch,)` int32 pixels, positive or negative.
    """

    @ops.custom_gradient
    def shift(images):
        shifted = swap_sides(shift_rows(swap_sides(shift_rows(images, down)), right))
        # the adjoint of a shift is the shift back, a gather; TensorFlow would use a scatter
        return shifted, lambda upstream: translate(upstream, -down, -right)

    return shift(images)


def shift_rows(images: tf.Tensor, down: tf.Tensor) -> tf.Tensor:
    """Shifts the rows down by `(batch,)` int32, padded with zeros."""
    _, height, width, channels = images.shape
    batch = ops.shape(images)[0]
    rows = ops.reshape(images, (-1, width * channels))
    rows = ops.pad(rows, ((0, 1), (0, 0)))  # a last row of zeros, for the padding
    source = ops.arange(height) - down[:, None]
    index = ops.where(
        (source >= 0) & (source < height),
        source + height * ops.arange(batch)[:, None],
        height * batch,
    )
    return ops.reshape(ops.take(rows, index, axis=0), (-1, height, width, channels))


def cutout(
    images: tf.Tensor, top: tf.Tensor, left: tf.Tensor, height: tf.Tensor, width: tf.Tensor
) -> tf.Tensor:
    """Sets a rectangle to zero; the part outside of the image is ignored.

    Args:
        images: `(batch, height, width, channels)`.
        top, left: `(batch,)` int32, first row and column of the rectangle; may be negative.
        height, width: `(batch,)` int32 pixels.
    """
    _, rows, columns, channels = images.shape
    vertical = interval_mask(top, height, rows)
    horizontal = ops.repeat(interval_mask(left, width, columns), channels, axis=1)
    mask = 1.0 - vertical[:, :, None] * horizontal[:, None, :]
    lines = ops.reshape(images, (-1, rows, columns * channels))
    return ops.reshape(lines * mask, (-1, rows, columns, channels))


def interval_mask(start: tf.Tensor, length: tf.Tensor, size: int) -> tf.Tensor:
    """Returns 1 at `length` of `size` positions, from `start` on, and 0 elsewhere."""
    position = ops.arange(size) - start[:, None]
    return ops.cast((position >= 0) & (position < length[:, None]), "float32")


# Random transformations: `(images, uniform, p)`, with four uniform numbers `(batch,)`. The first
# number selects, with probability p, the samples to transform.


def random_color(
    images: tf.Tensor, uniform: Sequence[tf.Tensor], p: float | tf.Tensor
) -> tf.Tensor:
    """Shifts brightness by -0.5 to 0.5, scales saturation by 0 to 2 and contrast by 0.5 to 1.5."""
    selection, offset, colors, lights = uniform

    def recolor(images):
        images = saturation(brightness(images, offset - 0.5), 2.0 * colors)
        return contrast(images, lights + 0.5)

    return select(selection < p, apply_to_colors(recolor, images), images)


def random_translation(
    images: tf.Tensor, uniform: Sequence[tf.Tensor], p: float | tf.Tensor
) -> tf.Tensor:
    """Shifts by up to an eighth of the size in each direction."""
    selection, down, right, _ = uniform

    def shift(draw, size):
        reach = share_of(size, 1 / 8)
        pixels = ops.cast(ops.floor(draw * (2 * reach + 1)), "int32") - reach
        return ops.where(selection < p, pixels, 0)

    return translate(images, shift(down, images.shape[1]), shift(right, images.shape[2]))


def random_cutout(
    images: tf.Tensor, uniform: Sequence[tf.Tensor], p: float | tf.Tensor
) -> tf.Tensor:
    """Cuts out a rectangle of half the height and width, centred anywhere in the image."""
    selection, row, column, _ = uniform

    def side(draw, size):
        length = share_of(size, 1 / 2)
        center = ops.cast(ops.floor(draw * (size + 1 - length % 2)), "int32")
        return center - length // 2, ops.where(selection < p, length, 0)

    top, height = side(row, images.shape[1])
    left, width = side(column, images.shape[2])
    return cutout(images, top, left, height, width)


def share_of(size: int, share: float) -> int:
    """Returns a share of a size in whole pixels; halves are rounded up."""
    return int(size * share + 0.5)


TRANSFORMS = {
    "color": random_color,
    "translation": random_translation,
    "cutout": random_cutout,
}


@keras.saving.register_keras_serializable(package="keras_gan")
class DiffAugment(Augment):
    """Colour changes, translation and cutout, applied to every sample.

    - Colour: brightness plus -0.5 to 0.5, saturation times 0 to 2 around each pixel's mean,
      contrast times 0.5 to 1.5 around the image's mean. An alpha channel keeps its values.
    - Translation: up to an eighth of the size, padded with zeros, which are mid-grey (and half
      transparent, with an alpha channel).
    - Cutout: a rectangle of half the height and width is set to zero.

    Args:
        transforms: Some of `"color"`, `"translation"` and `"cutout"`, in the order to apply.
        name: Name of the layer.

    Raises:
        ConfigError: For an unknown transformation.

    Source: Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS
    2020, section 3 and appendix.

    Example:

    >>> import numpy as np
    >>> from keras_gan import augment, noise
    >>> images = np.ones((4, 8, 8, 1), "float32")
    >>> cut = augment.DiffAugment(("cutout",))(images, noise.make_key(seed=0))
    >>> sorted(set(cut.numpy().flatten().tolist()))
    [0.0, 1.0]
    """

    choices = tuple(TRANSFORMS)

    def __init__(
        self,
        transforms: Sequence[str] = ("color", "translation", "cutout"),
        name: str | None = None,
    ):
        super().__init__(transforms, p=1.0, name=name)

    def transform(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Applies the transformations in order."""
        uniform = draw_numbers(noise.uniform, key, self.choices, 4, images)
        for name in self.transforms:
            images = TRANSFORMS[name](images, uniform[name], self.p)
        return images
