"""Scaling of stored integers, such as uint8 images, to samples."""

from keras_gan import media
from keras_gan.errors import DataError

import tensorflow as tf


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
