"""BatchNorm with a scale and a shift for each class."""

from collections.abc import Sequence
from typing import Any

from keras_gan.layers.batch_normalization import ConditionedNormalization, scale_and_shift

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class ConditionalBatchNormalization(ConditionedNormalization):
    """Batch normalization with a scale and a shift for each class; takes `[x, labels]`.

    y = gamma[label] (x - mean) / sqrt(variance + epsilon) + beta[label], per channel.

    Args:
        num_classes: Number of classes.
        momentum, epsilon: As in `keras.layers.BatchNormalization`.
        **kwargs: As in `keras.layers.Layer`.

    Source: Dumoulin et al., "A Learned Representation for Artistic Style", ICLR 2017; for GANs
    Miyato and Koyama, "cGANs with Projection Discriminator", ICLR 2018.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.ConditionalBatchNormalization(num_classes=10)
    >>> layer([np.ones((2, 4, 4, 3), "float32"), np.array([0, 7])]).shape
    TensorShape([2, 4, 4, 3])
    """

    def __init__(
        self, num_classes: int | None, momentum: float = 0.9, epsilon: float = 1e-3, **kwargs: Any
    ):
        super().__init__(momentum, epsilon, **kwargs)
        self.num_classes = num_classes

    def build(self, input_shapes: Sequence[tuple]) -> None:
        """Creates the weights for inputs `[(batch, ..., channels), (batch,)]`."""
        channels = input_shapes[0][-1]
        self.normalization.build(input_shapes[0])
        self.gamma = self.add_weight((self.num_classes, channels), "ones", name="gamma")
        self.beta = self.add_weight((self.num_classes, channels), "zeros", name="beta")

    def call(self, inputs: Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Maps `[(batch, ..., channels), (batch,) ints]` to `(batch, ..., channels)`."""
        x, labels = inputs
        labels = ops.cast(labels, "int32")
        gamma, beta = (ops.take(table, labels, axis=0) for table in (self.gamma, self.beta))
        return scale_and_shift(self.normalization(x, training=training), gamma, beta)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "num_classes": self.num_classes}
