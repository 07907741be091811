"""Noise at every place of a map, as strong as it is learned to be."""

from keras_gan import noise

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class PixelNoise(keras.layers.Layer):
    """x + strength n, with n ~ N(0, 1) at each place, the same for all channels.

    In training n is new for each sample and each key. Otherwise it is one fixed map, so that a
    sample is a function of its latents. The strength begins at 0.

    Args:
        number: Tells the layers apart that share a key.
        **kwargs: As in `keras.layers.Layer`.

    Source: Karras et al., "A Style-Based Generator Architecture for Generative Adversarial
    Networks", CVPR 2019, section 2; one strength a layer as in "Analyzing and Improving the Image
    Quality of StyleGAN", CVPR 2020.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> layer, x = kg.layers.PixelNoise(number=0), np.ones((2, 4, 4, 3), "float32")
    >>> bool((layer([x, kg.noise.make_key(0)], training=True) == x).numpy().all())
    True
    """

    def __init__(self, number, **kwargs):
        super().__init__(**kwargs)
        self.number = number

    def build(self, input_shape):
        """Makes the strength and the fixed map for `[(batch, height, width, channels), (2,)]`."""
        _, height, width, _ = input_shape[0]
        self.strength = self.add_weight((), "zeros", name="strength")
        unit = keras.initializers.RandomNormal(stddev=1.0)
        self.fixed = self.add_weight((height, width, 1), unit, trainable=False, name="fixed")

    def call(self, inputs, training=False):
        """`[x, a keras_gan.noise key] -> x`'s shape."""
        x, key = inputs
        if training:
            shape = (*ops.shape(x)[:3], 1)
            drawn = ops.cast(noise.normal(shape, noise.fold_in(key, self.number)), x.dtype)
        else:
            drawn = self.fixed
        return x + self.strength * drawn

    def compute_output_shape(self, input_shape):
        """That of x."""
        return input_shape[0]

    def get_config(self):
        """Returns the constructor's arguments."""
        return {**super().get_config(), "number": self.number}
