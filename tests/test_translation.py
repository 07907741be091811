"""Networks that translate images: published sizes, what they see, any height and width."""

import keras_gan as kg
from keras_gan.errors import ConfigError
from keras_gan.networks import PatchDiscriminator, ResNetTranslator, UNetTranslator

import keras
import numpy as np
import pytest
import tensorflow as tf

TINY = (
    ResNetTranslator(width=4, blocks=1),
    ResNetTranslator(2, 1, width=4, blocks=1, normalization="batch"),
    UNetTranslator(width=4, stages=3),
    UNetTranslator(1, 3, width=4, stages=3, normalization="instance", dropout=0.0),
    PatchDiscriminator(width=4, layers=1),
    PatchDiscriminator(6, width=4, layers=0, normalization="batch"),
)


def images(*shape, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, shape).astype("float32")


@pytest.mark.parametrize(
    ("network", "options", "weights"),
    [
        (ResNetTranslator, {}, 11_378_179),
        (ResNetTranslator, {"blocks": 6}, 7_837_699),
        (UNetTranslator, {}, 54_413_955),
        (PatchDiscriminator, {}, 2_764_737),
        (PatchDiscriminator, {"channels": 6, "normalization": "batch"}, 2_768_705),
        (PatchDiscriminator, {"channels": 6, "layers": 1, "normalization": "batch"}, 139_585),
        (PatchDiscriminator, {"channels": 6, "layers": 0, "normalization": "batch"}, 9_024),
    ],
)
def test_networks_have_as_many_weights_as_their_authors(network, options, weights):
    trainable = network(**options).trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in trainable) == weights


@pytest.mark.parametrize(
    ("layers", "side"), [(0, 1), (1, 16), (2, 34), (3, 70), (4, 142), (5, 286)]
)
def test_a_logit_sees_a_patch(layers, side):
    discriminator = PatchDiscriminator(1, layers, width=1, normalization="batch")
    for weight in discriminator.trainable_weights:
        weight.assign(tf.abs(weight) + 0.01)  # so that no two influences cancel
    inputs = tf.ones((1, 320, 320, 1))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        logits = discriminator(inputs, training=False)
        middle = logits[0, logits.shape[1] // 2, logits.shape[2] // 2, 0]
    seen = np.argwhere(tape.gradient(middle, inputs)[0, :, :, 0].numpy() != 0)
    assert (seen.max(axis=0) - seen.min(axis=0) + 1).tolist() == [side, side]


@pytest.mark.parametrize("network", TINY, ids=lambda network: network.name)
def test_any_height_and_width(network, tmp_path):
    channels = network.input_shape[-1]
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    for height, width in ((24, 40), (32, 16)):
        samples = images(2, height, width, channels)
        outputs = network(samples)
        assert np.array_equal(outputs, again(samples))
        assert outputs.dtype == "float32"
        if not isinstance(network, PatchDiscriminator):
            assert outputs.shape[1:3] == (height, width)
            assert np.abs(outputs).max() <= 1
    dynamic = tf.function(
        lambda x: network(x, training=False),
        input_signature=[tf.TensorSpec((None, None, None, channels))],
    )
    samples = images(1, 32, 24, channels)
    assert np.abs(dynamic(samples) - network(samples, training=False)).max() < 1e-5


def test_transposed_convolutions_are_placed_as_in_pytorch():
    """y[i] = sum of x[j] k[i - 2 j + 1], of 2 n values, for padding 1 and output padding 1."""
    translator = ResNetTranslator(1, width=1, blocks=1)
    (layer, *_) = [e for e in translator.layers if isinstance(e, kg.layers.Conv2DTranspose)]
    kernel = images(3, 3, 2, 4)
    layer.set_weights([kernel, np.zeros(2, "float32")])
    crop = translator.layers[translator.layers.index(layer) + 1]
    x = images(1, 5, 6, 4, seed=1)
    y = crop(layer(x)).numpy()[0, :, :, 0]
    expected = np.zeros((13, 15))
    for row in range(5):
        for column in range(6):
            part = np.einsum("abc,c->ab", kernel[:, :, 0], x[0, row, column])
            expected[2 * row : 2 * row + 3, 2 * column : 2 * column + 3] += part
    assert y.shape == (10, 12)
    assert np.abs(y - expected[1:11, 1:13]).max() < 1e-5


def test_instance_normalization_and_reflection():
    normal = kg.layers.InstanceNormalization()(images(3, 5, 7, 2) * 4 + 1).numpy()
    assert np.abs(normal.mean(axis=(1, 2))).max() < 1e-5
    assert np.abs(normal.std(axis=(1, 2)) - 1).max() < 1e-4
    one = kg.layers.InstanceNormalization()(images(1, 1, 1, 4)).numpy()
    assert not one.any()
    maps = images(2, 4, 5, 3)
    padded = kg.layers.ReflectionPadding2D(3)(maps)
    assert np.array_equal(padded, np.pad(maps, ((0, 0), (3, 3), (3, 3), (0, 0)), "reflect"))
    narrow = kg.layers.InstanceNormalization(dtype="mixed_bfloat16")(maps)
    assert narrow.dtype == "bfloat16"
    assert np.abs(np.asarray(narrow, "float32").mean(axis=(1, 2))).max() < 0.02


def test_a_unet_drops_features_only_in_training():
    network = UNetTranslator(width=4, stages=3)
    samples = images(2, 16, 16, 3)
    assert np.array_equal(network(samples), network(samples, training=False))
    first, second = (np.asarray(network(samples, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ResNetTranslator(channels=5), "channels"),
        (lambda: ResNetTranslator(blocks=0), "blocks"),
        (lambda: UNetTranslator(stages=1), "stages"),
        (lambda: UNetTranslator(output_channels=0), "output_channels"),
        (lambda: PatchDiscriminator(layers=-1), "layers"),
        (lambda: PatchDiscriminator(normalization="group"), "'instance', 'batch', got 'group'"),
    ],
)
def test_networks_refuse_what_they_cannot_be(make, words):
    with pytest.raises(ConfigError, match=words):
        make()
