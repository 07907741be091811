"""Padding by reflected pixels."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class ReflectionPadding2D(keras.layers.Layer):
    """Pads maps with the pixels inside the edge, mirrored; the edge itself isn't repeated.

    Args:
        padding: Number of pixels at each edge, less than height and width.
        **kwargs: As in `keras.layers.Layer`.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> row = np.array([1.0, 2.0, 3.0], "float32")[None, None, :, None] * np.ones((1, 3, 1, 1))
    >>> kg.layers.ReflectionPadding2D(1)(row)[0, 0, :, 0].numpy().tolist()
    [2.0, 1.0, 2.0, 3.0, 2.0]
    """

    def __init__(self, padding: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.padding = padding

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, height, width, channels)` to maps larger by twice the padding."""
        edges = (self.padding, self.padding)
        return ops.pad(inputs, ((0, 0), edges, edges, (0, 0)), mode="reflect")

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the shape with height and width larger by twice the padding."""
        batch, *sides, channels = input_shape
        grown = (None if side is None else side + 2 * self.padding for side in sides)
        return (batch, *grown, channels)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "padding": self.padding}
