"""Grouped convolution that is fast on CPUs too."""

from typing import Any

from keras_gan import compilation

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class GroupedConv2D(keras.layers.Conv2D):
    """A grouped convolution of stride 1.

    It gives the same numbers as `keras.layers.Conv2D(groups=...)`. On CPUs Keras's layer uses XLA,
    whose second gradients of grouped convolutions take a hundred times as long. This layer uses
    TensorFlow's own operation, or one convolution per group in a step that XLA compiles for a CPU.

    Args:
        filters: Number of output channels, a multiple of `groups`.
        kernel_size: Side of the kernel.
        groups: Number of groups; it must divide the number of input channels too.
        **kwargs: As in `keras.layers.Conv2D`, except strides, padding and activation.

    Source: Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", CVPR 2017.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.GroupedConv2D(8, 3, groups=4)
    >>> layer(np.ones((2, 5, 5, 8), "float32")).shape, layer.kernel.shape
    (TensorShape([2, 5, 5, 8]), TensorShape([3, 3, 2, 8]))
    """

    def __init__(self, filters: int, kernel_size: int, groups: int, **kwargs: Any):
        super().__init__(filters, kernel_size, groups=groups, **{**kwargs, "padding": "same"})

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, height, width, channels)` to `(batch, height, width, filters)`."""
        kernel = ops.convert_to_tensor(self.kernel)
        if compilation.for_xla_on_cpu():
            outputs = convolve_groups(inputs, kernel, self.groups)
        else:
            outputs = tf.nn.conv2d(inputs, kernel, 1, "SAME")
        return outputs + ops.cast(self.bias, outputs.dtype) if self.use_bias else outputs


def convolve_groups(x: tf.Tensor, kernel: tf.Tensor, groups: int) -> tf.Tensor:
    """Computes a grouped convolution as one convolution per group.

    The groups are split along the first axis. With slices of the last axis, XLA would recompute the
    sliced tensor for each group and for each use in the backward pass.

    Args:
        x: `(batch, height, width, channels)`.
        kernel: `(side, side, channels / groups, filters)`.
        groups: Number of groups.
    """
    _, height, width, channels = x.shape
    parts = ops.reshape(x, (-1, height, width, groups, channels // groups))
    parts = tf.unstack(ops.transpose(parts, (3, 0, 1, 2, 4)))
    kernels = tf.split(kernel, groups, axis=-1)
    outputs = [tf.nn.conv2d(part, w, 1, "SAME") for part, w in zip(parts, kernels, strict=True)]
    outputs = ops.transpose(ops.stack(outputs), (1, 2, 3, 0, 4))
    return ops.reshape(outputs, (-1, height, width, kernel.shape[-1]))
