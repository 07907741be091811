"""Grids of images, as uint8 arrays and as PNG files."""

import math
import os

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write, check_file, check_path

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike


def to_uint8(images: ArrayLike) -> tf.Tensor:
    """Converts images in [-1, 1] to uint8 from 0 to 255, rounded and clipped.

    Args:
        images: `(..., channels)` floats.

    Returns:
        A uint8 tensor of the same shape.
    """
    scaled = (tf.cast(images, tf.float32) + 1.0) * 127.5
    return tf.cast(tf.round(tf.clip_by_value(scaled, 0.0, 255.0)), tf.uint8)


def grid(images: ArrayLike, columns: int | None = None) -> tf.Tensor:
    """Arranges images in a grid, in reading order.

    Empty cells are black, or transparent for images with an alpha channel. The function works in
    TensorFlow graphs, also for a dynamic number of images.

    Args:
        images: `(count, height, width, channels)` floats in [-1, 1].
        columns: Number of images per row; by default the square root of the count, rounded up.

    Returns:
        A uint8 tensor `(rows * height, columns * width, channels)`.

    Raises:
        ConfigError: For an array that isn't images, no images, columns below 1, or images of more
            than 2**26 pixels together.

    Example:

    >>> import numpy as np
    >>> from keras_gan import pictures
    >>> pictures.grid(np.zeros((5, 8, 8, 1), "float32")).shape
    TensorShape([16, 24, 1])
    """
    images = to_uint8(images)
    if images.shape.rank != 4 or 0 in images.shape or images.shape[-1] > 4:
        raise ConfigError(
            "expected images (count, height, width, 1 to 4 channels), at least one, got "
            f"{images.shape}; draw other samples with the preview of their medium."
        )
    if images.shape.is_fully_defined():
        check_pixels(math.prod(images.shape[:3]))
    count = tf.shape(images)[0]
    if columns is not None:
        check_integer("columns", columns)
    else:
        columns = tf.cast(tf.math.ceil(tf.sqrt(tf.cast(count, tf.float64))), tf.int32)
    rows = (count + columns - 1) // columns
    images = tf.pad(images, [[0, rows * columns - count], [0, 0], [0, 0], [0, 0]])
    _, height, width, channels = images.shape
    table = tf.reshape(images, [rows, columns, height, width, channels])
    return tf.reshape(
        tf.transpose(table, [0, 2, 1, 3, 4]), [rows * height, columns * width, channels]
    )


def check_pixels(pixels: int) -> None:
    """Raises `ConfigError` for a picture of more pixels than are read again."""
    if pixels > limits.MAX_PIXELS:
        raise ConfigError(
            f"expected a picture of at most {limits.MAX_PIXELS:,} pixels, got {pixels:,}; draw "
            "fewer samples, or write their values to a .npy file."
        )


def png(image: ArrayLike) -> tf.Tensor:
    """Encodes a uint8 image as a PNG string tensor; works in graphs."""
    return tf.io.encode_png(image)


def save_grid(images: ArrayLike, path: str | os.PathLike, columns: int | None = None) -> None:
    """Writes a grid of images as a PNG file, atomically.

    Args:
        images, columns: As in `grid`.
        path: File to write; its folder is created if needed.
    """
    save_png(grid(images, columns), path)


def save_png(picture: ArrayLike, path: str | os.PathLike) -> None:
    """Writes a picture as a PNG file, atomically.

    Args:
        picture: `(height, width, 1 to 4 channels)` uint8.
        path: File to write; its folder is created if needed.

    Raises:
        ConfigError: For a picture of another shape or type, or the path of a folder.
    """
    path, shape = check_path(path), np.shape(picture)
    if np.asarray(picture).dtype != np.uint8 or len(shape) != 3 or not 1 <= shape[2] <= 4:
        raise ConfigError(
            "expected a uint8 picture (height, width, 1 to 4 channels), got "
            f"{np.asarray(picture).dtype} {shape}; convert images with to_uint8."
        )
    check_file(path)
    with atomic_write(path) as new:
        new.write_bytes(png(picture).numpy())
