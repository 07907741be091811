"""Fitting of images into the size of the samples: cropped, padded or stretched.

A size is `(height, width)`; users may name a square by one number.
"""

import math
import numbers
from collections.abc import Sequence
from typing import Any

from keras_gan.checks import check_integer, is_number
from keras_gan.datasets.channels import ON_WHITE, WHITE, luma
from keras_gan.errors import ConfigError, DataError, abbreviate, unknown
from keras_gan.files import limits
from keras_gan.options import CROP, FITS

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

PAD, STRETCH, WHOLE = "pad", "stretch", "whole"
HALF_A_LEVEL = 0.5 / 255  # lower opacities round to 0 in 8 bits
MAX_IMAGE_SIZE = math.isqrt(limits.MAX_PIXELS)


def check_image_size(size: Any) -> tuple[int, int]:
    """Returns an image size as `(height, width)`.

    Args:
        size: Height and width, two integers, or one integer for a square.

    Raises:
        ConfigError: For a size that images can't be resized to.

    Example:

    >>> check_image_size(64), check_image_size((96, 64))
    ((64, 64), (96, 64))
    """
    if not isinstance(size, tuple | list):
        check_integer("image_size", size, maximum=MAX_IMAGE_SIZE)
        return int(size), int(size)
    if len(size) != 2 or not all(is_number(side, numbers.Integral) for side in size):
        raise ConfigError(
            f"expected an image_size of height and width, such as (96, 64), or one integer for a "
            f"square, got {abbreviate(size)}."
        )
    return tuple(check_integer("image_size", side, maximum=MAX_IMAGE_SIZE) for side in size)


def check_fit(fit: Any) -> str:
    """Returns a fit; raises `ConfigError` unless it's one of `FITS`."""
    if fit not in FITS:
        raise unknown("fit", fit, FITS)
    return fit


def check_whole(height: int, width: int, size: Sequence[int], what: object) -> None:
    """Raises `DataError` unless an image has exactly the aspect of a size.

    Args:
        height, width: Size of the image.
        size: Size of the samples.
        what: Name of the image, for the error.
    """
    if height * size[1] != width * size[0]:
        raise DataError(
            f"expected images of the aspect {size[0]}x{size[1]} (height x width), as fit 'whole' "
            f"says, got {height}x{width} in {what}; crop it, or name another fit (--fit crop, pad "
            "or stretch)."
        )


def describe_fit(
    sizes: ArrayLike, counts: ArrayLike, size: Sequence[int], fit: str, background: str = WHITE
) -> str | None:
    """Returns what fitting does to images, for the user; None if it changes none.

    Args:
        sizes: Different sizes of images, `(n, 2)`; none if they are unknown.
        counts: Number of images of each size.
        size: Size of the samples.
        fit: One of `FITS`.
        background: Colour of the padding.

    Example:

    >>> describe_fit([[64, 64], [96, 64]], [2, 3], (64, 64), "crop")
    '3 of 5 images cropped to their centre'
    """
    verb = {CROP: "cropped to their centre", PAD: f"padded with {background}"}.get(fit, "stretched")
    if not len(sizes):
        return "resized" if fit == WHOLE else f"images of other aspects {verb}, resized"
    sizes, counts = np.asarray(sizes, "int64").reshape(-1, 2), np.asarray(counts)
    differ = counts[sizes[:, 0] * size[1] != sizes[:, 1] * size[0]].sum()
    scales = np.asarray(size) / sizes
    scales = scales.min(axis=1) if fit == PAD else scales.max(axis=1)
    share = "" if differ == counts.sum() else f"{differ:,} of {counts.sum():,} images "
    parts = [f"{share}{verb}"] if differ else []
    parts += ["resized"] if not differ or (fit != STRETCH and (scales != 1).any()) else []
    return None if (sizes == size).all() else ", ".join(parts)


def fit_image(
    image: tf.Tensor, size: Sequence[int], fit: str = CROP, background: Sequence[float] = ON_WHITE
) -> tf.Tensor:
    """Fits a float image into a size, clipped to [-1, 1].

    Args:
        image: `(height, width, channels)` float32 in [-1, 1]; a fourth channel is alpha.
        size: Height and width of the result.
        fit: `"crop"` takes the largest centre of the size's aspect; `"pad"` takes all and adds
            edges of the background, transparent if there is alpha; others take all, and stretch it.
        background: Red, green and blue of edges, and of pixels that are fully transparent after
            resizing.

    Returns:
        `(*size, channels)` float32.
    """
    if fit == PAD:
        return pad(resize(image, padded_size(image, size), background), size, background)
    if fit == CROP:
        image = crop(image, size)
    return resize(image, size, background)


def crop(image: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Crops the largest centre of a size's aspect."""
    height, width = tf.unstack(tf.shape(image, tf.int64)[:2])
    new_height = tf.clip_by_value(rounded(width * size[0], size[1]), 1, height)
    new_width = tf.clip_by_value(rounded(height * size[1], size[0]), 1, width)
    top, left = (height - new_height) // 2, (width - new_width) // 2
    return image[top : top + new_height, left : left + new_width]


def padded_size(image: tf.Tensor, size: Sequence[int]) -> tf.Tensor:
    """Returns the largest size of an image's aspect within a size."""
    height, width = tf.unstack(tf.shape(image, tf.int64)[:2])
    new_height = tf.clip_by_value(rounded(height * size[1], width), 1, size[0])
    new_width = tf.clip_by_value(rounded(width * size[0], height), 1, size[1])
    return tf.cast([new_height, new_width], tf.int32)


def rounded(dividend: tf.Tensor, divisor: tf.Tensor | int) -> tf.Tensor:
    """Divides positive integers, and rounds the quotient."""
    return (2 * dividend + divisor) // (2 * divisor)


def pad(image: tf.Tensor, size: Sequence[int], background: Sequence[float]) -> tf.Tensor:
    """Adds edges of the background around an image, with the image in the middle."""
    edge = {1: tf.minimum(luma(tf.constant(background)), 1.0), 4: tf.constant([*background, -1.0])}
    edge = edge.get(image.shape[-1], tf.constant(background))

    def extend(image, axis):
        shape, missing = tf.shape(image), size[axis] - tf.shape(image)[axis]
        before, after = (
            tf.ones(tf.tensor_scatter_nd_update(shape, [[axis]], [count])) * edge
            for count in (missing // 2, missing - missing // 2)
        )
        return tf.concat([before, image, after], axis)

    return extend(extend(image, 0), 1)


def resize(
    image: tf.Tensor, size: Sequence[int] | tf.Tensor, background: Sequence[float]
) -> tf.Tensor:
    """Resizes an image, clipped to [-1, 1]; one of the size is unchanged.

    The interpolation is bicubic, with a low-pass filter when the image shrinks.
    """

    def resized():
        is_alpha = image.shape[-1] == 4
        result = resize_by_opacity(image, size, background) if is_alpha else bicubic(image, size)
        return tf.clip_by_value(result, -1.0, 1.0)

    return tf.cond(tf.reduce_all(tf.shape(image)[:2] == size), lambda: image, resized)


def resize_by_opacity(
    image: tf.Tensor, size: Sequence[int] | tf.Tensor, background: Sequence[float]
) -> tf.Tensor:
    """Resizes colours weighted by opacity, so that transparent pixels' colours don't bleed.

    Args:
        image: `(height, width, 4)` float32 in [-1, 1].
        size: Height and width of the result.
        background: Red, green and blue of pixels that are fully transparent after resizing.

    Source: Porter and Duff, "Compositing Digital Images", SIGGRAPH 1984, section 3.
    """
    opacity = (image[..., 3:] + 1.0) / 2.0
    weighted = bicubic(tf.concat([image[..., :3] * opacity, opacity], axis=-1), size)
    opacity = weighted[..., 3:]
    is_visible = opacity > HALF_A_LEVEL
    color = weighted[..., :3] / tf.where(is_visible, opacity, 1.0)
    color = tf.where(is_visible, color, tf.constant(background))
    return tf.concat([color, 2.0 * opacity - 1.0], axis=-1)


def bicubic(image: tf.Tensor, size: Sequence[int] | tf.Tensor) -> tf.Tensor:
    """Resizes an image; values may overshoot their range slightly."""
    return tf.image.resize(image, size, method="bicubic", antialias=True)
