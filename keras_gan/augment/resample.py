"""Bilinear resampling and colour transformations, with exact derivatives of any order."""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from keras import ops


def resample(images: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Samples images bilinearly at the positions that the matrix gives.

    Images are mirrored at the border, without repeating the border itself. The operation is linear
    in the images, and its derivative is the exact adjoint.

    Args:
        images: `(batch, height, width, channels)` float32, at least 2x2 pixels.
        matrix: `(batch, 3, 3)` float32; see `keras_gan.augment.matrices`.

    Returns:
        Images of the same shape.

    Example:

    >>> import tensorflow as tf
    >>> from keras_gan.augment import matrices, resample
    >>> image = tf.reshape([1.0, 2.0, 3.0, 4.0], (1, 2, 2, 1))
    >>> turned = resample.resample(image, matrices.quarter_turns(tf.constant([1.0])))
    >>> turned[0, :, :, 0].numpy().tolist()
    [[2.0, 4.0], [1.0, 3.0]]
    """
    return gather(images, bilinear_taps(matrix, *images.shape[1:3]))


def bilinear_taps(matrix: tf.Tensor, height: int, width: int) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Returns the four source pixels of each pixel, with their weights.

    Args:
        matrix: `(batch, 3, 3)`.
        height, width: Pixels.

    Returns:
        Four pairs `(index, weight)`, both `(batch * height * width,)`; the index counts the pixels
        of the whole batch.
    """
    column, right = split(reflect(source(matrix[:, 0], height, width, width), width), width)
    row, down = split(reflect(source(matrix[:, 1], height, width, height), height), height)
    first = height * width * ops.arange(ops.shape(matrix)[0])
    index = ops.cast(row * width + column, "int32") + ops.repeat(first, height * width)
    left, up = 1.0 - right, 1.0 - down
    return [
        (index, up * left),
        (index + 1, up * right),
        (index + width, down * left),
        (index + width + 1, down * right),
    ]


def source(coefficients: tf.Tensor, height: int, width: int, size: int) -> tf.Tensor:
    """Computes one coordinate of each pixel's source, from the centre of the first pixel.

    Args:
        coefficients: `(batch, 3)`, a row of the matrix.
        height, width: Pixels.
        size: Number of pixels along this coordinate.

    Returns:
        `(batch * height * width,)` float32.
    """
    right = np.arange(width, dtype="float32") - (width - 1) / 2
    down = np.arange(height, dtype="float32") - (height - 1) / 2
    offset = coefficients[:, 2:] + (size - 1) / 2
    by_row = coefficients[:, 1:2] * down + offset
    by_column = coefficients[:, 0:1] * right
    return ops.reshape(by_row[:, :, None] + by_column[:, None, :], (-1,))


def reflect(position: tf.Tensor, size: int) -> tf.Tensor:
    """Mirrors positions at 0 and at `size - 1` until they lie between."""
    period = 2.0 * (size - 1)
    return ops.abs(position - period * ops.round(position / period))


def split(position: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Splits positions into a pixel below the last one and a distance from 0 to 1."""
    before = ops.minimum(ops.floor(position), size - 2.0)
    return before, position - before


def gather(images: tf.Tensor, taps: Sequence[tuple[tf.Tensor, tf.Tensor]]) -> tf.Tensor:
    """Computes each pixel as the weighted sum of its taps; the adjoint of `scatter`."""
    _, height, width, channels = images.shape

    @ops.custom_gradient
    def forward(images):
        pixels = ops.reshape(images, (-1, channels))
        sums = sum(weight[:, None] * tf.gather(pixels, index) for index, weight in taps)
        result = ops.reshape(sums, (-1, height, width, channels))
        return result, lambda upstream: scatter(upstream, taps)

    return forward(images)


def scatter(images: tf.Tensor, taps: Sequence[tuple[tf.Tensor, tf.Tensor]]) -> tf.Tensor:
    """Adds each pixel, weighted, to its taps; the adjoint of `gather`."""
    _, height, width, channels = images.shape

    @ops.custom_gradient
    def forward(images):
        pixels = ops.reshape(images, (-1, channels))
        count = ops.shape(pixels)[0]
        sums = sum(
            tf.math.unsorted_segment_sum(weight[:, None] * pixels, index, count)
            for index, weight in taps
        )
        result = ops.reshape(sums, (-1, height, width, channels))
        return result, lambda upstream: gather(upstream, taps)

    return forward(images)


def recolor(images: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Transforms the colour of every pixel by a matrix.

    Args:
        images: `(batch, height, width, 1 or 3)` float32. A grey pixel counts as RGB with equal
            channels and stays grey: rotating or stretching colours doesn't change it.
        matrix: `(batch, 4, 4)` float32; see `keras_gan.augment.matrices`.

    Returns:
        Images of the same shape. GPUs may round the products to TF32.
    """
    _, height, width, channels = images.shape
    linear, offset = matrix[:, :3, :channels], matrix[:, 3:, :channels]
    if channels == 1:
        linear = ops.sum(linear, axis=1, keepdims=True)
    pixels = ops.reshape(images, (-1, height * width, channels))
    return ops.reshape(ops.matmul(pixels, linear) + offset, (-1, height, width, channels))
