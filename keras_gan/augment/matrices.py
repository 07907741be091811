"""Transformations as matrices, one a sample, so that several cost no more than one.

A spatial matrix `(batch, 3, 3)` maps a position `(right, down, 1)` of the changed picture to where
it comes from, in pixels from the centre. A colour matrix `(batch, 4, 4)` acts on rows `(red, green,
blue, 1)`. Of both, a product changes the picture by its first factor first.
"""

import numpy as np
from keras import ops


def compose(*matrices):
    """The product, in order: `(batch, n, n)` float32."""
    product = matrices[0]
    for matrix in matrices[1:]:
        # sums of products rather than matmul, which GPUs round to TF32: these are positions
        product = ops.sum(product[:, :, :, None] * matrix[:, None, :, :], axis=2)
    return product


def gate(chosen, matrix):
    """The matrix where `chosen` `(batch,)`, else the identity."""
    return ops.where(chosen[:, None, None], matrix, ops.eye(matrix.shape[-1]))


def differs_from_identity(matrix):
    """Whether each matrix changes anything: `(batch,)` booleans."""
    return ops.any(ops.not_equal(matrix, ops.eye(matrix.shape[-1])), axis=(1, 2))


def times(factor, constant):
    """A constant matrix times a factor `(batch,)`."""
    return factor[:, None, None] * np.asarray(constant, "float32")


# Spatial.

HORIZONTAL, VERTICAL, HOMOGENEOUS = np.diag([1, 0, 0]), np.diag([0, 1, 0]), np.diag([0, 0, 1])
RIGHT, DOWN = np.zeros((2, 3, 3))
RIGHT[0, 2] = DOWN[1, 2] = 1
QUARTER_TURN = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 0]])


def translation(right, down):
    """The picture moves by `(batch,)` pixels to the right and down."""
    return np.eye(3, dtype="float32") - times(right, RIGHT) - times(down, DOWN)


def scaling(horizontal, vertical):
    """The picture grows by `(batch,)` factors; -1 mirrors it."""
    return times(1.0 / horizontal, HORIZONTAL) + times(1.0 / vertical, VERTICAL) + HOMOGENEOUS


def rotation(angle):
    """The picture turns counterclockwise by `(batch,)` radians."""
    return turn(ops.cos(angle), ops.sin(angle))


def quarter_turns(count):
    """The picture turns counterclockwise by `(batch,)` times 90 degrees, exactly."""
    angle = count * (np.pi / 2)
    return turn(ops.round(ops.cos(angle)), ops.round(ops.sin(angle)))


def turn(cosine, sine):
    """A rotation by its cosine and sine `(batch,)`."""
    return times(cosine, HORIZONTAL + VERTICAL) + times(sine, QUARTER_TURN) + HOMOGENEOUS


# Colour. The grey axis runs from black to white.

COLORS, OPAQUE = np.diag([1, 1, 1, 0]), np.diag([0, 0, 0, 1])
GREY = np.outer([1, 1, 1, 0], [1, 1, 1, 0]) / 3
OFFSET = np.outer([0, 0, 0, 1], [1, 1, 1, 0])
AROUND_GREY = np.pad([[0, 1, -1], [-1, 0, 1], [1, -1, 0]], (0, 1)) / np.sqrt(3)


def brightness(offset):
    """Every channel plus `(batch,)`."""
    return np.eye(4, dtype="float32") + times(offset, OFFSET)


def contrast(factor):
    """Every channel times `(batch,)`."""
    return times(factor, COLORS) + OPAQUE


def luma_flip(flip):
    """Light becomes dark and the reverse, hue and saturation stay, where `flip` `(batch,)` is 1."""
    return np.eye(4, dtype="float32") - times(2.0 * flip, GREY)


def hue(angle):
    """Colours turn around the grey axis by `(batch,)` radians: red to green after a third."""
    return (
        times(ops.cos(angle), COLORS - GREY) + times(ops.sin(angle), AROUND_GREY) + (GREY + OPAQUE)
    )


def saturation(factor):
    """Colours' distance from the grey axis, times `(batch,)`."""
    return times(factor, COLORS - GREY) + (GREY + OPAQUE)
