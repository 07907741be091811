"""Pixel norm: each pixel's vector of channels scaled to mean square 1."""

import keras
import tensorflow as tf
from keras import ops

EPSILON = 1e-8


@keras.saving.register_keras_serializable(package="keras_gan")
class PixelNormalization(keras.layers.Layer):
    """Normalization x / sqrt(mean(x^2) + 1e-8) over the channels of each pixel.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, section 4.2.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.PixelNormalization()(np.array([[3.0, 3.0]], "float32")).numpy().tolist()
    [[1.0, 1.0]]
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Normalizes `(batch, ..., channels)` over the last axis."""
        squares = ops.square(ops.cast(inputs, "float32"))
        scale = ops.rsqrt(ops.mean(squares, axis=-1, keepdims=True) + EPSILON)
        return inputs * ops.cast(scale, inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the input's shape."""
        return input_shape
