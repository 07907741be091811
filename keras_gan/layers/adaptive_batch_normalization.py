"""BatchNorm with scales and shifts that are linear functions of a vector."""

from collections.abc import Sequence
from typing import Any

from keras_gan.layers.batch_normalization import ConditionedNormalization, scale_and_shift
from keras_gan.layers.spectral_normalization import SpectralNormalization

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_gan")
class AdaptiveBatchNormalization(ConditionedNormalization):
    """Batch normalization, scaled and shifted by a vector for each sample; takes `[x, vectors]`.

    y = (1 + A v) (x - mean) / sqrt(variance + epsilon) + B v, per channel, with matrices A and B.

    Args:
        momentum, epsilon: As in `keras.layers.BatchNormalization`.
        kernel_initializer: Initializer of A and B.
        spectral: Whether to apply spectral normalization to A and B.
        **kwargs: As in `keras.layers.Layer`.

    Source: Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis",
    ICLR 2019, section 3 and appendix B; de Vries et al., "Modulating early visual processing by
    language", NeurIPS 2017.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer = kg.layers.AdaptiveBatchNormalization()
    >>> layer([np.ones((2, 4, 4, 3), "float32"), np.ones((2, 5), "float32")]).shape
    TensorShape([2, 4, 4, 3])
    """

    def __init__(
        self,
        momentum: float = 0.9,
        epsilon: float = 1e-3,
        kernel_initializer: str | keras.initializers.Initializer = "glorot_uniform",
        spectral: bool = False,
        **kwargs: Any,
    ):
        super().__init__(momentum, epsilon, **kwargs)
        self.spectral = spectral
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shapes: Sequence[tuple]) -> None:
        """Creates the weights for inputs `[(batch, ..., channels), (batch, features)]`."""
        self.normalization.build(input_shapes[0])
        channels = input_shapes[0][-1]
        self.scales, self.shifts = (self._linear(channels, name) for name in ("scales", "shifts"))
        for linear in (self.scales, self.shifts):
            linear.build(input_shapes[1])

    def _linear(self, channels, name):
        dense = keras.layers.Dense(
            channels,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )
        return SpectralNormalization(dense, name=f"spectral_{name}") if self.spectral else dense

    def call(self, inputs: Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Maps `[(batch, ..., channels), (batch, features)]` to `(batch, ..., channels)`."""
        x, vectors = inputs
        normalized = self.normalization(x, training=training)
        return scale_and_shift(normalized, 1.0 + self.scales(vectors), self.shifts(vectors))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "spectral": self.spectral,
        }
