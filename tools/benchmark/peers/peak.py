"""What the machine can do at best: large matrix products, and convolutions as in a DCGAN."""

import time

import tensorflow as tf


def matmul(size=1024):
    """A square product, and its floating-point operations."""
    a, b = tf.random.normal((size, size)), tf.random.normal((size, size))
    return tf.function(lambda: a @ b), 2 * size**3


def convolution(batch=64, size=32, channels=64, filters=128):
    """A convolution of 4x4 and stride 2, and its floating-point operations."""
    images = tf.random.normal((batch, size, size, channels))
    kernel = tf.random.normal((4, 4, channels, filters))
    places = batch * (size // 2) ** 2
    return (
        tf.function(lambda: tf.nn.conv2d(images, kernel, 2, "SAME")),
        2 * places * 16 * channels * filters,
    )


def operations_a_second(make, seconds=1.0):
    """Floating-point operations a second over about so long, after a warm-up."""
    function, operations = make()
    for _ in range(3):
        function().numpy()
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        function().numpy()
        calls += 1
    return calls * operations / (time.perf_counter() - start)
