"""Convolutions by other ways than TensorFlow's: the same numbers and gradients of two orders."""

import itertools

from keras_gan import compilation, convolutions, layers
from keras_gan.convolutions import Convolution, convolve, convolve_transposed
from keras_gan.errors import ConfigError
from keras_gan.layers.resampling import SMOOTH, apply_filter, downsample

import keras
import numpy as np
import pytest
import tensorflow as tf

SHAPES = [  # size, side, strides, padding
    *itertools.product((4, 7, 8), (3, 4), (1, 2), ("same", "valid")),
    (1, 3, 1, "same"),
    (1, 4, 2, "same"),
    (5, 1, 2, "same"),
    (5, 2, 3, "valid"),
    (6, 5, 3, "same"),
]


@pytest.fixture(params=["by the rule", "by depth", "by products"])
def ways(request, monkeypatch):
    """Lets the rule choose, or chooses the other ways wherever they exist."""
    if request.param != "by the rule":
        few = 1_000 if request.param == "by depth" else 0
        monkeypatch.setattr(convolutions, "FEW_CHANNELS", few)
        monkeypatch.setattr(convolutions, "KERNEL_PRODUCTS", {"float64": 1_000})
        monkeypatch.setattr(convolutions, "INPUT_PRODUCTS", {"float64": 1_000})
    return request.param


def derivatives(function, x, kernel):
    """Returns a map, its gradients and those of a function of these, in one graph."""

    @tf.function
    def compute(x, kernel):
        with tf.GradientTape() as outer:
            outer.watch([x, kernel])
            with tf.GradientTape() as inner:
                inner.watch([x, kernel])
                y = function(x, kernel)
                loss = tf.reduce_sum(y**2)
            slopes = inner.gradient(loss, [x, kernel])
            total = tf.add_n([tf.reduce_sum(slope**3) for slope in slopes])
        return y, *slopes, *outer.gradient(total, [x, kernel])

    return [np.array(part) for part in compute(x, kernel)]


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(("size", "side", "strides", "padding"), SHAPES)
def test_two_orders_of_gradients_equal_tensorflows(size, side, strides, padding, transposed, ways):
    random = np.random.default_rng(0)
    x = tf.constant(random.normal(size=(2, size, size + 1, 5 if transposed else 3)))
    kernel = tf.constant(random.normal(size=(side, side, 3, 5)))
    operation = convolve_transposed if transposed else convolve

    def function(x, kernel):
        return operation(x, kernel, strides, padding)

    expected = derivatives(function, x, kernel)
    with compilation.in_this_process(False):
        parts = derivatives(function, x, kernel)
    for part, other in zip(parts, expected, strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-10, atol=1e-10 * np.abs(other).max())


def test_a_step_takes_the_ways_of_the_rule():
    small = Convolution.of((None, 8, 8, 16), (4, 4, 16, 8), 2, "same")
    large = Convolution.of((None, 64, 64, 3), (4, 4, 3, 8), 2, "same")
    kernel, y = tf.zeros((4, 4, 3, 8)), tf.zeros((1, 32, 32, 8))

    def operations(function, *tensors):
        graph = tf.function(function).get_concrete_function(*tensors).graph
        return {operation.type for operation in graph.get_operations()}

    assert "DepthToSpace" in operations(large.input_gradient, y, kernel)
    maps = tf.zeros((1, 8, 8, 16)), tf.zeros((1, 4, 4, 8))
    assert "Conv2DBackpropFilter" in operations(small.kernel_gradient, *maps)
    maps = [tf.cast(part, tf.bfloat16) for part in maps]
    assert "MatMul" in operations(small.kernel_gradient, *maps)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["Conv2D", "Conv2DTranspose"])
def test_the_layers_equal_keras(name, dtype):
    options = {"strides": 2, "padding": "same", "activation": "relu", "dtype": dtype}
    layer = getattr(layers, name)(5, 4, **options)
    twin = getattr(keras.layers, name)(5, 4, **options)
    x = np.random.default_rng(1).normal(size=(2, 8, 8, 3)).astype("float32")
    twin(x)
    expected = np.array(tf.cast(twin(x), "float32"))
    for context in (compilation.in_this_process(False), compilation.in_this_process(True)):
        with context:
            layer(x)
            layer.set_weights(twin.get_weights())
            np.testing.assert_allclose(
                np.array(tf.cast(layer(x), "float32")),
                expected,
                atol=1e-5 if dtype == "float32" else 0.05,
            )
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("stride", [1, 2])
def test_two_orders_of_gradients_of_filters_equal_tensorflows(stride):
    x = tf.constant(np.random.default_rng(2).normal(size=(2, 6, 7, 3)))

    def function(x, factor):
        return apply_filter(factor * x**2, (1, 3, 3, 1), 2, stride)

    expected = derivatives(function, x, tf.ones(3, x.dtype))
    with compilation.in_this_process(False):
        parts = derivatives(function, x, tf.ones(3, x.dtype))
    for part, other in zip(parts, expected, strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-10, atol=1e-10 * np.abs(other).max())


@pytest.mark.parametrize("shape", [(2, 6, 8, 3), (2, 5, 6, 3), (1, 2, 2, 1)])
def test_two_orders_of_gradients_of_downsampling_equal_tensorflows(shape):
    x, factor = tf.constant(np.random.default_rng(3).normal(size=shape)), tf.ones(1, "float64")
    expected = derivatives(lambda x, f: apply_filter(f * x**2, SMOOTH, 1, 2), x, factor)
    with compilation.in_this_process(False):
        parts = derivatives(lambda x, f: downsample(f * x**2), x, factor)
    for part, other in zip(parts, expected, strict=True):
        np.testing.assert_allclose(part, other, rtol=1e-10, atol=1e-10 * np.abs(other).max())


def test_maps_of_unknown_size():
    inputs = keras.Input((None, None, 3))
    assert layers.Conv2D(4, 3, padding="same")(inputs).shape == (None, None, None, 4)
    assert layers.Conv2DTranspose(4, 3, padding="same")(inputs).shape == (None, None, None, 4)
    kernel = tf.random.stateless_normal((4, 4, 5, 3), (0, 1))
    maps = tf.random.stateless_normal((2, 6, 7, 3), (0, 2))
    for padding in ("same", "valid"):
        unknown = tf.function(
            lambda x, padding=padding: convolve_transposed(x, kernel, 2, padding),
            input_signature=[tf.TensorSpec((None, None, None, 3))],
        )
        expected = convolve_transposed(maps, kernel, 2, padding)
        np.testing.assert_allclose(unknown(maps), expected, atol=1e-5)


@pytest.mark.parametrize("dtype", ["int32", "uint8"])
@pytest.mark.parametrize(
    "layer",
    [
        layers.Conv2D(4, 3, padding="same"),
        layers.Conv2DTranspose(4, 3, padding="same"),
        layers.EqualizedConv2D(4, 3),
        layers.Smooth2D(1),
        layers.Upsample2D(),
    ],
)
def test_maps_of_integers_are_refused(layer, dtype):
    with pytest.raises(ConfigError, match=f"^expected maps of floats to filter, got {dtype}; "):
        layer(np.ones((1, 4, 4, 2), dtype))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("Conv2D", {"kernel_size": (3, 4)}),
        ("Conv2D", {"kernel_size": 3, "strides": (1, 2)}),
        ("Conv2D", {"kernel_size": 3, "dilation_rate": 2}),
        ("Conv2D", {"kernel_size": 3, "groups": 2}),
        ("Conv2D", {"kernel_size": 3, "data_format": "channels_first"}),
        ("Conv2DTranspose", {"kernel_size": 3, "strides": 2, "output_padding": 1}),
        ("Conv2DTranspose", {"kernel_size": 3, "dilation_rate": 2}),
    ],
)
def test_what_the_layers_do_not_compute_is_refused(name, options):
    with pytest.raises(ConfigError, match=f"use keras.layers.{name} for others"):
        getattr(layers, name)(4, **options)
