"""Networks that people bring: what works, what is refused at once, and with which words."""

import keras_gan as kg
from keras_gan.errors import ConfigError
from keras_gan.networks.copies import copy_network
from keras_gan.networks.graph import count_classes, output_range

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, tiny_gan
from keras import layers, ops

INFINITY = float("inf")
SHAPE = (8, 8, 1)


def generator_of(*ends, latent_dim=6):
    """A generator of 8x8 images whose last layers are given."""
    inner = [layers.Dense(64), layers.Reshape(SHAPE)]
    return keras.Sequential([keras.Input((latent_dim,)), *inner, *ends])


def discriminator_of(*ends, shape=SHAPE):
    """A discriminator of 8x8 images whose last layers are given."""
    return keras.Sequential([keras.Input(shape), layers.Flatten(), *ends])


def logits():
    """A discriminator that ends in logits."""
    return discriminator_of(layers.Dense(1))


def functional(inputs, make):
    """A functional model of the tensors that a function makes."""
    return keras.Model(inputs, make(inputs))


def train(generator, discriminator=None, labels=None, **rules):
    """Trains a game of two networks for two steps, and returns it."""
    gan = kg.GAN(generator, logits() if discriminator is None else discriminator)
    gan.compile(run_eagerly=True, **rules)
    gan.fit(random_images(16), labels, batch_size=8, verbose=0)
    assert int(gan.step) == 2
    return gan


# Item 10: ends.


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
def test_other_ends_of_a_discriminator_train(end):
    kg.GAN(generator_of(), discriminator_of(layers.Dense(1), end)).compile()


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
    for outputs in (squashed * 2 - 1, 2 * (squashed - 0.5), (squashed - 0.5) / 0.5):
        found = output_range(keras.Model(inputs, outputs))
        assert found in ((-1, 1), None)  # Keras puts a number in front of a product aside
    assert output_range(keras.Model(inputs, squashed * 2 - 1)) == (-1, 1)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (layers.Activation("sigmoid"), r"from 0 to 1: .*Put keras.layers.Activation\('tanh'\)"),
        (layers.Dense(1, "sigmoid"), "Write activation='tanh' in place of 'sigmoid'"),
        (layers.ReLU(), "got values from 0: "),
        (layers.Rescaling(0.5), None),
    ],
)
def test_a_generator_that_cannot_reach_the_images_is_refused(end, message):
    gan = kg.GAN(generator_of(end), logits())
    if message is None:
        return gan.compile()
    with pytest.raises(ConfigError, match=f"a generator of images from -1 to 1, .*{message}"):
        gan.compile()


def test_points_may_end_in_a_sigmoid():
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(2, "sigmoid")])
    kg.GAN(generator, discriminator_of(layers.Dense(1), shape=(2,))).compile()


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


# Item 11: layers of one's own.


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
    registered = {"test_own_networks>Scale": Scale, "test_own_networks>half": half}
    gan = train(generator_of(Scale(0.5), layers.Dense(1, activation=half)))
    with pytest.raises(ConfigError, match=r"got Scale, half; write @keras.saving.register"):
        gan.save(tmp_path / "gan.keras")
    with keras.saving.custom_object_scope({"Scale": Scale, "half": half}):
        gan.save(tmp_path / "gan.keras")
        loaded = kg.load_model(tmp_path / "gan.keras")
    assert registered
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


# Item 12: inputs and outputs of other forms.


def sized(*tensors):
    """8x8 images of concatenated tensors."""
    flat = [layers.Flatten()(ops.cast(tensor, "float32")) for tensor in tensors]
    both = layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    return layers.Reshape(SHAPE)(layers.Dense(64, "tanh")(both))


def judged(*tensors):
    """Logits of concatenated tensors."""
    flat = [layers.Flatten()(ops.cast(tensor, "float32")) for tensor in tensors]
    return layers.Dense(1)(layers.Concatenate()(flat) if len(flat) > 1 else flat[0])


def conditional_pair(labels, order=1):
    """A generator and a discriminator of labels of this input's form."""

    def make(first, outputs):
        first, second = keras.Input(first), keras.Input(*labels)
        inputs = [first, second] if order else [second, first]
        return keras.Model(inputs, outputs(first, second))

    return make((6,), sized), make(SHAPE, judged)


UNCONDITIONAL = {
    "images of latents": lambda: functional(keras.Input((1, 1, 6)), sized),
    "two latents": lambda: functional([keras.Input((4,)), keras.Input((2,))], lambda x: sized(*x)),
    "a dict": lambda: functional({"z": keras.Input((6,), name="z")}, lambda x: sized(x["z"])),
    "a nested subclass": lambda: functional(keras.Input((6,)), lambda x: Subclassed()(x)),
}


class Subclassed(keras.Model):
    """A model of `call` alone."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(64)
        self.shape = layers.Reshape(SHAPE)

    def call(self, x):
        return self.shape(self.dense(x))


@pytest.mark.parametrize("name", UNCONDITIONAL)
def test_latents_of_other_forms_train(name):
    network = UNCONDITIONAL[name]()
    weights = [np.array(weight) for weight in network.weights]
    gan = train(network)
    assert gan.latent_dim == 6
    assert gan.sample(3).shape == (3, *SHAPE)
    assert any(not np.array_equal(a, b) for a, b in zip(weights, network.weights, strict=True))
    with keras.saving.custom_object_scope({"Subclassed": Subclassed}):
        assert kg.GAN.from_config(gan.get_config()).latent_dim == 6


@pytest.mark.parametrize("order", [1, 0])
@pytest.mark.parametrize(
    "labels", [((), None, "int32"), ((1,), None, "int32"), ((3,), None, "float32")]
)
def test_labels_of_other_forms_train(labels, order):
    generator, discriminator = conditional_pair((labels[0], labels[1], labels[2]), order)
    gan = train(generator, discriminator, np.arange(16) % 3)
    assert gan.conditional
    assert gan.num_classes == (3 if labels[0] == (3,) else None)
    assert gan.sample(3, labels=[0, 1, 2]).shape == (3, *SHAPE)
    if labels[0] == (3,):
        one_hot, latents = tf.eye(3), gan.latents(3)
        inputs = [latents, one_hot] if order else [one_hot, latents]
        gan.reset_averages()
        expected = generator(inputs)
        np.testing.assert_allclose(gan.sample_at(latents, [0, 1, 2]), expected, atol=1e-6)


def test_discriminators_of_other_outputs_train():
    def outputs(x):
        flat = layers.Flatten()(x)
        return {"classes": layers.Dense(3)(flat), "real": layers.Dense(1)(flat)}

    generator, _ = conditional_pair(((), None, "int32"))
    discriminator = functional(keras.Input(SHAPE), outputs)
    gan = kg.GAN(generator, discriminator, num_classes=3)
    assert gan.discriminator.output_shape == [(None, 1), (None, 3)]
    gan.compile(run_eagerly=True)
    gan.fit(random_images(8), np.arange(8) % 3, batch_size=8, verbose=0)
    assert gan.history.history["class_loss"][0] > 0
    assert kg.GAN.from_config(gan.get_config()).num_classes == 3


@pytest.mark.parametrize(
    ("generator", "discriminator", "message"),
    [
        (lambda: keras.Sequential([layers.Dense(64)]), logits, "begin it with keras.Input"),
        (Subclassed, logits, r"make it functional: x = keras.Input\(shape\); keras.Model\(x, net"),
        (
            lambda: functional(keras.Input((6,), dtype="int32"), sized),
            logits,
            "latents as floats of a known shape, .* int32",
        ),
        (lambda: functional(keras.Input((None,)), sized_of_any), logits, "floats of a known shape"),
        (
            lambda: functional(keras.Input((6,)), lambda x: [sized(x), sized(x)]),
            logits,
            "a generator with one output",
        ),
        (
            generator_of,
            lambda: functional(keras.Input(SHAPE), lambda x: [judged(x) for _ in range(3)]),
            r"outputs logits, or \[logits, class logits\], got 3 outputs",
        ),
        (
            generator_of,
            lambda: functional([keras.Input(SHAPE) for _ in range(3)], lambda x: judged(*x)),
            "a discriminator of samples, or of samples and labels, got the inputs",
        ),
        (
            lambda: conditional_pair(((2, 2), None, "int32"))[0],
            lambda: conditional_pair(((), None, "int32"))[1],
            "an input of labels, one class .* or one-hot",
        ),
        (generator_of, lambda: discriminator_of(layers.Dense(1), shape=(8, 8, 11)), "one-hot maps"),
    ],
)
def test_other_forms_are_told_how(generator, discriminator, message):
    with pytest.raises(ConfigError, match=message):
        kg.GAN(generator(), discriminator())


def sized_of_any(x):
    """8x8 images of any number of latents."""
    return sized(ops.mean(x, axis=1, keepdims=True))


def test_patches_of_logits_train():
    patches = keras.Sequential([keras.Input(SHAPE), layers.Conv2D(1, 4, 2)])
    assert np.isfinite(train(generator_of(), patches).history.history["d_loss"]).all()


# Classes.


@pytest.mark.parametrize(
    "encode",
    [
        layers.Embedding(3, 4),
        layers.CategoryEncoding(3, output_mode="one_hot"),
        lambda labels: ops.one_hot(labels, 3),
        lambda labels: ops.one_hot(ops.squeeze(ops.reshape(labels, (-1, 1)), -1), 3),
        keras.Sequential([keras.Input((), dtype="int32"), layers.Embedding(3, 4)]),
    ],
)
def test_the_graph_tells_the_number_of_classes(encode):
    labels = keras.Input((), dtype="int32")
    if isinstance(encode, layers.CategoryEncoding):
        encoded = encode(ops.reshape(labels, (-1, 1)))
    else:
        encoded = encode(labels)
    assert count_classes(keras.Model(labels, encoded), 0) == 3


def test_unknown_numbers_of_classes_are_asked_for(tmp_path):
    gan = train(*conditional_pair(((), None, "int32")), np.arange(16) % 3)
    for use in (
        lambda: gan.sample(2),
        gan.preview,
        lambda: kg.export.to_onnx(gan, tmp_path / "x.onnx"),
        lambda: kg.export.to_saved_model(gan, tmp_path / "x"),
    ):
        with pytest.raises(ConfigError, match=r"GAN.generator, discriminator, num_classes=10."):
            use()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    named = kg.GAN(gan.generator, gan.discriminator, num_classes=3)
    assert named.preview()[1] == 9
    assert len(np.unique(named.example_inputs(6, 0)["labels"])) == 3


# Well-known examples of Keras, in tiny form.


def test_the_dcgan_of_keras_is_told_both_lines():
    """https://keras.io/examples/generative/dcgan_overriding_train_step (sigmoids at both ends)."""
    convolutions = [
        layers.Conv2D(4, 4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
    ]
    discriminator = [keras.Input((16, 16, 3)), *convolutions, layers.Flatten(), layers.Dropout(0.2)]
    generator = [
        keras.Input((6,)),
        layers.Dense(8 * 8 * 4),
        layers.Reshape((8, 8, 4)),
        layers.Conv2DTranspose(4, 4, strides=2, padding="same"),
        layers.LeakyReLU(negative_slope=0.2),
    ]
    convolution = {"kernel_size": 5, "padding": "same"}
    squashed = keras.Sequential([*generator, layers.Conv2D(3, activation="sigmoid", **convolution)])
    with pytest.raises(ConfigError, match="Leave out its activation='sigmoid'"):
        kg.GAN(squashed, keras.Sequential([*discriminator, layers.Dense(1, "sigmoid")]))
    gan = kg.GAN(squashed, keras.Sequential([*discriminator, layers.Dense(1)]))
    with pytest.raises(ConfigError, match="expected no d_optimizer: a game has discriminator_opt"):
        gan.compile(d_optimizer="adam", g_optimizer="adam", loss_fn="bce")
    with pytest.raises(ConfigError, match="activation='tanh' in place of 'sigmoid'"):
        gan.compile()
    mended = keras.Sequential([*generator, layers.Conv2D(3, activation="tanh", **convolution)])
    gan = kg.GAN(mended, gan.discriminator)
    gan.compile(run_eagerly=True)
    gan.fit(random_images(8, 16, 3), batch_size=8, verbose=0)


def test_the_conditional_gan_of_keras_is_told_how():
    """https://keras.io/examples/generative/conditional_gan (one-hot maps beside the pixels)."""
    with pytest.raises(ConfigError, match=r"a second input for labels, keras.Input\(\(\), dtype"):
        kg.GAN(generator_of(latent_dim=6 + 10), discriminator_of(layers.Dense(1), shape=(8, 8, 11)))


def test_the_wgan_gp_of_keras_trains():
    """https://keras.io/examples/generative/wgan_gp (batch normalization, tanh, and no sigmoid)."""
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(4 * 4 * 4, use_bias=False),
            layers.BatchNormalization(),
            layers.LeakyReLU(0.2),
            layers.Reshape((4, 4, 4)),
            layers.UpSampling2D(),
            layers.Conv2D(1, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.Activation("tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.ZeroPadding2D(2),
            layers.Conv2D(4, 5, 2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    penalties = [kg.penalties.GradientPenalty(10.0)]
    gan = train(generator, discriminator, loss="wasserstein", penalties=penalties)
    assert np.isfinite(gan.history.history["gradient_penalty"]).all()
