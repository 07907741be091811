"""Networks that people bring: inputs and outputs of other forms, classes, and Keras's examples."""

import keras_gan as kg
from keras_gan.errors import ConfigError
from keras_gan.networks.graph import count_classes

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images
from keras import layers, ops
from own_networks import SHAPE, discriminator_of, functional, generator_of, logits, train


def sized(*tensors):
    """8x8 images of concatenated tensors."""
    flat = [layers.Flatten()(ops.cast(tensor, "float32")) for tensor in tensors]
    both = layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
    return layers.Reshape(SHAPE)(layers.Dense(64, "tanh")(both))


def logits_of(*tensors):
    """Logits of concatenated tensors."""
    flat = [layers.Flatten()(ops.cast(tensor, "float32")) for tensor in tensors]
    return layers.Dense(1)(layers.Concatenate()(flat) if len(flat) > 1 else flat[0])


def conditional_pair(labels, order=1):
    """A generator and a discriminator of labels of this input's form."""

    def make(first, outputs):
        first, second = keras.Input(first), keras.Input(*labels)
        inputs = [first, second] if order else [second, first]
        return keras.Model(inputs, outputs(first, second))

    return make((6,), sized), make(SHAPE, logits_of)


UNCONDITIONAL = {
    "images of latents": lambda: functional(keras.Input((1, 1, 6)), sized),
    "two latents": lambda: functional([keras.Input((4,)), keras.Input((2,))], lambda x: sized(*x)),
    "a dict": lambda: functional({"z": keras.Input((6,), name="z")}, lambda x: sized(x["z"])),
    "a dict of images": lambda: functional(keras.Input((6,)), lambda x: {"images": sized(x)}),
    "a list of images": lambda: functional(keras.Input((6,)), lambda x: [sized(x)]),
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
    generator, discriminator = conditional_pair(labels, order)
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
            lambda: functional(keras.Input(SHAPE), lambda x: [logits_of(x) for _ in range(3)]),
            r"outputs logits, or \[logits, class logits\], got 3 outputs",
        ),
        (
            generator_of,
            lambda: functional([keras.Input(SHAPE) for _ in range(3)], lambda x: logits_of(*x)),
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
