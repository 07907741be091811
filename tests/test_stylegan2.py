"""StyleGAN2: counts, styles, truncation, path length, training, saving and export."""

import concurrent.futures

import keras_gan as kg
from keras_gan import export, gradients, networks, noise
from keras_gan.errors import ConfigError
from keras_gan.export import Interface
from keras_gan.layers import PixelNoise
from keras_gan.runtime import Generator
from keras_gan.runtime.server.versions import Model

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import (
    check_step_under_xla,
    check_twenty_compiled_steps,
    differing,
    random_images,
    state_of,
    tiny_style_gan,
)
from keras import ops
from server_process import ServerProcess, add_version

SMALL = {"mapping_layers": 1, "max_width": 8}
KEY = noise.make_key(3)


def pair(num_classes=None, **of_generator):
    """Networks of a few thousand weights."""
    shape = (8, 8, 3)
    return (
        networks.StyleGAN2Generator(shape, 8, 4, num_classes, **SMALL, **of_generator),
        networks.StyleGAN2Discriminator(shape, 4, num_classes, **SMALL),
    )


def game(num_classes=None, dtype=None, penalties=(), **rules):
    """A compiled game."""
    keras.config.set_dtype_policy(dtype or "float32")
    gan = tiny_style_gan(num_classes)
    gan.compile(penalties=penalties, **rules)
    return gan


def strengthen(generator, strength=0.3):
    """Lets the noise be seen, which begins at 0."""
    for layer in generator.layers:
        if isinstance(layer, PixelNoise):
            layer.strength.assign(strength)


def latents_of(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, 8)).astype("float32")


# The architecture.


def generator_count(size, channels, latent_dim=512, mapping_layers=8):
    """Trainable weights by the paper's description; `channels` maps a size to its channels."""
    count = mapping_layers * (latent_dim + 1) * latent_dim + 4 * 4 * channels(4)
    resolution, inner = 4, channels(4)
    while resolution <= size:
        outer = channels(resolution)
        for before in [outer] if resolution == 4 else [inner, outer]:
            affine = (latent_dim + 1) * before
            count += affine + 9 * before * outer + outer + 1  # bias; strength of the noise
        count += (latent_dim + 1) * outer + 3 * outer + 3  # to RGB
        inner, resolution = outer, 2 * resolution
    return count


def discriminator_count(size, channels):
    count, resolution = 4 * channels(size), size  # from RGB
    while resolution > 4:
        here, there = channels(resolution), channels(resolution // 2)
        count += (9 * here + 1) * here + (9 * here + 1) * there + here * there
        resolution //= 2
    last = channels(4)
    return count + (9 * (last + 1) + 1) * last + (16 * last + 1) * last + last + 1


@pytest.mark.parametrize(
    ("size", "width", "published"),
    [(1024, 32, (30_370_060, 29_012_513)), (256, 64, (24_767_458, 24_001_089))],
)
def test_weights_are_as_many_as_in_the_papers_networks(size, width, published):
    """`published`: what the formulas of this file give, kept as numbers too."""

    def channels(resolution):
        return min(width * size // resolution, 512)

    generator = networks.StyleGAN2Generator((size, size, 3), width=width)
    discriminator = networks.StyleGAN2Discriminator((size, size, 3), width=width)
    counts = tuple(
        sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)
        for network in (generator, discriminator)
    )
    assert counts == (generator_count(size, channels), discriminator_count(size, channels))
    assert counts == published
    maps = sum(4**k * (1 if k == 2 else 2) for k in range(2, size.bit_length()))
    fixed = sum(int(np.prod(weight.shape)) for weight in generator.non_trainable_weights)
    assert fixed == maps + 512  # the noise, and the average of w


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.parametrize(("shape", "dtype"), [((4, 4, 1), None), ((40, 24, 4), "mixed_float16")])
def test_pair_of_any_size(shape, dtype, num_classes):
    generator = networks.StyleGAN2Generator(shape, 8, 2, num_classes, dtype=dtype, **SMALL)
    discriminator = networks.StyleGAN2Discriminator(shape, 2, num_classes, dtype=dtype, **SMALL)
    labels = [tf.constant([0, 1, 2])] if num_classes else []
    images = generator([latents_of(3), *map(np.array, labels)] if labels else latents_of(3))
    logits = discriminator([images, *labels] if labels else images)
    assert (tuple(images.shape), images.dtype) == ((3, *shape), tf.float32)
    assert (tuple(logits.shape), logits.dtype) == ((3, 1), tf.float32)
    second = type(generator).from_config(generator.get_config())
    assert [w.shape for w in second.weights] == [w.shape for w in generator.weights]


def test_the_class_matters_to_both():
    generator, discriminator = pair(3)
    styles = np.array(generator.mapping([np.repeat(latents_of(1), 2, 0), np.array([0, 2])]))
    assert np.abs(styles[0] - styles[1]).max() > 0.01
    logits = np.array(discriminator([random_images(1, channels=3).repeat(2, 0), np.array([0, 2])]))
    assert abs(logits[0] - logits[1]) > 1e-4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"image_shape": (50, 50, 3)}, "expected an image_shape"),
        ({"width": 0}, "expected an integer width >= 1"),
        ({"mapping_layers": 0}, "expected an integer mapping_layers >= 1"),
        ({"style_mixing": 1.5}, "expected style_mixing from 0 to 1, got 1.5"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ConfigError, match=message):
        networks.StyleGAN2Generator(**options)


@pytest.mark.parametrize("index", [0, 1])
def test_networks_from_before_biases_were_scaled_are_the_same_functions(index):
    """Biases and noise then had no gain of sqrt 2; a config of then doesn't name `scale_biases`."""
    new = pair(3)[index]
    config = new.get_config()
    assert config.pop("scale_biases") is True
    old = type(new).from_config(config)
    assert old.get_config()["scale_biases"] is False
    random = np.random.default_rng(1)
    for before, after in zip(old._flatten_layers(), new._flatten_layers(), strict=True):
        for weight, other in zip(
            before._trainable_variables, after._trainable_variables, strict=True
        ):
            value = random.normal(size=weight.shape)
            scaled = weight.name == "strength" or getattr(after, "scale_bias", False)
            factor = 1.0 if weight.name == "kernel" or not scaled else after.gain
            weight.assign(value)
            other.assign(value / factor)
        for weight, other in zip(
            before._non_trainable_variables, after._non_trainable_variables, strict=True
        ):
            other.assign(weight)
    first = latents_of(3) if index == 0 else random_images(3, channels=3)
    inputs = [first, np.array([0, 2, 1])]
    np.testing.assert_allclose(new(inputs), old(inputs), rtol=1e-4, atol=1e-4)


# Styles.


def test_mapping_is_the_papers_in_numpy():
    generator, _ = pair(3)
    z, labels = latents_of(4), np.array([0, 2, 1, 1])
    _, embed, embed_bias, *dense = generator.get_layer("mapping").get_weights()

    def normalized(x):
        return x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-8)

    embedded = embed[labels] / np.sqrt(3) + embed_bias
    x = np.concatenate([normalized(z), normalized(embedded)], axis=1)
    for kernel, bias in zip(dense[::2], dense[1::2], strict=True):
        x = x @ kernel * (0.01 / np.sqrt(len(kernel))) + 0.01 * bias
        x = np.sqrt(2) * np.maximum(x, 0.2 * x)
    styles = np.array(generator.mapping([z, labels]))
    assert styles.shape == (4, 4, 8)
    np.testing.assert_allclose(styles, x[:, None].repeat(4, axis=1), atol=1e-5)


@pytest.mark.parametrize("num_classes", [None, 3])
def test_mixed_styles_are_the_next_latents_with_the_own_label(num_classes):
    generator, _ = pair(num_classes, style_mixing=0.9)
    z, labels = latents_of(400), np.arange(400) % 3
    inputs = [[x, labels] if num_classes else x for x in (z, np.roll(z, 1, axis=0))]
    mixed = np.array(generator.mapping(inputs[0], training=True))
    own, other = (np.array(generator.mapping(x)) for x in inputs)
    from_own = np.abs(mixed - own).max(axis=2) < 1e-6
    assert (from_own | (np.abs(mixed - other).max(axis=2) < 1e-6)).all()
    places = from_own.sum(axis=1)  # the first layer of the other style; 4 for none
    assert (np.sort(from_own, axis=1)[:, ::-1] == from_own).all()
    assert set(places) == {1, 2, 3, 4}
    assert (places < 4).mean() == pytest.approx(0.9, abs=0.05)
    np.testing.assert_array_equal(mixed, generator.mapping(inputs[0], training=True))


def test_the_average_of_w_follows_it():
    generator, _ = pair()
    average = generator.get_layer("mapping").average
    expected = np.zeros(8)
    for seed in range(2):
        generator(latents_of(16, seed), training=True)
        w = np.array(generator.mapping(latents_of(16, seed)))[:, 0]
        expected = 0.995 * expected + 0.005 * w.mean(axis=0)
    generator(latents_of(16))
    np.testing.assert_allclose(average.numpy(), expected, rtol=1e-4, atol=1e-8)


def test_noise_of_training_is_a_function_of_the_latents():
    generator, _ = pair(style_mixing=0.0)
    strengthen(generator)
    z = latents_of(4)
    first, second = (np.array(generator(z, training=True)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    fixed = np.array(generator(z))
    assert np.abs(first - fixed).max() > 0.01
    moved = z + np.float32([[0], [0], [0], [1e-3]])  # another batch: other noise for each sample
    assert np.abs(np.array(generator(moved, training=True))[0] - first[0]).max() > 0.01
    np.testing.assert_allclose(generator(moved)[0], fixed[0], atol=1e-5)


def test_truncation_draws_styles_to_their_average():
    gan = game(num_classes=3)
    generator = gan.moving_average
    average = np.array(generator.get_layer("mapping").average)
    centre = generator.synthesis(np.tile(average, (1, 4, 1)).astype("float32"))
    for one in gan.sample(3, truncation=0.0):
        np.testing.assert_allclose(one, centre[0], atol=1e-5)
    inputs = [gan.latents(5, seed=2), tf.constant([0, 1, 2, 0, 1])]
    np.testing.assert_array_equal(gan.sample(5, seed=2, labels=[0, 1, 2, 0, 1]), gan(inputs))
    styles = average + 0.7 * (np.array(generator.mapping(inputs)) - average)
    halfway = gan.sample(5, seed=2, labels=[0, 1, 2, 0, 1], truncation=0.7)
    np.testing.assert_allclose(halfway, generator.synthesis(styles.astype("float32")), atol=1e-5)


# Path length.


class Linear:
    """G(w) = sum over the layers l of w_l A_l, images of 2x2 pixels; |A^T y| has a closed form."""

    def __init__(self):
        self.matrices = np.random.default_rng(1).normal(size=(3, 5, 8)).astype("float32")

    def mapping(self, inputs, training=False):
        return ops.repeat(inputs[:, None], 3, axis=1)

    def synthesis(self, styles, key=None, training=False):
        return ops.reshape(ops.einsum("blw,lwp->bp", styles, self.matrices), (-1, 2, 2, 2))


@pytest.mark.parametrize("jit", [False, True])
def test_path_length_of_a_linear_synthesis(jit):
    """Two calls, of half a batch of 6, whose moving average begins at 0."""
    penalty, linear = kg.penalties.PathLength(2.0, interval=4, decay=0.25), Linear()
    z = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")

    @tf.function(jit_compile=jit)
    def measure(key):
        draws = noise.normal((3, 2, 2, 2), key)
        return penalty(linear, z, None, key), draws

    average = 0.0
    for number in range(2):
        figures, draws = measure(noise.fold_in(KEY, number))
        y = np.array(draws, "float64").reshape(3, 8) / 2  # the root of 4 pixels
        slopes = np.einsum("lwp,bp->blw", linear.matrices, y)
        lengths = np.sqrt((slopes**2).sum(axis=2).mean(axis=1))
        average += 0.25 * (lengths.mean() - average)
        expected = 2 * 4 * ((lengths - average) ** 2).mean()
        assert float(figures) == pytest.approx(expected, rel=1e-4)
    assert float(penalty.mean) == pytest.approx(average, rel=1e-4)


@pytest.mark.parametrize("update", ["shared", "alternating"])
def test_path_length_moves_the_generator_alone_when_it_is_due(update):
    """A step with it, from one state, is a step without it plus the penalty's gradient."""
    gan = game(
        penalties=[kg.penalties.PathLength(1.0, interval=2)],
        generator_optimizer=keras.optimizers.SGD(1.0),
        discriminator_optimizer=keras.optimizers.SGD(0.0),
        update=update,
        run_eagerly=True,
    )
    penalty, generator = gan.rules.penalties[0], gan.generator
    real, draws = (random_images(4, channels=3), None), noise.make_key(1)
    before = generator.get_weights(), float(penalty.mean)
    half_step = gan.shared_step if update == "shared" else gan.generator_step
    moved = []
    for due in (("generator",), ("generator", penalty.name)):
        generator.set_weights(before[0])
        penalty.mean.assign(before[1])
        figures = half_step(gan.duel, real, kg.models.Noise(gan.latents(4), draws), due)
        moved.append([np.array(w) for w in generator.trainable_weights])
    assert float(figures["path_length"]) > 0
    generator.set_weights(before[0])
    penalty.mean.assign(before[1])
    key = noise.fold_in(draws, kg.models.duel.PENALTY_DRAWS)
    with gradients.Recording(generator.trainable_variables) as recording:
        value = penalty(generator, gan.latents(4), None, key)
    slopes = recording.gradients(value)
    for plain, with_it, slope in zip(*moved, slopes, strict=True):
        slope = 0 if slope is None else np.array(slope)
        np.testing.assert_allclose(plain - with_it, slope, atol=1e-4)


def test_what_path_length_cannot():
    mlp = kg.GAN(networks.MLPGenerator((8, 8, 3), 4, (8,)), pair()[1])
    with pytest.raises(ConfigError, match="a mapping and a synthesis for PathLength"):
        mlp.compile(penalties=[kg.penalties.PathLength()])
    with pytest.raises(ConfigError, match="n_critic=1 for PathLength"):
        game(penalties=[kg.penalties.PathLength()], n_critic=2)
    for bad in ({"decay": 0.0}, {"shrink": 0}):
        with pytest.raises(ConfigError, match=f"{next(iter(bad))}"):
            kg.penalties.PathLength(**bad)


# Training and saving.


def test_twenty_steps_compiled_in_mixed_precision():
    penalties = [kg.penalties.R1(1.0), kg.penalties.PathLength(interval=1)]
    gan = game(None, "mixed_bfloat16", penalties, jit_compile=True)
    logs = check_twenty_compiled_steps(gan, random_images(24, channels=3))
    assert min(logs["path_length"]) > 0
    assert np.isfinite(gan.sample(2)).all()


def test_a_step_compiled_by_xla_is_the_same():
    """Without noise in the layers, which XLA draws otherwise."""

    def make():
        gan = kg.GAN(*pair(style_mixing=0.0))
        for layer in gan.generator.layers:
            layer.trainable = not isinstance(layer, PixelNoise)
        gan.compile(*(keras.optimizers.SGD(0.1) for _ in range(2)), penalties=[kg.penalties.R1(1)])
        return gan

    check_step_under_xla(make, (tf.constant(random_images(8, channels=3)), None))


def test_a_saved_game_continues_bit_for_bit(tmp_path):
    """With noise, mixing, the average of w and of the path length; and samples are the same."""
    images, labels = random_images(8, channels=3), np.arange(8) % 3
    gan = game(3, None, [kg.penalties.PathLength(interval=1)])
    save = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras")
    gan.fit(images, labels, batch_size=4, epochs=2, verbose=0, callbacks=[save])
    part, second = (keras.models.load_model(tmp_path / f"{epoch}.keras") for epoch in (1, 2))
    assert differing(state_of(gan), state_of(second)) == []
    samples = [saved.sample(3, seed=1, truncation=0.6) for saved in (gan, second)]
    np.testing.assert_array_equal(*samples)
    part.fit(images, labels, batch_size=4, verbose=0)
    assert differing(state_of(gan), state_of(part)) == []


# Exports.


def test_onnx_has_the_truncation_as_input_or_refuses_it(tmp_path):
    gan = game(3)
    plain = Generator(export.to_onnx(gan, tmp_path / "plain.onnx").path)
    given = export.to_onnx(gan, tmp_path / "given.onnx", interface=Interface(truncation=True))
    given = Generator(given.path)
    assert plain.metadata["truncation"] == "network"
    for count in (1, 16):
        for generator in (plain, given):
            expected = gan.sample(count, seed=4, labels=2)
            assert np.abs(generator.sample(count, 4, 2) - expected).max() <= 1e-4
        expected = gan.sample(count, seed=4, labels=2, truncation=0.5)
        assert np.abs(given.sample(count, 4, 2, truncation=0.5) - expected).max() <= 1e-4
    with pytest.raises(ValueError, match="export it with keras-gan export --truncation"):
        plain.sample(1, truncation=0.5)
    with pytest.raises(ConfigError, match="expected a file with the input truncation"):
        export.write_page(tmp_path / "plain.onnx", tmp_path / "page")
    assert (export.write_page(tmp_path / "given.onnx", tmp_path / "page") / "index.html").exists()


def test_saved_model_truncates_as_sample_does(tmp_path):
    gan = game()
    loaded = tf.saved_model.load(str(export.to_saved_model(gan, tmp_path / "model").path))
    for count in (1, 16):
        inputs = {"count": tf.constant(count), "seed": tf.constant(4, tf.int64)}
        for truncation in (1.0, 0.5):
            inputs["truncation"] = tf.constant(truncation)
            images = loaded.signatures["sample"](**inputs)["images"]
            expected = kg.pictures.to_uint8(gan.sample(count, seed=4, truncation=truncation))
            assert np.abs(np.array(images, int) - np.array(expected, int)).max() <= 1
        latents = gan.latents(count, seed=4)
        images = loaded.signatures["serving_default"](latents=latents)["images"]
        assert np.abs(images - gan.sample(count, seed=4)).max() <= 1e-4


def test_a_server_computes_each_truncation_by_itself(tmp_path):
    """Requests of several truncations at once, which can't share a batch."""
    gan, folder = game(), tmp_path / "digits"
    path, interface = tmp_path / "given.onnx", Interface(truncation=True)
    export.to_onnx(gan, path, interface=interface)
    folder.mkdir()
    add_version(folder, 1, path.read_bytes())
    truncations = [1.0, 0.5, 0.0, 0.5]

    def ask(truncation):
        inputs = {"count": 3, "seed": 4, "truncation": truncation}
        return server.predict({"signature_name": "sample", "inputs": inputs})

    with (
        ServerProcess(folder, "--threads", 1, "--batch-wait-ms", 50) as server,
        concurrent.futures.ThreadPoolExecutor() as pool,
    ):
        answers = list(pool.map(ask, truncations))
    for truncation, (status, answer) in zip(truncations, answers, strict=True):
        expected = kg.pictures.to_uint8(gan.sample(3, seed=4, truncation=truncation))
        assert status == 200, answer
        assert np.abs(np.array(answer["outputs"]) - np.array(expected, int)).max() <= 1


def test_a_server_refuses_a_file_that_cannot_truncate(tmp_path):
    path = export.to_onnx(game(), tmp_path / "plain.onnx").path
    with pytest.raises(ValueError, match="expected the inputs latents, truncation"):
        Model(1, path, 4)
