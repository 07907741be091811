"""Scaling of stored integers, such as uint8 images, to samples, and the range of samples."""

from keras_gan import media
from keras_gan.errors import DataError

import numpy as np
import tensorflow as tf

OUTSIDE, FEW = 0.01, 0.01  # how far, and how many of the values, may lie outside of the range
JUDGED = 16  # samples from which on it is an error never to use half of the range


def to_floats(samples: tf.Tensor, medium: media.Medium) -> tf.Tensor:
    """Scales stored integers to samples, with equal bits on every device and under XLA.

    The division is in float64: compilers replace one in float32 by a less exact multiplication.

    Args:
        samples: `(batch, ...)` integers of a dtype in `medium.integers`, or floats.
        medium: The samples' `keras_gan.media.Medium`.

    Returns:
        A float32 tensor of the same shape.

    Raises:
        DataError: For another dtype.

    Example:

    >>> import tensorflow as tf
    >>> from keras_gan import media, scaling
    >>> scaling.to_floats(tf.constant([0, 255], tf.uint8), media.Image()).numpy().tolist()
    [-1.0, 1.0]
    """
    samples = tf.convert_to_tensor(samples)
    if samples.dtype.is_floating:
        return tf.cast(samples, tf.float32)
    if samples.dtype.name not in medium.integers:
        integers = "".join(f"{name} or " for name in medium.integers)
        raise DataError(
            f"expected {medium.noun} as {integers}floats, got {samples.dtype.name}; convert them."
        )
    scale, offset = medium.integers[samples.dtype.name]
    return tf.cast(tf.cast(samples, tf.float64) / scale, tf.float32) - offset


def check_range(samples: np.ndarray, medium: media.Medium, where: str = "") -> None:
    """Raises `DataError` for samples of another range than their medium's.

    Generators end in the medium's range, so that samples of another one are never learnt. A few
    values may lie outside, as resizing overshoots at edges.

    Args:
        samples: Floats `(count, ...)`.
        medium: The samples' medium.
        where: Origin of the samples for the error, such as `" in x.npy"`.
    """
    if medium.range is None:
        return
    (low, high), (least, most) = medium.range, (float(samples.min()), float(samples.max()))
    outside = np.mean((samples < low - OUTSIDE) | (samples > high + OUTSIDE))
    is_half = len(samples) >= JUDGED and least >= (low + high) / 2 and most - least > high / 2
    if outside <= FEW and not is_half:
        return
    remedy = describe_scaling(least, most, medium)
    raise DataError(
        f"expected {medium.noun} from {low:g} to {high:g}{where}, as generators make them, got "
        f"values from {least:.4g} to {most:.4g}; scale them, {remedy}."
    )


def describe_scaling(least: float, most: float, medium: media.Medium) -> str:
    """Returns the line of code that scales values to [-1, 1], for an error."""
    if least < 0:
        return f"such as by x / {max(most, -least):.4g}"
    if most <= 1:
        return "by x * 2 - 1"
    if most <= 255 and "uint8" in medium.integers:
        return "by x / 127.5 - 1, or pass them as uint8"
    return f"by x / {most / 2:.6g} - 1"
