"""Modulated convolution: a convolution with input channels scaled by a style."""

from collections.abc import Sequence
from typing import Any

from keras_gan.checks import check_integer
from keras_gan.convolutions import convolve, convolve_transposed
from keras_gan.layers.equalized import Equalized
from keras_gan.layers.resampling import SMOOTH, apply_filter

import keras
import tensorflow as tf
from keras import ops

EPSILON = 1e-8


@keras.saving.register_keras_serializable(package="keras_gan")
class ModulatedConv2D(Equalized):
    """A convolution with weights s_i w_ijk for each sample, demodulated to unit variance.

    y_j = d_j conv(x s, w)_j, with d_j = gain / sqrt(sum_ik (s_i w_ijk)^2 + 1e-8). Scaling the
    activations instead of the weights lets a batch share one convolution. The sum is a matrix
    product of s^2 and w^2.

    Upsampling is a transposed convolution of stride 2, then the filter [1, 3, 3, 1] / 4 along both
    axes. Away from the edges that equals `Upsample2D` before the convolution, for a quarter of the
    work.

    Args:
        filters: Number of output channels.
        kernel_size: Side of the kernel; 3 with `upsample`.
        demodulate: Whether to divide the outputs by the norm of the weights.
        upsample: Whether to double height and width.
        **kwargs: As in `Equalized`.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020,
    equations 1 and 3.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.ModulatedConv2D(8, 3)
    >>> layer([np.ones((2, 5, 5, 4), "float32"), np.ones((2, 4), "float32")]).shape
    TensorShape([2, 5, 5, 8])
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        demodulate: bool = True,
        upsample: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = check_integer("filters", filters)
        self.kernel_size = check_integer("kernel_size", kernel_size)
        self.demodulate, self.upsample = demodulate, upsample

    def build(self, input_shape: Sequence[tuple]) -> None:
        """Creates the weights for `[(batch, height, width, channels), (batch, channels)]`."""
        self.add_weights((self.kernel_size, self.kernel_size, input_shape[0][-1], self.filters))

    def call(self, inputs: Sequence[tf.Tensor]) -> tf.Tensor:
        """Convolves `[x (batch, height, width, channels), scales (batch, channels)]`."""
        x, scales = inputs
        kernel = self.scaled_kernel()
        x = x * scales[:, None, None, :]
        if self.upsample:
            x = convolve_transposed(x, ops.transpose(kernel, (0, 1, 3, 2)), 2, "valid")
            x = apply_filter(x, SMOOTH, 1)
        else:
            x = convolve(x, kernel)
        if self.demodulate or self.upsample:
            x = x * ops.cast(self._factors(kernel, scales), x.dtype)
        return self.add_bias(x)

    def _factors(self, kernel, scales):
        """Returns the float32 factors of the outputs: d, and 4 for the zeros of `upsample`."""
        spread = 4.0 if self.upsample else 1.0
        if not self.demodulate:
            return spread
        kernel, scales = (ops.cast(tensor, "float32") for tensor in (kernel, scales))
        squares = ops.sum(ops.square(kernel), axis=(0, 1)) / self.gain**2
        norms = ops.matmul(ops.square(scales), squares) + EPSILON
        return spread * ops.rsqrt(norms)[:, None, None, :]

    def compute_output_shape(self, input_shape: Sequence[tuple]) -> tuple:
        """Returns the shape with `filters` channels, doubled in size by `upsample`."""
        batch, height, width, _ = input_shape[0]
        factor = 2 if self.upsample else 1
        return (batch, factor * height, factor * width, self.filters)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "demodulate": self.demodulate,
            "upsample": self.upsample,
        }
