"""Networks that people bring: their ends, their weights, and layers of their own."""

import keras_gan as kg
from keras_gan.errors import ConfigError
from keras_gan.networks.copies import copy_network
from keras_gan.networks.graph import output_range

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, tiny_gan
from keras import layers, ops
from own_networks import SHAPE, discriminator_of, functional, generator_of, logits, train

INFINITY = float("inf")


def ending(*make):
    """A discriminator of functions of tensors, behind a Dense layer."""
    inputs = keras.Input(SHAPE)
    x = layers.Dense(1)(layers.Flatten()(inputs))
    for function in make:
        x = function(x)
    return keras.Model(inputs, x)


SQUASHED = {
    "dense": (lambda: discriminator_of(layers.Dense(1, "sigmoid")), "Leave out its activation="),
    "layer": (
        lambda: discriminator_of(layers.Dense(1), layers.Activation("sigmoid")),
        "Leave this",
    ),
    "operation": (lambda: ending(ops.sigmoid), r"sigmoid\w* \(Sigmoid\)"),
    "function": (lambda: ending(keras.activations.sigmoid), r"sigmoid\w* \(Sigmoid\)"),
    "tf": (lambda: ending(layers.Lambda(tf.nn.sigmoid, output_shape=(1,))), "Lambda"),
    "moved": (lambda: ending(ops.sigmoid, layers.Reshape((1, 1)), layers.Flatten()), "sigmoid"),
    "nested": (lambda: ending(keras.Sequential([layers.Dense(1, "sigmoid")])), "from 0 to 1"),
    "normalized": (
        lambda: discriminator_of(layers.SpectralNormalization(layers.Dense(1, "sigmoid"))),
        "SpectralNormalization",
    ),
    "pooled": (
        lambda: keras.Sequential(
            [
                keras.Input(SHAPE),
                layers.Conv2D(1, 3, activation="hard_sigmoid"),
                layers.GlobalAveragePooling2D(),
            ]
        ),
        "hardsigmoid",
    ),
    "softmax": (lambda: ending(layers.Softmax()), "from 0 to 1"),
    "tanh": (lambda: ending(layers.Activation("tanh")), "from -1 to 1"),
    "relu": (lambda: ending(layers.ReLU()), "got values from 0: "),
    "log": (lambda: ending(ops.log_sigmoid), "values up to 0"),
    "probabilities of classes": (
        lambda: keras.Model(
            (x := keras.Input(SHAPE)),
            [layers.Dense(1)(f := layers.Flatten()(x)), layers.Dense(3, "softmax")(f)],
        ),
        "from 0 to 1.*softmax",
    ),
}


@pytest.mark.parametrize("name", SQUASHED)
def test_a_discriminator_that_does_not_end_in_logits_is_refused(name):
    make, message = SQUASHED[name]
    with pytest.raises(ConfigError, match=f"outputs are logits, .*{message}"):
        kg.GAN(generator_of(), make())


@pytest.mark.parametrize(
    "end", [layers.LeakyReLU(), layers.Activation("linear"), layers.BatchNormalization()]
)
def test_other_ends_of_a_discriminator_are_compiled(end):
    gan = kg.GAN(generator_of(), discriminator_of(layers.Dense(1), end))
    gan.compile()
    assert gan.compiled


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([layers.Activation("tanh")], (-1, 1)),
        ([layers.Activation("sigmoid")], (0, 1)),
        ([layers.Activation("sigmoid"), layers.Rescaling(2.0, -1.0)], (-1, 1)),
        ([layers.Conv2D(1, 3, padding="same", activation="relu")], (0, INFINITY)),
        ([layers.ReLU(max_value=6)], (0, 6)),
        ([layers.Dense(1)], (-INFINITY, INFINITY)),
        ([layers.Activation("tanh"), layers.UpSampling2D(), layers.Cropping2D(4)], (-1, 1)),
        ([layers.BatchNormalization()], None),
        ([layers.Activation(ops.sin)], None),
    ],
)
def test_the_range_of_an_output(ends, expected):
    assert output_range(generator_of(*ends)) == expected


def test_the_range_behind_arithmetic():
    inputs = keras.Input((4,))
    squashed = ops.sigmoid(layers.Dense(2)(inputs))
    for outputs, expected in (
        (squashed * 2 - 1, (-1, 1)),
        ((squashed - 0.5) / 0.5, (-1, 1)),
        (2 * (squashed - 0.5), (-1, 1)),
        (1 - squashed, (0, 1)),
        (0.5 + squashed / 2, (0.5, 1)),
        (1 / squashed, None),
    ):
        assert output_range(keras.Model(inputs, outputs)) == expected


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (layers.Activation("sigmoid"), r"from 0 to 1: .*Put keras.layers.Activation\('tanh'\)"),
        (layers.Dense(1, "sigmoid"), "Write activation='tanh' in place of 'sigmoid'"),
        (layers.ReLU(), "got values from 0: "),
    ],
)
def test_a_generator_that_cannot_reach_the_images_is_refused(end, message):
    gan = kg.GAN(generator_of(end), logits())
    with pytest.raises(ConfigError, match=f"a generator of images from -1 to 1, .*{message}"):
        gan.compile()


def test_a_generator_whose_range_is_unknown_or_wide_is_compiled():
    for end in (layers.Rescaling(0.5), layers.BatchNormalization()):
        gan = kg.GAN(generator_of(end), logits())
        gan.compile()
        assert gan.compiled


def test_points_may_end_in_a_sigmoid():
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(2, "sigmoid")])
    gan = kg.GAN(generator, logits_of_points())
    gan.compile()
    assert gan.compiled


def test_players_without_weights_to_train_are_named():
    gan = tiny_gan()
    gan.discriminator.trainable = False  # as in Keras's older examples
    with pytest.raises(ConfigError, match=r"got frozen ones; set discriminator.trainable = True"):
        gan.compile()
    gan.discriminator.trainable = True
    gan.compile()
    gan.discriminator.trainable = False
    for use in (gan.fit, gan.train_on_batch):
        with pytest.raises(ConfigError, match=r"discriminator's weights .* call compile\(\) again"):
            use(random_images(8))
    layer = layers.Rescaling(1.0)
    with pytest.raises(ConfigError, match="a network without weights"):
        kg.GAN(keras.Sequential([keras.Input((2,)), layer]), logits_of_points()).compile()


def logits_of_points():
    """A discriminator of points."""
    return discriminator_of(layers.Dense(1), shape=(2,))


def test_some_frozen_layers_train():
    gan = tiny_gan()
    gan.discriminator.layers[1].trainable = False
    frozen = [np.array(weight) for weight in gan.discriminator.layers[1].weights]
    gan.compile(run_eagerly=True)
    gan.fit(random_images(8), batch_size=8, verbose=0)
    for before, weight in zip(frozen, gan.discriminator.layers[1].weights, strict=True):
        np.testing.assert_array_equal(before, weight)


def test_regularizers_that_no_game_adds_are_refused():
    layer = layers.Dense(1, kernel_regularizer="l2")
    gan = kg.GAN(generator_of(), discriminator_of(layer))
    with pytest.raises(ConfigError, match=r"without regularizers, .* kernel_regularizer in dense"):
        gan.compile()


# Layers of one's own.


class Scale(layers.Layer):
    """A layer that isn't registered, with an argument and a weight."""

    def __init__(self, start=1.0, **kwargs):
        super().__init__(**kwargs)
        self.start = start

    def build(self, shape):
        self.scale = self.add_weight((), keras.initializers.Constant(self.start))

    def call(self, x):
        return x * self.scale

    def compute_output_shape(self, shape):
        return shape

    def get_config(self):
        return {**super().get_config(), "start": self.start}


def half(x):
    """A function that isn't registered."""
    return x / 2


class Closed(layers.Layer):
    """A layer without a config of its argument."""

    def __init__(self, thing, **kwargs):
        super().__init__(**kwargs)
        self.thing = thing

    def build(self, shape):
        self.scale = self.add_weight((), "ones")

    def call(self, x):
        return x * self.scale


def shared_layer(inputs):
    """Calls a layer of one's own twice."""
    layer = Scale(2.0)
    return layers.Reshape(SHAPE)(layers.Dense(64)(layer(layer(inputs))))


OWN = {
    "layer": lambda: generator_of(Scale(0.5)),
    "lambda": lambda: generator_of(layers.Lambda(lambda x: tf.tanh(x))),
    "function": lambda: generator_of(layers.Dense(1, activation=half)),
    "wrapped": lambda: generator_of(layers.TimeDistributed(Scale(0.5))),
    "nested": lambda: generator_of(keras.Sequential([layers.Dense(1), Scale(0.5)])),
    "shared": lambda: functional(keras.Input((6,)), shared_layer),
    "operations": lambda: functional(
        keras.Input((6,)),
        lambda x: ops.tanh(ops.reshape(Scale()(layers.Dense(64)(x)), (-1, *SHAPE))),
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_layers_of_ones_own_need_no_registration_to_train(name, tmp_path):
    gan = kg.GAN(OWN[name](), logits())
    np.testing.assert_array_equal(gan.generator(gan.latents(4)), gan(gan.latents(4)))
    own = {id(weight) for weight in gan.generator.weights}
    assert not own & {id(weight) for weight in gan.moving_average.weights}
    gan.compile(run_eagerly=True)
    gan.fit(random_images(8), batch_size=8, verbose=0)
    step = int(gan.step)
    save = [
        keras.callbacks.ModelCheckpoint(tmp_path / "x.keras"),
        kg.callbacks.Checkpoint(tmp_path),
    ]
    for use in (lambda: gan.save(tmp_path / "x.keras"), *(fitting(gan, each) for each in save)):
        with pytest.raises(ConfigError, match="expected registered classes and functions"):
            use()
    assert int(gan.step) == step
    assert not list(tmp_path.iterdir())


def fitting(gan, callback):
    """Training with a callback."""
    return lambda: gan.fit(random_images(8), batch_size=8, verbose=0, callbacks=[callback])


def test_registered_layers_are_saved_and_loaded(tmp_path):
    gan = train(generator_of(Scale(0.5), layers.Dense(1, activation=half)))
    with pytest.raises(ConfigError, match=r"got Scale, half; write @keras.saving.register"):
        gan.save(tmp_path / "gan.keras")
    with keras.saving.custom_object_scope({"Scale": Scale, "half": half}):
        gan.save(tmp_path / "gan.keras")
        loaded = kg.load_model(tmp_path / "gan.keras")
    np.testing.assert_array_equal(gan.sample(4), loaded.sample(4))


def test_a_layer_without_a_config_is_named():
    with pytest.raises(ConfigError, match=r"can be copied, got sequential.*Closed.*a get_config"):
        kg.GAN(generator_of(Closed(object())), logits())


def test_copies_compute_the_same_in_float32():
    policy = keras.DTypePolicy("mixed_bfloat16")
    network = generator_of(Scale(0.5, dtype=policy), layers.Lambda(half, dtype=policy))
    copy = copy_network(network, kg.export.parity.to_float32)
    assert {layer.compute_dtype for layer in copy._flatten_layers()} == {"float32"}
    latents = np.ones((2, 6), "float32")
    np.testing.assert_allclose(network(latents), copy(latents), atol=0.05)
