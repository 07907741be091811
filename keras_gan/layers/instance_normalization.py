"""Normalization of each map of each image by its own mean and variance."""

from typing import Any

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class InstanceNormalization(keras.layers.Layer):
    """Subtracts the mean of each channel of each image, and divides by its standard deviation.

    There is neither scale nor shift, and no difference between training and inference. Statistics
    are computed in float32.

    Args:
        epsilon: Number added to variances.
        **kwargs: As in `keras.layers.Layer`.

    Source: Ulyanov, Vedaldi and Lempitsky, "Instance Normalization: The Missing Ingredient for Fast
    Stylization", 2016.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> images = np.random.default_rng(0).normal(3.0, 2.0, (2, 8, 8, 5)).astype("float32")
    >>> normal = kg.layers.InstanceNormalization()(images).numpy()
    >>> bool(abs(normal.mean(axis=(1, 2))).max() < 1e-5)
    True
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs: Any):
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Normalizes `(batch, height, width, channels)`."""
        x = ops.cast(inputs, "float32")
        x = x - ops.mean(x, axis=(1, 2), keepdims=True)
        variance = ops.mean(ops.square(x), axis=(1, 2), keepdims=True)
        return ops.cast(x * ops.rsqrt(variance + self.epsilon), inputs.dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the input's shape."""
        return input_shape

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}
