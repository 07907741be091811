"""GAN: training, its moving average and noise, sampling, saving."""

import keras_gan as kg
from keras_gan.errors import ConfigError

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import differing, moved, random_images, state_of, tiny_gan, weights_of

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
    inputs = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: inputs.append(logs))
    gan.fit(random_images(24), batch_size=8, epochs=2, verbose=0, callbacks=[record])
    assert len(inputs) == 6
    first = [float(v["d_loss"]) for v in inputs[:3]]
    single = np.diff([0.0, *(value * (i + 1) for i, value in enumerate(first))])
    assert float(inputs[2]["d_loss"]) == pytest.approx(single.mean(), rel=1e-5)
    assert float(inputs[3]["d_loss"]) != pytest.approx(float(inputs[2]["d_loss"]), rel=1e-7)


def test_accuracy_of_an_undecided_discriminator_is_one_half():
    from keras_gan.models.duel import accuracy

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
        before, discriminator = weights_of(gan.generator), weights_of(gan.discriminator)
        gan.fit(images, batch_size=8, verbose=0)
        assert all(moved(discriminator, gan.discriminator))
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


def test_the_logit_of_an_undecided_discriminator():
    """Relativistic losses determine logits up to a constant."""
    gan, real, fake = tiny_gan(), random_images(8), random_images(4, seed=1)
    gan.compile()
    assert gan.undecided_logit(real, fake) == 0.0
    gan.compile(loss="relativistic_paired")
    means = [np.mean(gan.judge(samples)) for samples in (real, fake)]
    assert gan.undecided_logit(real, fake) == pytest.approx(np.mean(means), rel=1e-5)


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
    assert first.keys() == set(kg.GAN.test_log_names)
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
        gan.update_averages(64)
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
    gan.step.assign(1)  # at which averages may differ
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


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("gan.h5", r"a file that ends in \.keras, got .*gan\.h5"),
        ("gan.hdf5", r"ends in \.keras"),
        ("gan", r"ends in \.keras"),
        ("gan.weights", r"ends in \.keras"),
        ("folder.keras", r"a file to write, got the folder"),
        (None, "a path as a str or a pathlib.Path, got None"),
    ],
)
def test_a_path_that_cannot_be_saved_to_is_refused(path, message, tmp_path):
    (tmp_path / "folder.keras").mkdir()
    with pytest.raises(ConfigError, match=message):
        tiny_gan().save(path and tmp_path / path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.keras"]
    assert not any((tmp_path / "folder.keras").iterdir())


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
    second = keras.models.load_model(tmp_path / "gan.keras")
    assert second.get_config() == gan.get_config()
    assert second.get_compile_config() == gan.get_compile_config()
    assert isinstance(second.rules.loss, kg.losses.Minimax)
    assert second.rules.penalties[0].interval == 4
    assert float(second.generator_optimizer.learning_rate) == pytest.approx(1e-3)
    assert differing(state_of(gan), state_of(second)) == []


def test_users_own_networks_are_saved_too(tmp_path):
    layers = keras.layers
    gan = kg.GAN(
        keras.Sequential([keras.Input((3,)), layers.Dense(4, "relu"), layers.Dense(2)]),
        keras.Sequential([keras.Input((2,)), layers.Dropout(0.5), layers.Dense(1)]),
    )
    gan.compile("sgd", "sgd")
    gan.fit(np.ones((8, 2), "float32"), batch_size=4, verbose=0)
    gan.save(tmp_path / "own.keras")
    second = keras.models.load_model(tmp_path / "own.keras")
    assert differing(state_of(gan), state_of(second)) == []
    np.testing.assert_array_equal(gan.sample(5), second.sample(5))


def test_weights_file_keeps_optimizers_and_counters(tmp_path):
    gan, other = tiny_gan(), tiny_gan()
    for model in (gan, other):
        model.compile()
    gan.fit(random_images(16), batch_size=8, verbose=0)
    gan.save_weights(tmp_path / "gan.weights.h5")
    other.load_weights(tmp_path / "gan.weights.h5")
    assert differing(state_of(gan), state_of(other)) == []
