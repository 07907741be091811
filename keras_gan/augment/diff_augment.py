"""DiffAugment: a few transformations, always applied.

Source: Zhao, Liu, Lin, Zhu and Han, "Differentiable Augmentation for Data-Efficient GAN Training",
NeurIPS 2020.
"""

from keras_gan import noise
from keras_gan.augment.augment import Augment, apply_to_colors, draw_numbers, select

import keras
from keras import ops


def brightness(images, offset):
    """The images plus an offset.

    Args:
        images: `(batch, height, width, channels)`.
        offset: `(batch,)`.
    """
    return images + offset[:, None, None, None]


def saturation(images, factor):
    """Each pixel's distance from its mean over the channels, times a factor; grey stays grey.

    Args:
        images: `(batch, height, width, 1 or 3)`.
        factor: `(batch,)`: 0 is grey, 1 changes nothing.
    """
    _, height, width, channels = images.shape
    if channels == 1:
        return images
    keep = factor[:, None, None]
    # a matrix a sample: twice as fast as the mean over three channels, which TensorFlow does singly
    mix = keep * ops.eye(channels) + (1.0 - keep) / channels
    pixels = ops.reshape(images, (-1, height * width, channels))
    return ops.reshape(ops.matmul(pixels, mix), (-1, height, width, channels))


def contrast(images, factor):
    """Each value's distance from the image's mean, times a factor.

    Args:
        images: `(batch, height, width, channels)`.
        factor: `(batch,)`: 0 is one flat grey, 1 changes nothing.
    """
    mean = ops.mean(images, axis=(1, 2, 3))
    offset = (1.0 - factor) * mean
    return images * factor[:, None, None, None] + offset[:, None, None, None]


def translate(images, down, right):
    """The images shifted by whole pixels, with zeros where nothing comes from.

    Args:
        images: `(batch, height, width, channels)`.
        down, right: `(batch,)` int32 pixels, of either sign.
    """

    @ops.custom_gradient
    def shift(images):
        shifted = transpose(shift_rows(transpose(shift_rows(images, down)), right))
        # a shift's adjoint is the shift back: a gather again, where a gather's would be a scatter
        return shifted, lambda upstream: translate(upstream, -down, -right)

    return shift(images)


def transpose(images):
    """Rows and columns exchanged."""
    return ops.transpose(images, (0, 2, 1, 3))


def shift_rows(images, down):
    """The rows shifted down by `(batch,)` int32, with zeros where nothing comes from."""
    _, height, width, channels = images.shape
    batch = ops.shape(images)[0]
    rows = ops.reshape(images, (-1, width * channels))
    rows = ops.pad(rows, ((0, 1), (0, 0)))  # the last row of all is the zeros
    source = ops.arange(height) - down[:, None]
    index = ops.where(
        (source >= 0) & (source < height),
        source + height * ops.arange(batch)[:, None],
        height * batch,
    )
    return ops.reshape(ops.take(rows, index, axis=0), (-1, height, width, channels))


def cutout(images, top, left, height, width):
    """The images with a rectangle of zeros; what lies outside of the image is lost.

    Args:
        images: `(batch, height, width, channels)`.
        top, left: `(batch,)` int32, the rectangle's first row and column, of either sign.
        height, width: `(batch,)` int32 pixels.
    """
    _, rows, columns, channels = images.shape
    down = within(top, height, rows)
    across = ops.repeat(within(left, width, columns), channels, axis=1)
    kept = 1.0 - down[:, :, None] * across[:, None, :]
    lines = ops.reshape(images, (-1, rows, columns * channels))
    return ops.reshape(lines * kept, (-1, rows, columns, channels))


def within(start, length, size):
    """1 at the positions from `start` on, `length` of them, out of `size`; else 0."""
    position = ops.arange(size) - start[:, None]
    return ops.cast((position >= 0) & (position < length[:, None]), "float32")


# Random transformations: `(images, uniform, p)`, with four uniform numbers `(batch,)`. The first
# one decides with probability p whether to apply it.


def random_color(images, uniform, p):
    """Brightness by -0.5 to 0.5, saturation by 0 to 2, contrast by 0.5 to 1.5."""
    chosen, offset, colors, lights = uniform

    def recolor(images):
        images = saturation(brightness(images, offset - 0.5), 2.0 * colors)
        return contrast(images, lights + 0.5)

    return select(chosen < p, apply_to_colors(recolor, images), images)


def random_translation(images, uniform, p):
    """A shift of up to an eighth of the size, rounded down, in each direction."""
    chosen, down, right, _ = uniform

    def shift(draw, size):
        reach = size // 8
        pixels = ops.cast(ops.floor(draw * (2 * reach + 1)), "int32") - reach
        return ops.where(chosen < p, pixels, 0)

    return translate(images, shift(down, images.shape[1]), shift(right, images.shape[2]))


def random_cutout(images, uniform, p):
    """A rectangle of half the height and half the width, its centre anywhere in the image."""
    chosen, row, column, _ = uniform

    def side(draw, size):
        length = size // 2
        centre = ops.cast(ops.floor(draw * (size + 1 - length % 2)), "int32")
        return centre - length // 2, ops.where(chosen < p, length, 0)

    top, height = side(row, images.shape[1])
    left, width = side(column, images.shape[2])
    return cutout(images, top, left, height, width)


TRANSFORMS = {
    "color": random_color,
    "translation": random_translation,
    "cutout": random_cutout,
}


@keras.saving.register_keras_serializable(package="keras_gan")
class DiffAugment(Augment):
    """Colour, translation and cutout, applied to every sample.

    Colour: brightness plus -0.5 to 0.5, saturation times 0 to 2 around each pixel's mean, contrast
    times 0.5 to 1.5 around the image's mean; an alpha channel is left out. Translation: up to an
    eighth of the size, padded with zeros (mid-grey; half transparent, where there is an alpha
    channel). Cutout: a rectangle of half the height and width is zeroed.

    Args:
        transforms: Some of `"color"`, `"translation"` and `"cutout"`, in the order to apply.
        name: Name of the layer.

    Raises:
        ConfigError: For a transformation that isn't known.

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

    known = tuple(TRANSFORMS)

    def __init__(self, transforms=("color", "translation", "cutout"), name=None):
        super().__init__(transforms, p=1.0, name=name)

    def change(self, images, key):
        """One transformation after the other."""
        uniform = draw_numbers(noise.uniform, key, self.known, 4, images)
        for name in self.transforms:
            images = TRANSFORMS[name](images, uniform[name], self.p)
        return images
