"""Noise as a function of a key: never of how often it was asked for.

A key is an int64 tensor `(seed, counter)`. What needs noise is handed a key; what needs several
independent draws folds a number into it for each.
"""

import zlib

import tensorflow as tf

NUMBERED_STREAMS = {"discriminator": 0, "generator": 1, "test": 2}


def stream_key(seed, stream, step):
    """Returns the key of one stream at one step.

    Args:
        seed: Non-negative int.
        stream: Name of what needs noise, such as a player: any text.
        step: Integer scalar.

    Returns:
        A key. Each name has noise of its own, which no other name changes.

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


def make_key(seed, counter=0):
    """The key of a seed and a counter, ints or integer tensors."""
    return tf.stack([tf.cast(seed, tf.int64), tf.cast(counter, tf.int64)])


def key_of(values):
    """A key that is a function of a float32 tensor: of the sum of its values' bits.

    So what is handed random numbers has more of them that are its own, such as a generator the
    noise of its layers from its latents.

    Example:

    >>> from keras_gan import noise
    >>> noise.key_of([1.0, 0.0]).numpy().tolist()  # 1.0 is 0x3f800000
    [1065353216, 0]
    """
    bits = tf.bitcast(tf.convert_to_tensor(values, tf.float32), tf.int32)
    return make_key(tf.reduce_sum(tf.cast(bits, tf.int64)))


def fold_in(key, number):
    """A new key that depends on `key` and on `number`: one for each independent draw.

    Example:

    >>> from keras_gan import noise
    >>> key = noise.make_key(0)
    >>> float(noise.uniform((), key)) == float(noise.uniform((), noise.fold_in(key, 1)))
    False
    """
    return tf.random.experimental.stateless_fold_in(key, number, alg="philox")


def normal(shape, key):
    """Standard normal float32 numbers, the Philox-4x32-10 stream of TensorFlow.

    XLA and plain TensorFlow draw different numbers from the same key.
    """
    return tf.random.stateless_normal(shape, seed=key, alg="philox")


def uniform(shape, key, low=0.0, high=1.0):
    """Float32 numbers, uniform in [low, high)."""
    return tf.random.stateless_uniform(shape, seed=key, minval=low, maxval=high, alg="philox")
