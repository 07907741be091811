"""The benchmarks' own arithmetic, and that a shortcut of the step changes no number."""

import pathlib
import sys

import keras_gan as kg

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, state_of, tiny_gan

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools" / "benchmark"))

from alternate import exponent, ratios
from peers.flops import flops
from peers.longhand import SHORTCUTS, without


def steps_with(shortcut):
    """What three steps measured and left, traced without a shortcut, or with all for None."""
    keras.utils.set_random_seed(3)
    gan = tiny_gan()
    gan.compile("sgd", "sgd", penalties=[kg.penalties.R1(0.5, interval=2)])
    step, images = tf.function(gan.train_step), tf.constant(random_images(8))
    with without(shortcut):
        step.get_concrete_function(images)
    logs = [step(images) for _ in range(3)]
    return [{name: float(value) for name, value in log.items()} for log in logs], state_of(gan)


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_a_shortcut_changes_no_number(shortcut):
    (logs, state), (longhand, other_state) = steps_with(None), steps_with(shortcut)
    for log, other in zip(logs, longhand, strict=True):
        for name in set(log) - {"d_gradient", "g_gradient"}:  # the longhand sums more into these
            assert log[name] == pytest.approx(other[name], rel=1e-5, abs=1e-7), name
    pairs = zip(state.items(), other_state.values(), strict=True)
    for (name, value), other in pairs:
        if not any(gradient in name for gradient in ("d_gradient", "g_gradient")):
            np.testing.assert_allclose(value, other, atol=1e-6, err_msg=name)


def test_operations_are_counted_by_hand():
    """A dense layer of 3x5 and a convolution of 2x2 on 4x4 pixels, and both ways back."""
    dense, kernel = tf.Variable(tf.ones((3, 5))), tf.Variable(tf.ones((2, 2, 3, 7)))

    @tf.function
    def product(x):
        return x @ dense

    @tf.function
    def slopes(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            total = tf.reduce_sum(tf.nn.conv2d(images, kernel, 2, "SAME") ** 2)
        return tape.gradient(total, [images, kernel])

    assert flops(product.get_concrete_function(tf.TensorSpec((8, 3)))) == 2 * 8 * 3 * 5
    forward = 2 * (8 * 2 * 2 * 7) * (2 * 2 * 3)
    assert flops(slopes.get_concrete_function(tf.TensorSpec((8, 4, 4, 3)))) == 3 * forward


def test_what_depends_on_a_condition_is_not_counted():
    @tf.function
    def sometimes(x):
        return tf.cond(tf.reduce_sum(x) > 0, lambda: x @ x, lambda: x)

    @tf.function
    def one_of_two(x):
        return tf.switch_case(tf.cast(x[0, 0], "int32"), [lambda: x @ x, lambda: x])

    for function in (sometimes, one_of_two):
        assert flops(function.get_concrete_function(tf.TensorSpec((4, 4)))) is None


def test_ratios_and_exponents():
    assert ratios([2.0, 6.0, 3.0], [1.0, 2.0, 3.0]) == (2.0, 1.0, 3.0)
    assert exponent([1, 2, 4, 8], [3.0, 12.0, 48.0, 192.0]) == pytest.approx(2.0)
