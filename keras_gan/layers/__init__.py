"""Layers that Keras lacks."""

from keras_gan.layers.batch_normalization import BatchNormalization
from keras_gan.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.maxout import Maxout
from keras_gan.layers.spectral_normalization import SpectralNormalization

__all__ = [
    "BatchNormalization",
    "ConditionalBatchNormalization",
    "LeakyReLU",
    "Maxout",
    "SpectralNormalization",
]
