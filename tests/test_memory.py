"""Saving memory with the same numbers: recomputed activations, and batches in parts."""

import keras_gan as kg
from keras_gan.errors import ConfigError, DataError
from keras_gan.models.remat import RematerializedNetwork, choose_cuts, find_cut_points

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import differing, random_images, state_of, tiny_gan

LATENTS = tf.constant(np.random.default_rng(0).normal(size=(8, 6)).astype("float32"))
NOISE = kg.models.Noise(LATENTS, kg.noise.make_key(0))
LABELS = tf.constant([0, 1, 2, 0, 1, 2, 0, 1])


def noisy_gan():
    """A generator with BatchNorm and a discriminator with dropout, whose masks must be kept."""
    images = keras.Input((8, 8, 1))
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu")(images)
    x = keras.layers.Dropout(0.5, seed=1)(x)
    x = keras.layers.Conv2D(8, 3, padding="same", activation="tanh")(x)
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(x))
    return kg.GAN(tiny_gan().generator, keras.Model(images, logits))


GAMES = {
    "labels": lambda: tiny_gan(3),
    "spectral": lambda: tiny_gan(normalization="spectral"),
    "auxiliary": lambda: tiny_gan(3, conditioning="auxiliary"),
    "dropout": noisy_gan,
    "float16": lambda: tiny_gan(dtype="mixed_float16"),
}


def after_steps(make, jit=False, steps=2, **rules):
    """Returns the last logs of a model, and all numbers of its state."""
    keras.utils.set_random_seed(3)
    gan = make()
    gan.compile(penalties=[kg.penalties.R1(0.5)], **rules)
    labels = LABELS if gan.conditional else None

    @tf.function(jit_compile=jit)
    def step(images):
        real = images, labels
        logs = gan.discriminator_step(gan.duel, real, NOISE)
        return logs | gan.generator_step(gan.duel, real, NOISE)

    for index in range(steps):
        logs = step(tf.constant(random_images(8, seed=index)))
    return {name: float(value) for name, value in logs.items()}, state_of(gan)


def assert_same(first, second, tolerance=1e-5):
    """Asserts equality up to rounding."""
    (logs, state), (measured_again, state_again) = first, second
    assert logs == pytest.approx(measured_again, rel=tolerance)
    for (name, values), other in zip(state.items(), state_again.values(), strict=True):
        np.testing.assert_allclose(values, other, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("game", GAMES)
def test_recomputed_activations_give_the_same_game(game):
    """Second gradients, batch statistics, dropout's masks and spectral vectors among them."""
    kept, other = (after_steps(GAMES[game], remat=remat) for remat in (False, True))
    assert_same(kept, other, 2e-3 if game == "float16" else 1e-5)


def test_recomputed_activations_under_jit():
    kept, other = (after_steps(GAMES["spectral"], jit=True, remat=remat) for remat in (False, True))
    assert_same(kept, other)


def compiled_slopes(network, weights, shape):
    """Returns the text of XLA's optimized program for the gradient of a network."""

    @tf.function(jit_compile=True)
    def slopes(batch):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(network(batch, training=True))
        return tape.gradient(total, weights)

    return slopes.experimental_get_compiler_ir(tf.zeros(shape))("optimized_hlo")


def test_xla_does_not_merge_what_is_computed_again_with_what_was_computed_first():
    """Twelve convolutions, cut three times: the nine activations within are made twice."""
    images = x = keras.Input((16, 16, 8))
    for _ in range(12):
        x = keras.layers.Conv2D(8, 3, padding="same", activation="tanh")(x)
    discriminator = keras.Model(images, keras.layers.Dense(1)(keras.layers.Flatten()(x)))
    weights = [weight.value for weight in discriminator.trainable_weights]
    cuts = len(choose_cuts(discriminator))
    assert 2 <= cuts <= 4
    kept, other = (
        compiled_slopes(network, weights, (8, 16, 16, 8)).count(" tanh(")
        for network in (discriminator, RematerializedNetwork(discriminator))
    )
    assert kept == 12
    assert other >= 24 - cuts - 1


@pytest.mark.parametrize("jit", [False, True])
def test_a_batch_in_parts_updates_both_players_equally(jit):
    """Without batch statistics the mean over parts is the mean over the batch."""
    make = lambda: kg.GAN(  # noqa: E731
        kg.networks.MLPGenerator((8, 8, 1), 6, (16,), num_classes=3),
        kg.networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=3),
    )
    rules = {"generator_optimizer": "sgd", "discriminator_optimizer": "sgd", "jit": jit}
    full, parts = after_steps(make, **rules), after_steps(make, accumulation=4, **rules)
    assert_same(full, parts)
    assert full[0]["d_gradient"] > 0.01


def test_shared_latents_pass_in_parts_through_each_player():
    """Equals one player after the other with the same noise."""
    shared, apart = (compiled_in_parts() for _ in range(2))
    real = tf.constant(random_images(8)), None
    logs = shared.shared_step(shared.duel, real, NOISE)
    other = apart.discriminator_step(apart.duel, real, NOISE)
    other |= apart.generator_step(apart.duel, real, NOISE)
    logs, other = ({n: float(v) for n, v in results.items()} for results in (logs, other))
    assert_same((logs, state_of(shared)), (other, state_of(apart)), 1e-6)
    assert logs["g_gradient"] > 0.0


def compiled_in_parts():
    """Makes a model that splits its batches into two parts."""
    keras.utils.set_random_seed(3)
    gan = tiny_gan()
    gan.compile(penalties=[kg.penalties.R1(0.5)], update="shared", accumulation=2)
    return gan


def test_parts_draw_noise_of_their_own():
    """WGAN-GP draws points between real and generated samples."""
    keras.utils.set_random_seed(3)
    gan = tiny_gan()
    gan.compile(penalties=[kg.penalties.GradientPenalty(1.0)], accumulation=4)
    same = tf.repeat(tf.constant(random_images(1)), 8, axis=0)
    keys = []

    def record(player, arguments, key, due, **at_hand):
        keys.append(key)
        return 0.0, {}

    gan.duel._penalties = record
    gan.discriminator_step(gan.duel, (same, None), NOISE)
    assert len({tuple(key.numpy()) for key in keys}) == 4


def test_memory_rules_are_saved_and_train(tmp_path):
    gan = tiny_gan()
    gan.compile(accumulation=2, remat=True, jit_compile=True)
    gan.fit(random_images(16), batch_size=8, epochs=1, verbose=0)
    gan.save(tmp_path / "game.keras")
    other = keras.models.load_model(tmp_path / "game.keras")
    assert (other.rules.accumulation, other.rules.remat) == (2, True)
    for game in (gan, other):
        game.fit(random_images(16), batch_size=8, epochs=1, verbose=0)
    assert not differing(state_of(gan), state_of(other))


def test_impossible_parts_are_refused():
    with pytest.raises(ConfigError, match="'shared' or 'alternating'"):
        tiny_gan().compile(update="one_stage", accumulation=2)
    with pytest.raises(ConfigError, match="accumulation >= 1"):
        tiny_gan().compile(accumulation=0)
    gan = tiny_gan()
    gan.compile(accumulation=3)
    with pytest.raises(DataError, match="accumulation=3 divides, got 8"):
        gan.fit(random_images(16), batch_size=8, verbose=0)


def test_cuts_minimize_memory():
    """Nine layers of equal size: two cuts leave a third in each segment."""
    x = start = keras.Input((4,))
    for _ in range(9):
        x = keras.layers.Dense(4)(x)
    cuts = choose_cuts(keras.Model(start, x))
    operations = [
        op for op in keras.Model(start, x).operations if isinstance(op, keras.layers.Dense)
    ]
    handed = [tensor for cut in cuts for tensor in cut.tensors]
    places = [index for t in handed for index, op in enumerate(operations) if op.output is t]
    assert places == [2, 5]


def test_a_wide_skip_connection_is_no_place_to_cut():
    start = keras.Input((4,))
    first = keras.layers.Dense(40)(start)
    inner = keras.layers.Dense(80)(first)
    joined = keras.layers.Add()([first, keras.layers.Dense(40)(inner)])
    network = keras.Model(start, keras.layers.Dense(1)(joined))
    handed = [[id(tensor) for tensor in cut.tensors] for cut in find_cut_points(network)]
    assert handed == [[id(first)], [id(joined)]]


def test_small_tensors_may_pass_a_cut():
    """A small image beside the map, and an output that is computed early."""
    start = keras.Input((8, 8, 8))
    x = keras.layers.Conv2D(8, 3, padding="same")(start)
    image = keras.layers.Conv2D(1, 1)(x)
    for _ in range(6):
        x = keras.layers.Conv2D(8, 3, padding="same")(x)
    early = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(x))
    x = keras.layers.Conv2D(8, 3, padding="same")(x)
    late = keras.layers.Conv2D(1, 1)(x) + image
    network = keras.Model(start, [early, late])
    other = RematerializedNetwork(network)
    assert len(other.segments) > 1
    value = tf.constant(np.random.default_rng(0).normal(size=(2, 8, 8, 8)), tf.float32)
    for expected, results in zip(network(value), other(value), strict=True):
        np.testing.assert_allclose(expected, results, atol=1e-6)


STYLED = {
    "stylegan2": lambda: kg.networks.StyleGAN2Generator((16, 16, 3), 8, 4, 3, mapping_layers=1),
    "biggan": lambda: kg.networks.ResNetGenerator(
        (32, 32, 3), 20, 4, 3, "split_latents", attention=16
    ),
}


@pytest.mark.parametrize("name", STYLED)
def test_generators_of_styles_are_cut_to_the_same_gradients(name):
    """Includes gradients of the latents, and second ones as in the path length penalty."""
    keras.utils.set_random_seed(3)
    generator = STYLED[name]()
    other = RematerializedNetwork(generator)
    assert len(other.segments) > 2
    latents = tf.random.stateless_normal((4, generator.input_shape[0][1]), [0, 1])
    weights = [weight.value for weight in generator.trainable_weights]
    kept, made_again = (slopes(network, latents, weights) for network in (generator, other))
    largest = max(float(tf.reduce_max(tf.abs(slope))) for slope in kept)
    for expected, results in zip(kept, made_again, strict=True):  # a bias before BatchNorm has none
        scale = max(float(tf.reduce_max(tf.abs(expected))), 1e-2 * largest)
        np.testing.assert_allclose(results / scale, expected / scale, atol=1e-4)


@tf.function
def slopes(network, latents, weights):
    """Computes the gradient of the squared samples, and the weights' gradient of its norm."""
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            tape.watch(latents)
            samples = network([latents, LABELS[:4]], training=True)
            total = tf.reduce_sum(tf.square(samples))
        first = tape.gradient(total, latents)
        norm = tf.reduce_sum(tf.square(first))
    seconds = outer.gradient(norm, weights, unconnected_gradients="zero")
    return [first, *map(tf.convert_to_tensor, seconds)]
