import keras_gan as kg

import keras
import numpy as np
import pytest
import tensorflow as tf

SETTINGS = {
    "plain": {},
    "no momentum": {"beta_1": 0.0, "beta_2": 0.9},
    "decay, clipping, average": {"weight_decay": 0.1, "clipnorm": 0.5, "use_ema": True},
    "amsgrad": {"amsgrad": True},
}


def moved(kind, settings, jit, dtype="float32", steps=5):
    """A weight after some steps down a bowl, and the optimizer's state."""
    variable = keras.Variable(np.linspace(-2.0, 2.0, 12).reshape(3, 4), dtype=dtype)
    optimizer = kind(0.05, **settings)
    optimizer.build([variable])

    @tf.function(jit_compile=jit)
    def step():
        optimizer.apply([2.0 * variable.value - 1.0])

    for _ in range(steps):
        step()
    return [np.array(v, "float64") for v in (variable, *optimizer.variables)]


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_adam_moves_as_keras_adam_does(settings, jit):
    kinds = (kg.optimizers.Adam, keras.optimizers.Adam)
    ours, keras_own = (moved(kind, settings, jit) for kind in kinds)
    assert len(ours) == len(keras_own)
    for a, b in zip(ours, keras_own, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    assert np.abs(ours[0] - np.linspace(-2.0, 2.0, 12).reshape(3, 4)).mean() > 0.05


def test_adam_is_saved_and_restored():
    optimizer = kg.optimizers.Adam(3e-4, 0.1, 0.97, epsilon=1e-6)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is kg.optimizers.Adam
    assert again.get_config() == optimizer.get_config()


def mirrored_step(strategy, optimizer, variable):
    """A step down a bowl on every replica."""

    @tf.function
    def step():
        strategy.run(lambda: optimizer.apply([2.0 * variable.value]))

    return step


def test_adam_moves_mirrored_weights():
    """Under tf.distribute, as Keras's does."""
    strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    found = []
    for kind in (kg.optimizers.Adam, keras.optimizers.Adam):
        with strategy.scope():
            variable = keras.Variable(np.ones((3,)), dtype="float32")
            optimizer = kind(0.1)
            optimizer.build([variable])
        step = mirrored_step(strategy, optimizer, variable)
        for _ in range(3):
            step()
        found.append(np.array(variable))
    np.testing.assert_allclose(*found, rtol=1e-5)
    assert found[0].max() < 0.8
