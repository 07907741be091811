"""Layers against their closed forms. LeakyReLU's and Maxout's are in test_networks."""

import json
import pathlib
import subprocess
import sys

import keras_gan as kg
from keras_gan.errors import ConfigError

import keras
import numpy as np
import pytest
import tensorflow as tf

RNG = np.random.default_rng(0)


def largest_singular_value(kernel, transposed=False):
    kernel = np.moveaxis(kernel, -2, -1) if transposed else kernel
    return np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (lambda: keras.layers.Dense(5), RNG.normal(size=(4, 7))),
        (lambda: keras.layers.Conv1D(5, 3), RNG.normal(size=(4, 9, 2))),
        (lambda: keras.layers.Conv2D(5, 3), RNG.normal(size=(4, 6, 6, 2))),
        (lambda: keras.layers.Conv2DTranspose(5, 4, strides=2), RNG.normal(size=(4, 3, 3, 2))),
        (lambda: keras.layers.Embedding(7, 5), RNG.integers(7, size=(4,))),
    ],
)
def test_spectral_normalization_uses_the_weight_over_its_largest_singular_value(make, inputs):
    inputs = inputs.astype("float32") if inputs.dtype == np.float64 else inputs
    wrapped = kg.layers.SpectralNormalization(make(), power_iterations=50)
    wrapped(inputs, training=True)
    plain, (weight, *rest) = make(), wrapped.layer.get_weights()
    plain(inputs)
    sigma = largest_singular_value(weight, "Transpose" in type(plain).__name__)
    plain.set_weights([weight / sigma, *rest])
    np.testing.assert_allclose(wrapped(inputs), plain(inputs), atol=1e-5)
    assert np.array_equal(wrapped.layer.get_weights()[0], weight)  # W itself is kept


def test_one_power_iteration_is_miyatos():
    """u and sigma after one training call, by algorithm 1 in NumPy."""
    dense = keras.layers.Dense(3, use_bias=False)
    layer = kg.layers.SpectralNormalization(dense)
    x = RNG.normal(size=(2, 4)).astype("float32")
    layer.build(x.shape)
    kernel, u = dense.get_weights()[0].astype("float64"), np.array(layer.u, "float64")
    v = kernel @ u / np.linalg.norm(kernel @ u)
    u = kernel.T @ v / np.linalg.norm(kernel.T @ v)
    v = kernel @ u / np.linalg.norm(kernel @ u)
    expected = x @ kernel / (v @ kernel @ u)
    np.testing.assert_allclose(layer(x, training=True), expected, rtol=1e-5)
    np.testing.assert_allclose(np.array(layer.u), u, rtol=1e-5)
    before = np.array(layer.u)
    layer(x, training=False)
    assert np.array_equal(before, np.array(layer.u))  # u rests without training


def test_the_gradient_flows_through_sigma():
    """d(W / sigma(W)) has no part along W: scaling W changes nothing."""
    dense = keras.layers.Dense(1, use_bias=False)
    layer = kg.layers.SpectralNormalization(dense, power_iterations=30)
    x = RNG.normal(size=(3, 4)).astype("float32")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(x, training=True) ** 3)
    slope = tape.gradient(total, dense.kernel.value).numpy()
    assert np.abs(slope).max() > 1e-3
    assert abs((slope * dense.get_weights()[0]).sum()) < 1e-4


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_spectral_discriminators_keep_w_under_mixed_precision_too(policy):
    discriminator = kg.networks.DCGANDiscriminator(
        (8, 8, 1), 4, num_classes=3, normalization="spectral", dtype=policy
    )
    images = RNG.uniform(-1, 1, (4, 8, 8, 1)).astype("float32")
    inputs = [images, np.array([0, 1, 2, 0])]
    wrapped = [x for x in discriminator.layers if isinstance(x, kg.layers.SpectralNormalization)]
    assert len(wrapped) == 4  # a convolution, two dense layers, the embedding
    before = [np.array(w) for w in discriminator.trainable_weights]
    judge = tf.function(lambda: discriminator(inputs, training=True))
    for _ in range(200):
        logits = judge()
    assert logits.dtype == tf.float32
    for old, new in zip(before, discriminator.trainable_weights, strict=True):
        assert np.array_equal(old, np.array(new))
    dense = wrapped[1]
    value = dense._sigma(dense.layer.kernel, training=False)
    assert float(value) == pytest.approx(largest_singular_value(dense.layer.get_weights()[0]), 1e-3)


@pytest.mark.parametrize(
    "make",
    [
        lambda size: kg.layers.Maxout(size),
        lambda size: kg.layers.EqualizedDense(size),
        lambda size: kg.layers.EqualizedConv2D(size, 3),
        lambda size: kg.layers.EqualizedConv2D(2, size),
        lambda size: kg.layers.ModulatedConv2D(size, 3),
        lambda size: kg.layers.ModulatedConv2D(2, size),
        lambda size: kg.layers.LearnedMap(size),
        lambda size: kg.layers.NearestUpsample2D(size),
        lambda size: kg.networks.DCGANGenerator((8, 8, 1), size, 4),
        lambda size: kg.networks.MLPGenerator((8, 8, 1), size),
    ],
)
def test_a_layer_without_an_output_is_refused(make):
    """In a step oneDNN would abort the process."""
    for size in (0, -1, 2.5):
        with pytest.raises(ConfigError, match=f"expected an integer .* >= 1, got {size}"):
            make(size)


def test_a_layer_without_a_kernel_is_refused():
    with pytest.raises(ConfigError, match="kernel or embeddings, got ReLU"):
        kg.layers.SpectralNormalization(keras.layers.ReLU())(np.ones((1, 2)))
    with pytest.raises(ConfigError, match="integer power_iterations >= 1, got 0"):
        kg.layers.SpectralNormalization(keras.layers.Dense(1), power_iterations=0)


def test_conditional_batch_normalization_scales_and_shifts_by_class():
    layer = kg.layers.ConditionalBatchNormalization(3)
    x, labels = RNG.normal(2, 3, (64, 5, 2)).astype("float32"), RNG.integers(3, size=64)
    layer.build([x.shape, labels.shape])
    layer.gamma.assign([[1, 2], [3, 4], [5, 6]])
    layer.beta.assign([[0, 1], [2, 3], [4, 5]])
    mean, variance = x.mean(axis=(0, 1)), x.var(axis=(0, 1))
    normal = (x - mean) / np.sqrt(variance + 1e-3)
    gamma, beta = (np.array(t)[labels][:, None] for t in (layer.gamma, layer.beta))
    np.testing.assert_allclose(layer([x, labels], training=True), gamma * normal + beta, atol=1e-4)
    moving = layer.normalization.moving_mean
    np.testing.assert_allclose(np.array(moving), 0.1 * mean, rtol=1e-4)


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (
            kg.layers.SpectralNormalization(keras.layers.Conv2D(3, 3), 2),
            RNG.normal(size=(2, 5, 5, 1)),
        ),
        (kg.layers.ConditionalBatchNormalization(4), RNG.normal(size=(2, 5, 3))),
    ],
)
def test_round_trip_of_a_saved_model(layer, inputs, tmp_path):
    x = keras.Input(inputs.shape[1:])
    labelled = isinstance(layer, kg.layers.ConditionalBatchNormalization)
    labels = keras.Input((), dtype="int32")
    model = keras.Model([x, labels] if labelled else x, layer([x, labels] if labelled else x))
    feed = [inputs.astype("float32"), np.array([0, 3])] if labelled else inputs.astype("float32")
    model(feed, training=True)
    model.save(tmp_path / "model.keras")
    second = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(feed), second(feed))
    own = ["power_iterations", "num_classes", "momentum", "epsilon"]
    configs = [x.get_config() for x in (layer, second.layers[-1])]
    assert [configs[0].get(name) for name in own] == [configs[1].get(name) for name in own]


def test_spectral_vectors_stay_equal_on_two_replicas():
    """They don't hang on the samples, so every replica has what one process alone has."""
    script = pathlib.Path(__file__).with_name("two_replicas.py")
    process = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    results = json.loads(process.stdout.splitlines()[-1])
    assert len(results["two"]) == 2
    assert results["two"][0] == results["two"][1]
    np.testing.assert_allclose(results["two"][0], results["alone"], atol=1e-6)
    assert results["output"] < 1e-6


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_batch_normalization_is_keras_own(policy, jit):
    """Outputs, moving statistics and gradients in training; outputs in inference."""
    images = tf.constant(RNG.normal(2.0, 3.0, (6, 4, 4, 5)).astype("float32"))
    results = []
    for kind in (keras.layers.BatchNormalization, kg.layers.BatchNormalization):
        scales = keras.initializers.RandomNormal(1.0, 0.5, seed=5)
        layer = kind(momentum=0.9, gamma_initializer=scales, dtype=policy)
        layer.build(images.shape)

        @tf.function(jit_compile=jit)
        def in_training(images, layer=layer):
            with tf.GradientTape() as tape:
                tape.watch(images)
                outputs = tf.cast(layer(images, training=True), tf.float32)
                total = tf.reduce_sum(outputs**3)
            weights = [weight.value for weight in layer.trainable_weights]
            return outputs, *tape.gradient(total, [images, *weights])

        values = in_training(images)
        results.append([*values, *layer.get_weights(), layer(images, training=False)])
    tolerance = 1e-4 if policy == "float32" else 0.05
    for ours, keras_own in zip(*results[::-1], strict=True):
        ours, keras_own = (np.array(tf.cast(x, tf.float32)) for x in (ours, keras_own))
        np.testing.assert_allclose(ours, keras_own, atol=tolerance * np.abs(keras_own).max())


@pytest.mark.parametrize(
    ("layer", "inputs", "fan_in"),
    [
        (kg.layers.EqualizedDense(400, gain=2.0, rate=0.01, bias=1.0), (300, 200), 200),
        (kg.layers.EqualizedConv2D(64, 3, gain=2.0, padding="valid"), (4, 20, 20, 32), 288),
        (kg.layers.EqualizedDense(400, gain=2.0, rate=0.1, scale_bias=True), (300, 200), 200),
    ],
)
def test_equalized_weights_have_variance_one_and_are_scaled_in_use(layer, inputs, fan_in):
    x = RNG.normal(size=inputs).astype("float32")
    outputs = np.array(layer(x))
    kernel, bias = layer.get_weights()
    assert abs(np.std(kernel) * layer.rate - 1.0) < 0.02
    assert abs(np.std(outputs) - 2.0) < 0.1  # the gain
    plain = x @ kernel if kernel.ndim == 2 else tf.nn.conv2d(x, kernel, 1, "VALID").numpy()
    expected = plain * 2.0 * layer.rate / fan_in**0.5 + bias * layer.bias_factor
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(bias * layer.bias_factor, layer.initial_bias)
    assert layer.bias_factor == layer.rate * (2.0 if layer.scale_bias else 1.0)
    second = type(layer).from_config(layer.get_config())
    assert second.compute_output_shape(inputs) == outputs.shape
    second.build(inputs)
    second.set_weights(layer.get_weights())
    assert np.array_equal(second(x), outputs)


def test_equalized_layers_without_bias():
    assert len(kg.layers.EqualizedDense(3, use_bias=False)(np.ones((2, 4), "float32"))) == 2
    layer = kg.layers.EqualizedConv2D(3, 1, use_bias=False)
    layer.build((None, 4, 4, 2))
    assert [weight.shape for weight in layer.weights] == [(1, 1, 2, 3)]


def test_pixel_norm_brings_every_place_to_mean_square_one():
    x = RNG.normal(3.0, 2.0, (2, 3, 3, 5)).astype("float32")
    expected = x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-8)
    np.testing.assert_allclose(kg.layers.PixelNormalization()(x), expected, rtol=1e-5)
    assert np.isfinite(kg.layers.PixelNormalization()(np.zeros((1, 4), "float32"))).all()


@pytest.mark.parametrize(("batch", "group"), [(8, 4), (6, 3), (5, 1), (2, 2)])
@pytest.mark.parametrize("num_channels", [1, 2])
def test_minibatch_standard_deviation_of_groups(batch, group, num_channels):
    """Groups of 4, or of the largest number below that divides the batch."""
    layer = kg.layers.MinibatchStandardDeviation(4, num_channels)
    x = RNG.normal(size=(batch, 3, 3, 4)).astype("float32")
    y = x.reshape(group, batch // group, 3, 3, num_channels, 4 // num_channels)
    deviation = np.sqrt(y.var(axis=0) + 1e-8).mean(axis=(1, 2, 4))
    maps = np.tile(deviation, (group, 1))[:, None, None] * np.ones((1, 3, 3, 1))
    expected = np.concatenate([x, maps], axis=-1)
    any_batch = tf.function(layer, input_signature=[tf.TensorSpec([None, 3, 3, 4])])
    for results in (layer(x), any_batch(x), tf.function(layer, jit_compile=True)(x)):
        np.testing.assert_allclose(results, expected, atol=1e-5)
    assert layer.compute_output_shape(x.shape) == expected.shape
    assert type(layer).from_config(layer.get_config()).num_channels == num_channels


def test_real_and_generated_samples_dont_meet_in_a_group():
    x = keras.Input((4, 4, 3))
    y = kg.layers.MinibatchStandardDeviation()(x)
    assert kg.networks.mixes_samples(keras.Model(x, y))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: kg.layers.MinibatchStandardDeviation(0), "integer group_size >= 1, got 0"),
        (
            lambda: kg.layers.MinibatchStandardDeviation(4, 2).build((1, 4, 4, 3)),
            "input's 3, got 2",
        ),
    ],
)
def test_bad_arguments_of_layers(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
