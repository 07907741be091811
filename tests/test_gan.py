import keras_gan as kg
from keras_gan.errors import ConfigError, DataError

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import differing, random_images, state_of, tiny_gan

LATENTS = np.random.default_rng(0).normal(size=(8, 6)).astype("float32")
NOISE = kg.models.Noise(tf.constant(LATENTS), kg.noise.make_key(0))


def weights_of(network):
    return [np.array(weight) for weight in network.trainable_weights]


def moved(before, network):
    pairs = zip(before, network.trainable_weights, strict=True)
    return [not np.array_equal(a, np.array(b)) for a, b in pairs]


# The half-steps.


def test_each_half_step_moves_its_player_and_no_other():
    gan = tiny_gan()
    gan.compile(penalties=[kg.penalties.R1(0.1)])
    before = {name: weights_of(getattr(gan, name)) for name in ("generator", "discriminator")}
    average = [np.array(w) for w in gan.moving_average.weights]
    real = (tf.constant(random_images(8)), None)

    gan.discriminator_step(real, NOISE, gan.penalties)
    assert all(moved(before["discriminator"], gan.discriminator))
    assert not any(moved(before["generator"], gan.generator))

    before["discriminator"] = weights_of(gan.discriminator)
    gan.generator_step(real, NOISE)
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
            first = gan.discriminator_step(real, noise, gan.penalties)
            return {**first, **gan.generator_step(real, noise)}

        measured = both_halves(NOISE)
        weights = weights_of(gan.generator) + weights_of(gan.discriminator)
        results.append((measured, weights))
    (plain, plain_weights), (jitted, jitted_weights) = results
    assert plain.keys() == set(gan.measured)
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
    measured = gan.discriminator_step((real, None), NOISE)
    assert float(measured["d_loss"]) == pytest.approx(float(loss), rel=1e-5)
    for w, slope, after in zip(before, slopes, weights_of(gan.discriminator), strict=True):
        np.testing.assert_allclose(after, w - 0.1 * slope.numpy(), atol=1e-6)


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_step_measures_every_loss_on_float32_logits(policy, jit):
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
            return {**gan.discriminator_step(batch, noise), **gan.generator_step(batch, noise)}

        measured = both_halves(kg.models.Noise(tf.constant(latents), kg.noise.make_key(0)))
        expected = [loss().discriminator(r, f), loss().generator(r, f)]
        assert float(measured["d_loss"]) == pytest.approx(float(expected[0]), abs=1e-5), name
        assert float(measured["g_loss"]) == pytest.approx(float(expected[1]), abs=1e-5), name


def test_weight_clipping_holds_the_critic_after_each_step():
    gan = tiny_gan()
    gan.compile(
        "sgd",
        keras.optimizers.SGD(1.0),
        loss="wasserstein",
        constraint=kg.penalties.WeightClipping(0.01),
    )
    gan.discriminator_step((tf.constant(random_images(8)), None), NOISE)
    largest = [np.abs(w).max() for w in weights_of(gan.discriminator)]
    assert max(largest) == pytest.approx(0.01)
    assert max(np.abs(w).max() for w in weights_of(gan.generator)) > 0.01


def test_a_logit_is_computed_once_where_a_penalty_asks_for_it_again():
    calls = []

    class Counting(kg.GAN):
        def discriminate(self, samples, labels=None, training=False):
            calls.append(len(samples))
            return super().discriminate(samples, labels, training)

    gan = Counting(tiny_gan().generator, tiny_gan().discriminator)
    gan.compile(penalties=[kg.penalties.LeCam(0.1), kg.penalties.R1(0.1)])
    gan.discriminator_step((tf.constant(random_images(8)), None), NOISE, gan.penalties)
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
    """Against the losses of both halves computed outside; one plain gradient step each."""
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
        getattr(gan, f"{player}_step")((tf.constant(x), labels), noise)
        for w, slope, after in zip(before, slopes, weights_of(network), strict=True):
            np.testing.assert_allclose(after, w - 0.1 * slope.numpy(), atol=1e-6)


# Augmentation.


def test_both_halves_see_samples_through_the_augmentation():
    """An augmentation that makes everything grey leaves nothing to learn from samples."""
    gan = tiny_gan()

    class Grey(kg.augment.DiffAugment):
        def call(self, images, key):
            return 0.0 * images

    gan.compile("sgd", "sgd", augmentation=Grey())
    real = (tf.constant(random_images(8)), None)
    kernel = gan.discriminator.trainable_weights[0]
    before = np.array(kernel)
    measured = gan.discriminator_step(real, NOISE)
    assert np.array_equal(before, np.array(kernel))
    assert float(measured["real_accuracy"]) + float(measured["fake_accuracy"]) == 1.0
    assert float(gan.generator_step(real, NOISE)["g_gradient"]) == 0.0


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
    again = keras.models.load_model(tmp_path / "gan.keras")
    assert float(again.augmentation.p) == float(gan.augmentation.p)


# Training.


def test_compile_without_arguments_trains():
    """The averaged generator learns where two-dimensional points lie."""
    rng = np.random.default_rng(0)
    points = (rng.normal(size=(2048, 2)) * 0.3 + [3.0, -3.0]).astype("float32")
    gan = kg.GAN(
        kg.networks.MLPGenerator((2,), latent_dim=2, units=(64, 64)),
        kg.networks.MLPDiscriminator((2,), units=(64, 64), pieces=2),
    )
    gan.compile()

    def distance():
        samples = gan.sample(2000)
        mean = np.abs(samples.mean(axis=0) - [3.0, -3.0]).max()
        return max(mean, np.abs(samples.std(axis=0) - 0.3).max())

    before = distance()
    gan.fit(points, batch_size=128, epochs=100, verbose=0)
    assert before > 1.0
    assert distance() < 0.4


def test_fit_takes_arrays_labels_and_data_sets():
    images, labels = random_images(20), np.arange(20) % 3
    gan, conditional = tiny_gan(), tiny_gan(3)
    for model in (gan, conditional):
        model.compile()
    history = gan.fit(images, batch_size=8, epochs=2, verbose=0)
    assert history.history.keys() == {
        *("d_loss", "g_loss", "real_accuracy", "fake_accuracy", "d_gradient", "g_gradient")
    }
    assert (int(gan.step), int(gan.images_seen)) == (4, 32)
    conditional.fit(images, labels, batch_size=8, verbose=0)
    conditional.fit(tf.data.Dataset.from_tensor_slices((images, labels)).batch(8), verbose=0)
    assert (int(conditional.step), int(conditional.images_seen)) == (5, 40)  # 4 are filled up to 8
    conditional.fit(
        tf.data.Dataset.from_tensor_slices((images, labels[:, None])).batch(10), verbose=0
    )
    assert int(conditional.step) == 7


def test_compiled_once_over_epochs():
    traces = []

    class Counting(kg.GAN):
        def train_step(self, data):
            traces.append(data)
            return super().train_step(data)

    gan = Counting(tiny_gan().generator, tiny_gan().discriminator)
    gan.compile()
    gan.fit(random_images(28), batch_size=8, epochs=3, verbose=0)
    assert len(traces) == 1


def test_metrics_are_means_over_the_epoch():
    gan = tiny_gan()
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    seen = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: seen.append(logs))
    gan.fit(random_images(24), batch_size=8, epochs=2, verbose=0, callbacks=[record])
    assert len(seen) == 6
    first = [float(v["d_loss"]) for v in seen[:3]]
    single = np.diff([0.0, *(value * (i + 1) for i, value in enumerate(first))])
    assert float(seen[2]["d_loss"]) == pytest.approx(single.mean(), rel=1e-5)
    assert float(seen[3]["d_loss"]) != pytest.approx(float(seen[2]["d_loss"]), rel=1e-7)


def test_accuracy_of_an_undecided_discriminator_is_one_half():
    from keras_gan.models.half_steps import accuracy

    assert float(accuracy(tf.zeros(4))) == 0.5
    assert float(accuracy(tf.constant([1.0, 2.0, -1.0, 0.0]))) == 0.625


def test_lazy_penalty_is_logged_over_the_steps_that_have_it():
    def r1_of(interval):
        keras.utils.set_random_seed(0)
        gan = tiny_gan()
        frozen = [keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0)]
        gan.compile(*frozen, penalties=[kg.penalties.R1(1.0, interval)])
        history = gan.fit(random_images(8), batch_size=8, epochs=4, verbose=0)
        return history.history["r1"]

    every_step, lazy = r1_of(1), r1_of(2)
    assert every_step[0] > 0
    assert lazy[0] == pytest.approx(every_step[0], rel=1e-5)
    assert lazy[1] == lazy[3] == 0.0
    assert lazy[2] == pytest.approx(lazy[0], rel=1e-5)


def test_n_critic_moves_the_generator_every_so_many_steps():
    gan = tiny_gan()
    gan.compile(n_critic=3)
    images, moves = random_images(8), []
    for _ in range(6):
        before, critic = weights_of(gan.generator), weights_of(gan.discriminator)
        gan.fit(images, batch_size=8, verbose=0)
        assert all(moved(critic, gan.discriminator))
        moves.append(all(moved(before, gan.generator)))
    assert moves == [False, False, True, False, False, True]


def test_relativistic_losses_get_the_real_logits():
    class Relativistic(kg.losses.NonSaturating):
        relativistic = True

        def generator(self, real_logits, fake_logits):
            return super().generator(None, fake_logits - real_logits)

    gan = tiny_gan()
    gan.compile(loss=Relativistic())
    history = gan.fit(random_images(8), batch_size=8, verbose=0)
    assert np.isfinite(history.history["g_loss"][0])


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("jit", [False, True])
def test_mixed_precision_trains_both_players(policy, jit):
    gan = tiny_gan(3, dtype=policy)
    gan.compile(penalties=[kg.penalties.R1(0.1, 2)], jit_compile=jit)
    before = weights_of(gan.generator), weights_of(gan.discriminator)
    images, labels = random_images(16), np.arange(16) % 3
    history = gan.fit(images, labels, batch_size=8, epochs=2, verbose=0)
    assert all(np.isfinite(values).all() for values in history.history.values())
    assert all(moved(before[0], gan.generator))
    assert all(moved(before[1], gan.discriminator))
    scaled = isinstance(gan.generator_optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == isinstance(gan.discriminator_optimizer, keras.optimizers.LossScaleOptimizer)
    assert scaled == (policy == "mixed_float16")


def test_evaluate_measures_without_moving():
    gan = tiny_gan()
    gan.compile()
    gan.fit(random_images(8), batch_size=8, verbose=0)
    before = state_of(gan)
    images = random_images(16, seed=1)
    first = gan.evaluate(images, batch_size=8, verbose=0, return_dict=True)
    assert first.keys() == set(kg.models.gan.MEASURED)
    assert first == gan.evaluate(images, batch_size=8, verbose=0, return_dict=True)
    assert differing(before, state_of(gan)) == []
    history = gan.fit(images, batch_size=8, validation_data=(images,), verbose=0)
    assert "val_d_loss" in history.history


# The moving average.


def test_moving_average_has_its_half_life_in_images():
    gan = tiny_gan()
    gan.images_seen.assign(10**9)  # past the warm-up
    gan.moving_average_half_life = 640
    for weight in gan.generator.weights:
        weight.assign(np.zeros(weight.shape))
    for weight in gan.moving_average.weights:
        weight.assign(np.ones(weight.shape))
    for _ in range(10):
        gan.update_moving_average(gan.moving_average, gan.generator, 64)
    assert any("moving_variance" in weight.path for weight in gan.moving_average.weights)
    for weight in gan.moving_average.weights:
        np.testing.assert_allclose(weight, 0.5, rtol=1e-5, err_msg=weight.path)


def test_moving_average_forgets_the_untrained_network():
    gan = tiny_gan()
    gan.compile()
    gan.fit(random_images(8), batch_size=8, verbose=0)
    difference = np.abs(gan.generator.get_weights()[0] - gan.moving_average.get_weights()[0])
    assert difference.max() < 2e-3 * 1e-3  # of a first step of 1e-3


# Noise.


def test_noise_is_a_function_of_seed_step_and_stream():
    def draw(seed, stream, step):
        return kg.noise.normal((4, 6), kg.noise.stream_key(seed, stream, step)).numpy()

    first = draw(0, "generator", 3)
    draws = [draw(0, "generator", 4), draw(0, "discriminator", 3), draw(1, "generator", 3)]
    assert np.array_equal(first, draw(0, "generator", 3))
    assert not any(np.allclose(first, other) for other in draws)


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_latents_have_their_distribution(distribution):
    gan = kg.GAN(
        kg.networks.MLPGenerator((2,), 100, (4,)),
        kg.networks.MLPDiscriminator((2,), (4,)),
        latent_distribution=distribution,
    )
    latents = gan.latents(1000, seed=3).numpy()
    assert abs(latents.mean()) < 0.01
    if distribution == "uniform":
        np.testing.assert_allclose(np.quantile(latents, [0, 0.25, 1]), [-1, -0.5, 1], atol=0.01)
    else:
        assert abs(latents.std() - 1) < 0.01
    assert kg.GAN.from_config(gan.get_config()).latent_distribution == distribution


# Sampling.


def test_samples_depend_on_the_seed_and_not_on_how_they_are_batched():
    gan = tiny_gan()
    samples = gan.sample(10, seed=5)
    assert samples.shape == (10, 8, 8, 1)
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, gan.sample(10, seed=5, batch_size=3), atol=1e-6)
    np.testing.assert_allclose(samples[:4], gan.sample(4, seed=5), atol=1e-6)
    assert not np.allclose(samples, gan.sample(10, seed=6))


def test_sample_uses_the_averaged_generator():
    gan = tiny_gan()
    for weight in gan.generator.weights:
        weight.assign(np.zeros(weight.shape))
    latents = gan.latents(3, seed=0)
    np.testing.assert_allclose(gan.sample(3), gan.moving_average(latents), atol=1e-6)
    assert np.abs(gan.sample(3)).max() > 0


def test_truncation_scales_the_latents():
    gan = tiny_gan()
    half = gan.moving_average(0.5 * gan.latents(3, seed=2))
    np.testing.assert_allclose(gan.sample(3, seed=2, truncation=0.5), half, atol=1e-6)
    centre = gan.sample(3, truncation=0.0)
    np.testing.assert_allclose(centre[0], centre[2], atol=1e-6)


def test_labels_of_samples():
    gan = tiny_gan(3)
    sevens = gan.sample(4, labels=2)
    np.testing.assert_allclose(sevens, gan.sample(4, labels=[2, 2, 2, 2]), atol=1e-6)
    assert not np.allclose(sevens, gan.sample(4, labels=1))
    assert np.array_equal(gan.sample(50, seed=1), gan.sample(50, seed=1))


# Saving.


def test_config_round_trip_before_and_after_compile(tmp_path):
    gan = tiny_gan(3)
    assert gan.get_compile_config() == {}
    gan.save(tmp_path / "uncompiled.keras")
    assert not keras.models.load_model(tmp_path / "uncompiled.keras").compiled
    gan.compile(
        keras.optimizers.RMSprop(1e-3),
        keras.optimizers.Adam(3e-4, 0.1),
        loss="minimax",
        penalties=[kg.penalties.R1(0.3, 4)],
        n_critic=2,
    )
    gan.save(tmp_path / "gan.keras")
    again = keras.models.load_model(tmp_path / "gan.keras")
    assert again.get_config() == gan.get_config()
    assert again.get_compile_config() == gan.get_compile_config()
    assert isinstance(again.loss, kg.losses.Minimax)
    assert again.penalties[0].interval == 4
    assert float(again.generator_optimizer.learning_rate) == pytest.approx(1e-3)
    assert differing(state_of(gan), state_of(again)) == []


def test_users_own_networks_are_saved_too(tmp_path):
    layers = keras.layers
    gan = kg.GAN(
        keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(2)]),
        keras.Sequential([keras.Input((2,)), layers.Dropout(0.5), layers.Dense(1)]),
    )
    gan.compile("sgd", "sgd")
    gan.fit(np.ones((8, 2), "float32"), batch_size=4, verbose=0)
    gan.save(tmp_path / "own.keras")
    again = keras.models.load_model(tmp_path / "own.keras")
    assert differing(state_of(gan), state_of(again)) == []
    np.testing.assert_array_equal(gan.sample(5), again.sample(5))


def test_weights_file_keeps_optimizers_and_counters(tmp_path):
    gan, other = tiny_gan(), tiny_gan()
    for model in (gan, other):
        model.compile()
    gan.fit(random_images(16), batch_size=8, verbose=0)
    gan.save_weights(tmp_path / "gan.weights.h5")
    other.load_weights(tmp_path / "gan.weights.h5")
    assert differing(state_of(gan), state_of(other)) == []


# Bad input.


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda g, d: kg.GAN(g((8, 8, 1)), d((16, 16, 1))),
            r"\(8, 8, 1\).*got one of \(16, 16, 1\)",
        ),
        (lambda g, d: kg.GAN(g(num_classes=3), d()), "know labels or neither"),
        (lambda g, d: kg.GAN(g(num_classes=3), d(num_classes=4)), r"got \[3, 4\]"),
        (lambda g, d: kg.GAN(g(), g()), "both|expected a discriminator"),
        (lambda g, d: kg.GAN(g(), d(), seed=-1), "seed from 0"),
        (lambda g, d: kg.GAN(g(), d(), moving_average_half_life=0), "half-life"),
        (lambda g, d: kg.GAN(g(), d(), latent_distribution="cauchy"), "normal or uniform"),
        (lambda g, d: kg.GAN(g(), d(num_classes=3, conditioning="auxiliary")), "or neither"),
    ],
)
def test_networks_that_do_not_fit(make, message):
    def generator(shape=(8, 8, 1), **kwargs):
        return kg.networks.DCGANGenerator(shape, 4, 2, **kwargs)

    def discriminator(shape=(8, 8, 1), **kwargs):
        return kg.networks.DCGANDiscriminator(shape, 2, **kwargs)

    with pytest.raises(ConfigError, match=message):
        make(generator, discriminator)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "hinje"}, "unknown loss"),
        ({"n_critic": 0}, "n_critic >= 1, got 0"),
        ({"penalties": [kg.penalties.R1(1), kg.penalties.R1(2)]}, "one penalty of each kind"),
        ({"penalties": ["r1"]}, "Penalty objects"),
        ({"augmentation": "diffaug"}, "did you mean 'diffaugment'"),
        ({"augmentation": 0.5}, "Augment such as DiffAugment"),
    ],
)
def test_bad_rules(arguments, message):
    with pytest.raises(ConfigError, match=message):
        tiny_gan().compile(**arguments)


@pytest.mark.parametrize(
    ("num_classes", "x", "y", "message"),
    [
        (None, random_images(8), np.zeros(8, int), "got labels for networks that take none"),
        (3, random_images(8), None, "got samples alone"),
        (3, random_images(8), np.full(8, 3), "from 0 to 2, got 3 to 3"),
        (3, random_images(8), np.zeros(8), "whole numbers from 0 to 2, got float64"),
        (3, random_images(8), np.zeros(7, int), "as many labels as samples, got 7 and 8"),
        (None, random_images(8, size=16), None, r"shape \(8, 8, 1\).*\(16, 16, 1\)"),
        (None, random_images(4), None, "at least one batch of 8 samples, got 4"),
        (None, np.zeros((8, 8, 8, 1), "uint8"), None, "x / 127.5 - 1"),
        (None, np.full((8, 8, 8, 1), np.nan, "float32"), None, "NaN or infinity in 8 of 8"),
    ],
)
def test_data_that_do_not_fit(num_classes, x, y, message):
    gan = tiny_gan(num_classes)
    gan.compile()
    with pytest.raises(DataError, match=message):
        gan.fit(x, y, batch_size=8, verbose=0)


def test_data_sets_that_do_not_fit():
    gan = tiny_gan()
    gan.compile()
    dataset = tf.data.Dataset.from_tensor_slices((random_images(8), np.zeros(8))).batch(8)
    with pytest.raises(DataError, match="got labels for networks that take none"):
        gan.fit(dataset, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "at least 1, got 0"),
        ({"n": 2, "truncation": 1.5}, "truncation from 0 to 1"),
        ({"n": 2, "labels": 3}, "from 0 to 2, got 3"),
        ({"n": 2, "labels": [0, 1, 2]}, "one label or 2"),
        ({"n": 2, "seed": -1}, "seed"),
    ],
)
def test_bad_sampling(arguments, message):
    with pytest.raises(ConfigError, match=message):
        tiny_gan(3).sample(**arguments)


def test_labels_where_none_are_wanted():
    with pytest.raises(ConfigError, match="expected no labels"):
        tiny_gan().sample(2, labels=1)


def test_fit_before_compile():
    with pytest.raises(ConfigError, match="call compile"):
        tiny_gan().fit(random_images(8))
