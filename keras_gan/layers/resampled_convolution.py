"""Convolutions fused with 2x upsampling or pooling, for less than half the work."""

from typing import Any

from keras_gan.convolutions import convolve, convolve_transposed
from keras_gan.errors import ConfigError

import keras
import tensorflow as tf
from keras import ops


class ResampledConv2D(keras.layers.Conv2D):
    """Base of convolutions that include the resampling in a kernel one pixel wider.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the kernel, odd.
        **kwargs: As in `keras.layers.Conv2D`, except strides, padding, groups and activation.

    Raises:
        ConfigError: For a kernel with an even side.
    """

    def __init__(self, filters: int, kernel_size: int = 3, **kwargs: Any):
        super().__init__(filters, kernel_size, **{**kwargs, "padding": "same"})
        if self.kernel_size[0] % 2 == 0:
            raise ConfigError(f"expected an odd kernel_size, got {kernel_size}.")

    def spread_kernel(self) -> tf.Tensor:
        """Returns the sum of the kernel's four shifts by 0 or 1 pixel along both axes."""
        shifts = [(0, 0), (0, 1), (1, 0), (1, 1)]
        kernel = ops.convert_to_tensor(self.kernel)
        return sum(ops.pad(kernel, [[i, 1 - i], [j, 1 - j], [0, 0], [0, 0]]) for i, j in shifts)

    def add_bias(self, outputs: tf.Tensor) -> tf.Tensor:
        """Adds the bias, if the layer has one."""
        return outputs + ops.cast(self.bias, outputs.dtype) if self.use_bias else outputs


@keras.saving.register_keras_serializable(package="keras_gan")
class UpsampledConv2D(ResampledConv2D):
    """Nearest 2x upsampling and a convolution as one transposed convolution of stride 2.

    A 3x3 kernel covers only 2x2 different pixels of the smaller map, so 4 products replace 9. The
    numbers are the same up to rounding, and the enlarged input is never stored.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the kernel, odd.
        **kwargs: As in `keras.layers.Conv2D`, except strides, padding, groups and activation.

    Raises:
        ConfigError: For a kernel with an even side.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, in the authors' code.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.UpsampledConv2D(8, 3)
    >>> tuple(layer(np.ones((2, 4, 4, 5), "float32")).shape), tuple(layer.kernel.shape)
    ((2, 8, 8, 8), (3, 3, 5, 8))
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, height, width, channels)` to `(batch, 2 height, 2 width, filters)`."""
        kernel = ops.transpose(ops.flip(self.spread_kernel(), (0, 1)), (0, 1, 3, 2))
        return self.add_bias(convolve_transposed(inputs, kernel, strides=2))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the shape with height and width doubled."""
        batch, height, width, _ = input_shape
        return (batch, 2 * height, 2 * width, self.filters)


@keras.saving.register_keras_serializable(package="keras_gan")
class PooledConv2D(ResampledConv2D):
    """A convolution and 2x2 average pooling as one convolution of stride 2.

    The mean of four adjacent 3x3 kernels is a 4x4 kernel, so 4 products replace 9. The numbers are
    the same up to rounding, and the output before pooling is never stored.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the kernel, odd.
        **kwargs: As in `keras.layers.Conv2D`, except strides, padding, groups and activation.

    Raises:
        ConfigError: For a kernel with an even side.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, in the authors' code.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.PooledConv2D(8, 3)
    >>> tuple(layer(np.ones((2, 4, 4, 5), "float32")).shape), tuple(layer.kernel.shape)
    ((2, 2, 2, 8), (3, 3, 5, 8))
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, height, width, channels)` to `(batch, height / 2, width / 2, filters)`."""
        kernel = self.spread_kernel() / 4.0
        return self.add_bias(convolve(inputs, kernel, strides=2))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the shape with height and width halved."""
        batch, height, width, _ = input_shape
        return (batch, height // 2, width // 2, self.filters)
