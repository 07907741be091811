import keras_gan as kg
from keras_gan.errors import ConfigError
from keras_gan.models.duel import discriminate

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import differing, random_images, state_of, tiny_gan

ONE_STAGE_LOSSES = sorted(set(kg.losses.LOSSES) - {"hinge"})
LATENTS = tf.constant(np.random.default_rng(0).normal(size=(8, 6)).astype("float32"))
NOISE = kg.models.Noise(LATENTS, kg.noise.make_key(0))


def weights_of(network):
    return [np.array(weight) for weight in network.trainable_weights]


def compiled(rate=0.1, num_classes=None, **rules):
    """Makes a tiny model with plain gradient descent and the same weights every time."""
    keras.utils.set_random_seed(3)
    gan = tiny_gan(num_classes)
    gan.compile(keras.optimizers.SGD(rate), keras.optimizers.SGD(rate), **rules)
    return gan


def batch_of(num_classes=None):
    labels = None if num_classes is None else tf.constant(np.arange(8) % num_classes)
    return tf.constant(random_images(8)), labels


@pytest.mark.parametrize("loss", ["non_saturating", "relativistic_paired", "hinge"])
def test_shared_equals_alternating_with_the_same_latents(loss):
    """The generator is updated against the updated discriminator."""
    penalties = [kg.penalties.R1(0.5), kg.penalties.LeCam(0.5)]
    results = []
    for shared in (False, True):
        for penalty in penalties[1:]:
            for anchor in penalty.variables:
                anchor.assign(0.0)
        gan = compiled(loss=loss, penalties=penalties)
        if shared:
            logs = gan.shared_step(gan.duel, batch_of(), NOISE)
        else:
            logs = gan.discriminator_step(gan.duel, batch_of(), NOISE)
            logs |= gan.generator_step(gan.duel, batch_of(), NOISE)
        results.append((logs, [*weights_of(gan.generator), *weights_of(gan.discriminator)]))
    (first, first_weights), (second, second_weights) = results
    assert first.keys() == second.keys() == set(gan.log_names)
    for name in first:
        assert float(first[name]) == pytest.approx(float(second[name]), rel=1e-5, abs=1e-6), name
    for a, b in zip(first_weights, second_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def simultaneous(gan, real, key):
    """Computes losses and both players' gradients at the current weights, separately."""
    samples, labels = real
    players = (gan.discriminator, gan.generator)
    with tf.GradientTape(persistent=True) as tape:
        fake = gan.duel.generate(LATENTS, labels)
        inputs = samples, fake
        if gan.augmentation is not None:
            inputs = [gan.augmentation(x, kg.noise.fold_in(key, 1)) for x in inputs]
        r, f = (logits_of(gan, x, labels) for x in inputs)
        losses = gan.rules.loss.discriminator(r, f), gan.rules.loss.generator(r, f)
        total = losses[0]
        if gan.rules.penalties:
            with tf.GradientTape() as inner:
                inner.watch(samples)
                logits = tf.reduce_sum(logits_of(gan, samples, labels))
            slope = inner.gradient(logits, samples)
            total += 0.5 * tf.reduce_mean(tf.reduce_sum(slope**2, axis=(1, 2, 3))) / 2
            f = logits_of(gan, tf.stop_gradient(fake), labels)
            excesses = tf.nn.relu(r - r_anchor(f)), tf.nn.relu(r_anchor(r) - f)
            total += 0.25 * sum(tf.reduce_mean(excess**2) for excess in excesses)
    targets = (total, losses[1])
    slopes = [
        tape.gradient(loss, [w.value for w in player.trainable_weights])
        for loss, player in zip(targets, players, strict=True)
    ]
    return losses, slopes


def logits_of(gan, samples, labels):
    return discriminate(gan.discriminator, samples, labels, training=True).logits


def r_anchor(logits):
    """Computes LeCam's anchor after its first update from 0."""
    return tf.stop_gradient(0.01 * tf.reduce_mean(logits))


@pytest.mark.parametrize("loss", ONE_STAGE_LOSSES)
@pytest.mark.parametrize("rules", ["plain", "labels and penalties", "augmentation"])
def test_one_stage_equals_simultaneous_updates(loss, rules):
    """Both players use the old weights, up to rounding, for every supported loss."""
    num_classes = 3 if rules == "labels and penalties" else None
    penalties = [kg.penalties.R1(0.5), kg.penalties.LeCam(0.25)] if num_classes else []
    augmentation = kg.augment.DiffAugment() if rules == "augmentation" else None
    gan = compiled(
        num_classes=num_classes,
        loss=loss,
        penalties=penalties,
        augmentation=augmentation,
        update="one_stage",
    )
    real = batch_of(num_classes)
    (d_loss, g_loss), slopes = simultaneous(gan, real, NOISE.key)
    before = weights_of(gan.discriminator), weights_of(gan.generator)
    logs = gan.one_stage_step(gan.duel, real, NOISE)
    assert logs.keys() == set(gan.log_names) - {"augmentation_p"}
    assert float(logs["d_loss"]) == pytest.approx(float(d_loss), rel=1e-5)
    assert float(logs["g_loss"]) == pytest.approx(float(g_loss), rel=1e-5)
    after = weights_of(gan.discriminator), weights_of(gan.generator)
    for olds, grads, news in zip(before, slopes, after, strict=True):
        for old, grad, new in zip(olds, grads, news, strict=True):
            grad = tf.convert_to_tensor(grad).numpy()
            np.testing.assert_allclose(
                (old - new) / 0.1, grad, atol=1e-4 * np.abs(grad).max() + 1e-6
            )


def test_one_stage_removes_the_loss_scale_from_the_generators_gradient():
    """In float16 the discriminator's gradient is scaled by 2^15; the generator's must not be."""
    results = []
    for dtype in ("float32", "mixed_float16"):
        keras.utils.set_random_seed(3)
        gan = tiny_gan(dtype=dtype)
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), update="one_stage")
        before = weights_of(gan.generator)
        logs = gan.one_stage_step(gan.duel, batch_of(), NOISE)
        moves = [b - a for a, b in zip(before, weights_of(gan.generator), strict=True)]
        results.append((logs["g_gradient"], np.concatenate([m.ravel() for m in moves])))
    (norm, moves), (half_norm, half_moves) = results
    assert float(half_norm) == pytest.approx(float(norm), rel=0.02)
    assert np.linalg.norm(half_moves - moves) < 0.05 * np.linalg.norm(moves)


@pytest.mark.parametrize(
    ("discriminator", "loss", "named"),
    [
        ({"normalization": "batch"}, "non_saturating", "mixes samples"),
        ({"num_classes": 3, "conditioning": "auxiliary"}, "non_saturating", "classifies"),
        ({}, "hinge", "Hinge"),
    ],
)
def test_one_stage_is_refused_where_it_would_be_wrong(discriminator, loss, named):
    shape = (16, 16, 1)
    gan = kg.GAN(
        kg.networks.DCGANGenerator(shape, 6, 4, discriminator.get("num_classes")),
        kg.networks.DCGANDiscriminator(shape, 4, **discriminator),
    )
    with pytest.raises(ConfigError, match=named):
        gan.compile(loss=loss, update="one_stage")
    gan.compile(loss=loss, update="shared")
    assert gan.rules.update == "shared"


def test_an_unknown_update_lists_the_known_ones():
    with pytest.raises(ConfigError, match="one_stage"):
        tiny_gan().compile(update="onestage")


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("update", ["shared", "one_stage"])
def test_updates_train_save_and_rest_the_generator(update, jit, tmp_path):
    """Uses lazy penalties and two discriminator updates per generator update."""
    gan = tiny_gan()
    rules = {"penalties": [kg.penalties.R1(0.1, interval=3)], "n_critic": 2, "update": update}
    gan.compile(**rules, jit_compile=jit)
    images = random_images(24)
    before = weights_of(gan.generator)
    gan.fit(images, batch_size=8, steps_per_epoch=1, verbose=0)
    assert all(map(np.array_equal, before, weights_of(gan.generator)))
    gan.fit(images, batch_size=8, steps_per_epoch=1, verbose=0)
    assert not any(map(np.array_equal, before, weights_of(gan.generator)))
    gan.save(tmp_path / "game.keras")
    other = keras.models.load_model(tmp_path / "game.keras")
    assert other.rules.update == update
    for game in (gan, other):
        game.fit(images, batch_size=8, steps_per_epoch=4, verbose=0)
    assert not differing(state_of(gan), state_of(other))
