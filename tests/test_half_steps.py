"""Updates of one player of a GAN, with losses, labels and augmentation."""

import keras_gan as kg

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import moved, random_images, tiny_gan, weights_of

LATENTS = np.random.default_rng(0).normal(size=(8, 6)).astype("float32")
NOISE = kg.models.Noise(tf.constant(LATENTS), kg.noise.make_key(0))


def test_each_half_step_moves_its_player_and_no_other():
    gan = tiny_gan()
    gan.compile(penalties=[kg.penalties.R1(0.1)])
    before = {name: weights_of(getattr(gan, name)) for name in ("generator", "discriminator")}
    average = [np.array(w) for w in gan.moving_average.weights]
    real = (tf.constant(random_images(8)), None)

    gan.discriminator_step(gan.duel, real, NOISE)
    assert all(moved(before["discriminator"], gan.discriminator))
    assert not any(moved(before["generator"], gan.generator))

    before["discriminator"] = weights_of(gan.discriminator)
    gan.generator_step(gan.duel, real, NOISE)
    assert all(moved(before["generator"], gan.generator))
    assert not any(moved(before["discriminator"], gan.discriminator))
    assert all(
        np.array_equal(a, np.array(b))
        for a, b in zip(average, gan.moving_average.weights, strict=True)
    )


@pytest.mark.parametrize("num_classes", [None, 3])
def test_half_steps_with_and_without_jit_agree(num_classes):
    real = (
        tf.constant(random_images(8)),
        None if num_classes is None else tf.constant([0, 1, 2, 0] * 2),
    )
    results = []
    for jit in (False, True):
        keras.utils.set_random_seed(1)
        gan = tiny_gan(num_classes)
        gan.compile("sgd", "sgd", penalties=[kg.penalties.R1(0.5)])

        @tf.function(jit_compile=jit)
        def both_halves(noise, gan=gan):
            first = gan.discriminator_step(gan.duel, real, noise)
            return {**first, **gan.generator_step(gan.duel, real, noise)}

        logs = both_halves(NOISE)
        weights = weights_of(gan.generator) + weights_of(gan.discriminator)
        results.append((logs, weights))
    (plain, plain_weights), (jitted, jitted_weights) = results
    assert plain.keys() == set(gan.log_names)
    for name in plain:
        assert float(plain[name]) == pytest.approx(float(jitted[name]), abs=1e-4)
    for a, b in zip(plain_weights, jitted_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_discriminator_step_descends_its_loss():
    """One plain gradient step equals w - lr dL/dw, computed outside."""
    gan = tiny_gan()
    gan.compile("sgd", keras.optimizers.SGD(0.1))
    real, before = tf.constant(random_images(8)), weights_of(gan.discriminator)
    with tf.GradientTape() as tape:
        fake = gan.generator(LATENTS, training=True)
        logits = gan.discriminator(real), gan.discriminator(fake)
        loss = tf.reduce_mean(tf.nn.softplus(-logits[0])) + tf.reduce_mean(
            tf.nn.softplus(logits[1])
        )
    slopes = tape.gradient(loss, [w.value for w in gan.discriminator.trainable_weights])
    logs = gan.discriminator_step(gan.duel, (real, None), NOISE)
    assert float(logs["d_loss"]) == pytest.approx(float(loss), rel=1e-5)
    for w, slope, after in zip(before, slopes, weights_of(gan.discriminator), strict=True):
        np.testing.assert_allclose(after, w - 0.1 * slope.numpy(), atol=1e-6)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_step_computes_every_loss_on_float32_logits(policy, jit):
    """D(x) = 2 x and G(z) = z: the step's losses and gradients by hand, in 16 bits too.

    All numbers are exact in bfloat16, so that only a loss computed in 16 bits would differ.
    """
    rng = np.random.default_rng(0)
    real, latents = rng.integers(-8, 9, (2, 8, 1)).astype("float32") / 4
    r, f = tf.constant(2.0 * real[:, 0]), tf.constant(2.0 * latents[:, 0])
    for name, loss in kg.losses.LOSSES.items():
        dense = [
            keras.layers.Dense(1, use_bias=False, kernel_initializer=make, dtype=policy)
            for make in ("ones", keras.initializers.Constant(2.0))
        ]
        gan = kg.GAN(*(keras.Sequential([keras.Input((1,)), layer]) for layer in dense))
        gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), loss=name)

        @tf.function(jit_compile=jit)
        def both_halves(noise, gan=gan):
            batch = (tf.constant(real), None)
            logs = gan.discriminator_step(gan.duel, batch, noise)
            return logs | gan.generator_step(gan.duel, batch, noise)

        logs = both_halves(kg.models.Noise(tf.constant(latents), kg.noise.make_key(0)))
        expected = [loss().discriminator(r, f), loss().generator(r, f)]
        assert float(logs["d_loss"]) == pytest.approx(float(expected[0]), abs=1e-5), name
        assert float(logs["g_loss"]) == pytest.approx(float(expected[1]), abs=1e-5), name


def test_weight_clipping_holds_after_each_update_of_the_discriminator():
    gan = tiny_gan()
    gan.compile(
        "sgd",
        keras.optimizers.SGD(1.0),
        loss="wasserstein",
        constraint=kg.penalties.WeightClipping(0.01),
    )
    gan.discriminator_step(gan.duel, (tf.constant(random_images(8)), None), NOISE)
    largest = [np.abs(w).max() for w in weights_of(gan.discriminator)]
    assert max(largest) == pytest.approx(0.01)
    assert max(np.abs(w).max() for w in weights_of(gan.generator)) > 0.01


def test_a_logit_is_computed_once_where_a_penalty_asks_for_it_again():
    calls = []

    class Counting(keras.layers.Layer):
        def call(self, samples):
            calls.append(samples.shape[0])
            return samples

    samples = keras.Input((8, 8, 1))
    counted = keras.Model(samples, tiny_gan().discriminator(Counting()(samples)))
    gan = kg.GAN(tiny_gan().generator, counted)
    gan.compile(penalties=[kg.penalties.LeCam(0.1), kg.penalties.R1(0.1)])
    calls.clear()
    gan.discriminator_step(gan.duel, (tf.constant(random_images(8)), None), NOISE)
    assert calls == [16, 8]  # real and fake together, and the real copy that R1 differentiates


# Conditioning.


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("conditioning", ["projection", "concatenation", "auxiliary"])
@pytest.mark.parametrize("family", ["dcgan", "mlp"])
def test_conditional_games_train(family, conditioning, jit):
    shape = (8, 8, 1)
    if family == "dcgan":
        generator = kg.networks.DCGANGenerator(shape, 6, 4, 3, conditioning="batch_norm")
        discriminator = kg.networks.DCGANDiscriminator(shape, 4, 3, conditioning)
    else:
        generator = kg.networks.MLPGenerator(shape, 6, (8,), num_classes=3)
        discriminator = kg.networks.MLPDiscriminator(
            shape, (8,), num_classes=3, conditioning=conditioning
        )
    gan = kg.GAN(generator, discriminator)
    gan.compile(penalties=[kg.penalties.R1(0.1)], jit_compile=jit)
    before = weights_of(generator), weights_of(discriminator)
    history = gan.fit(random_images(16), np.arange(16) % 3, batch_size=8, verbose=0).history
    assert all(moved(before[0], generator))
    assert all(moved(before[1], discriminator))
    assert ("class_loss" in history) == (conditioning == "auxiliary")
    assert not np.allclose(gan.sample(4, labels=0), gan.sample(4, labels=1))


def test_auxiliary_classifier_adds_its_cross_entropy_to_both_players():
    """Compares with the losses of both players in NumPy, after a plain gradient step each."""
    gan = kg.GAN(
        kg.networks.MLPGenerator((2,), 3, (4,), num_classes=2),
        kg.networks.MLPDiscriminator((2,), (4,), num_classes=2, conditioning="auxiliary"),
    )
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    rng = np.random.default_rng(0)
    x, z = (rng.normal(size=(6, n)).astype("float32") for n in (2, 3))
    labels = tf.constant([0, 1] * 3)
    noise = kg.models.Noise(tf.constant(z), kg.noise.make_key(0))

    def cross_entropy(logits):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

    for player in ("discriminator", "generator"):
        network, before = getattr(gan, player), weights_of(getattr(gan, player))
        with tf.GradientTape() as tape:
            fake = gan.generator([tf.constant(z), labels])
            (r, real_classes), (f, fake_classes) = (gan.discriminator(v) for v in (x, fake))
            if player == "discriminator":
                loss = tf.reduce_mean(tf.nn.softplus(-r)) + tf.reduce_mean(tf.nn.softplus(f))
                loss += cross_entropy(real_classes) + cross_entropy(fake_classes)
            else:
                loss = tf.reduce_mean(tf.nn.softplus(-f)) + cross_entropy(fake_classes)
        slopes = tape.gradient(loss, [w.value for w in network.trainable_weights])
        getattr(gan, f"{player}_step")(gan.duel, (tf.constant(x), labels), noise)
        for w, slope, after in zip(before, slopes, weights_of(network), strict=True):
            np.testing.assert_allclose(after, w - 0.1 * slope.numpy(), atol=1e-6)


# Augmentation.


def test_both_players_see_samples_through_the_augmentation():
    """An augmentation that makes everything grey leaves nothing to learn from samples."""
    gan = tiny_gan()

    class Grey(kg.augment.DiffAugment):
        def call(self, images, key):
            return 0.0 * images

    gan.compile("sgd", "sgd", augmentation=Grey())
    real = (tf.constant(random_images(8)), None)
    kernel = gan.discriminator.trainable_weights[0]
    before = np.array(kernel)
    logs = gan.discriminator_step(gan.duel, real, NOISE)
    assert np.array_equal(before, np.array(kernel))
    assert float(logs["real_accuracy"]) + float(logs["fake_accuracy"]) == 1.0
    assert float(gan.generator_step(gan.duel, real, NOISE)["g_gradient"]) == 0.0


def test_ada_raises_p_where_the_discriminator_is_sure(tmp_path):
    gan = tiny_gan()
    gan.compile(
        keras.optimizers.SGD(0.0),
        keras.optimizers.SGD(0.0),
        augmentation=kg.augment.ADA(target=0.6, interval=2, images=1000),
    )
    gan.discriminator.layers[-1].bias.assign([100.0])  # every logit is positive: r = 1
    history = gan.fit(random_images(8), batch_size=8, epochs=6, verbose=0).history
    steps = [float(p) for p in history["augmentation_p"]]
    assert steps == pytest.approx([8 * 2 / 1000 * ((step + 1) // 2) for step in range(6)])
    gan.save(tmp_path / "gan.keras")
    second = keras.models.load_model(tmp_path / "gan.keras")
    assert float(second.augmentation.p) == float(gan.augmentation.p)
