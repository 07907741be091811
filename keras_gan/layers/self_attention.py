"""Self-attention: every place of a map looks at all of it."""

from keras_gan.layers.spectral_normalization import SpectralNormalization

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class SelfAttention(keras.layers.Layer):
    """x + gain W softmax(Q K^T) V: what a place looks for and finds anywhere in the map.

    Queries Q are a 1x1 convolution of the C channels to C / 8; keys K likewise, and values V one
    to C / 2, both max-pooled 2x2, so that there are a quarter as many. W is a 1x1 convolution back
    to C channels. No bias; the gain is learned and begins at 0.

    Args:
        kernel_initializer: Of the convolutions.
        spectral: Whether the convolutions are spectrally normalised, as in the paper.
        **kwargs: As in `keras.layers.Layer`.

    Source: Zhang et al., "Self-Attention Generative Adversarial Networks", ICML 2019; the pooling
    as in its program.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> x = np.random.default_rng(0).normal(size=(2, 4, 4, 8)).astype("float32")
    >>> bool((kg.layers.SelfAttention()(x).numpy() == x).all())
    True
    """

    def __init__(self, kernel_initializer="glorot_uniform", spectral=False, **kwargs):
        super().__init__(**kwargs)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.spectral = spectral

    def build(self, input_shape):
        """Makes the weights for `(batch, height, width, channels)`."""
        channels = input_shape[-1]
        self.queries = self._convolution(max(channels // 8, 1), "queries")
        self.keys = self._convolution(max(channels // 8, 1), "keys")
        self.values = self._convolution(max(channels // 2, 1), "values")
        self.back = self._convolution(channels, "back")
        for convolution in (self.queries, self.keys, self.values):
            convolution.build(input_shape)
        self.back.build((*input_shape[:-1], max(channels // 2, 1)))
        self.gain = self.add_weight((), "zeros", name="gain")

    def _convolution(self, filters, name):
        convolution = keras.layers.Conv2D(
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

    def call(self, inputs, training=False):
        """`(batch, height, width, channels)`, the same shape out."""
        queries = flatten_map(self.queries(inputs))
        keys, values = (
            flatten_map(ops.max_pool(convolution(inputs), 2))
            for convolution in (self.keys, self.values)
        )
        logits = ops.matmul(queries, ops.transpose(keys, (0, 2, 1)))
        weights = ops.cast(ops.softmax(ops.cast(logits, "float32")), values.dtype)
        attended = ops.matmul(weights, values)
        attended = ops.reshape(attended, (-1, *inputs.shape[1:3], attended.shape[-1]))
        return inputs + self.gain * self.back(attended)

    def compute_output_shape(self, input_shape):
        """Returns the input's shape."""
        return input_shape

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "spectral": self.spectral,
        }


def flatten_map(x):
    """Maps `(batch, height, width, channels)` to `(batch, height * width, channels)`."""
    _, height, width, channels = x.shape
    return ops.reshape(x, (-1, height * width, channels))
