"""Layers with equalized learning rate: weights of variance 1, scaled at run time."""

import math
from typing import Any

from keras_gan.checks import check_integer
from keras_gan.convolutions import convolve

import keras
import tensorflow as tf
from keras import ops


class Equalized(keras.layers.Layer):
    """Base of layers that store a weight w of variance 1 and apply w gain / sqrt(fan-in).

    Adam's steps don't depend on the size of a gradient, so all layers learn at the same speed if
    their weights have the same scale.

    Args:
        gain: Standard deviation of the outputs, for independent inputs of variance 1.
        rate: Learning rate relative to the optimizer's; 0.01 in StyleGAN's mapping.
        use_bias: Whether to add a bias.
        bias: Initial value of the bias.
        scale_bias: Whether the gain is that of the activation behind the layer, as in StyleGAN2, so
            that it scales the bias too.
        **kwargs: As in `keras.layers.Layer`.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, section 4.1.
    """

    def __init__(
        self,
        gain: float = 1.0,
        rate: float = 1.0,
        use_bias: bool = True,
        bias: float = 0.0,
        scale_bias: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.gain, self.rate, self.use_bias, self.initial_bias = gain, rate, use_bias, bias
        self.scale_bias = scale_bias

    def add_weights(self, shape: tuple[int, ...]) -> None:
        """Creates the kernel, whose last axis is the outputs, and the bias."""
        normal = keras.initializers.RandomNormal(stddev=1.0 / self.rate)
        self.kernel = self.add_weight(shape, normal, name="kernel")
        if self.use_bias:
            constant = keras.initializers.Constant(self.initial_bias / self.bias_factor)
            self.bias = self.add_weight(shape[-1:], constant, name="bias")

    @property
    def bias_factor(self) -> float:
        """Factor of the stored bias."""
        return self.rate * self.gain if self.scale_bias else self.rate

    def scaled_kernel(self) -> tf.Tensor:
        """Returns the kernel times gain, rate and 1 / sqrt(fan-in)."""
        fan_in = math.prod(self.kernel.shape[:-1])
        return self.kernel * (self.gain * self.rate * fan_in**-0.5)

    def add_bias(self, outputs: tf.Tensor) -> tf.Tensor:
        """Adds the bias, if the layer has one."""
        return outputs + self.bias * self.bias_factor if self.use_bias else outputs

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "gain": self.gain,
            "rate": self.rate,
            "use_bias": self.use_bias,
            "bias": self.initial_bias,
            "scale_bias": self.scale_bias,
        }


@keras.saving.register_keras_serializable(package="keras_gan")
class EqualizedDense(Equalized):
    """A dense layer with equalized learning rate.

    Args:
        units: Number of outputs.
        **kwargs: As in `Equalized`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.EqualizedDense(3)
    >>> layer(np.ones((2, 4), "float32")).shape
    TensorShape([2, 3])
    """

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = check_integer("units", units)

    def build(self, input_shape: tuple) -> None:
        """Creates the weights for inputs `(batch, features)`."""
        self.add_weights((input_shape[-1], self.units))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, features)` to `(batch, units)`."""
        return self.add_bias(ops.matmul(inputs, self.scaled_kernel()))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns `(batch, units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="keras_gan")
class EqualizedConv2D(Equalized):
    """A convolution with equalized learning rate.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the kernel.
        padding: `"same"` or `"valid"`.
        strides: Stride along both axes.
        **kwargs: As in `Equalized`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.EqualizedConv2D(8, 3)
    >>> layer(np.ones((2, 5, 5, 4), "float32")).shape
    TensorShape([2, 5, 5, 8])
    """

    def __init__(
        self, filters: int, kernel_size: int, padding: str = "same", strides: int = 1, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.filters = check_integer("filters", filters)
        self.kernel_size = check_integer("kernel_size", kernel_size)
        self.padding, self.strides = padding, strides

    def build(self, input_shape: tuple) -> None:
        """Creates the weights for inputs `(batch, height, width, channels)`."""
        self.add_weights((self.kernel_size, self.kernel_size, input_shape[-1], self.filters))

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, height, width, channels)` to `(batch, height, width, filters)`."""
        kernel = self.scaled_kernel()
        return self.add_bias(convolve(inputs, kernel, self.strides, self.padding))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns `(batch, rows, columns, filters)`."""
        cut = 0 if self.padding == "same" else self.kernel_size - 1
        sizes = ((size - cut - 1) // self.strides + 1 for size in input_shape[1:3])
        return (input_shape[0], *sizes, self.filters)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "padding": self.padding,
            "strides": self.strides,
        }
