"""Resampling by a factor of 2 with the filter [1, 3, 3, 1], or by repeated pixels."""

from collections.abc import Sequence
from typing import Any

from keras_gan import compilation
from keras_gan.checks import check_integer
from keras_gan.convolutions import check_floats

import keras
import numpy as np
import tensorflow as tf
from keras import ops

SMOOTH, TRIANGLE = (1.0, 3.0, 3.0, 1.0), (1.0, 2.0, 1.0)


@keras.saving.register_keras_serializable(package="keras_gan")
class Upsample2D(keras.layers.Layer):
    """2x upsampling: inserts zeros, then applies the filter [1, 3, 3, 1] / 4 along both axes.

    The outputs are (x[i-1] + 3 x[i]) / 4 and (3 x[i] + x[i+1]) / 4 in turn, with zeros beyond the
    edge. They are computed by repeating each value and applying [1, 2, 1] / 4.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020; the
    filter as in Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML 2019.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.Upsample2D()(np.ones((1, 2, 2, 1), "float32"))[0, :, :, 0].numpy().tolist()[1]
    [0.75, 1.0, 1.0, 0.75]
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, height, width, channels)` to `(batch, 2 height, 2 width, channels)`."""
        return apply_filter(repeat_pixels(inputs), TRIANGLE, 1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the shape with height and width doubled."""
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels)


@keras.saving.register_keras_serializable(package="keras_gan")
class Downsample2D(keras.layers.Layer):
    """2x downsampling: the filter [1, 3, 3, 1] / 8 along both axes with stride 2.

    y[i] = (x[2i-1] + 3 x[2i] + 3 x[2i+1] + x[2i+2]) / 8, with zeros beyond the edge.

    Source: as for `Upsample2D`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.Downsample2D()(np.ones((1, 6, 6, 1), "float32"))[0, 1, :, 0].numpy().tolist()
    [0.875, 1.0, 0.875]
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, height, width, channels)` to `(batch, height / 2, width / 2, channels)`."""
        if compilation.for_tensorflow_on_cpu() and inputs.dtype == tf.bfloat16:
            return downsample(inputs)
        return apply_filter(inputs, SMOOTH, 1, stride=2)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the shape with height and width halved."""
        batch, height, width, channels = input_shape
        return (batch, height // 2, width // 2, channels)


@keras.saving.register_keras_serializable(package="keras_gan")
class Smooth2D(keras.layers.Layer):
    """Smoothing by the filter [1, 3, 3, 1] / 8 along both axes, around a convolution of stride 2.

    Args:
        padding: Number of zeros at each edge; height and width grow by 2 padding - 3.
        **kwargs: As in `keras.layers.Layer`.

    Source: as for `Upsample2D`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.Smooth2D(2)(np.ones((1, 4, 4, 1), "float32"))[0, 2, :, 0].numpy().tolist()
    [0.5, 0.875, 1.0, 0.875, 0.5]
    """

    def __init__(self, padding: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Smooths `(batch, height, width, channels)`."""
        return apply_filter(inputs, SMOOTH, self.padding)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the shape with height and width grown by 2 padding - 3."""
        batch, height, width, channels = input_shape
        growth = 2 * self.padding - 3
        return (batch, height + growth, width + growth, channels)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "padding": self.padding}


@keras.saving.register_keras_serializable(package="keras_gan")
class NearestUpsample2D(keras.layers.Layer):
    """Nearest upsampling as in `keras.layers.UpSampling2D`: repeats pixels along both axes.

    Height and width stay static in a graph, which the LiteRT converter needs.

    Args:
        factor: Upsampling factor, at least 1.
        **kwargs: As in `keras.layers.Layer`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> x = np.array([[1.0, 2.0]], "float32").reshape(1, 1, 2, 1)
    >>> kg.layers.NearestUpsample2D()(x)[0, :, :, 0].numpy().tolist()
    [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]
    """

    def __init__(self, factor: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.factor = check_integer("factor", factor)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Enlarges `(batch, height, width, channels)` by the factor."""
        return repeat_pixels(inputs, self.factor)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the shape with height and width times the factor."""
        batch, height, width, channels = input_shape
        return (batch, self.factor * height, self.factor * width, channels)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "factor": self.factor}


def repeat_pixels(x: tf.Tensor, factor: int = 2) -> tf.Tensor:
    """Repeats every pixel `factor` times along both axes.

    Concatenation has faster gradients than TensorFlow's resizing, and it has second gradients.
    """
    _, height, width, channels = x.shape
    wide = ops.concatenate([x] * factor, axis=-1)  # repeats each pixel's channels
    wide = ops.reshape(wide, (-1, height, factor * width, channels))
    high = ops.concatenate([wide] * factor, axis=2)  # repeats each row
    return ops.reshape(high, (-1, factor * height, factor * width, channels))


def downsample(x: tf.Tensor) -> tf.Tensor:
    """Computes `Downsample2D` with the gradient as an upsampling, which it is for even sizes.

    oneDNN's own gradient takes up to 18 times as long in bfloat16, though not in float32.
    """
    if any(size is None or size % 2 for size in x.shape[1:3]):
        return apply_filter(x, SMOOTH, 1, stride=2)

    @tf.custom_gradient
    def apply(x):
        outputs = apply_filter(x, SMOOTH, 1, stride=2)
        return outputs, lambda upstream: apply_filter(repeat_pixels(upstream), TRIANGLE, 1) / 4.0

    return apply(x)


def apply_filter(x: tf.Tensor, taps: Sequence[float], padding: int, stride: int = 1) -> tf.Tensor:
    """Applies a filter, normalized to sum 1, along both axes.

    Under XLA it is a sum of slices, which XLA fuses into one pass. Otherwise it is a depthwise
    convolution, whose gradient on a CPU takes a tenth of the time of slices.

    Args:
        x: `(batch, height, width, channels)`.
        taps: Coefficients of the filter, which must be symmetric.
        padding: Number of zeros at each edge.
        stride: Stride along both axes.

    Raises:
        ConfigError: For maps of integers.
    """
    check_floats(x)
    taps = np.array(taps) / np.sum(taps)
    padded = ops.pad(x, [[0, 0], [padding, padding], [padding, padding], [0, 0]])
    if compilation.for_xla():
        return filter_axis(filter_axis(padded, taps, 1, stride), taps, 2, stride)
    kernel = np.outer(taps, taps)[:, :, None, None].repeat(x.shape[-1], axis=2)
    kernel = tf.constant(kernel, x.dtype)
    if stride == 1 and compilation.for_tensorflow_on_cpu():
        return convolve_channels(padded, kernel)
    return tf.nn.depthwise_conv2d(padded, kernel, [1, stride, stride, 1], "VALID")


def convolve_channels(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """Convolves each channel with a symmetric constant kernel, without padding.

    The gradient is computed by the same operation, as oneDNN's own takes several times as long in
    bfloat16.

    Args:
        x: `(batch, height, width, channels)`.
        kernel: `(side, side, channels, 1)`.
    """
    zeros = kernel.shape[0] - 1
    around = [[0, 0], [zeros, zeros], [zeros, zeros], [0, 0]]

    @tf.custom_gradient
    def apply(x):
        outputs = tf.nn.depthwise_conv2d(x, kernel, [1, 1, 1, 1], "VALID")
        return outputs, lambda upstream: convolve_channels(tf.pad(upstream, around), kernel)

    return apply(x)


def filter_axis(x: tf.Tensor, taps: Sequence[float], axis: int, stride: int) -> tf.Tensor:
    """Applies a filter along one axis, without padding."""
    length = (x.shape[axis] - len(taps)) // stride + 1
    slices = [slice_axis(x, axis, start, length, stride) for start in range(len(taps))]
    return sum(float(tap) * part for tap, part in zip(taps, slices, strict=True))


def slice_axis(x: tf.Tensor, axis: int, start: int, length: int, step: int = 1) -> tf.Tensor:
    """Returns every `step`-th value of an axis from `start` on, `length` in all."""
    index = [slice(None)] * 4
    index[axis] = slice(start, start + step * (length - 1) + 1, step)
    return x[tuple(index)]
