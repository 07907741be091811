"""R3GAN: modern residual networks without normalization, for square images of 4 * 2^k pixels.

Source: Huang et al., "The GAN is dead; long live the GAN! A Modern GAN Baseline", NeurIPS 2024.
"""

import math
from collections.abc import Sequence

from keras_gan.errors import ConfigError
from keras_gan.layers import Conv2D, Downsample2D, GroupedConv2D, LeakyReLU, LearnedMap, Upsample2D
from keras_gan.networks.network import (
    Network,
    check_num_classes,
    discriminator_inputs,
    generator_inputs,
    resolve_policy,
)
from keras_gan.networks.sizes import map_size_and_doublings, stage_widths

import keras
from keras import ops

GROUP = 16  # channels per group
SLOPE = 0.2
ACTIVATION_GAIN = (2.0 / (1.0 + SLOPE**2)) ** 0.5


@keras.saving.register_keras_serializable(package="keras_gan")
class R3GANGenerator(Network):
    """R3GAN generator: a learned 4x4 map, scaled by the latents, then residual stages.

    Each stage has 2x upsampling, a 1x1 convolution if the width changes, and `blocks` residual
    blocks. The last layer is a 1x1 convolution without tanh. Networks of the paper:

    - CIFAR-10: `width=768`; maps of 4x4x768, 8x8x768, 16x16x768, 32x32x768; with 10 classes
      20,781,952 weights, as published.
    - 256x256: `width=96`; 4x4x768, 8x8x768, 16x16x768, 32x32x768, 64x64x384, 128x128x192,
      256x256x96; 23,057,952 weights.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15, up to 1024 a side.
        latent_dim: Size of the latent vector; 64 in the paper.
        width: Number of channels of the last stage, a multiple of 8; inwards they double, up to
            `max_width`.
        num_classes: Number of classes, for a class-conditional generator; an embedding of the size
            of the latents is concatenated to them.
        blocks: Number of residual blocks per stage.
        max_width: Number of channels of the widest stage, at least `width`; 768 in the paper.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape or width.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.R3GANGenerator((32, 32, 3), latent_dim=16, width=8).output_shape
    (None, 32, 32, 3)
    """

    tolerance = 1e-4  # of exports: rounding accumulates over many layers

    def __init__(
        self,
        image_shape: Sequence[int] = (32, 32, 3),
        latent_dim: int = 64,
        width: int = 64,
        num_classes: int | None = None,
        blocks: int = 2,
        max_width: int = 768,
        dtype: str | None = None,
        name: str = "r3gan_generator",
    ):
        size, doublings = map_size_and_doublings(image_shape)
        widths = r3gan_widths(doublings, width, max_width)[::-1]
        check_num_classes(num_classes)
        policy = resolve_policy(dtype)
        latents, inputs = generator_inputs(latent_dim, num_classes)
        x = latents
        if num_classes is not None:
            embedded = embedding(num_classes, latent_dim, 1.0, policy)(inputs[1])
            x = keras.layers.Concatenate(dtype=policy)([latents, embedded])
        x = scaled_learned_map(x, widths[0], size, policy)
        for stage, channels in enumerate(widths):
            if stage:
                x = Upsample2D(dtype=policy)(match_width(x, channels, policy))
            for _ in range(blocks):
                x = residual_block(x, len(widths) * blocks, policy)
        x = convolution(image_shape[-1], 1.0, policy)(x)
        images = keras.layers.Activation("linear", dtype="float32", name="images")(x)
        config = {
            "image_shape": list(image_shape),
            "latent_dim": latent_dim,
            "width": width,
            "num_classes": num_classes,
            "blocks": blocks,
            "max_width": max_width,
        }
        super().__init__(inputs, images, config, policy, name)


@keras.saving.register_keras_serializable(package="keras_gan")
class R3GANDiscriminator(Network):
    """R3GAN discriminator: residual stages down to 4x4, then one logit.

    Each stage has `blocks` residual blocks, 2x downsampling and a 1x1 convolution if the width
    changes. A depthwise convolution maps 4x4 to a vector. Networks of the paper:

    - CIFAR-10: `width=768`; maps of 32x32x768, 16x16x768, 8x8x768, 4x4x768; with 10 classes
      21,280,512 weights, as published.
    - 256x256: `width=96`; 256x256x96, 128x128x192, 64x64x384, 32x32x768, 16x16x768, 8x8x768,
      4x4x768; 23,009,568 weights.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15, up to 1024 a side.
        width: Number of channels of the first stage, a multiple of 8; inwards they double, up to
            `max_width`.
        num_classes: Number of classes, for a class-conditional discriminator; the logit is the
            inner product of the image's features and the class's embedding.
        blocks: Number of residual blocks per stage.
        max_width: Number of channels of the widest stage, at least `width`.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape or width.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.R3GANDiscriminator((32, 32, 3), width=8).output_shape
    (None, 1)
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (32, 32, 3),
        width: int = 64,
        num_classes: int | None = None,
        blocks: int = 2,
        max_width: int = 768,
        dtype: str | None = None,
        name: str = "r3gan_discriminator",
    ):
        size, doublings = map_size_and_doublings(image_shape)
        widths = r3gan_widths(doublings, width, max_width)
        check_num_classes(num_classes)
        policy = resolve_policy(dtype)
        images = keras.Input(tuple(image_shape), name="images")
        inputs = discriminator_inputs(images, num_classes)
        x = convolution(widths[0], 1.0, policy)(images)
        for stage, channels in enumerate(widths):
            if stage:
                x = match_width(Downsample2D(dtype=policy)(x), channels, policy)
            for _ in range(blocks):
                x = residual_block(x, len(widths) * blocks, policy)
        x = keras.layers.DepthwiseConv2D(
            size,
            use_bias=False,
            depthwise_initializer=normal_initializer(1 / math.prod(size), fan_in=False),
            dtype=policy,
        )(x)
        x = keras.layers.Flatten(dtype="float32")(x)
        outputs = 1 if num_classes is None else widths[-1]
        name_of_logits = "logits" if num_classes is None else None
        x = linear(outputs, "float32", name=name_of_logits)(x)
        if num_classes is not None:
            embed = embedding(num_classes, outputs, outputs**-0.5, "float32")
            product = ops.sum(x * embed(inputs[1]), axis=-1, keepdims=True)
            x = keras.layers.Activation("linear", dtype="float32", name="logits")(product)
        config = {
            "image_shape": list(image_shape),
            "width": width,
            "num_classes": num_classes,
            "blocks": blocks,
            "max_width": max_width,
        }
        super().__init__(inputs, x, config, policy, name)


def scaled_learned_map(
    latents: keras.KerasTensor, channels: int, size: tuple[int, int], policy: keras.DTypePolicy
) -> keras.KerasTensor:
    """Makes a learned map of a size, with channels scaled by a linear function of the latents."""
    scales = linear(channels, policy)(latents)
    scales = keras.layers.Reshape((1, 1, channels), dtype=policy)(scales)
    return keras.layers.Multiply(dtype=policy)(
        [LearnedMap(channels, size, dtype=policy)(latents), scales]
    )


def residual_block(
    x: keras.KerasTensor, blocks: int, policy: keras.DTypePolicy
) -> keras.KerasTensor:
    """Applies x + W3 a(W2 a(W1 x)): 1x1 to twice the channels, 3x3 in groups of 16, 1x1 back.

    The first two have a bias and LeakyReLU 0.2. The initial variances bound the sum over all
    blocks: W3 is 0, and the others have gain L^(-1/4) for a network of L blocks.

    Args:
        x: `(batch, height, width, channels)`.
        blocks: L.
        policy: Precision policy.

    Source: Huang et al., section 3.3; Zhang et al., "Fixup Initialization", ICLR 2019.
    """
    channels = x.shape[-1]
    gain = ACTIVATION_GAIN * blocks**-0.25
    y = convolution(2 * channels, gain, policy, use_bias=True)(x)
    y = LeakyReLU(SLOPE, dtype=policy)(y)
    y = GroupedConv2D(
        2 * channels,
        3,
        2 * channels // GROUP,
        kernel_initializer=normal_initializer(gain**2),
        dtype=policy,
    )(y)
    y = LeakyReLU(SLOPE, dtype=policy)(y)
    y = convolution(channels, 0.0, policy)(y)
    return keras.layers.Add(dtype=policy)([x, y])


def match_width(
    x: keras.KerasTensor, channels: int, policy: keras.DTypePolicy
) -> keras.KerasTensor:
    """Applies a 1x1 convolution if the number of channels differs."""
    return x if x.shape[-1] == channels else convolution(channels, 1.0, policy)(x)


def convolution(
    filters: int, gain: float, policy: keras.DTypePolicy, use_bias: bool = False
) -> keras.layers.Layer:
    """Makes a 1x1 convolution with weights of standard deviation gain / sqrt(fan-in)."""
    return Conv2D(
        filters, 1, use_bias=use_bias, kernel_initializer=normal_initializer(gain**2), dtype=policy
    )


def linear(
    units: int, policy: keras.DTypePolicy | str, name: str | None = None
) -> keras.layers.Layer:
    """Makes a linear layer of gain 1, without bias."""
    return keras.layers.Dense(
        units, use_bias=False, kernel_initializer=normal_initializer(1.0), dtype=policy, name=name
    )


def embedding(
    num_classes: int, size: int, gain: float, policy: keras.DTypePolicy | str
) -> keras.layers.Layer:
    """Makes an embedding of classes, equal to a linear layer on the one-hot label."""
    deviation = gain * num_classes**-0.5
    return keras.layers.Embedding(
        num_classes, size, keras.initializers.RandomNormal(stddev=deviation), dtype=policy
    )


def normal_initializer(
    variance: float, fan_in: bool = True
) -> keras.initializers.Initializer | str:
    """Returns the initializer N(0, variance / fan-in), or N(0, variance)."""
    if variance == 0.0:
        return "zeros"
    if not fan_in:
        return keras.initializers.RandomNormal(stddev=variance**0.5)
    return keras.initializers.VarianceScaling(variance, "fan_in", "untruncated_normal")


def r3gan_widths(doublings: int, width: int, max_width: int) -> list[int]:
    """Returns the channels of the stages from the image inwards.

    Raises:
        ConfigError: For an unsupported width.
    """
    if width < 8 or width % 8 or max_width % 8:
        raise ConfigError(
            f"expected a width and max_width in multiples of 8, as a group has {GROUP} of a "
            f"block's 2 * width channels, got {width} and {max_width}."
        )
    return stage_widths(doublings, width, max_width)
