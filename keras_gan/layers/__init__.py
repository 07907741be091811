"""Layers that Keras lacks."""

from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.maxout import Maxout

__all__ = ["LeakyReLU", "Maxout"]
