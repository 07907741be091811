"""Transformations as a matrix per sample, so that several cost no more than one.

A spatial matrix `(batch, 3, 3)` maps a position `(right, down, 1)` of the output image to its
source, in pixels from the centre. A colour matrix `(batch, 4, 4)` acts on rows `(red, green, blue,
1)`. In both cases, a product applies its first factor first.
"""

from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops


def compose(*matrices: tf.Tensor) -> tf.Tensor:
    """Multiplies matrices in order: `(batch, n, n)` float32."""
    product = matrices[0]
    for matrix in matrices[1:]:
        # no matmul, which GPUs round to TF32: positions need more precision
        product = ops.sum(product[:, :, :, None] * matrix[:, None, :, :], axis=2)
    return product


def gate(mask: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
    """Returns the matrix where `mask` `(batch,)` is true, else the identity."""
    return ops.where(mask[:, None, None], matrix, ops.eye(matrix.shape[-1]))


def differs_from_identity(matrix: tf.Tensor) -> tf.Tensor:
    """Returns which matrices aren't the identity: `(batch,)` bools."""
    return ops.any(ops.not_equal(matrix, ops.eye(matrix.shape[-1])), axis=(1, 2))


def moves_pixels(matrix: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Returns which spatial matrices only move whole pixels of an image: `(batch,)` bools.

    These are products of mirroring, quarter turns and whole shifts. On sides of an odd difference,
    quarter turns fall between pixels.
    """
    centre = np.array([width - 1, height - 1], "float32") / 2
    linear = matrix[:, :2, :2]
    first = matrix[:, :2, 2] + centre - ops.sum(linear * centre, axis=2)
    numbers = ops.concatenate([ops.reshape(linear, (-1, 4)), first], axis=1)
    is_whole = ops.all(ops.equal(numbers, ops.round(numbers)), axis=1)
    return is_whole & ops.all(ops.equal(ops.sum(ops.abs(linear), axis=2), 1.0), axis=1)


def times(factor: tf.Tensor, constant: Any) -> tf.Tensor:
    """Multiplies a constant matrix by factors `(batch,)`."""
    return factor[:, None, None] * np.asarray(constant, "float32")


# Spatial.

HORIZONTAL, VERTICAL, HOMOGENEOUS = np.diag([1, 0, 0]), np.diag([0, 1, 0]), np.diag([0, 0, 1])
RIGHT, DOWN = np.zeros((2, 3, 3))
RIGHT[0, 2] = DOWN[1, 2] = 1
QUARTER_TURN = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 0]])


def translation(right: tf.Tensor, down: tf.Tensor) -> tf.Tensor:
    """Moves the image by `(batch,)` pixels to the right and down."""
    return np.eye(3, dtype="float32") - times(right, RIGHT) - times(down, DOWN)


def scaling(horizontal: tf.Tensor, vertical: tf.Tensor) -> tf.Tensor:
    """Enlarges the image by `(batch,)` factors; -1 mirrors it."""
    return times(1.0 / horizontal, HORIZONTAL) + times(1.0 / vertical, VERTICAL) + HOMOGENEOUS


def rotation(angle: tf.Tensor) -> tf.Tensor:
    """Rotates the image counterclockwise by `(batch,)` radians."""
    return turn(ops.cos(angle), ops.sin(angle))


def quarter_turns(count: tf.Tensor) -> tf.Tensor:
    """Rotates the image counterclockwise by `(batch,)` times 90 degrees, exactly."""
    angle = count * (np.pi / 2)
    return turn(ops.round(ops.cos(angle)), ops.round(ops.sin(angle)))


def turn(cosine: tf.Tensor, sine: tf.Tensor) -> tf.Tensor:
    """Returns the rotation of a cosine and a sine `(batch,)`."""
    return times(cosine, HORIZONTAL + VERTICAL) + times(sine, QUARTER_TURN) + HOMOGENEOUS


# Colour. The grey axis runs from black to white.

COLORS, OPAQUE = np.diag([1, 1, 1, 0]), np.diag([0, 0, 0, 1])
GREY = np.outer([1, 1, 1, 0], [1, 1, 1, 0]) / 3
OFFSET = np.outer([0, 0, 0, 1], [1, 1, 1, 0])
AROUND_GREY = np.pad([[0, 1, -1], [-1, 0, 1], [1, -1, 0]], (0, 1)) / np.sqrt(3)


def brightness(offset: tf.Tensor) -> tf.Tensor:
    """Adds `(batch,)` to every channel."""
    return np.eye(4, dtype="float32") + times(offset, OFFSET)


def contrast(factor: tf.Tensor) -> tf.Tensor:
    """Multiplies every channel by `(batch,)`."""
    return times(factor, COLORS) + OPAQUE


def luma_flip(flip: tf.Tensor) -> tf.Tensor:
    """Inverts luminance, but not hue and saturation, where `flip` `(batch,)` is 1."""
    return np.eye(4, dtype="float32") - times(2.0 * flip, GREY)


def hue(angle: tf.Tensor) -> tf.Tensor:
    """Rotates colours around the grey axis by `(batch,)` radians; 2 pi / 3 turns red to green."""
    return (
        times(ops.cos(angle), COLORS - GREY) + times(ops.sin(angle), AROUND_GREY) + (GREY + OPAQUE)
    )


def saturation(factor: tf.Tensor) -> tf.Tensor:
    """Multiplies the distance of colours from the grey axis by `(batch,)`."""
    return times(factor, COLORS - GREY) + (GREY + OPAQUE)
