"""Exports of generators that people bring: as in Keras, or refused with the layer's name."""

import keras_gan as kg
from keras_gan.errors import ConfigError, ExportError

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from conftest import tiny_gan
from keras import layers, ops

SHAPE = (8, 8, 1)


def game(*inner):
    """A game whose generator has these layers between latents and points of 64 numbers."""
    generator = keras.Sequential(
        [keras.Input((6,)), *inner, layers.Flatten(), layers.Dense(4, name="points")]
    )
    inputs = keras.Input((4,))
    return kg.GAN(generator, keras.Model(inputs, layers.Dense(1)(inputs)))


def sequence(*inner):
    """Layers of a sequence of 3 steps of 3 numbers."""
    return [layers.Dense(9), layers.Reshape((3, 3)), *inner]


def image(*inner):
    """Layers of images of 4 by 4 pixels."""
    return [layers.Dense(32), layers.Reshape((4, 4, 2)), *inner]


class Attention(layers.Layer):
    """Attention of a sequence to itself."""

    def build(self, shape):
        self.attention = layers.MultiHeadAttention(2, 3)
        self.attention.build(shape, shape)

    def call(self, x):
        return self.attention(x, x)


class Einsum(layers.Layer):
    """A product of all pairs of steps."""

    def call(self, x):
        return ops.einsum("bij,bkj->bik", x, x)


LAYERS = {
    "recurrent": lambda: sequence(
        layers.LSTM(3, return_sequences=True),
        layers.GRU(3, return_sequences=True),
        layers.Bidirectional(layers.SimpleRNN(2, return_sequences=True)),
        layers.RNN([layers.LSTMCell(2), layers.GRUCell(3)]),
    ),
    "recurrent convolution": lambda: [
        layers.Dense(16),
        layers.Reshape((2, 4, 2)),
        layers.ConvLSTM1D(2, 3),
    ],
    "sequence": lambda: sequence(
        layers.TimeDistributed(layers.Dense(3)),
        Attention(),
        layers.LayerNormalization(),
        layers.EinsumDense("abc,cd->abd", (3, 4), bias_axes="d"),
        layers.UnitNormalization(),
        Einsum(),
        layers.Conv1DTranspose(2, 3, 2),
    ),
    "images": lambda: image(
        layers.GroupNormalization(2),
        layers.UpSampling2D(interpolation="bilinear"),
        layers.SeparableConv2D(2, 3),
        layers.UpSampling2D(interpolation="bicubic"),
        layers.PReLU(),
        layers.DepthwiseConv2D(3),
        layers.Conv2DTranspose(2, 3, 2, padding="same"),
        layers.Resizing(6, 6),
    ),
    "embedding": lambda: [
        layers.Lambda(lambda x: ops.cast(x > 0, "int32")),
        layers.Embedding(2, 3),
    ],
    "activations": lambda: [
        layer for name in ACTIVATIONS for layer in (layers.Dense(3), layers.Activation(name))
    ],
}
ACTIVATIONS = (
    *("gelu", "silu", "selu", "elu", "mish", "softplus", "softsign", "exponential", "hard_silu"),
    *("log_sigmoid", "squareplus", "hard_tanh", "tanh_shrink", "soft_shrink", "hard_shrink"),
    *("celu", "relu6", "log_softmax", "sparse_plus", "sparse_sigmoid", "sparsemax"),
)


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_exported_to_onnx(name, tmp_path):
    gan = game(*LAYERS[name]())
    exported = kg.export.to_onnx(gan, tmp_path / "x.onnx")
    assert exported.difference < 1e-5
    session = onnxruntime.InferenceSession(exported.path)
    latents = gan.latents(7).numpy()
    (samples,) = session.run(None, {"latents": latents})
    np.testing.assert_allclose(samples, gan.sample_at(latents), atol=1e-5)
    assert not any(getattr(layer, "unroll", False) for layer in gan.moving_average.layers)


@pytest.mark.parametrize("name", ["recurrent", "sequence"])
def test_layers_are_exported_to_litert(name, tmp_path):
    pytest.importorskip("ai_edge_litert")
    assert kg.export.to_litert(game(*LAYERS[name]()), tmp_path / "x.tflite").difference < 1e-5


def test_recurrent_layers_are_exported_as_saved_model(tmp_path):
    gan = game(*sequence(layers.LSTM(3)))
    assert kg.export.to_saved_model(gan, tmp_path / "x").difference < 1e-6


class Inverse(layers.Layer):
    """A layer of an operation that neither ONNX nor LiteRT has."""

    def call(self, x):
        return ops.erfinv(ops.tanh(x) * 0.9)


class Random(layers.Layer):
    """A layer that draws random numbers."""

    def call(self, x):
        return x + tf.random.normal(tf.shape(x))


class Table(layers.Layer):
    """A layer that holds a table, which isn't a weight."""

    def build(self, shape):
        keys = tf.range(2, dtype=tf.int64)
        values = tf.lookup.KeyValueTensorInitializer(keys, keys)
        self.table = tf.lookup.StaticHashTable(values, 0)

    def call(self, x):
        return ops.cast(self.table.lookup(tf.cast(x > 0, tf.int64)), "float32")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: game(Inverse(name="mine")), r"layer mine \(Inverse\) to ONNX .*to_saved_model"),
        (
            lambda: game(keras.Sequential([layers.Dense(3), Inverse(name="inner")])),
            r"the layer inner \(Inverse\)",
        ),
        (
            lambda: game(*image(layers.Conv2DTranspose(2, 3, 2, output_padding=1, name="up"))),
            r"layer up \(Conv2DTranspose\) to ONNX",
        ),
        (lambda: game(Random(name="mine")), r"no random numbers itself, got the layer mine"),
    ],
)
def test_layers_that_cannot_be_exported_are_named(make, message, tmp_path):
    with pytest.raises(ExportError, match=message) as error:
        kg.export.to_onnx(make(), tmp_path / "x.onnx")
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_layers_that_litert_and_saved_model_cannot_hold_are_named(tmp_path):
    pytest.importorskip("ai_edge_litert")
    with pytest.raises(ExportError, match=r"layer mine \(Inverse\) to LiteRT"):
        kg.export.to_litert(game(Inverse(name="mine")), tmp_path / "x.tflite")
    with pytest.raises(ExportError, match=r"layer mine \(Table\) to a SavedModel"):
        kg.export.to_saved_model(game(Table(name="mine")), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_other_things_than_games_are_told_what_is_wanted(tmp_path):
    (tmp_path / "x.keras").write_bytes(b"")
    generator = tiny_gan().generator
    for export in (kg.export.to_onnx, kg.export.to_saved_model, kg.export.to_litert):
        with pytest.raises(ConfigError, match=r"make one of this generator: keras_gan.GAN\("):
            export(generator, tmp_path / "x")
        for other in (str(tmp_path / "x.keras"), tmp_path / "x.keras", None):
            with pytest.raises(ConfigError, match=r"got .*; load one: keras_gan.load_model"):
                export(other, tmp_path / "x")
    with pytest.raises(ConfigError, match="such as a GAN, for a page, got a DCGANGenerator"):
        kg.export.to_web(generator, tmp_path / "page")
    assert [path.name for path in tmp_path.iterdir()] == ["x.keras"]


def test_labels_of_ones_own_conditional_generator_are_right_everywhere(tmp_path):
    """As of Keras's conditional example: one-hot labels beside the latents, no num_classes."""
    latents, labels = keras.Input((6,)), keras.Input((3,))
    images = layers.Dense(64, "tanh")(layers.Concatenate()([latents, labels * 4]))
    generator = keras.Model([latents, labels], layers.Reshape(SHAPE)(images))
    samples, labels = keras.Input(SHAPE), keras.Input((3,))
    flat = layers.Concatenate()([layers.Flatten()(samples), labels])
    gan = kg.GAN(generator, keras.Model([samples, labels], layers.Dense(1)(flat)))
    expected = np.concatenate(
        [generator([gan.latents(6)[i : i + 1], tf.eye(3)[i % 3][None]]) for i in range(6)]
    )
    assert gan.num_classes == 3
    np.testing.assert_allclose(gan.preview(rows=2, columns=3)[0], expected, atol=1e-6)
    loaded = tf.saved_model.load(str(kg.export.to_saved_model(gan, tmp_path / "x").path))
    inputs = {"count": tf.constant(6), "seed": tf.constant(0, tf.int64), "truncation": tf.ones(())}
    images = loaded.signatures["sample"](**inputs, label=tf.constant(-1))["images"]
    np.testing.assert_allclose(images, kg.pictures.to_uint8(expected), atol=1)
    ones = loaded.signatures["sample"](**inputs, label=tf.constant(1))["images"]
    wanted = kg.pictures.to_uint8(gan.sample(6, seed=0, labels=1))
    np.testing.assert_allclose(ones, wanted, atol=1)
    runtime = kg.runtime.Generator(kg.export.to_onnx(gan, tmp_path / "x.onnx").path)
    np.testing.assert_allclose(
        runtime.sample(6, seed=0, label=1), gan.sample(6, seed=0, labels=1), atol=1e-5
    )
    assert list(runtime.classes) == ["0", "1", "2"]
