"""Learned map: the constant input of a synthesis network."""

from collections.abc import Sequence
from typing import Any

from keras_gan.checks import check_integer

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class LearnedMap(keras.layers.Layer):
    """A learned map, the same for each sample, initialized with variance 1.

    Args:
        channels: Number of channels.
        size: Height and width in pixels.
        **kwargs: As in `keras.layers.Layer`.

    Source: Karras et al., "A Style-Based Generator Architecture for Generative Adversarial
    Networks", CVPR 2019, section 2.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> kg.layers.LearnedMap(8)(np.zeros((2, 16), "float32")).shape
    TensorShape([2, 4, 4, 8])
    """

    def __init__(self, channels: int, size: Sequence[int] = (4, 4), **kwargs: Any):
        super().__init__(**kwargs)
        self.channels, self.size = check_integer("channels", channels), tuple(size)

    def build(self, input_shape: tuple) -> None:
        """Creates the map."""
        unit = keras.initializers.RandomNormal(stddev=1.0)
        self.map = self.add_weight((*self.size, self.channels), unit, name="map")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Returns the map `(batch, *size, channels)`; only the batch size of the inputs matters."""
        return ops.broadcast_to(self.map, (ops.shape(inputs)[0], *self.size, self.channels))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns `(batch, *size, channels)`."""
        return (input_shape[0], *self.size, self.channels)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "channels": self.channels, "size": self.size}
