"""The layers of the residual networks against their closed forms."""

import keras_gan as kg
from keras_gan.errors import ConfigError

import keras
import numpy as np
import pytest
import tensorflow as tf

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def softmax(x):
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def pooled(x):
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def test_self_attention_is_sagans():
    layer, x = kg.layers.SelfAttention(), normal(2, 4, 6, 16)
    assert np.array_equal(layer(x), x)  # the gain begins at 0
    layer.gain.assign(0.7)
    queries, keys, values, back = (
        np.array(convolution.kernel)[0, 0]
        for convolution in (layer.queries, layer.keys, layer.values, layer.projection)
    )
    assert [kernel.shape[1] for kernel in (queries, keys, values, back)] == [2, 2, 8, 16]
    rows = (x @ queries).reshape(2, 24, 2), pooled(x @ keys).reshape(2, 6, 2)
    attention = softmax(rows[0] @ rows[1].transpose(0, 2, 1))
    results = (attention @ pooled(x @ values).reshape(2, 6, 8)).reshape(2, 4, 6, 8) @ back
    np.testing.assert_allclose(layer(x), x + 0.7 * results, atol=1e-5)


def test_its_spectral_vectors_move_in_training_alone():
    layer, x = kg.layers.SelfAttention(spectral=True), normal(2, 4, 4, 8)
    layer(x)
    vectors = [weight for weight in layer.weights if weight.path.endswith("/u")]
    assert len(vectors) == 4
    before = [np.array(u) for u in vectors]
    layer(x, training=False)
    assert all(np.array_equal(u, old) for u, old in zip(vectors, before, strict=True))
    layer(x, training=True)
    assert not any(np.array_equal(u, old) for u, old in zip(vectors, before, strict=True))


def test_adaptive_batch_normalization_scales_and_shifts_by_a_vector():
    layer, x, vectors = kg.layers.AdaptiveBatchNormalization(), normal(8, 3, 3, 2), normal(8, 5)
    x = 2.0 + 3.0 * x
    results = layer([x, vectors], training=True)
    standard = (x - x.mean((0, 1, 2))) / np.sqrt(x.var((0, 1, 2)) + 1e-3)
    scales, shifts = (
        (vectors @ np.array(linear.kernel))[:, None, None]
        for linear in (layer.scales, layer.shifts)
    )
    np.testing.assert_allclose(results, (1.0 + scales) * standard + shifts, atol=1e-4)
    moving = np.array(layer.normalization.moving_mean)
    np.testing.assert_allclose(moving, 0.1 * x.mean((0, 1, 2)), rtol=1e-4)


def test_conditional_batch_normalization_of_images_is_of_rows_too():
    """Covers the fused operation for images, and Keras's implementation for other shapes."""
    x, labels, scales, results = normal(6, 4, 4, 2), np.arange(6) % 3, normal(3, 2), []
    for inputs in (x, x.reshape(6, 16, 2)):
        layer = kg.layers.ConditionalBatchNormalization(3)
        layer.build([inputs.shape, labels.shape])
        layer.gamma.assign(scales)
        results.append([layer([inputs, labels], training=True), *layer.get_weights()])
    results[1][0] = np.reshape(results[1][0], x.shape)
    for images, rows in zip(*results, strict=True):
        np.testing.assert_allclose(images, rows, atol=1e-5)


def plain_pairs(kernel_size):
    """A resampled convolution, and the two layers that it stands for."""
    plain = keras.layers.Conv2D(3, kernel_size, padding="same")
    up, down = keras.layers.UpSampling2D(2), keras.layers.AveragePooling2D(2)
    return (
        (kg.layers.UpsampledConv2D(3, kernel_size), plain, lambda x: plain(up(x))),
        (kg.layers.PooledConv2D(3, kernel_size), plain, lambda x: down(plain(x))),
    )


@pytest.mark.parametrize("kernel_size", [1, 3, 5])
def test_resampled_convolutions_are_two_layers_in_one(kernel_size):
    """Values, slopes at the inputs and the weights, and the slope of a gradient penalty."""
    x = tf.constant(normal(2, 6, 4, 2))
    for fused, plain, two_layers in plain_pairs(kernel_size):
        fused(x), two_layers(x)
        weights = [normal(*weight.shape) for weight in fused.get_weights()]
        results = []
        for layer, function in ((fused, fused), (plain, two_layers)):
            layer.set_weights(weights)
            watched = [x, *(weight.value for weight in layer.trainable_weights)]
            with tf.GradientTape() as outer:
                outer.watch(watched)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    total = tf.reduce_sum(tf.tanh(function(x)))
                penalty = tf.reduce_sum(inner.gradient(total, x) ** 2)
            results.append([function(x), total, *outer.gradient(penalty, watched)])
        for ours, theirs in zip(*results, strict=True):
            scale = np.abs(theirs).max()
            np.testing.assert_allclose(ours, theirs, atol=1e-5 * scale)
        assert tuple(fused.compute_output_shape(x.shape)) == results[0][0].shape


def test_spectral_norm_of_a_resampled_convolution_is_its_kernels():
    layer = kg.layers.PooledConv2D(3, use_bias=False)
    wrapped, x = kg.layers.SpectralNormalization(layer, power_iterations=50), normal(2, 4, 4, 2)
    ours, kernel = wrapped(x, training=True), np.array(layer.kernel)
    sigma = np.linalg.svd(kernel.reshape(-1, 3), compute_uv=False)[0]
    np.testing.assert_allclose(ours, layer(x) / sigma, atol=1e-5)


def test_a_kernel_without_a_middle_is_refused():
    with pytest.raises(ConfigError, match="an odd kernel_size, got 4"):
        kg.layers.UpsampledConv2D(3, 4)


def test_they_are_saved_with_their_arguments(tmp_path):
    images, vectors = keras.Input((4, 4, 8)), keras.Input((5,))
    x = kg.layers.UpsampledConv2D(8)(images)
    x = kg.layers.PooledConv2D(8, 5, use_bias=False)(x)
    x = kg.layers.AdaptiveBatchNormalization(
        epsilon=1e-4, kernel_initializer="orthogonal", spectral=True
    )([x, vectors])
    x = kg.layers.SelfAttention("orthogonal", spectral=True)(x)
    model = keras.Model([images, vectors], x)
    feed = [normal(3, 4, 4, 8), normal(3, 5)]
    model.layers[-1].gain.assign(1.0)
    model(feed, training=True)
    model.save(tmp_path / "model.keras")
    second = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model(feed), second(feed))
    configs = [[layer.get_config() for layer in m.layers] for m in (model, second)]
    assert configs[0] == configs[1]
