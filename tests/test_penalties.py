import keras_gan as kg
from keras_gan import noise, penalties
from keras_gan.errors import ConfigError

import keras
import ml_dtypes
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

KEY = noise.make_key(3)
WEIGHTS = np.array([1.5, -0.5], "float32")
# multiples of 1/4: exact in bfloat16
REAL, FAKE = np.random.default_rng(0).integers(-8, 9, (2, 6, 2)).astype("float32") / 4
ALL = {
    "r1": penalties.R1(0.5),
    "r2": penalties.R2(0.5),
    "gradient_penalty": penalties.GradientPenalty(10.0),
    "one_sided": penalties.GradientPenalty(10.0, one_sided=True),
    "zero_centered": penalties.ZeroCentered(2.0),
    "dragan": penalties.DRAGAN(10.0),
}


class Slope(keras.layers.Layer):
    """`linear`: D(x) = w.x, gradient w. `quadratic`: D(x) = |x|^2, gradient 2x."""

    def __init__(self, kind, **kwargs):
        super().__init__(**kwargs)
        self.kind = kind

    def call(self, x):
        x = x * ops.cast(WEIGHTS, x.dtype) if self.kind == "linear" else x * x
        return ops.sum(x, axis=-1, keepdims=True)


def build(kind, policy):
    """Makes a model whose generator returns its latents, with known gradients."""
    layer = keras.layers.Dense(2, use_bias=False, kernel_initializer="identity", dtype=policy)
    sharp = Slope(kind, dtype=policy)
    return kg.GAN(
        keras.Sequential([keras.Input((2,)), layer]),
        keras.Sequential([keras.Input((2,)), sharp]),
    )


def slopes(kind, x, policy):
    """Computes |grad D(x)|^2 in closed form, at x in the discriminator's precision."""
    if kind == "linear":
        return np.full(len(x), (WEIGHTS.astype("float64") ** 2).sum())
    inputs = np.asarray(x, ml_dtypes.bfloat16 if policy == "mixed_bfloat16" else "float32")
    return (4 * inputs.astype("float64") ** 2).sum(axis=1)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("kind", ["linear", "quadratic"])
def test_gradient_penalties_equal_their_closed_forms(kind, policy, jit):
    gan = build(kind, policy)

    @tf.function(jit_compile=jit)
    def measure(real, latents):
        fake = ops.cast(gan.generator(latents), "float32")
        width = 0.5 * ops.std(real)
        moved = real + noise.uniform(ops.shape(real), noise.fold_in(KEY, 1)) * width
        points = {
            "line": penalties.gradients.interpolate(real, fake, KEY),
            "near": penalties.gradients.interpolate(real, moved, KEY),
        }
        return {name: p(gan.judge, real, fake, KEY) for name, p in ALL.items()}, points

    logs, points = measure(REAL, FAKE)
    real, fake = slopes(kind, REAL, policy), slopes(kind, FAKE, policy)
    line, near = (slopes(kind, points[name].numpy(), policy) for name in ("line", "near"))
    expected = {
        "r1": 0.5 / 2 * real.mean(),
        "r2": 0.5 / 2 * fake.mean(),
        "gradient_penalty": 10 * ((np.sqrt(line) - 1) ** 2).mean(),
        "one_sided": 10 * (np.maximum(np.sqrt(line) - 1, 0) ** 2).mean(),
        "zero_centered": 2 * line.mean(),
        "dragan": 10 * ((np.sqrt(near) - 1) ** 2).mean(),
    }
    for name, value in expected.items():
        assert float(logs[name]) == pytest.approx(value, rel=1e-5), name


def quadratic(x):
    return ops.sum(ops.square(x), axis=-1)


def test_one_sided_ignores_small_gradients():
    def gentle(x):
        return 0.5 * x[:, 0]

    assert float(penalties.GradientPenalty(1.0, one_sided=True)(gentle, REAL, FAKE, KEY)) == 0
    both = float(penalties.GradientPenalty(1.0)(gentle, REAL, FAKE, KEY))
    assert both == pytest.approx(0.25)


def test_interpolation_is_uniform_between_the_pairs():
    real, fake = np.zeros((20_000, 2), "float32"), np.ones((20_000, 2), "float32")
    points = penalties.gradients.interpolate(real, fake, KEY).numpy()
    assert np.array_equal(points[:, 0], points[:, 1])  # one place a sample
    assert points.min() >= 0
    assert points.max() < 1
    quantiles = np.quantile(points[:, 0], [0.1, 0.5, 0.9])
    np.testing.assert_allclose(quantiles, [0.1, 0.5, 0.9], atol=0.01)


def test_dragan_moves_by_at_most_half_a_deviation_and_only_upwards():
    inputs = []

    def judge(x):
        inputs.append(x.numpy())
        return quadratic(x)

    penalties.DRAGAN()(judge, REAL, None, KEY)
    moves = inputs[0] - REAL
    assert moves.min() >= 0
    assert 0 < moves.max() <= 0.5 * REAL.std()


def test_a_flat_discriminator_gives_finite_gradients():
    """The norm's slope at 0 is undefined; the penalty must not turn the weights into NaN."""
    scale = tf.Variable(0.0)
    with tf.GradientTape() as tape:
        loss = penalties.GradientPenalty(1.0)(lambda x: scale * quadratic(x), REAL, FAKE, KEY)
    assert float(loss) == pytest.approx(1.0, abs=1e-5)
    assert np.isfinite(float(tape.gradient(loss, scale)))


@pytest.mark.parametrize("jit", [False, True])
def test_lecam_follows_its_anchors(jit):
    """Two calls, against the equations with decay 1/2, from anchors of 0."""
    penalty = penalties.LeCam(2.0, decay=0.5)
    function = tf.function(lambda x, y: penalty(lambda v: v[:, 0], x, y), jit_compile=jit)
    real_anchor = fake_anchor = 0.0
    for real, fake in ((REAL, FAKE), (REAL + 1, FAKE - 1)):
        logs = float(function(real, fake))
        r, f = real[:, 0].astype("float64"), fake[:, 0].astype("float64")
        real_anchor = 0.5 * real_anchor + 0.5 * r.mean()
        fake_anchor = 0.5 * fake_anchor + 0.5 * f.mean()
        excesses = np.maximum(r - fake_anchor, 0), np.maximum(real_anchor - f, 0)
        assert all(0 < (excess == 0).sum() < len(excess) for excess in excesses)
        expected = 2 * sum((excess**2).mean() for excess in excesses)
        assert logs == pytest.approx(expected, rel=1e-5)
    assert [float(v) for v in penalty.variables] == pytest.approx([real_anchor, fake_anchor])


def test_consistency_compares_a_sample_with_its_transformed_copy():
    def shift(samples, key):
        return samples + 1.0

    penalty = penalties.Consistency(shift, weight=3.0)
    expected = 3 * sum(((WEIGHTS.sum() * np.ones(6)) ** 2).mean() for _ in range(2))
    logs = penalty(lambda x: ops.sum(x * WEIGHTS, axis=-1), REAL, FAKE, KEY)
    assert float(logs) == pytest.approx(expected, rel=1e-5)


def test_drift_is_the_mean_square_of_the_logits_of_real_samples():
    penalty = penalties.Drift(0.5, interval=2)
    expected = 0.5 * 2 * ((REAL**2).sum(axis=1) ** 2).mean()
    assert float(penalty(quadratic, REAL, FAKE)) == pytest.approx(expected, rel=1e-5)


def test_interval_scales_the_weight():
    every_step, lazy = penalties.R1(0.3), penalties.R1(0.3, interval=8)
    assert float(lazy(quadratic, REAL, None)) == pytest.approx(
        8 * float(every_step(quadratic, REAL, None))
    )


def test_r1_reaches_the_weights_through_the_second_derivative():
    scale = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        loss = penalties.R1(1.0)(lambda x: scale * quadratic(x), REAL, None)
    expected = 2.0 * (4 * REAL**2).sum(axis=1).mean()  # d/ds of s^2 |2x|^2 / 2 at s = 2
    assert float(tape.gradient(loss, scale)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: penalties.R1(-1), "weight >= 0, got -1"),
        (lambda: penalties.R1(1, interval=0), "interval >= 1, got 0"),
        (lambda: penalties.DRAGAN(scale=0), "scale > 0"),
        (lambda: penalties.LeCam(decay=1), "decay from 0 to below 1"),
        (lambda: penalties.WeightClipping(0), "limit > 0"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_round_trip_through_keras_serialization():
    outputs = [*ALL.values(), penalties.LeCam(0.3, 2, 0.9), penalties.WeightClipping(0.2)]
    outputs += [penalties.Drift(0.01, 4)]
    outputs += [penalties.Consistency(kg.augment.DiffAugment(("color",)), 5.0, 4)]
    for penalty in outputs:
        config = keras.saving.serialize_keras_object(penalty)
        second = keras.saving.deserialize_keras_object(config)
        assert type(second) is type(penalty)
        assert keras.saving.serialize_keras_object(second) == config
