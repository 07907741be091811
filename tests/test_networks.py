import itertools

from keras_gan import networks
from keras_gan.errors import ConfigError
from keras_gan.layers import LeakyReLU, Maxout
from keras_gan.networks.sizes import map_size_and_doublings, nearest_size

import keras
import numpy as np
import pytest
import tensorflow as tf

SIZES = [(8, 8), (16, 16), (28, 28), (64, 64), (96, 64), (32, 48), (18, 30), (256, 256)]


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.parametrize("size", SIZES)
def test_dcgan_pair_of_every_size(size, num_classes):
    channels = 1 + SIZES.index(size) % 4
    shape = (*size, channels)
    generator = networks.DCGANGenerator(shape, latent_dim=5, width=2, num_classes=num_classes)
    discriminator = networks.DCGANDiscriminator(shape, width=2, num_classes=num_classes)
    latents, labels = np.zeros((2, 5), "float32"), np.array([0, 2])
    conditional = num_classes is not None
    images = np.array(generator([latents, labels] if conditional else latents))
    logits = discriminator([images, labels] if conditional else images)
    assert images.shape == (2, *shape)
    assert logits.shape == (2, 1)
    assert np.abs(images).max() <= 1


def test_the_nearest_size_is_one_that_networks_support():
    for height, width in itertools.product(range(1, 1400, 37), range(1, 1400, 41)):
        size = nearest_size((height, width))
        smallest, doublings = map_size_and_doublings((*size, 3), least_doublings=1)
        assert tuple(side << doublings for side in smallest) == size
    assert map_size_and_doublings((96, 64, 3)) == ((6, 4), 4)
    assert map_size_and_doublings((28, 28, 1)) == ((7, 7), 2)


@pytest.mark.parametrize("num_classes", [None, 3])
@pytest.mark.parametrize("shape", [(1,), (2,), (7, 3), (8, 8, 1)])
def test_mlp_pair_of_any_shape(shape, num_classes):
    generator = networks.MLPGenerator(shape, 4, (8,), num_classes=num_classes)
    discriminator = networks.MLPDiscriminator(shape, (8,), num_classes=num_classes)
    latents, labels = np.ones((3, 4), "float32"), np.array([0, 1, 2])
    conditional = num_classes is not None
    samples = np.array(generator([latents, labels] if conditional else latents))
    assert samples.shape == (3, *shape)
    assert discriminator([samples, labels] if conditional else samples).shape == (3, 1)


def test_mlp_bounds_images_alone():
    large = np.full((1, 4), 1e3, "float32")
    assert np.abs(networks.MLPGenerator((8, 8, 1), 4, (8,))(large)).max() <= 1
    assert np.abs(networks.MLPGenerator((2,), 4, (8,))(large)).max() > 1


def test_labels_change_what_is_made_and_judged():
    generator = networks.DCGANGenerator((8, 8, 1), 4, 4, num_classes=2)
    discriminator = networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=2)
    latents = np.ones((2, 4), "float32")
    images = np.array(generator([latents, np.array([0, 1])]))
    assert not np.allclose(images[0], images[1])
    logits = np.array(discriminator([images[:1].repeat(2, 0), np.array([0, 1])]))
    assert not np.allclose(logits[0], logits[1])


def test_projection_is_an_inner_product_with_the_embedding():
    """logit(x, y) - logit(x, y') = <e_y - e_y', features(x)> (Miyato and Koyama)."""
    network = networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=3)
    embedding = next(v for v in network.weights if v.path.endswith("embeddings")).numpy()
    features = next(
        keras.Model(network.inputs[0], layer.output)
        for layer in reversed(network.layers)
        if isinstance(layer, LeakyReLU)
    )
    image = np.random.default_rng(0).normal(size=(1, 8, 8, 1)).astype("float32")
    logits = [float(network([image, np.array([y])])[0, 0]) for y in range(3)]
    inner = np.array(features(image)) @ embedding.T
    np.testing.assert_allclose(np.diff(logits), np.diff(inner[0]), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "mixed_float16"])
def test_outputs_are_float32_and_the_policy_is_kept(policy):
    pairs = [
        networks.DCGANGenerator((8, 8, 1), 4, 4, dtype=policy),
        networks.DCGANDiscriminator((8, 8, 1), 4, dtype=policy),
        networks.MLPGenerator((2,), 4, (8,), dtype=policy),
        networks.MLPDiscriminator((2,), (8,), dtype=policy),
    ]
    for network in pairs:
        second = type(network).from_config(network.get_config())
        assert network.output.dtype == second.output.dtype == "float32"
        policies = [layer.dtype_policy.name for layer in network.layers]
        assert policies == [layer.dtype_policy.name for layer in second.layers]
        assert policy in policies


MOMENTS = [[4.0, -1.0], [0.25, 9.0]]


def test_points_are_standardised_inside_the_networks():
    """With moments, G's samples and D's logits are those of the plain networks, rescaled."""
    rng = np.random.default_rng(0)
    mean, deviation = np.array(MOMENTS[0]), np.sqrt(MOMENTS[1])
    points = rng.normal(size=(5, 2)).astype("float32")
    for network, inputs in (
        (networks.MLPGenerator, rng.normal(size=(5, 3)).astype("float32")),
        (networks.MLPDiscriminator, points),
    ):
        first = {"latent_dim": 3} if network is networks.MLPGenerator else {}
        plain = network((2,), units=(8,), **first)
        scaled = network((2,), units=(8,), moments=MOMENTS, **first)
        scaled.set_weights(plain.get_weights())
        if network is networks.MLPGenerator:
            np.testing.assert_allclose(
                scaled(inputs), np.array(plain(inputs)) * deviation + mean, atol=1e-5
            )
        else:
            np.testing.assert_allclose(
                scaled(inputs), plain((inputs - mean) / deviation), atol=1e-5
            )
        second = network.from_config(scaled.get_config())
        second.set_weights(plain.get_weights())
        np.testing.assert_array_equal(second(inputs), scaled(inputs))


def test_biases_of_perceptrons_spread_their_kinks():
    network = networks.MLPDiscriminator((1,), units=(1000,), pieces=1)
    kernel, bias = network.get_weights()[:2]
    assert abs(np.abs(bias).max() - 1) < 0.01
    kinks = -bias / kernel[0]
    assert 0.3 < (np.abs(kinks) < 0.5).mean() < 0.7


def test_batchnorm_in_the_discriminator_is_an_option():
    def kinds(network):
        return {type(layer).__name__ for layer in network.layers}

    assert "BatchNormalization" not in kinds(networks.DCGANDiscriminator((16, 16, 1), 4))
    of_2015 = networks.DCGANDiscriminator((16, 16, 1), 4, normalization="batch")
    assert "BatchNormalization" in kinds(of_2015)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: networks.MLPGenerator((2,), moments=[[0.0], [1.0]]), "moments of 2 means"),
        (lambda: networks.MLPGenerator((1,), moments=[[0.0], [0.0]]), "above 0, got 0 in column 0"),
        (lambda: networks.MLPGenerator((2,), moments=[[0, 0], [1, np.nan]]), "got nan in column 1"),
        (lambda: networks.DCGANGenerator((50, 50, 3)), r"expected an image_shape .*50, 50, 3"),
        (lambda: networks.DCGANGenerator((512, 64, 3)), "--image-size 256x32"),
        (lambda: networks.DCGANDiscriminator((32, 32, 5)), r"1 to 4 channels, got \(\d+, \d+, 5\)"),
        (lambda: networks.DCGANDiscriminator((32, 32, 3), normalization="layer"), "got 'layer'"),
        (lambda: networks.DCGANGenerator((32, 32, 3), num_classes=1), "num_classes >= 2"),
        (lambda: networks.MLPGenerator(()), "sample_shape of one axis or more"),
        (lambda: Maxout(3, pieces=1), "integer pieces >= 2"),
    ],
)
def test_bad_arguments(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


def test_maxout_is_the_largest_piece():
    layer = Maxout(2, pieces=3)
    x = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
    result = np.array(layer(x))
    kernel, bias = (np.array(weight) for weight in layer.weights)
    expected = (x @ kernel + bias).reshape(4, 2, 3).max(axis=-1)
    np.testing.assert_allclose(result, expected, rtol=1e-5)
    assert layer.compute_output_shape((None, 5)) == (None, 2)
    assert Maxout.from_config(layer.get_config()).pieces == 3


@pytest.mark.parametrize("jit", [False, True])
def test_leaky_relu_has_kerass_values_and_gradients(jit):
    x = tf.constant(np.random.default_rng(0).normal(size=(4, 5)).astype("float32"))

    def measure(layer):
        @tf.function(jit_compile=jit)
        def run():
            with tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    y = tf.reduce_sum(layer(x) ** 3)
                slope = inner.gradient(y, x)
                norm = tf.reduce_sum(slope**2)
            return layer(x), slope, outer.gradient(norm, x)

        return run()

    pairs = zip(measure(LeakyReLU(0.2)), measure(keras.layers.LeakyReLU(0.2)), strict=True)
    for ours, keras_own in pairs:
        np.testing.assert_allclose(ours, keras_own, rtol=1e-5)


def test_no_gradient_reads_what_goes_into_leaky_relu():
    """Or TensorFlow couldn't fuse it with the convolution before it ("remapper failed")."""

    @tf.function(input_signature=[tf.TensorSpec((4, 5))])
    def gradient_of_norm(x):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                before = x * 1.0
                inner.watch(before)
                y = tf.reduce_sum(LeakyReLU(0.2)(before) ** 3)
            norm = tf.reduce_sum(inner.gradient(y, before) ** 2)
        return outer.gradient(norm, x)

    operations = gradient_of_norm.get_concrete_function().graph.get_operations()
    (activation,) = (one for one in operations if one.type == "LeakyRelu")
    readers = {one.type for one in activation.inputs[0].consumers()}
    assert readers <= {"LeakyRelu", "IdentityN"}
    assert "LeakyReluGrad" in {one.type for one in operations}
