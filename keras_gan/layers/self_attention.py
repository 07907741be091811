"""Self-attention over the pixels of a map."""

from typing import Any

from keras_gan.layers.convolution import Conv2D
from keras_gan.layers.spectral_normalization import SpectralNormalization

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class SelfAttention(keras.layers.Layer):
    """Residual self-attention: x + gain W softmax(Q K^T) V.

    Queries Q and keys K are 1x1 convolutions of the C channels to C / 8, values V to C / 2. Keys
    and values are max-pooled 2x2. W is a 1x1 convolution back to C channels. There are no biases;
    the gain is learned and initialized to 0.

    Args:
        kernel_initializer: Initializer of the convolutions.
        spectral: Whether to apply spectral normalization to the convolutions, as in the paper.
        **kwargs: As in `keras.layers.Layer`.

    Source: Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019; the pooling
    as in the authors' code.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> x = np.random.default_rng(0).normal(size=(2, 4, 4, 8)).astype("float32")
    >>> bool((kg.layers.SelfAttention()(x).numpy() == x).all())
    True
    """

    def __init__(
        self,
        kernel_initializer: str | keras.initializers.Initializer = "glorot_uniform",
        spectral: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.spectral = spectral

    def build(self, input_shape: tuple) -> None:
        """Creates the weights for inputs `(batch, height, width, channels)`."""
        channels = input_shape[-1]
        self.queries = self._convolution(max(channels // 8, 1), "queries")
        self.keys = self._convolution(max(channels // 8, 1), "keys")
        self.values = self._convolution(max(channels // 2, 1), "values")
        self.projection = self._convolution(channels, "projection")
        for convolution in (self.queries, self.keys, self.values):
            convolution.build(input_shape)
        self.projection.build((*input_shape[:-1], max(channels // 2, 1)))
        self.gain = self.add_weight((), "zeros", name="gain")

    def _convolution(self, filters, name):
        convolution = Conv2D(
            filters,
            1,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=self.dtype_policy,
            name=name,
        )
        if self.spectral:
            return SpectralNormalization(convolution, name=f"spectral_{name}")
        return convolution

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Attends over the pixels of `(batch, height, width, channels)`."""
        queries = flatten_map(self.queries(inputs))
        keys, values = (
            flatten_map(ops.max_pool(convolution(inputs), 2))
            for convolution in (self.keys, self.values)
        )
        logits = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))
        weights = ops.cast(ops.softmax(ops.cast(logits, "float32")), values.dtype)
        attended = ops.matmul(weights, values)
        attended = ops.reshape(attended, (-1, *inputs.shape[1:3], attended.shape[-1]))
        return inputs + self.gain * self.projection(attended)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        """Returns the input's shape."""
        return input_shape

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "spectral": self.spectral,
        }


def flatten_map(x: tf.Tensor) -> tf.Tensor:
    """Reshapes `(batch, height, width, channels)` to `(batch, height * width, channels)`."""
    _, height, width, channels = x.shape
    return ops.reshape(x, (-1, height * width, channels))
