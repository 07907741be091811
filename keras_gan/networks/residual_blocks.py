"""The residual blocks of SNGAN, WGAN-GP, SAGAN and BigGAN, and how their weights are made."""

import dataclasses
from typing import Any

from keras_gan.layers import (
    AdaptiveBatchNormalization,
    BatchNormalization,
    ConditionalBatchNormalization,
    PooledConv2D,
    SelfAttention,
    SpectralNormalization,
    UpsampledConv2D,
)

import keras

RESIDUAL = 2.0  # variance of the residual path's Glorot weights, for its ReLU; 1 elsewhere
STATISTICS = {"momentum": 0.9, "epsilon": 2e-5}


@dataclasses.dataclass(frozen=True)
class LayerFactory:
    """How a network's layers with weights are made.

    Attributes:
        policy: Their precision policy.
        initializer: `"glorot"`, uniform, or `"orthogonal"`.
        normalization: None or `"spectral"`.
    """

    policy: Any
    initializer: str = "glorot"
    normalization: str | None = None

    @property
    def spectral(self):
        """Whether weights are spectrally normalised."""
        return self.normalization == "spectral"

    def begin(self, variance=1.0):
        """The initializer of a kernel."""
        if self.initializer == "orthogonal":
            return keras.initializers.Orthogonal()
        return keras.initializers.VarianceScaling(variance, "fan_avg", "uniform")

    def normalized(self, layer):
        """The layer, spectrally normalised where that is wanted."""
        return SpectralNormalization(layer) if self.spectral else layer

    def dense(self, units):
        """A linear layer."""
        layer = keras.layers.Dense(units, kernel_initializer=self.begin(), dtype=self.policy)
        return self.normalized(layer)

    def convolution(self, filters, size=3, variance=1.0, kind=keras.layers.Conv2D):
        """A convolution that keeps the map's size, but for what its kind does."""
        return self.normalized(
            kind(
                filters,
                size,
                padding="same",
                kernel_initializer=self.begin(variance),
                dtype=self.policy,
            )
        )

    def relu(self, x):
        """max(x, 0)."""
        return keras.layers.ReLU(dtype=self.policy)(x)

    def attention(self, x):
        """x through self-attention."""
        return SelfAttention(self.begin(), self.spectral, dtype=self.policy)(x)

    def batch_normalization(self, x, labels=None, num_classes=None, vectors=None):
        """x through BatchNorm, whose scale and shift may belong to the class or a vector."""
        if vectors is not None:
            layer = AdaptiveBatchNormalization(
                **STATISTICS,
                kernel_initializer=self.begin(),
                spectral=self.spectral,
                dtype=self.policy,
            )
            return layer([x, vectors])
        if labels is not None:
            layer = ConditionalBatchNormalization(num_classes, **STATISTICS, dtype=self.policy)
            return layer([x, labels])
        return BatchNormalization(**STATISTICS, dtype=self.policy)(x)


def up_block(x, channels, factory, condition):
    """BN, ReLU, 2x up, 3x3 convolution, BN, ReLU, 3x3 convolution; plus a 1x1 convolution of x.

    The 1x1 convolution is done before its nearest upsampling: the same numbers for a quarter of
    the work.

    Args:
        x: `(batch, height, width, channels before)`.
        channels: After it.
        factory: `LayerFactory`.
        condition: What the BatchNorms are told, as `LayerFactory.batch_normalization` takes it.
    """
    y = factory.relu(factory.batch_normalization(x, **condition))
    y = factory.convolution(channels, variance=RESIDUAL, kind=UpsampledConv2D)(y)
    y = factory.relu(factory.batch_normalization(y, **condition))
    y = factory.convolution(channels, variance=RESIDUAL)(y)
    skip = factory.convolution(channels, size=1)(x)
    skip = keras.layers.UpSampling2D(2, interpolation="nearest", dtype=factory.policy)(skip)
    return keras.layers.Add(dtype=factory.policy)([y, skip])


def down_block(x, channels, factory, activate, pool):
    """ReLU, 3x3 convolution, ReLU, 3x3 convolution, 2x down; plus x, or a 1x1 convolution of it.

    The 1x1 convolution is there where the map or the channels change, after the pooling: the same
    numbers for a quarter of the work.

    Args:
        x: `(batch, height, width, channels before)`.
        channels: After it, and within.
        factory: `LayerFactory`.
        activate: Whether the first ReLU is there; not for images.
        pool: Whether it halves the map.
    """
    y = factory.relu(x) if activate else x
    y = factory.relu(factory.convolution(channels, variance=RESIDUAL)(y))
    kind = PooledConv2D if pool else keras.layers.Conv2D
    y = factory.convolution(channels, variance=RESIDUAL, kind=kind)(y)
    skip = keras.layers.AveragePooling2D(2, dtype=factory.policy)(x) if pool else x
    if pool or x.shape[-1] != channels:
        skip = factory.convolution(channels, size=1)(skip)
    return keras.layers.Add(dtype=factory.policy)([y, skip])
