"""A generator with styles whose mixing and axes are known."""

from keras_gan.networks.network import Network

import keras
from keras import ops


class TinyStyles(Network):
    """A mapping, and a synthesis whose style k alone makes rows 2k and 2k + 1 of an 8x8 image."""

    def __init__(self, latent_dim=4, w_dim=6, num_classes=None, dtype=None, name="tiny_styles"):
        latents = keras.Input((latent_dim,), name="latents")
        mapped = keras.layers.Dense(w_dim, "tanh", kernel_initializer="glorot_normal")(latents)
        styles = keras.Input((4, w_dim))
        rows = keras.layers.Dense(16, kernel_initializer="glorot_normal")(styles)
        images = keras.layers.Reshape((8, 8, 1))(ops.tanh(rows))
        mapped = keras.layers.RepeatVector(4)(mapped)
        mapping, synthesis = keras.Model(latents, mapped), keras.Model(styles, images)
        samples = synthesis(mapping(latents))
        policy = keras.dtype_policies.get(dtype or "float32")
        config = {"latent_dim": latent_dim, "w_dim": w_dim, "num_classes": num_classes}
        super().__init__(latents, samples, config, policy, name)
        self.mapping, self.synthesis, self.num_styles = mapping, synthesis, 4
