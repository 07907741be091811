import keras
import numpy as np
import pytest

from keras_gan import losses
from keras_gan.errors import ConfigError

REAL = np.array([-2.0, 0.0, 1.5], "float32")
FAKE = np.array([0.5, -1.0, 3.0], "float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype("float64")))


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_discriminator_minimises_the_negative_log_likelihood(name):
    expected = -np.log(sigmoid(REAL)).mean() - np.log(1 - sigmoid(FAKE)).mean()
    assert float(losses.get(name).discriminator(REAL, FAKE)) == pytest.approx(expected, rel=1e-6)


def test_generator_halves_are_the_papers():
    assert float(losses.get("minimax").generator(None, FAKE)) == pytest.approx(
        np.log(1 - sigmoid(FAKE)).mean(), rel=1e-6
    )
    assert float(losses.get("non_saturating").generator(None, FAKE)) == pytest.approx(
        -np.log(sigmoid(FAKE)).mean(), rel=1e-6
    )


def test_value_at_the_optimum_is_minus_log_four():
    zeros = np.zeros(5, "float32")
    assert -float(losses.get("minimax").discriminator(zeros, zeros)) == pytest.approx(-np.log(4))


@pytest.mark.parametrize("name", ["minimax", "non_saturating"])
def test_huge_logits_stay_finite(name):
    huge = np.array([1e4, -1e4], "float32")
    loss = losses.get(name)
    assert np.isfinite(loss.discriminator(huge, -huge))
    assert np.isfinite(loss.generator(None, huge))


def test_saturation_is_what_tells_the_two_apart():
    """Where D is sure that a fake is one, only the non-saturating gradient survives."""
    import tensorflow as tf

    logits = tf.constant([-20.0])
    slopes = {}
    for name in losses.LOSSES:
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = losses.get(name).generator(None, logits)
        slopes[name] = abs(float(tape.gradient(loss, logits)[0]))
    assert slopes["minimax"] < 1e-8
    assert slopes["non_saturating"] == pytest.approx(1.0)


def test_get_names_the_near_match():
    with pytest.raises(ConfigError, match="did you mean 'minimax'"):
        losses.get("minmax")
    with pytest.raises(ConfigError, match="is a pair"):
        losses.get(keras.losses.BinaryCrossentropy())


def test_round_trip_through_keras_serialization():
    for name, loss in losses.LOSSES.items():
        config = keras.saving.serialize_keras_object(losses.get(name))
        assert type(keras.saving.deserialize_keras_object(config)) is loss
