"""StyleGAN2's layers against convolutions and filters in NumPy."""

import keras_gan as kg

import numpy as np
import pytest
import tensorflow as tf

RNG = np.random.default_rng(0)


def zero_stuffed(x):
    """x with zeros between its places."""
    stuffed = np.zeros((len(x), 2 * x.shape[1] - 1, 2 * x.shape[2] - 1, x.shape[3]))
    stuffed[:, ::2, ::2] = x
    return stuffed


def convolved(x, kernel, padding, correlate=True):
    """A convolution in NumPy, with the same kernel for all samples."""
    kernel = kernel if correlate else kernel[::-1, ::-1]
    size = len(kernel)
    x = np.pad(x, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    places = [n - size + 1 for n in x.shape[1:3]]
    patches = [
        np.einsum("bhwi,io->bhwo", x[:, r : r + places[0], c : c + places[1]], kernel[r, c])
        for r in range(size)
        for c in range(size)
    ]
    return sum(patches)


def smoothed(x, padding, gain=1.0):
    taps = np.array([1, 3, 3, 1]) / 8
    each = np.einsum("r,c,io->rcio", taps, taps, np.eye(x.shape[-1]))
    return gain * convolved(x, each, padding)


@pytest.mark.parametrize("upsample", [False, True])
@pytest.mark.parametrize("demodulate", [False, True])
def test_modulated_convolution_is_one_with_each_samples_weights(demodulate, upsample):
    """Weights per sample in NumPy, float64; the activations are never scaled there."""
    layer = kg.layers.ModulatedConv2D(4, 3, demodulate, upsample, gain=1.5)
    x, scales = RNG.normal(size=(2, 5, 6, 3)), RNG.normal(1.0, 0.5, (2, 3))
    results = layer([x.astype("float32"), scales.astype("float32")])
    layer.bias.assign([1, 2, 3, 4])
    results = layer([x.astype("float32"), scales.astype("float32")])
    for sample in range(2):
        weights = np.array(layer.kernel, "float64") * scales[sample][:, None] / np.sqrt(27)
        if demodulate:
            weights /= np.sqrt((weights**2).sum(axis=(0, 1, 2)) + 1e-8)
        one = x[sample : sample + 1]
        if upsample:  # a convolution of the places between zeros, and then the filter
            y = smoothed(convolved(zero_stuffed(one), weights, 2, correlate=False), 1, gain=4)
        else:
            y = convolved(one, weights, 1)
        np.testing.assert_allclose(results[sample], 1.5 * y[0] + [1, 2, 3, 4], atol=1e-5)


def test_upsampling_in_a_modulated_convolution_is_upsampling_before_it_but_at_the_edges():
    layer = kg.layers.ModulatedConv2D(4, 3, upsample=True)
    x, scales = (RNG.normal(size=s).astype("float32") for s in ((2, 6, 6, 3), (2, 3)))
    results = np.array(layer([x, scales]))
    plain = kg.layers.ModulatedConv2D(4, 3)
    larger = kg.layers.Upsample2D()(x)
    plain.build([larger.shape, scales.shape])
    plain.set_weights([np.array(layer.kernel)[::-1, ::-1], np.array(layer.bias)])
    expected = np.array(plain([larger, scales]))
    np.testing.assert_allclose(results[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], atol=1e-5)


def test_a_convolution_of_stride_2_after_smoothing_is_halving_after_it_but_at_the_edges():
    wide = kg.layers.EqualizedConv2D(4, 3, use_bias=False)
    x = RNG.normal(size=(2, 8, 8, 3)).astype("float32")
    expected = np.array(kg.layers.Downsample2D()(wide(x)))
    strided = kg.layers.EqualizedConv2D(4, 3, "valid", strides=2, use_bias=False)
    smooth = kg.layers.Smooth2D(2)(x)
    strided.build(smooth.shape)
    strided.set_weights(wide.get_weights())
    results = np.array(strided(smooth))
    assert strided.compute_output_shape(smooth.shape) == results.shape
    np.testing.assert_allclose(results[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (kg.layers.Upsample2D, lambda x: smoothed(zero_stuffed(x), 2, gain=4)),
        (kg.layers.Downsample2D, lambda x: smoothed(x, 1)[:, ::2, ::2]),
        (lambda dtype: kg.layers.Smooth2D(2, dtype=dtype), lambda x: smoothed(x, 2)),
    ],
)
def test_resampling_is_a_filter_with_and_without_xla(layer, expected, dtype):
    """Outputs, and the gradient of the gradient's square, which R1 needs."""
    x = RNG.integers(-4, 5, (2, 4, 6, 3)).astype("float32")
    results, objects = [], layer(dtype=dtype)
    for jit in (False, True):

        @tf.function(jit_compile=jit)
        def twice(x, jit=jit):
            with kg.compilation.in_this_process(jit), tf.GradientTape() as outer:
                outer.watch(x)
                with tf.GradientTape() as inner:
                    inner.watch(x)
                    y = tf.cast(objects(x), tf.float32)
                    total = tf.reduce_sum(y**3)
                steep = tf.reduce_sum(inner.gradient(total, x) ** 2)
            return y, outer.gradient(steep, x)

        results.append([value.numpy() for value in twice(x)])
    exact = dtype == "float32"
    np.testing.assert_allclose(results[0][0], expected(x), atol=1e-5 if exact else 0.05)
    for plain, compiled in zip(*results, strict=True):
        unit = np.abs(plain).max()
        np.testing.assert_allclose(plain, compiled, atol=unit * (1e-5 if exact else 0.03))


def test_pixel_noise_is_new_in_training_and_fixed_otherwise():
    layer, another = (kg.layers.PixelNoise(number) for number in (2, 3))
    x = np.zeros((3, 16, 16, 4), "float32")
    keys = [kg.noise.make_key(seed) for seed in (0, 1)]
    assert not np.any(layer([x, keys[0]], training=True))  # the strength begins at 0
    another([x, keys[0]])
    for one in (layer, another):
        one.strength.assign(2.0)
    first, other = (np.array(layer([x, key], training=True)) for key in keys)
    np.testing.assert_array_equal(first, layer([x, keys[0]], training=True))
    assert abs(np.corrcoef(first[..., 0].ravel(), other[..., 0].ravel())[0, 1]) < 0.2
    assert abs(np.corrcoef(first[0, ..., 0].ravel(), first[1, ..., 0].ravel())[0, 1]) < 0.25
    assert first.std() == pytest.approx(2.0, abs=0.2)
    assert (first == first[..., :1]).all()  # one number for all channels
    assert np.any(first != np.array(another([x, keys[0]], training=True)))
    fixed = [np.array(layer([x, key])) for key in keys]
    np.testing.assert_array_equal(*fixed)
    np.testing.assert_allclose(fixed[0][1], 2.0 * np.array(layer.fixed) + x[0], atol=1e-6)
    louder = kg.layers.PixelNoise(2, gain=1.5)
    louder([x, keys[0]])
    louder.set_weights(layer.get_weights())
    np.testing.assert_allclose(louder([x, keys[0]]), 1.5 * fixed[0], atol=1e-6)
