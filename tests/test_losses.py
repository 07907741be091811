from keras_gan import losses
from keras_gan.errors import ConfigError

import keras
import numpy as np
import pytest
import tensorflow as tf

REAL = np.array([-2.0, 0.0, 1.5], "float32")
FAKE = np.array([0.5, -1.0, 3.0], "float32")


def nll(logits):
    """-log sigmoid, by its definition and in float64."""
    return -np.log(1 / (1 + np.exp(-np.asarray(logits, "float64"))))


def relu(x):
    return np.maximum(np.asarray(x, "float64"), 0)


# name -> (discriminator's, generator's) loss of the paper, in NumPy
CLOSED_FORMS = {
    "minimax": (
        lambda r, f: nll(r).mean() + nll(-f).mean(),
        lambda r, f: -nll(-f).mean(),
    ),
    "non_saturating": (
        lambda r, f: nll(r).mean() + nll(-f).mean(),
        lambda r, f: nll(f).mean(),
    ),
    "least_squares": (
        lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2,
        lambda r, f: ((f - 1) ** 2).mean() / 2,
    ),
    "hinge": (
        lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(),
        lambda r, f: -f.mean(),
    ),
    "wasserstein": (
        lambda r, f: f.mean() - r.mean(),
        lambda r, f: -f.mean(),
    ),
    "relativistic_paired": (
        lambda r, f: nll(r - f).mean(),
        lambda r, f: nll(f - r).mean(),
    ),
    "relativistic_average": (
        lambda r, f: nll(r - f.mean()).mean() + nll(r.mean() - f).mean(),
        lambda r, f: nll(f - r.mean()).mean() + nll(f.mean() - r).mean(),
    ),
}


def test_every_loss_has_its_closed_form_here():
    assert CLOSED_FORMS.keys() == losses.LOSSES.keys()


@pytest.mark.parametrize("jit", [False, True])
def test_losses_equal_their_closed_forms(jit):
    rng = np.random.default_rng(0)
    cases = [(REAL, FAKE), *(rng.normal(0, 3, (2, 64)).astype("float32") for _ in range(3))]

    def both(loss):
        return tf.function(
            lambda r, f: (loss.discriminator(r, f), loss.generator(r, f)),
            jit_compile=jit,
            reduce_retracing=True,
        )

    compiled = {name: both(losses.get(name)) for name in losses.LOSSES}
    for name, halves in CLOSED_FORMS.items():
        for real, fake in cases:
            expected = [half(real.astype("float64"), fake.astype("float64")) for half in halves]
            logs = [float(value) for value in compiled[name](real, fake)]
            assert logs == pytest.approx(expected, rel=1e-5, abs=1e-6), name


def test_one_sided_label_smoothing_is_the_cross_entropy_with_a_lower_target():
    smooth = losses.NonSaturating(label_smoothing=0.1)
    expected = (0.9 * nll(REAL) + 0.1 * nll(-REAL)).mean() + nll(-FAKE).mean()
    assert float(smooth.discriminator(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)
    assert float(smooth.generator(None, FAKE)) == pytest.approx(nll(FAKE).mean(), rel=1e-5)
    with pytest.raises(ConfigError, match=r"0 to 0.5, got 1"):
        losses.Minimax(1.0)


def test_value_at_the_optimum_is_minus_log_four():
    zeros = np.zeros(5, "float32")
    assert -float(losses.get("minimax").discriminator(zeros, zeros)) == pytest.approx(-np.log(4))


@pytest.mark.parametrize("name", losses.LOSSES)
def test_huge_logits_stay_finite(name):
    huge = np.array([1e4, -1e4], "float32")
    loss = losses.get(name)
    assert np.isfinite(loss.discriminator(huge, -huge))
    assert np.isfinite(loss.generator(-huge, huge))


def generator_slope(name, real, fake):
    logits = tf.constant(fake)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = losses.get(name).generator(tf.constant(real), logits)
    return float(tape.gradient(loss, logits)[0])


def test_saturation_is_what_tells_minimax_from_non_saturating():
    """For fakes that D recognizes surely, only the non-saturating gradient doesn't vanish."""
    assert abs(generator_slope("minimax", [20.0], [-20.0])) < 1e-8
    assert generator_slope("non_saturating", [20.0], [-20.0]) == pytest.approx(-1.0)


@pytest.mark.parametrize("name", losses.LOSSES)
def test_every_generator_wants_a_higher_logit(name):
    assert generator_slope(name, [0.3], [-0.2]) < 0


@pytest.mark.parametrize("name", losses.LOSSES)
def test_margins_are_positive_where_the_discriminator_is_right(name):
    """Logits far on their sides: D is right on all; exchanged, wrong on all."""
    high, low = np.full(4, 5.0, "float32"), np.full(4, -4.0, "float32")
    loss = losses.get(name)
    assert all((np.array(margin) > 0).all() for margin in loss.margins(high, low))
    assert all((np.array(margin) < 0).all() for margin in loss.margins(low, high))


def test_only_relativistic_generators_read_the_real_logits():
    for name, loss in losses.LOSSES.items():
        assert loss.relativistic == name.startswith("relativistic")
        if not loss.relativistic:
            losses.get(name).generator(None, FAKE)


def test_classification_is_the_mean_cross_entropy():
    logits = np.array([[0.0, 0.0], [2.0, -1.0]], "float32")
    expected = (np.log(2) + np.log(1 + np.exp(3))) / 2
    assert float(losses.classification(logits, np.array([0, 1]))) == pytest.approx(
        expected, rel=1e-6
    )


def test_get_names_the_near_match():
    with pytest.raises(ConfigError, match="did you mean 'minimax'"):
        losses.get("minmax")
    with pytest.raises(ConfigError, match="is a pair"):
        losses.get(keras.losses.BinaryCrossentropy())


def test_round_trip_through_keras_serialization():
    for name, loss in losses.LOSSES.items():
        config = keras.saving.serialize_keras_object(losses.get(name))
        assert type(keras.saving.deserialize_keras_object(config)) is loss
    config = keras.saving.serialize_keras_object(losses.NonSaturating(0.2))
    assert keras.saving.deserialize_keras_object(config).label_smoothing == 0.2
