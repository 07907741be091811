"""Layers that Keras lacks."""

from keras_gan.layers.adaptive_batch_normalization import AdaptiveBatchNormalization
from keras_gan.layers.batch_normalization import BatchNormalization
from keras_gan.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_gan.layers.equalized import EqualizedConv2D, EqualizedDense
from keras_gan.layers.grouped_convolution import GroupedConv2D
from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.maxout import Maxout
from keras_gan.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from keras_gan.layers.pixel_normalization import PixelNormalization
from keras_gan.layers.resampled_convolution import PooledConv2D, UpsampledConv2D
from keras_gan.layers.resampling import Downsample2D, Upsample2D
from keras_gan.layers.self_attention import SelfAttention
from keras_gan.layers.spectral_normalization import SpectralNormalization

__all__ = [
    "AdaptiveBatchNormalization",
    "BatchNormalization",
    "ConditionalBatchNormalization",
    "Downsample2D",
    "EqualizedConv2D",
    "EqualizedDense",
    "GroupedConv2D",
    "LeakyReLU",
    "Maxout",
    "MinibatchStandardDeviation",
    "PixelNormalization",
    "PooledConv2D",
    "SelfAttention",
    "SpectralNormalization",
    "Upsample2D",
    "UpsampledConv2D",
]
