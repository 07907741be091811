"""Spectral normalization: weights divided by their largest singular value."""

from typing import Any

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError

import keras
import tensorflow as tf
from keras import ops

# their kernels end with (outputs, inputs)
TRANSPOSED = (
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
)


@keras.saving.register_keras_serializable(package="keras_gan")
class SpectralNormalization(keras.layers.Wrapper):
    """A wrapper that applies a layer with W / sigma(W) in place of its weight W.

    sigma, the largest singular value, is estimated by power iteration on a vector `u`, which is
    saved with the layer. The optimizer updates W itself, and gradients flow through sigma, as in
    the paper. Keras's own `SpectralNormalization` overwrites W instead.

    Args:
        layer: Dense, Conv, ConvTranspose, or Embedding layer.
        power_iterations: Number of iterations per training call, at least 1; none in inference.
        **kwargs: As in `keras.layers.Layer`.

    Raises:
        ConfigError: For fewer than 1 iteration or, in `build`, for a layer without a kernel.

    Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks", ICLR 2018,
    algorithm 1.

    Example:

    >>> import keras, numpy as np, keras_gan as kg
    >>> dense = keras.layers.Dense(1, use_bias=False, kernel_initializer=lambda s, dtype: [[4.0]])
    >>> float(kg.layers.SpectralNormalization(dense)(np.ones((1, 1), "float32"))[0, 0])
    1.0
    """

    def __init__(self, layer: keras.layers.Layer, power_iterations: int = 1, **kwargs: Any):
        super().__init__(layer, **{"dtype": "float32", **kwargs})
        self.power_iterations = check_integer("power_iterations", power_iterations)
        self.autocast = False  # the wrapped layer casts as its own policy says

    def build(self, input_shape: tuple | None = None) -> None:
        """Builds the wrapped layer and the vector u, with one entry per output channel."""
        super().build(input_shape)
        weight = self._weight()
        self._transposed = isinstance(self.layer, TRANSPOSED)
        channels = weight.shape[-2] if self._transposed else weight.shape[-1]
        self.u = self.add_weight(
            (channels,),
            "random_normal",
            trainable=False,
            aggregation="only_first_replica",
            name="u",
        )

    def _weight(self):
        """Returns the weight W of the wrapped layer."""
        for name in ("kernel", "embeddings"):
            if hasattr(self.layer, name):
                return getattr(self.layer, name)
        raise ConfigError(
            f"expected a layer with a kernel or embeddings, got {type(self.layer).__name__}."
        )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Calls the wrapped layer with W / sigma(W)."""
        weight, training = self._weight(), training and self.trainable
        normalized = ops.divide(weight, self._sigma(weight, training))
        with keras.StatelessScope(state_mapping=[(weight, normalized)]):
            return self.layer(inputs)

    def _sigma(self, weight, training):
        """Computes v^T W u, with the singular vectors as constants."""
        matrix = ops.moveaxis(weight, -2, -1) if self._transposed else ops.convert_to_tensor(weight)
        matrix = ops.reshape(matrix, (-1, self.u.shape[0]))
        fixed, u = ops.stop_gradient(matrix), ops.convert_to_tensor(self.u)
        for _ in range(self.power_iterations if training else 0):
            u = normalize(ops.matmul(normalize(ops.matmul(fixed, u)), fixed))
        if training:
            self.u.assign(u)
        v = normalize(ops.matmul(fixed, u))
        return ops.sum(v * ops.matmul(matrix, normalize(u)))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the output shape of the wrapped layer."""
        return self.layer.compute_output_shape(input_shape)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "power_iterations": self.power_iterations}


def normalize(vector: tf.Tensor) -> tf.Tensor:
    """Scales a vector to length 1."""
    return vector * ops.rsqrt(ops.maximum(ops.sum(ops.square(vector)), 1e-24))
