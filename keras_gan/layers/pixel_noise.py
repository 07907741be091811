"""Noise at every pixel of a map, with a learned strength."""

from collections.abc import Sequence
from typing import Any

from keras_gan import noise

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class PixelNoise(keras.layers.Layer):
    """Sum x + gain strength n, with n ~ N(0, 1) at each pixel, the same for all channels.

    In training, n is drawn for each sample from the key. Otherwise it is a fixed map, so that a
    sample is a function of its latents. The strength is initialized to 0.

    Args:
        number: Index of the layer among those that share a key.
        gain: Factor of the noise; sqrt 2 before an activation whose gain is in the convolution.
        **kwargs: As in `keras.layers.Layer`.

    Source: Karras et al., "A Style-Based Generator Architecture for Generative Adversarial
    Networks", CVPR 2019, section 2; one strength per layer as in "Analyzing and Improving the Image
    Quality of StyleGAN", CVPR 2020.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer, x = kg.layers.PixelNoise(number=0), np.ones((2, 4, 4, 3), "float32")
    >>> bool((layer([x, kg.noise.make_key(0)], training=True) == x).numpy().all())
    True
    """

    def __init__(self, number: int, gain: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.number, self.gain = number, gain

    def build(self, input_shape: Sequence[tuple]) -> None:
        """Creates the strength and the fixed map for `[(batch, height, width, channels), (2,)]`."""
        _, height, width, _ = input_shape[0]
        self.strength = self.add_weight((), "zeros", name="strength")
        unit = keras.initializers.RandomNormal(stddev=1.0)
        self.fixed = self.add_weight((height, width, 1), unit, trainable=False, name="fixed")

    def call(self, inputs: Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Adds noise to x; takes `[x, key]` with a `keras_gan.noise` key."""
        x, key = inputs
        if training:
            shape = (*ops.shape(x)[:3], 1)
            values = ops.cast(noise.normal(shape, noise.fold_in(key, self.number)), x.dtype)
        else:
            values = self.fixed
        return x + self.strength * self.gain * values

    def compute_output_shape(self, input_shape: Sequence[tuple]) -> tuple:
        """Returns the shape of x."""
        return input_shape[0]

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "number": self.number, "gain": self.gain}
