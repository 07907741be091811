"""Twice or half the size, smoothed by the filter [1, 3, 3, 1]; or larger by repeated pixels.

TensorFlow has quick depthwise convolutions on a processor, where slices of every second place take
ten times as long, in gradients above all; XLA makes one loop of the slices, and is slow at
depthwise convolutions. So each is computed in the way that suits it.
"""

from keras_gan import compilation

import keras
import numpy as np
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class Upsample2D(keras.layers.Layer):
    """Twice the height and width: zeros between, then the filter [1, 3, 3, 1] / 4 along both axes.

    That is (x[i-1] + 3 x[i]) / 4 and (3 x[i] + x[i+1]) / 4 in turn, or every value twice and then
    the filter [1, 2, 1] / 4; beyond the edge lie zeros.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020; the
    filter as in Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML 2019.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.Upsample2D()(np.ones((1, 2, 2, 1), "float32"))[0, :, :, 0].numpy().tolist()[1]
    [0.75, 1.0, 1.0, 0.75]
    """

    def call(self, inputs):
        """`(batch, height, width, channels) -> (batch, 2 height, 2 width, channels)`."""
        if compilation.for_xla():
            return doubled(doubled(inputs, 1), 2)
        kernel = depthwise_kernel([1.0, 2.0, 1.0], inputs)
        return tf.nn.depthwise_conv2d(repeated(inputs), kernel, (1, 1, 1, 1), "SAME")

    def compute_output_shape(self, input_shape):
        """Height and width doubled."""
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels)


@keras.saving.register_keras_serializable(package="keras_gan")
class Downsample2D(keras.layers.Layer):
    """Half the height and width: the filter [1, 3, 3, 1] / 8 at every second place of both axes.

    y[i] = (x[2i-1] + 3 x[2i] + 3 x[2i+1] + x[2i+2]) / 8; beyond the edge lie zeros.

    Source: as for `Upsample2D`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.Downsample2D()(np.ones((1, 6, 6, 1), "float32"))[0, 1, :, 0].numpy().tolist()
    [0.875, 1.0, 0.875]
    """

    def call(self, inputs):
        """`(batch, height, width, channels) -> (batch, height / 2, width / 2, channels)`."""
        if compilation.for_xla():
            return halved(halved(inputs, 1), 2)
        kernel = depthwise_kernel([1.0, 3.0, 3.0, 1.0], inputs)
        padded = ops.pad(inputs, [[0, 0], [1, 1], [1, 1], [0, 0]])
        return tf.nn.depthwise_conv2d(padded, kernel, (1, 2, 2, 1), "VALID")

    def compute_output_shape(self, input_shape):
        """Height and width halved."""
        batch, height, width, channels = input_shape
        return (batch, height // 2, width // 2, channels)


@keras.saving.register_keras_serializable(package="keras_gan")
class NearestUpsample2D(keras.layers.Layer):
    """Every pixel repeated along both axes, as `keras.layers.UpSampling2D` does it.

    Its height and width stay known in a graph, which the converter to LiteRT needs.

    Args:
        factor: How often, at least 1.
        **kwargs: As in `keras.layers.Layer`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> x = np.array([[1.0, 2.0]], "float32").reshape(1, 1, 2, 1)
    >>> kg.layers.NearestUpsample2D()(x)[0, :, :, 0].numpy().tolist()
    [[1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 2.0, 2.0]]
    """

    def __init__(self, factor=2, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, inputs):
        """`(batch, height, width, channels) -> (batch, k height, k width, channels)`."""
        return repeated(inputs, self.factor)

    def compute_output_shape(self, input_shape):
        """Height and width times the factor."""
        batch, height, width, channels = input_shape
        return (batch, self.factor * height, self.factor * width, channels)

    def get_config(self):
        """Constructor arguments."""
        return {**super().get_config(), "factor": self.factor}


def repeated(x, factor=2):
    """Images whose every pixel is repeated `factor` times along both axes.

    Joined rows and columns, whose gradients are quicker than those of TensorFlow's resizing, and
    which have second ones.
    """
    _, height, width, channels = x.shape
    wide = ops.concatenate([x] * factor, axis=-1)  # which repeats a pixel's channels after it
    wide = ops.reshape(wide, (-1, height, factor * width, channels))
    high = ops.concatenate([wide] * factor, axis=2)  # and a row after it
    return ops.reshape(high, (-1, factor * height, factor * width, channels))


def depthwise_kernel(taps, x):
    """The filter along both axes with a sum of 1, for every channel of x."""
    square = np.outer(taps, taps) / np.sum(taps) ** 2
    return tf.constant(np.tile(square[:, :, None, None], (1, 1, x.shape[-1], 1)), x.dtype)


def doubled(x, axis):
    """Twice as long along one axis."""
    padded = ops.pad(x, [[1, 1] if i == axis else [0, 0] for i in range(4)])
    before, after = (cut(padded, axis, start, x.shape[axis]) for start in (0, 2))
    pairs = ops.stack([(before + 3.0 * x) / 4.0, (3.0 * x + after) / 4.0], axis=axis + 1)
    shape = [2 * size if i == axis else size for i, size in enumerate(x.shape)]
    return ops.reshape(pairs, (-1, *shape[1:]))


def halved(x, axis):
    """Half as long along one axis."""
    half = x.shape[axis] // 2
    padded = ops.pad(x, [[1, 1] if i == axis else [0, 0] for i in range(4)])
    first, second, third, fourth = (cut(padded, axis, start, half, 2) for start in range(4))
    return (first + 3.0 * (second + third) + fourth) / 8.0


def cut(x, axis, start, length, step=1):
    """`length` places of an axis from `start` on, every `step`-th."""
    index = [slice(None)] * 4
    index[axis] = slice(start, start + step * (length - 1) + 1, step)
    return x[tuple(index)]
