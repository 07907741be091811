"""Keras's convolutions, computed by `keras_gan.convolutions`."""

from typing import Any

from keras_gan.convolutions import convolve, convolve_transposed
from keras_gan.errors import ConfigError

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class Conv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with gradients that are fast on CPUs.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the kernel.
        **kwargs: As in `keras.layers.Conv2D`, except groups and dilation.

    Raises:
        ConfigError: For groups, dilation, other axes, or sides or strides that differ.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.Conv2D(8, 4, strides=2, padding="same")
    >>> layer(np.ones((2, 6, 6, 3), "float32")).shape
    TensorShape([2, 3, 3, 8])
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any):
        super().__init__(filters, kernel_size, **kwargs)
        check_options(self, groups=self.groups)

    def convolution_op(self, inputs: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, height, width, channels)` to `(batch, rows, columns, filters)`."""
        return convolve(inputs, ops.convert_to_tensor(kernel), self.strides[0], self.padding)


@keras.saving.register_keras_serializable(package="keras_gan")
class Conv2DTranspose(keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with gradients that are fast on CPUs.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the kernel.
        **kwargs: As in `keras.layers.Conv2DTranspose`, except output padding and dilation.

    Raises:
        ConfigError: For output padding, dilation, other axes, or sides or strides that differ.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.Conv2DTranspose(8, 4, strides=2, padding="same")
    >>> layer(np.ones((2, 3, 3, 5), "float32")).shape
    TensorShape([2, 6, 6, 8])
    """

    def __init__(self, filters: int, kernel_size: int, **kwargs: Any):
        super().__init__(filters, kernel_size, **kwargs)
        check_options(self, output_padding=self.output_padding or 1)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, rows, columns, channels)` to `(batch, height, width, filters)`."""
        kernel = ops.convert_to_tensor(self.kernel)
        outputs = convolve_transposed(inputs, kernel, self.strides[0], self.padding)
        outputs = outputs + ops.convert_to_tensor(self.bias) if self.use_bias else outputs
        return outputs if self.activation is None else self.activation(outputs)


def check_options(layer: keras.layers.Layer, **others: int) -> None:
    """Raises `ConfigError` for options that `keras_gan.convolutions` doesn't have."""
    is_plain = (
        len({*layer.kernel_size}) == len({*layer.strides}) == 1
        and {*layer.dilation_rate} == {*others.values()} == {1}
        and layer.data_format == "channels_last"
    )
    if not is_plain:
        names = ", ".join(others)
        raise ConfigError(
            f"expected square kernels and strides, channels last, no dilation and no {names}, got "
            f"kernel_size={layer.kernel_size}, strides={layer.strides}, data_format="
            f"{layer.data_format!r}, dilation_rate={layer.dilation_rate}, {others}; use "
            f"keras.layers.{type(layer).__name__} for others."
        )
