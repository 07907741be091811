"""Maxout: the largest of several linear functions."""

from typing import Any

from keras_gan.checks import check_integer

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class Maxout(keras.layers.Layer):
    """A dense layer with `units` outputs, each the largest of `pieces` linear functions.

    Args:
        units: Number of outputs.
        pieces: Number of linear functions per output, at least 2.
        **kwargs: As in `keras.layers.Layer`.

    Raises:
        ConfigError: For no units, or fewer than 2 pieces.

    Source: Goodfellow et al., "Maxout Networks", ICML 2013.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.Maxout(3, pieces=2)(np.ones((5, 4), "float32")).shape
    TensorShape([5, 3])
    """

    def __init__(self, units: int, pieces: int = 5, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = check_integer("units", units)  # oneDNN aborts the process for 0
        self.pieces = check_integer("pieces", pieces, minimum=2)

    def build(self, input_shape: tuple) -> None:
        """Creates the weights for inputs `(batch, features)`."""
        self.kernel = self.add_weight(
            (input_shape[-1], self.units * self.pieces), "glorot_uniform", name="kernel"
        )
        self.bias = self.add_weight((self.units * self.pieces,), "zeros", name="bias")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, features)` to `(batch, units)`."""
        linear = ops.matmul(inputs, self.kernel) + self.bias
        return ops.max(ops.reshape(linear, (-1, self.units, self.pieces)), axis=-1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns `(batch, units)`."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "units": self.units, "pieces": self.pieces}
