"""ResNet: plain residual networks, for square images of 2^k pixels up to 1024.

Sources: Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017; Miyato et al.,
"Spectral Normalization for Generative Adversarial Networks", ICLR 2018; Zhang et al.,
"Self-Attention Generative Adversarial Networks", ICML 2019; Brock et al., "Large Scale GAN Training
for High Fidelity Natural Image Synthesis", ICLR 2019.
"""

import math
from collections.abc import Sequence

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.networks.network import (
    CONDITIONINGS,
    Network,
    check_choice,
    check_num_classes,
    concatenate_one_hot,
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    resolve_policy,
)
from keras_gan.networks.residual_blocks import LayerFactory, down_block, up_block
from keras_gan.networks.sizes import SMALLEST_SIDE, map_size_and_doublings, stage_widths

import keras
from keras import ops

CLASS_EMBEDDING = 128
NORMALIZATIONS = (None, "spectral")
INITIALIZERS = ("glorot", "orthogonal")


@keras.saving.register_keras_serializable(package="keras_gan")
class ResNetGenerator(Network):
    """ResNet generator: a linear layer to a small map, then residual blocks that each double it.

    It ends with BatchNorm, ReLU, a 3x3 convolution and tanh. Networks of the papers:

    - CIFAR-10, SNGAN: `width=256, max_width=256`; maps of 4x4x256, 8x8x256, 16x16x256, 32x32x256;
      4,276,739 trainable weights. WGAN-GP: the same with 128; 4x4x128, 8x8x128, 16x16x128,
      32x32x128; 1,204,483 weights.
    - 128x128, SNGAN: `width=64`; 4x4x1024, 8x8x1024, 16x16x512, 32x32x256, 64x64x128, 128x128x64;
      32,150,787 weights. SAGAN: the same with `normalization="spectral", attention=32`, and for
      1000 classes `conditioning="batch_norm"`; 42,078,852 weights.
    - 128x128, BigGAN: `width=96, max_width=1536, latent_dim=120, conditioning="split_latents"`,
      `normalization="spectral", attention=64, initializer="orthogonal"`; 4x4x1536, 8x8x1536,
      16x16x768, 32x32x384, 64x64x192, 128x128x96; for 1000 classes 70,433,988 weights, as its
      authors count. Its networks for 256x256 and more have other widths.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15 and k >= 1, up to 1024 a side, and 1 to 4 channels.
        latent_dim: Size of the latent vector.
        width: Number of channels at the image's size; inwards they double, up to `max_width`.
        num_classes: Number of classes, for a class-conditional generator.
        conditioning: `"concatenation"` of the one-hot label to the latents, or `"batch_norm"` with
            scales and shifts for each class. With `"split_latents"`, one part of the latents goes
            to the 4x4 map. Each block gets another part, with the class's embedding if there are
            classes, for the scales and shifts of its BatchNorm.
        normalization: None, or `"spectral"` for spectral normalization of every weight.
        attention: Size of the map after which to insert self-attention, or None.
        max_width: Number of channels of the widest stage, at least `width`.
        initializer: `"glorot"` as in SNGAN, or `"orthogonal"` as in BigGAN.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape, attention size or choice.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.ResNetGenerator((32, 32, 3), latent_dim=16, width=8).output_shape
    (None, 32, 32, 3)
    """

    tolerance = 1e-4  # of exports: rounding accumulates over many layers

    def __init__(
        self,
        image_shape: Sequence[int] = (32, 32, 3),
        latent_dim: int = 128,
        width: int = 64,
        num_classes: int | None = None,
        conditioning: str = "concatenation",
        normalization: str | None = None,
        attention: int | None = None,
        max_width: int = 1024,
        initializer: str = "glorot",
        dtype: str | None = None,
        name: str = "resnet_generator",
    ):
        size, doublings = map_size_and_doublings(image_shape, least_doublings=1)
        check_num_classes(num_classes)
        check_choice("conditioning", conditioning, ("concatenation", "batch_norm", "split_latents"))
        check_choice("normalization", normalization, NORMALIZATIONS)
        check_choice("initializer", initializer, INITIALIZERS)
        widths = stage_widths(doublings, width, max_width)[::-1]
        check_attention(attention, [min(size) << stage for stage in range(1, doublings + 1)])
        factory = LayerFactory(resolve_policy(dtype), initializer, normalization)
        _, inputs = generator_inputs(latent_dim, num_classes)
        first, conditions = condition_blocks(inputs, num_classes, conditioning, doublings, factory)
        x = factory.dense(math.prod(size) * widths[0])(first)
        x = keras.layers.Reshape((*size, widths[0]), dtype=factory.policy)(x)
        for channels, condition in zip(widths[1:], conditions, strict=True):
            x = up_block(x, channels, factory, condition)
            if min(x.shape[1:3]) == attention:
                x = factory.attention(x)
        x = factory.relu(factory.batch_normalization(x))
        x = factory.convolution(image_shape[-1])(x)
        images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
        config = {
            "image_shape": list(image_shape),
            "latent_dim": latent_dim,
            "width": width,
            "num_classes": num_classes,
            "conditioning": conditioning,
            "normalization": normalization,
            "attention": attention,
            "max_width": max_width,
            "initializer": initializer,
        }
        super().__init__(inputs, images, config, factory.policy, name)


@keras.saving.register_keras_serializable(package="keras_gan")
class ResNetDiscriminator(Network):
    """ResNet discriminator: residual blocks, then one logit of the pooled features.

    There is a block for each size from the image's to the smallest map's, 4x4 for a power of two.
    Blocks halve the size as long as the shorter side stays at least `smallest_map`. After ReLU the
    last map is pooled, by the sum as in SNGAN, or without spectral normalization by the mean as in
    WGAN-GP. Networks of the papers:

    - CIFAR-10, SNGAN: `width=128, max_width=128, smallest_map=8`; after its blocks maps of
      16x16x128, 8x8x128, 8x8x128, 8x8x128; 1,053,825 trainable weights. WGAN-GP: the same with
      `normalization=None`.
    - 128x128, SNGAN: `width=64`; 64x64x64, 32x32x128, 16x16x256, 8x8x512, 4x4x1024, 4x4x1024;
      38,419,137 weights. SAGAN: the same with `attention=32`; for 1000 classes 39,463,618. As in
      SAGAN a block's first convolution changes the channels; SNGAN's own keeps them.
    - 128x128, BigGAN: `width=96, max_width=1536, attention=64, initializer="orthogonal"`; 64x64x96,
      32x32x192, 16x16x384, 8x8x768, 4x4x1536, 4x4x1536; for 1000 classes 87,982,370 weights, as
      its authors count.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15, up to 1024 a side, and 1 to 4 channels.
        width: Number of channels of the first block; inwards they double, up to `max_width`.
        num_classes: Number of classes, for a class-conditional discriminator.
        conditioning: `"projection"` of the features on the label's embedding, `"concatenation"` of
            the one-hot label to every pixel, or an `"auxiliary"` classifier with its own logits.
        normalization: `"spectral"` for spectral normalization of every weight, or None.
        attention: Size of the map after which to insert self-attention, or None.
        max_width: Number of channels of the widest stage, at least `width`.
        smallest_map: Least length of the shorter side of a map, from 4.
        initializer: `"glorot"` as in SNGAN, or `"orthogonal"` as in BigGAN.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape, attention size or choice.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.ResNetDiscriminator((32, 32, 3), width=8).output_shape
    (None, 1)
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (32, 32, 3),
        width: int = 64,
        num_classes: int | None = None,
        conditioning: str = "projection",
        normalization: str | None = "spectral",
        attention: int | None = None,
        max_width: int = 1024,
        smallest_map: int = SMALLEST_SIDE,
        initializer: str = "glorot",
        dtype: str | None = None,
        name: str = "resnet_discriminator",
    ):
        _, doublings = map_size_and_doublings(image_shape)
        check_num_classes(num_classes)
        check_choice("conditioning", conditioning, CONDITIONINGS)
        check_choice("normalization", normalization, NORMALIZATIONS)
        check_choice("initializer", initializer, INITIALIZERS)
        sides = [min(image_shape[:2]) >> stage for stage in range(doublings + 1)]
        check_integer("smallest_map", smallest_map, SMALLEST_SIDE, sides[0])
        sides = [side for side in sides[1:] if side >= smallest_map]
        check_attention(attention, sides)
        factory = LayerFactory(resolve_policy(dtype), initializer, normalization)
        images = keras.Input(tuple(image_shape), name="images")
        inputs = discriminator_inputs(images, num_classes, conditioning)
        concatenates = num_classes is not None and conditioning == "concatenation"
        x = concatenate_one_hot(*inputs, num_classes) if concatenates else images
        widths = stage_widths(doublings, width, max_width)
        features = pooled_features(x, widths, len(sides), attention, factory)
        outputs = discriminator_outputs(features, inputs, num_classes, conditioning, factory.wrap)
        config = {
            "image_shape": list(image_shape),
            "width": width,
            "num_classes": num_classes,
            "conditioning": conditioning,
            "normalization": normalization,
            "attention": attention,
            "max_width": max_width,
            "smallest_map": smallest_map,
            "initializer": initializer,
        }
        super().__init__(inputs, outputs, config, factory.policy, name)


def pooled_features(
    x: keras.KerasTensor,
    widths: Sequence[int],
    poolings: int,
    attention: int | None,
    factory: LayerFactory,
) -> keras.KerasTensor:
    """Computes the features of a discriminator from images, `(batch, widths[-1])` float32.

    Args:
        x: Images, perhaps with one-hot labels.
        widths: Number of channels of each block.
        poolings: Number of blocks, from the first one on, that halve the size.
        attention: Shorter side of the map after which to insert self-attention, or None.
        factory: Maker of layers.
    """
    for stage, channels in enumerate(widths):
        x = down_block(x, channels, factory, activate=stage > 0, pool=stage < poolings)
        if stage < poolings and min(x.shape[1:3]) == attention:
            x = factory.attention(x)
    x = keras.layers.ReLU(dtype="float32")(x)
    return (ops.sum if factory.spectral else ops.mean)(x, axis=(1, 2))


def condition_blocks(
    inputs: keras.KerasTensor | list,
    num_classes: int | None,
    conditioning: str,
    blocks: int,
    factory: LayerFactory,
) -> tuple[keras.KerasTensor, list[dict]]:
    """Returns the inputs of a generator's linear layer and the conditions of its blocks.

    Args:
        inputs: Latents, or `[latents, labels]`.
        num_classes: Number of classes, or None.
        conditioning: As in `ResNetGenerator`.
        blocks: Number of blocks.
        factory: `LayerFactory`.

    Returns:
        A tensor `(batch, features)`, and for each block the keyword arguments of
        `LayerFactory.batch_normalization`.

    Raises:
        ConfigError: For fewer latents than parts.
    """
    latents, labels = (inputs, None) if num_classes is None else inputs
    if conditioning == "split_latents":
        return split_latents(latents, labels, num_classes, blocks, factory)
    if labels is None:
        return latents, [{}] * blocks
    if conditioning == "batch_norm":
        return latents, [{"labels": labels, "num_classes": num_classes}] * blocks
    return concatenate_one_hot(latents, labels, num_classes), [{}] * blocks


def split_latents(
    latents: keras.KerasTensor,
    labels: keras.KerasTensor | None,
    num_classes: int | None,
    blocks: int,
    factory: LayerFactory,
) -> tuple[keras.KerasTensor, list[dict]]:
    """Splits the latents between linear layer and blocks, as in `condition_blocks`.

    The parts have the same size, and the first one has the remainder in addition. Blocks get the
    class's embedding too.

    Source: Brock et al., section 3 and appendix B.
    """
    size, first = divmod(latents.shape[-1], blocks + 1)
    first += size
    if size < 1:
        raise ConfigError(
            f"expected a latent_dim of at least {blocks + 1} for conditioning='split_latents', a "
            f"number for each of the {blocks} blocks and the first layer, got {latents.shape[-1]}."
        )
    vectors = [latents[:, first + i * size : first + (i + 1) * size] for i in range(blocks)]
    if labels is not None:
        embed = keras.layers.Embedding(
            num_classes, CLASS_EMBEDDING, factory.kernel_initializer(), dtype=factory.policy
        )
        embedded, concatenate = embed(labels), keras.layers.Concatenate
        vectors = [concatenate(dtype=factory.policy)([embedded, vector]) for vector in vectors]
    return latents[:, :first], [{"vectors": vector} for vector in vectors]


def check_attention(attention: int | None, sizes: Sequence[int]) -> None:
    """Raises `ConfigError` unless attention is None or the size of a block's map."""
    if attention is not None and attention not in sizes:
        raise ConfigError(
            f"expected attention to be None or the size of a map after a block, {sizes}, got "
            f"{attention}."
        )
