"""Speed limits of the machine: large matrix products, and convolutions as in a DCGAN."""

import time

import tensorflow as tf


def matmul(size=1024, dtype="float32"):
    """Returns a function that multiplies square matrices, and its number of operations."""
    a, b = (tf.cast(tf.random.normal((size, size)), dtype) for _ in range(2))
    return tf.function(lambda: a @ b), 2 * size**3


def convolution(batch=64, size=32, channels=64, filters=128):
    """Returns a 4x4 convolution with stride 2 as a function, and its number of operations."""
    images = tf.random.normal((batch, size, size, channels))
    kernel = tf.random.normal((4, 4, channels, filters))
    places = batch * (size // 2) ** 2
    return (
        tf.function(lambda: tf.nn.conv2d(images, kernel, 2, "SAME")),
        2 * places * 16 * channels * filters,
    )


def operations_a_second(make, seconds=1.0):
    """Measures floating-point operations per second after a warm-up.

    Args:
        make: Function that returns `(function, operations per call)`.
        seconds: Approximate duration of the measurement.
    """
    function, operations = make()

    def call():
        tf.reshape(function(), -1)[0].numpy()  # a whole matrix takes long to leave a GPU

    for _ in range(3):
        call()
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        call()
        calls += 1
    return calls * operations / (time.perf_counter() - start)
