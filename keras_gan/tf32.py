"""TF32: the rounding of float32 products on NVIDIA GPUs, allowed in training only.

Their matrix units round the factors of float32 products and convolutions to 10 bits of mantissa,
unless TensorFlow forbids it. Whatever compares or reports (exports, metrics, exploration) is
computed in true float32.
"""

import contextlib
from collections.abc import Iterator

import tensorflow as tf


@contextlib.contextmanager
def allow_tf32(allowed: bool) -> Iterator[None]:
    """Sets whether GPUs may use TF32 in a `with` block, or in a function that this decorates.

    Args:
        allowed: Whether float32 products may be rounded to TF32. Other devices ignore it.

    Example:

    >>> import tensorflow as tf
    >>> from keras_gan.tf32 import allow_tf32
    >>> with allow_tf32(False):
    ...     tf.config.experimental.tensor_float_32_execution_enabled()
    False
    """
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(allowed)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
