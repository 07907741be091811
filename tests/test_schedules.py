import keras_gan as kg
from keras_gan.errors import ConfigError
from keras_gan.schedules import Cosine, Growth

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import moved, random_images, tiny_gan, weights_of


def cosine(start, end, images, inputs):
    part = min(inputs / images, 1)
    return end + (start - end) * (1 + np.cos(np.pi * part)) / 2


@pytest.mark.parametrize("jit", [False, True])
def test_cosine_by_images_seen_then_held(jit):
    """R3GAN's gamma on CIFAR-10, also beyond what float32 counts exactly."""
    schedule = Cosine(0.05, 0.005, 20_000_000)
    function = tf.function(schedule, jit_compile=jit)
    for inputs in (0, 1, 5_000_000, 16_777_217, 20_000_000, 10**12):
        value = float(function(tf.constant(inputs, tf.int64)))
        assert value == pytest.approx(cosine(0.05, 0.005, 20_000_000, inputs), rel=1e-5)


def adam_in_numpy(slopes, rates, betas, beta_1=0.5, epsilon=1e-7):
    """Kingma and Ba's algorithm 1 in its efficient order, with numbers that change."""
    weight = mean = square = 0.0
    for t, (slope, rate, beta_2) in enumerate(zip(slopes, rates, betas, strict=True), 1):
        mean = beta_1 * mean + (1 - beta_1) * slope
        square = beta_2 * square + (1 - beta_2) * slope**2
        alpha = rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        weight -= alpha * mean / (np.sqrt(square) + epsilon)
    return weight


@pytest.mark.parametrize("jit", [False, True])
def test_growth_alternates_between_constant_and_fading(jit):
    schedule = Growth(stable_images=600_000, fade_images=800_000)
    second = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    function = tf.function(second, jit_compile=jit)
    inputs = np.concatenate([np.arange(0, 7_000_000, 99_991), [600_000, 1_400_000, 2_800_000]])
    phases, rest = np.divmod(inputs, 1_400_000)
    expected = phases + np.clip((rest - 600_000) / 800_000, 0, 1)
    results = [float(function(tf.constant(n, tf.int64))) for n in inputs]
    np.testing.assert_allclose(results, expected, rtol=1e-6)
    at_once = Growth(stable_images=10, fade_images=0)
    assert [float(at_once(n)) for n in (0, 9, 10, 19, 20)] == [0, 0, 1, 1, 2]
    for wrong in ((0, 8), (8, -1)):
        with pytest.raises(ConfigError, match=r"expected (stable_images >= 1|fade_images >= 0)"):
            Growth(*wrong)


@pytest.mark.parametrize("jit", [False, True])
def test_the_optimizer_moves_with_the_scheduled_numbers(jit):
    optimizer = keras.optimizers.Adam(1.0, 0.5, 0.9)
    weight = keras.Variable(0.0)
    optimizer.build([weight])
    inputs = keras.Variable(0, dtype="int64")
    rate, beta_2 = Cosine(0.1, 0.01, 40), Cosine(0.9, 0.99, 40)

    @tf.function(jit_compile=jit)
    def move(slope):
        numbers = {"learning_rate": rate(inputs), "beta_2": beta_2(inputs)}
        with kg.schedules.override_numbers(optimizer, numbers):
            optimizer.apply([slope], [weight])
        inputs.assign_add(10)

    slopes = [0.5, -1.0, 2.0, 0.1, 0.3]
    for slope in slopes:
        move(tf.constant(slope))
    rates = [cosine(0.1, 0.01, 40, 10 * i) for i in range(5)]
    betas = [cosine(0.9, 0.99, 40, 10 * i) for i in range(5)]
    assert float(weight) == pytest.approx(adam_in_numpy(slopes, rates, betas), rel=1e-4)
    assert optimizer.beta_2 == 0.9  # its own numbers are back
    assert float(optimizer.learning_rate) == 1.0


SCHEDULES = {
    "learning_rate": Cosine(1e-3, 1e-4, 64),
    "beta_2": Cosine(0.9, 0.99, 64),
    "r1": Cosine(1.0, 0.0, 32),
    "augmentation": Cosine(0.0, 0.5, 64),
    "moving_average_half_life": Cosine(0.0, 1000.0, 64),
}


def build():
    gan = tiny_gan()
    gan.compile(
        penalties=[kg.penalties.R1(5.0)],
        augmentation=kg.augment.ADA(target=None),
        schedules=SCHEDULES,
    )
    return gan


def test_a_game_follows_its_schedules_and_resumes_in_them(tmp_path):
    gan = build()
    history = gan.fit(random_images(16), batch_size=8, epochs=2, verbose=0).history
    assert int(gan.images_seen) == 32
    assert float(gan.augmentation.p) == pytest.approx(cosine(0, 0.5, 64, 24), rel=1e-5)
    assert history["augmentation_p"][0] == pytest.approx(
        (cosine(0, 0.5, 64, 0) + cosine(0, 0.5, 64, 8)) / 2, rel=1e-5
    )
    gan.save(tmp_path / "gan.keras")
    second = keras.models.load_model(tmp_path / "gan.keras")
    assert second.get_compile_config() == gan.get_compile_config()
    for model in (gan, second):
        model.fit(random_images(16), batch_size=8, verbose=0)
    for a, b in zip(gan.weights, second.weights, strict=True):
        assert np.array_equal(a, b)


def test_a_scheduled_penalty_has_the_weight_of_its_schedule():
    """With weight 0 from the schedule, the step is the step without the penalty."""
    weights = []
    for penalties, schedules in (
        ([], {}),
        ([kg.penalties.R1(5.0)], {"r1": Cosine(0.0, 0.0, 1)}),
        ([kg.penalties.R1(5.0)], {}),
    ):
        keras.utils.set_random_seed(0)
        gan = tiny_gan()
        gan.compile("sgd", "sgd", penalties=penalties, schedules=schedules)
        gan.fit(random_images(8), batch_size=8, verbose=0)
        weights.append(np.concatenate([w.ravel() for w in gan.discriminator.get_weights()]))
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-7)
    assert np.abs(weights[0] - weights[2]).max() > 1e-5


def test_a_scheduled_learning_rate_moves_both_players():
    """From step to step the rate falls; the third step of 8 images is after the end, at 0."""
    gan = tiny_gan()
    gan.compile("sgd", "sgd", schedules={"learning_rate": Cosine(0.1, 0.0, 16)})
    moves = []
    for _ in range(3):
        before = [*gan.generator.get_weights()[:1], *gan.discriminator.get_weights()[:1]]
        gan.fit(random_images(8), batch_size=8, verbose=0)
        after = [*gan.generator.get_weights()[:1], *gan.discriminator.get_weights()[:1]]
        moves.append([np.abs(a - b).max() for a, b in zip(before, after, strict=True)])
    assert min(moves[0]) > 0
    assert min(moves[1]) > 0
    assert max(moves[2]) == 0


def test_a_player_can_have_its_own_learning_rate_schedule():
    """Both players' schedule is at 0; the discriminator's own is not."""
    rates = {"learning_rate": Cosine(0.0, 0.0, 1), "discriminator_learning_rate": Cosine(1, 1, 1)}
    gan = tiny_gan()
    gan.compile("sgd", "sgd", schedules=rates)
    before = [weights_of(getattr(gan, player)) for player in gan.players]
    gan.fit(random_images(8), batch_size=8, verbose=0)
    generator, discriminator = map(moved, before, [getattr(gan, p) for p in gan.players])
    assert not any(generator)
    assert all(discriminator)


def test_moving_average_half_life_can_be_scheduled():
    gan = tiny_gan()
    gan.compile(schedules={"moving_average_half_life": Cosine(640, 640, 1)})
    for mean, weight in zip(gan.moving_average.weights, gan.generator.weights, strict=True):
        mean.assign(np.ones(mean.shape))
        weight.assign(np.zeros(weight.shape))
    for _ in range(10):  # 640 images, the half-life, and no warm-up
        gan.update_averages(64)
    np.testing.assert_allclose(gan.moving_average.trainable_weights or 0.5, 0.5)
    np.testing.assert_allclose(gan.moving_average.get_weights()[0], 0.5, rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"schedules": {"r1": Cosine(1, 0, 1)}}, "got 'r1'; add the penalty"),
        ({"schedules": {"augmentation": Cosine(1, 0, 1)}}, "got 'augmentation'"),
        ({"schedules": {"critic_learning_rate": Cosine(1, 0, 1)}}, "got 'critic_learning_rate'"),
        (
            {
                "discriminator_optimizer": "sgd",
                "schedules": {"discriminator_beta_1": Cosine(0, 1, 1)},
            },
            "optimizer with beta_1",
        ),
        ({"schedules": {"learning_rate": 1e-3}}, "Schedule for learning_rate, got 0.001"),
        (
            {"generator_optimizer": "sgd", "schedules": {"beta_2": Cosine(0, 1, 1)}},
            "optimizer with beta_2",
        ),
        (
            {
                "generator_optimizer": keras.optimizers.Adam(
                    keras.optimizers.schedules.CosineDecay(1e-3, 10)
                ),
                "schedules": {"learning_rate": Cosine(1, 0, 1)},
            },
            "use one of the two",
        ),
    ],
)
def test_bad_schedules(arguments, message):
    with pytest.raises(ConfigError, match=message):
        tiny_gan().compile(**arguments)


def test_a_schedule_needs_images():
    with pytest.raises(ConfigError, match="expected images > 0, got 0"):
        Cosine(1, 0, 0)
