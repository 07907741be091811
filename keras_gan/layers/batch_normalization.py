"""BatchNorm that is one fused operation in training."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class BatchNormalization(keras.layers.BatchNormalization):
    """Keras's BatchNorm over the last axis, with TensorFlow's fused operation in training.

    It gives the same numbers up to rounding. Inference, and inputs that aren't `(batch, height,
    width, channels)`, use Keras's own implementation.

    Args:
        **kwargs: As in `keras.layers.BatchNormalization`.

    Source: Ioffe and Szegedy, "Batch Normalization", ICML 2015.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> images = np.random.default_rng(0).normal(3.0, 2.0, (8, 4, 4, 1)).astype("float32")
    >>> bool(abs(kg.layers.BatchNormalization()(images, training=True).numpy().mean()) < 1e-5)
    True
    """

    def call(
        self, inputs: tf.Tensor, training: bool | None = None, mask: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Normalizes each channel to mean beta and standard deviation gamma over the batch."""
        if not (training and self.trainable) or len(inputs.shape) != 4 or mask is not None:
            return super().call(inputs, training=training, mask=mask)
        channels = inputs.shape[-1:]
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs,
            ops.cast(self.gamma, "float32") if self.scale else ops.ones(channels, "float32"),
            ops.cast(self.beta, "float32") if self.center else ops.zeros(channels, "float32"),
            epsilon=self.epsilon,
            is_training=True,
        )
        count = ops.cast(ops.size(inputs) // inputs.shape[-1], "float32")
        for moving, statistic in (
            (self.moving_mean, mean),
            (self.moving_variance, variance * (count - 1.0) / count),  # Keras divides by n
        ):
            moving.assign(moving * self.momentum + statistic * (1.0 - self.momentum))
        return outputs


class ConditionedNormalization(keras.layers.Layer):
    """Base of batch normalization layers whose scale and shift come from a second input.

    Args:
        momentum, epsilon: As in `keras.layers.BatchNormalization`.
        **kwargs: As in `keras.layers.Layer`.
    """

    def __init__(self, momentum: float, epsilon: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.momentum, self.epsilon = momentum, epsilon
        self.normalization = BatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            center=False,
            scale=False,
            dtype=self.dtype_policy,
        )

    def compute_output_shape(self, input_shapes: Sequence[tuple]) -> tuple:
        """Returns the shape of the first input."""
        return input_shapes[0]

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}


def scale_and_shift(x: tf.Tensor, scales: tf.Tensor, shifts: tf.Tensor) -> tf.Tensor:
    """Returns `scales * x + shifts`, with a scale and a shift for each sample and channel.

    Args:
        x: `(batch, ..., channels)`.
        scales, shifts: `(batch, channels)`.
    """
    shape = (-1, *[1] * (len(x.shape) - 2), x.shape[-1])
    return ops.reshape(scales, shape) * x + ops.reshape(shifts, shape)
