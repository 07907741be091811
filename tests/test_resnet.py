"""SNGAN's, WGAN-GP's, SAGAN's and BigGAN's networks."""

import keras_gan as kg
from keras_gan.errors import ConfigError
from keras_gan.networks import ResNetDiscriminator, ResNetGenerator

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from conftest import (
    check_step_under_xla,
    check_twenty_compiled_steps,
    differing,
    random_images,
    state_of,
)

BIGGAN = {"conditioning": "split_latents", "normalization": "spectral", "initializer": "orthogonal"}
GENERATORS = {
    "unconditional": {},
    "concatenation": {"num_classes": 3},
    "batch_norm": {"num_classes": 3, "conditioning": "batch_norm", "attention": 8},
    "split_latents": {"conditioning": "split_latents"},
    "biggan": {"num_classes": 3, "attention": 8, **BIGGAN},
}


def generator(size=8, options="unconditional", **more):
    return ResNetGenerator((size, size, 3), 7, 4, **GENERATORS[options], max_width=8, **more)


def discriminator(size=8, **options):
    return ResNetDiscriminator((size, size, 3), 4, max_width=8, **options)


def game(options="biggan", dtype=None):
    """A tiny game of the kind of its generator, whose attention has begun to look."""
    process = GENERATORS[options]
    given = {"num_classes": process.get("num_classes"), "initializer": "orthogonal"}
    objects = kg.GAN(generator(8, options, dtype=dtype), discriminator(8, dtype=dtype, **given))
    for layer in (*objects.generator.layers, *objects.discriminator.layers):
        if isinstance(layer, kg.layers.SelfAttention):
            layer.gain.assign(0.5)
    objects.moving_average.set_weights(objects.generator.get_weights())
    return objects


def batch(count, objects):
    """Images, and labels for a conditional game."""
    images = tf.constant(random_images(count, 8, 3))
    return images, tf.constant(np.arange(count) % 3) if objects.conditional else None


@pytest.mark.parametrize(("options", "size"), [*zip(GENERATORS, (8, 16, 32, 64, 128), strict=True)])
def test_images_of_every_kind(options, size):
    objects = generator(size, options)
    rng = np.random.default_rng(0)
    for weight in objects.trainable_weights:  # BatchNorms begin alike for all classes
        weight.assign_add(rng.normal(0.0, 0.1, weight.shape))
    latents = rng.normal(size=(1, 7)).astype("float32").repeat(2, 0)
    labelled = len(objects.inputs) == 2
    images = np.array(objects([latents, np.array([0, 2])] if labelled else latents))
    assert images.shape == (2, size, size, 3)
    assert np.abs(images).max() <= 1
    assert np.allclose(images[0], images[1], atol=1e-6) != labelled  # the class changes the image


@pytest.mark.parametrize("conditioning", ["projection", "concatenation", "auxiliary"])
def test_the_class_changes_the_judgement(conditioning):
    network = discriminator(4, num_classes=3, conditioning=conditioning)
    image = random_images(1, 4, 3)
    if conditioning == "auxiliary":
        assert [tuple(outputs.shape) for outputs in network(image)] == [(1, 1), (1, 3)]
    else:
        logits = [float(network([image, np.array([y])])[0, 0]) for y in range(3)]
        assert len(set(logits)) == 3


def convolution_weights(size, before, after):
    return size**2 * before * after + after


def test_published_sizes_of_sngans_networks_for_cifar():
    """Counted from the tables of the paper's appendix B."""
    block = 2 * convolution_weights(3, 256, 256) + convolution_weights(1, 256, 256) + 2 * 2 * 256
    linear = (128 + 1) * 4 * 4 * 256
    image = 2 * 256 + convolution_weights(3, 256, 3)
    objects = ResNetGenerator((32, 32, 3), width=256, max_width=256)
    assert weights_of(objects) == linear + 3 * block + image == 4_276_739
    blocks = convolution_weights(3, 3, 128) + 7 * convolution_weights(3, 128, 128)
    skips = convolution_weights(1, 3, 128) + convolution_weights(1, 128, 128)
    judge = ResNetDiscriminator((32, 32, 3), 128, max_width=128, smallest_map=8)
    assert weights_of(judge) == blocks + skips + 128 + 1 == 1_053_825
    maps = [layer.output.shape[1:] for layer in judge.layers if type(layer) is keras.layers.Add]
    assert maps == [(16, 16, 128), (8, 8, 128), (8, 8, 128), (8, 8, 128)]


def weights_of(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def test_each_part_of_the_latents_reaches_its_own_block_alone():
    """The last part changes the last block, so that the maps before it stay."""
    objects = generator(16, "split_latents")
    maps = [layer.output for layer in objects.layers if type(layer) is keras.layers.Add]
    inner = keras.Model(objects.inputs, [*maps, objects.output])
    latents = np.ones((2, 7), "float32")  # 3 parts: of 3, 2 and 2
    latents[1, 5:] = -1.0
    changed = [not np.allclose(x[0], x[1], atol=1e-6) for x in map(np.array, inner([latents]))]
    assert changed == [False, True, True]


def test_twenty_steps_compiled_in_mixed_precision():
    gan = game("batch_norm", dtype="mixed_bfloat16")
    gan.compile(loss="hinge", jit_compile=True)
    check_twenty_compiled_steps(gan, *batch(24, gan))


def test_a_step_compiled_by_xla_is_the_same():
    def make():
        gan = game("unconditional")
        optimizers = (keras.optimizers.SGD(0.1) for _ in range(2))
        gan.compile(*optimizers, loss="hinge", penalties=[kg.penalties.R1(0.1)])
        return gan

    check_step_under_xla(make, (tf.constant(random_images(8, 8, 3)), None))


def test_it_is_saved_and_exported_as_the_same_game(tmp_path):
    gan = game()
    gan.compile()
    gan.fit(*batch(8, gan), batch_size=8, epochs=1, verbose=0)
    gan.save(tmp_path / "game.keras")
    second = keras.models.load_model(tmp_path / "game.keras")
    assert not differing(state_of(gan), state_of(second))
    assert gan.sample(3, seed=1).tobytes() == second.sample(3, seed=1).tobytes()
    configs = [[m.generator.get_config(), m.discriminator.get_config()] for m in (gan, second)]
    assert configs[0] == configs[1]
    onnx_file = kg.export.to_onnx(gan, tmp_path / "game.onnx")
    saved_model = kg.export.to_saved_model(gan, tmp_path / "model")
    assert max(onnx_file.difference, saved_model.difference) <= 1e-4
    session = onnxruntime.InferenceSession(onnx_file.path)
    for count in (1, 16):
        feed = {
            "latents": gan.latents(count).numpy(),
            "labels": np.arange(count, dtype="int32") % 3,
        }
        expected = gan.moving_average([*feed.values()])
        np.testing.assert_allclose(session.run(["images"], feed)[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ResNetGenerator((4, 4, 3)),
            r"k >= 1 .*, got \(4, 4, 3\); resize .* --image-size 8x8",
        ),
        (lambda: ResNetDiscriminator((32, 32, 5)), r"1 to 4 channels, got \(\d+, \d+, 5\)"),
        (lambda: generator(8, attention=4), r"size of a map after a block, \[8\], got 4"),
        (lambda: discriminator(16, attention=16), r"after a block, \[8, 4\], got 16"),
        (lambda: discriminator(16, attention=4, smallest_map=8), r"after a block, \[8\], got 4"),
        (lambda: discriminator(16, smallest_map=32), "smallest_map .* 16, got 32"),
        (
            lambda: generator(initializer="normal"),
            "initializer to be one of 'glorot', 'orthogonal'",
        ),
        (lambda: discriminator(normalization="batch"), "normalization to be one of None, 'spec"),
        (
            lambda: ResNetGenerator((32, 32, 3), 3, conditioning="split_latents"),
            "latent_dim of at least 4 .* got 3",
        ),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
