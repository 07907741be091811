"""Residual blocks of SNGAN, WGAN-GP, SAGAN and BigGAN, and a factory of their layers."""

import dataclasses
from typing import Any

from keras_gan.layers import (
    AdaptiveBatchNormalization,
    BatchNormalization,
    ConditionalBatchNormalization,
    Conv2D,
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
    """A factory of layers that share a policy, an initializer and a normalization.

    Attributes:
        policy: Precision policy.
        initializer: `"glorot"` (uniform) or `"orthogonal"`.
        normalization: None or `"spectral"`.
    """

    policy: Any
    initializer: str = "glorot"
    normalization: str | None = None

    @property
    def spectral(self) -> bool:
        """Whether weights are spectrally normalized."""
        return self.normalization == "spectral"

    def kernel_initializer(self, variance: float = 1.0) -> keras.initializers.Initializer:
        """Returns the initializer of a kernel."""
        if self.initializer == "orthogonal":
            return keras.initializers.Orthogonal()
        return keras.initializers.VarianceScaling(variance, "fan_avg", "uniform")

    def wrap(self, layer: keras.layers.Layer) -> keras.layers.Layer:
        """Wraps a layer in spectral normalization, if the factory uses it."""
        return SpectralNormalization(layer) if self.spectral else layer

    def dense(self, units: int) -> keras.layers.Layer:
        """Makes a linear layer."""
        layer = keras.layers.Dense(
            units, kernel_initializer=self.kernel_initializer(), dtype=self.policy
        )
        return self.wrap(layer)

    def convolution(
        self, filters: int, size: int = 3, variance: float = 1.0, kind: type = Conv2D
    ) -> keras.layers.Layer:
        """Makes a convolution with same padding; its kind may resample."""
        return self.wrap(
            kind(
                filters,
                size,
                padding="same",
                kernel_initializer=self.kernel_initializer(variance),
                dtype=self.policy,
            )
        )

    def relu(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Applies ReLU."""
        return keras.layers.ReLU(dtype=self.policy)(x)

    def attention(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Applies self-attention."""
        return SelfAttention(self.kernel_initializer(), self.spectral, dtype=self.policy)(x)

    def batch_normalization(
        self,
        x: keras.KerasTensor,
        labels: keras.KerasTensor | None = None,
        num_classes: int | None = None,
        vectors: keras.KerasTensor | None = None,
    ) -> keras.KerasTensor:
        """Applies BatchNorm, with scale and shift by class or by a vector if given."""
        if vectors is not None:
            layer = AdaptiveBatchNormalization(
                **STATISTICS,
                kernel_initializer=self.kernel_initializer(),
                spectral=self.spectral,
                dtype=self.policy,
            )
            return layer([x, vectors])
        if labels is not None:
            layer = ConditionalBatchNormalization(num_classes, **STATISTICS, dtype=self.policy)
            return layer([x, labels])
        return BatchNormalization(**STATISTICS, dtype=self.policy)(x)


def up_block(
    x: keras.KerasTensor, channels: int, factory: LayerFactory, condition: dict
) -> keras.KerasTensor:
    """Applies the residual block of a generator, which doubles the size.

    The residual path is BN, ReLU, 2x upsampling, 3x3 convolution, BN, ReLU, 3x3 convolution. The
    skip path is a 1x1 convolution; it comes before the upsampling, which gives the same numbers for
    a quarter of the work.

    Args:
        x: `(batch, height, width, input channels)`.
        channels: Number of output channels.
        factory: `LayerFactory`.
        condition: Keyword arguments of `LayerFactory.batch_normalization`.
    """
    y = factory.relu(factory.batch_normalization(x, **condition))
    y = factory.convolution(channels, variance=RESIDUAL, kind=UpsampledConv2D)(y)
    y = factory.relu(factory.batch_normalization(y, **condition))
    y = factory.convolution(channels, variance=RESIDUAL)(y)
    skip = factory.convolution(channels, size=1)(x)
    skip = keras.layers.UpSampling2D(2, interpolation="nearest", dtype=factory.policy)(skip)
    return keras.layers.Add(dtype=factory.policy)([y, skip])


def down_block(
    x: keras.KerasTensor, channels: int, factory: LayerFactory, activate: bool, pool: bool
) -> keras.KerasTensor:
    """Applies the residual block of a discriminator, which may halve the size.

    The residual path is ReLU, 3x3 convolution, ReLU, 3x3 convolution, pooling. The skip path is x,
    or a 1x1 convolution if the size or the channels change; it comes after the pooling, which gives
    the same numbers for a quarter of the work.

    Args:
        x: `(batch, height, width, input channels)`.
        channels: Number of channels after each convolution.
        factory: `LayerFactory`.
        activate: Whether to start with ReLU; not for images.
        pool: Whether to halve the size.
    """
    y = factory.relu(x) if activate else x
    y = factory.relu(factory.convolution(channels, variance=RESIDUAL)(y))
    kind = PooledConv2D if pool else Conv2D
    y = factory.convolution(channels, variance=RESIDUAL, kind=kind)(y)
    skip = keras.layers.AveragePooling2D(2, dtype=factory.policy)(x) if pool else x
    if pool or x.shape[-1] != channels:
        skip = factory.convolution(channels, size=1)(skip)
    return keras.layers.Add(dtype=factory.policy)([y, skip])
