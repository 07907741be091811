"""Noise as a function of a seed and a step: never of how often it was asked for."""

import tensorflow as tf

STREAMS = {"discriminator": 0, "generator": 1, "test": 2}


def stream_noise(shape, seed, stream, step):
    """Standard normal noise of one stream at one step.

    Args:
        shape: Shape, the batch first.
        seed: Non-negative int.
        stream: One of `STREAMS`: who asks.
        step: Integer scalar.

    Returns:
        A float32 tensor. XLA and plain TensorFlow draw different numbers from the same arguments.
    """
    counter = tf.cast(step, tf.int64) * len(STREAMS) + STREAMS[stream]
    return philox_normal(shape, seed, counter)


def sampling_noise(n, latent_dim, seed):
    """Latents of `sample` and of the exported `sample_png`: the same noise for the same seed.

    Args:
        n: How many, an int or an integer tensor.
        latent_dim: Size of one.
        seed: Non-negative int or integer tensor.

    Returns:
        `(n, latent_dim)` float32, the Philox-4x32-10 stream of TensorFlow's stateless normal.
    """
    return philox_normal((n, latent_dim), seed, 0)


def philox_normal(shape, seed, counter):
    """The normal numbers of TensorFlow's stateless Philox generator at `(seed, counter)`."""
    key = tf.stack([tf.cast(seed, tf.int64), tf.cast(counter, tf.int64)])
    return tf.random.stateless_normal(shape, seed=key, alg="philox")
