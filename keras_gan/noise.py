"""Random numbers as functions of a key, without hidden state.

A key is an int64 tensor `(seed, counter)`. Code that needs random numbers takes a key, and folds a
number into it for each independent draw.
"""

import zlib
from collections.abc import Sequence

import tensorflow as tf

NUMBERED_STREAMS = {"discriminator": 0, "generator": 1, "test": 2}


def stream_key(seed: int, stream: str, step: int | tf.Tensor) -> tf.Tensor:
    """Returns the key of one stream at one step.

    Args:
        seed: Non-negative int.
        stream: Name of the consumer, such as a player.
        step: Integer scalar.

    Returns:
        A key. Streams of different names are independent.

    Example:

    >>> from keras_gan import noise
    >>> keys = [noise.stream_key(0, name, step=0) for name in ("generator", "pool", "pairs")]
    >>> len({float(noise.normal((), key)) for key in keys})
    3
    """
    if stream in NUMBERED_STREAMS:
        count = len(NUMBERED_STREAMS)
        return make_key(seed, tf.cast(step, tf.int64) * count + NUMBERED_STREAMS[stream])
    return fold_in(make_key(seed, step), zlib.crc32(stream.encode()) % 2**31)


def make_key(seed: int | tf.Tensor, counter: int | tf.Tensor = 0) -> tf.Tensor:
    """Returns the key of a seed and a counter, ints or integer tensors."""
    return tf.stack([tf.cast(seed, tf.int64), tf.cast(counter, tf.int64)])


def key_of(values: tf.Tensor) -> tf.Tensor:
    """Computes a key from a float32 tensor, as the sum of the bits of its values.

    A generator can use it to derive the noise of its layers from its latents.

    Example:

    >>> from keras_gan import noise
    >>> noise.key_of([1.0, 0.0]).numpy().tolist()  # 1.0 is 0x3f800000
    [1065353216, 0]
    """
    bits = tf.bitcast(tf.convert_to_tensor(values, tf.float32), tf.int32)
    return make_key(tf.reduce_sum(tf.cast(bits, tf.int64)))


def fold_in(key: tf.Tensor, number: int | tf.Tensor) -> tf.Tensor:
    """Derives a key from a key and a number, for an independent draw.

    Example:

    >>> from keras_gan import noise
    >>> key = noise.make_key(0)
    >>> float(noise.uniform((), key)) == float(noise.uniform((), noise.fold_in(key, 1)))
    False
    """
    return tf.random.experimental.stateless_fold_in(key, number, alg="philox")


def normal(shape: Sequence | tf.Tensor, key: tf.Tensor) -> tf.Tensor:
    """Draws standard normal float32 numbers from TensorFlow's Philox-4x32-10 stream.

    XLA and plain TensorFlow draw different numbers from the same key.
    """
    return tf.random.stateless_normal(shape, seed=key, alg="philox")


def uniform(
    shape: Sequence | tf.Tensor, key: tf.Tensor, low: float = 0.0, high: float = 1.0
) -> tf.Tensor:
    """Draws float32 numbers, uniform in [low, high)."""
    return tf.random.stateless_uniform(shape, seed=key, minval=low, maxval=high, alg="philox")
