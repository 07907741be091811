"""Layers that Keras lacks, and faster versions of some that it has."""

from keras_gan.layers.adaptive_batch_normalization import AdaptiveBatchNormalization
from keras_gan.layers.batch_normalization import BatchNormalization
from keras_gan.layers.conditional_batch_normalization import ConditionalBatchNormalization
from keras_gan.layers.convolution import Conv2D, Conv2DTranspose
from keras_gan.layers.equalized import EqualizedConv2D, EqualizedDense
from keras_gan.layers.fade_in import FadeIn
from keras_gan.layers.grouped_convolution import GroupedConv2D
from keras_gan.layers.instance_normalization import InstanceNormalization
from keras_gan.layers.leaky_relu import LeakyReLU
from keras_gan.layers.learned_map import LearnedMap
from keras_gan.layers.maxout import Maxout
from keras_gan.layers.minibatch_standard_deviation import MinibatchStandardDeviation
from keras_gan.layers.modulated_convolution import ModulatedConv2D
from keras_gan.layers.pixel_noise import PixelNoise
from keras_gan.layers.pixel_normalization import PixelNormalization
from keras_gan.layers.reflection_padding import ReflectionPadding2D
from keras_gan.layers.resampled_convolution import PooledConv2D, UpsampledConv2D
from keras_gan.layers.resampling import Downsample2D, NearestUpsample2D, Smooth2D, Upsample2D
from keras_gan.layers.self_attention import SelfAttention
from keras_gan.layers.spectral_normalization import SpectralNormalization

__all__ = [
    "AdaptiveBatchNormalization",
    "BatchNormalization",
    "ConditionalBatchNormalization",
    "Conv2D",
    "Conv2DTranspose",
    "Downsample2D",
    "EqualizedConv2D",
    "EqualizedDense",
    "FadeIn",
    "GroupedConv2D",
    "InstanceNormalization",
    "LeakyReLU",
    "LearnedMap",
    "Maxout",
    "MinibatchStandardDeviation",
    "ModulatedConv2D",
    "NearestUpsample2D",
    "PixelNoise",
    "PixelNormalization",
    "PooledConv2D",
    "ReflectionPadding2D",
    "SelfAttention",
    "Smooth2D",
    "SpectralNormalization",
    "Upsample2D",
    "UpsampledConv2D",
]
