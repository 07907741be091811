"""Fade-in: a mixture of two resolutions of a growing network."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class FadeIn(keras.layers.Layer):
    """Mixture (1 - alpha) low + alpha high, with alpha = level - (stage - 1) clipped to [0, 1].

    At alpha 0 and 1 the output equals one of the inputs, bit for bit.

    Args:
        level: Initial value of the variable `level`.
        **kwargs: As in `keras.layers.Layer`.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, figure 2.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> low, high = np.zeros((1, 1, 1, 1), "float32"), np.ones((1, 1, 1, 1), "float32")
    >>> float(kg.layers.FadeIn(level=1.25)([low, high], stage=2)[0, 0, 0, 0])
    0.25
    """

    def __init__(self, level: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.first_level = level

    def build(self, input_shape: Sequence[tuple]) -> None:
        """Creates the level, a non-trainable weight."""
        self.level = self.add_weight(
            (),
            keras.initializers.Constant(self.first_level),
            dtype="float32",
            trainable=False,
            autocast=False,
            name="level",
        )

    def call(self, inputs: Sequence[tf.Tensor], stage: int) -> tf.Tensor:
        """Mixes `[low, high]`, both `(batch, height, width, channels)`, at the alpha of a stage."""
        low, high = inputs
        alpha = ops.clip(self.level - (stage - 1.0), 0.0, 1.0)
        return ops.cast(1.0 - alpha, low.dtype) * low + ops.cast(alpha, high.dtype) * high

    def compute_output_shape(self, input_shape: Sequence[tuple]) -> tuple:
        """Returns the shape of both inputs."""
        return input_shape[1]

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "level": self.first_level}
