"""Resampling of images and transformation of colours, with exact derivatives of any order."""

import functools
from collections.abc import Callable, Sequence

from keras_gan.augment.augment import select, swap_sides
from keras_gan.augment.matrices import moves_pixels

import numpy as np
import tensorflow as tf
from keras import ops

# The low-pass filter of the wavelet sym6. Shifted by even numbers of samples, it is orthonormal:
# downsampling gives back what was upsampled.
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
BEFORE, AFTER = 5, 6  # samples that the filter needs around one
DENSITY = 2  # samples per pixel


def resample(images: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Samples images at the positions that the matrix gives, in high quality.

    The images are upsampled twice by the filter of the wavelet sym6, sampled bilinearly, and
    downsampled by the same filter, which keeps more of fine detail than bilinear sampling alone. A
    matrix that moves whole pixels only copies them.

    Images are mirrored at the border, without repeating the border itself. The operation is linear
    in the images, and its derivative is the exact adjoint.

    Args:
        images: `(batch, height, width, channels)` float32, at least 2x2 pixels.
        matrix: `(batch, 3, 3)` float32; see `keras_gan.augment.matrices`.

    Returns:
        Images of the same shape. GPUs may round the filters' products to TF32.

    Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
    2020, appendix B.

    Example:

    >>> import tensorflow as tf
    >>> from keras_gan.augment import matrices, resample
    >>> image = tf.reshape([1.0, 2.0, 3.0, 4.0], (1, 2, 2, 1))
    >>> turned = resample.resample(image, matrices.quarter_turns(tf.constant([1.0])))
    >>> turned[0, :, :, 0].numpy().tolist()
    [[2.0, 4.0], [1.0, 3.0]]
    """
    _, height, width, _ = images.shape
    by_column = multiply_columns(upsampling(width), swap_sides(images))
    dense = multiply_columns(upsampling(height), swap_sides(by_column))
    grid = [positions(size, DENSITY, (BEFORE, AFTER)) for size in (height, width)]
    warped = sample(dense, [DENSITY * s for s in sources(matrix, height, width, *grid)], wrap)
    by_row = multiply_columns(downsampling(height), warped)
    filtered = swap_sides(multiply_columns(downsampling(width), swap_sides(by_row)))
    return select(moves_pixels(matrix, height, width), interpolate(images, matrix), filtered)


def interpolate(images: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Samples images bilinearly at the positions that the matrix gives.

    Args and returns are those of `resample`.
    """
    _, height, width, _ = images.shape
    grid = [positions(size) for size in (height, width)]
    return sample(images, sources(matrix, height, width, *grid), reflect)


@functools.cache
def downsampling(size: int) -> np.ndarray:
    """Returns the matrix that filters and halves a line with its margins.

    Args:
        size: Pixels of the result.

    Returns:
        `(size, 2 * size + 10)` float32: the line begins 5 samples before the first pixel's.
    """
    matrix = np.zeros((size, DENSITY * (size - 1) + len(SYM6)), "float32")
    for row, line in enumerate(matrix):
        line[DENSITY * row :][: len(SYM6)] = np.divide(SYM6, sum(SYM6))
    return matrix


@functools.cache
def upsampling(size: int) -> np.ndarray:
    """Returns the matrix that doubles the samples of a line and of its mirror image, and filters.

    Args:
        size: Pixels of the line.

    Returns:
        `(4 * size - 3, size)` float32: sample 2 * i belongs to pixel i. A line mirrored at its ends
        repeats after `4 * size - 4` samples; the last sample is the first of the next period.
    """
    margin = (AFTER + 1) // DENSITY
    pads = (margin, size - 1 + margin)
    mirrored = np.pad(np.eye(size, dtype="float32"), (pads, (0, 0)), mode="reflect")
    matrix = DENSITY * downsampling(len(mirrored)).T @ mirrored
    return matrix[DENSITY * margin + BEFORE :][: 2 * DENSITY * (size - 1) + 1]


def multiply_columns(matrix: np.ndarray, images: tf.Tensor) -> tf.Tensor:
    """Multiplies all columns of images by a matrix.

    Args:
        matrix: `(rows, height)`.
        images: `(batch, height, width, channels)`.

    Returns:
        `(batch, rows, width, channels)`.
    """
    _, height, width, channels = images.shape
    lines = ops.matmul(matrix, ops.reshape(images, (-1, height, width * channels)))
    return ops.reshape(lines, (-1, len(matrix), width, channels))


def positions(size: int, density: int = 1, margins: tuple[int, int] = (0, 0)) -> np.ndarray:
    """Returns the positions of a side's samples and its margins', in pixels from the centre."""
    before, after = margins
    samples = np.arange(-before, density * (size - 1) + 1 + after, dtype="float32")
    return samples / density - (size - 1) / 2


def sources(
    matrix: tf.Tensor, height: int, width: int, down: np.ndarray, right: np.ndarray
) -> list[tf.Tensor]:
    """Computes the sources of positions, in pixels from the centre of the first pixel.

    Args:
        matrix: `(batch, 3, 3)`.
        height, width: Pixels.
        down, right: `(rows,)` and `(columns,)` positions in pixels from the centre.

    Returns:
        The sources' rows and columns, both `(batch, rows, columns)` float32.
    """

    def source(coefficients, size):
        by_row = coefficients[:, 1:2] * down + coefficients[:, 2:] + (size - 1) / 2
        by_column = coefficients[:, 0:1] * right
        return by_row[:, :, None] + by_column[:, None, :]

    return [source(matrix[:, 1], height), source(matrix[:, 0], width)]


def sample(images: tf.Tensor, places: Sequence[tf.Tensor], fold: Callable) -> tf.Tensor:
    """Samples images bilinearly; the adjoint of `spread`.

    Args:
        images: `(batch, height, width, channels)`.
        places: The rows and columns to sample, both `(batch, rows, columns)` float32.
        fold: `reflect` or `wrap`, which brings places into the images.

    Returns:
        `(batch, rows, columns, channels)`.
    """
    shape = tuple(images.shape[1:3])

    @ops.custom_gradient
    def forward(images):
        result = gather(images, places, fold)
        return result, lambda upstream: spread(upstream, places, fold, shape)

    return forward(images)


def spread(
    images: tf.Tensor, places: Sequence[tf.Tensor], fold: Callable, shape: tuple[int, int]
) -> tf.Tensor:
    """Adds each pixel, weighted, to the four around its place in images of a shape."""

    @ops.custom_gradient
    def forward(images):
        result = scatter(images, places, fold, shape)
        return result, lambda upstream: sample(upstream, places, fold)

    return forward(images)


# On a CPU, XLA is 4 times as fast as TensorFlow at these sums, and leaves products to oneDNN.
compiled = tf.function(jit_compile=True, autograph=False)


@compiled
def gather(images: tf.Tensor, places: Sequence[tf.Tensor], fold: Callable) -> tf.Tensor:
    """Computes the weighted sums of taps."""
    _, height, width, channels = images.shape
    pixels = ops.reshape(images, (-1, channels))
    taps = bilinear_taps(places, fold, (height, width))
    sums = sum(weight[:, None] * tf.gather(pixels, index) for index, weight in taps)
    return ops.reshape(sums, (-1, *places[0].shape[1:], channels))


@compiled
def scatter(
    images: tf.Tensor, places: Sequence[tf.Tensor], fold: Callable, shape: tuple[int, int]
) -> tf.Tensor:
    """Adds each pixel, weighted, to its taps."""
    channels = images.shape[-1]
    pixels = ops.reshape(images, (-1, channels))
    taps = bilinear_taps(places, fold, shape)
    index = ops.concatenate([index for index, _ in taps])
    weighted = ops.concatenate([weight[:, None] * pixels for _, weight in taps])
    count = ops.shape(images)[0] * shape[0] * shape[1]
    sums = tf.math.unsorted_segment_sum(weighted, index, count)
    return ops.reshape(sums, (-1, *shape, channels))


def bilinear_taps(
    places: Sequence[tf.Tensor], fold: Callable, shape: tuple[int, int]
) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Returns the four samples around each place, with their weights.

    Args:
        places, fold: As in `sample`.
        shape: Height and width of the images.

    Returns:
        Four pairs `(index, weight)`, both `(batch * rows * columns,)`; the index counts the samples
        of the whole batch.
    """
    folded = (split(fold(*pair), pair[1]) for pair in zip(places, shape, strict=True))
    (row, down), (column, right) = folded
    height, width = shape
    first = height * width * ops.arange(ops.shape(row)[0])[:, None, None]
    index = first + width * ops.cast(row, "int32") + ops.cast(column, "int32")
    left, up = 1.0 - right, 1.0 - down
    taps = [
        (index, up * left),
        (index + 1, up * right),
        (index + width, down * left),
        (index + width + 1, down * right),
    ]
    return [tuple(ops.reshape(part, (-1,)) for part in tap) for tap in taps]


def reflect(position: tf.Tensor, size: int) -> tf.Tensor:
    """Mirrors positions at 0 and at `size - 1` until they lie between."""
    period = 2.0 * (size - 1)
    return ops.abs(position - period * ops.round(position / period))


def wrap(position: tf.Tensor, size: int) -> tf.Tensor:
    """Returns positions modulo `size - 1`."""
    period = size - 1.0
    return position - period * ops.floor(position / period)


def split(position: tf.Tensor, size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Splits positions into a pixel below the last one and a distance from 0 to 1."""
    before = ops.minimum(ops.floor(position), size - 2.0)
    return before, position - before


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
