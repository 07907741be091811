import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from keras_gan import penalties
from keras_gan.errors import ConfigError

REAL = np.random.default_rng(0).normal(size=(5, 3, 2)).astype("float32")
WEIGHTS = np.random.default_rng(1).normal(size=(3, 2)).astype("float32")


def linear(x):
    return ops.sum(x * WEIGHTS, axis=(1, 2))


def quadratic(x):
    return ops.sum(ops.square(x), axis=(1, 2))


@pytest.mark.parametrize("jit", [False, True])
def test_r1_on_discriminators_whose_gradient_is_known(jit):
    def measure(discriminator):
        function = tf.function(lambda x: penalties.R1(0.5)(discriminator, x, None), jit_compile=jit)
        return float(function(REAL))

    assert measure(linear) == pytest.approx(0.5 / 2 * (WEIGHTS**2).sum(), rel=1e-5)
    expected = 0.5 / 2 * (4 * REAL**2).sum(axis=(1, 2)).mean()
    assert measure(quadratic) == pytest.approx(expected, rel=1e-5)


def test_interval_scales_the_weight():
    every_step, lazy = penalties.R1(0.3), penalties.R1(0.3, interval=8)
    assert float(lazy(linear, REAL, None)) == pytest.approx(
        8 * float(every_step(linear, REAL, None))
    )


def test_r1_reaches_the_weights_through_the_second_derivative():
    scale = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        loss = penalties.R1(1.0)(lambda x: scale * quadratic(x), REAL, None)
    expected = 2.0 * (4 * REAL**2).sum(axis=(1, 2)).mean()  # d/ds of s^2 |2x|^2 / 2 at s = 2
    assert float(tape.gradient(loss, scale)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("jit", [False, True])
def test_branch_on_interval_runs_what_is_due(jit):
    lazy = [penalties.R1(1.0, interval=2), penalties.R1(1.0, interval=3)]

    def half_step(due):
        return {"due": ops.convert_to_tensor(sum(10 ** lazy.index(p) for p in due), "int32")}

    function = tf.function(
        lambda step: penalties.branch_on_interval(lazy, step, half_step), jit_compile=jit
    )
    due = [int(function(tf.constant(step, tf.int64))["due"]) for step in range(7)]
    assert due == [11, 0, 1, 10, 1, 0, 11]


def test_a_step_without_the_penalty_skips_its_work():
    """The penalty's branch is not entered: a host callback inside it counts the entries."""
    entered = []

    class Counting(penalties.R1):
        def measure(self, discriminator, real, fake):
            tf.py_function(lambda: entered.append(1), [], [])
            return super().measure(discriminator, real, fake)

    counting = Counting(1.0, interval=4)

    @tf.function
    def run(step):
        def half_step(due):
            return sum((p(linear, tf.constant(REAL), None) for p in due), tf.constant(0.0))

        return penalties.branch_on_interval([counting], step, half_step)

    for step in range(8):
        run(tf.constant(step, tf.int64))
    assert len(entered) == 2


def test_bad_arguments():
    with pytest.raises(ConfigError, match="weight >= 0, got -1"):
        penalties.R1(-1)
    with pytest.raises(ConfigError, match="interval >= 1, got 0"):
        penalties.R1(1, interval=0)


def test_round_trip_through_keras_serialization():
    config = keras.saving.serialize_keras_object(penalties.R1(0.7, interval=3))
    again = keras.saving.deserialize_keras_object(config)
    assert (type(again), again.weight, again.interval) == (penalties.R1, 0.7, 3)
