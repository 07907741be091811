"""The networks of the recipes: generators with the discriminators that match their width.

Each function takes a `NetworkSpec` and returns the networks by the argument names of the model's
constructor.
"""

import math
from typing import NamedTuple

from keras_gan import media, networks
from keras_gan.networks.sizes import map_size_and_doublings

import keras

CIFAR = 32  # pixels: up to here papers have networks and hyperparameters for CIFAR-10


class NetworkSpec(NamedTuple):
    """The sizes and options from which the networks of a model are built.

    Attributes:
        shape: Shape of one sample.
        latent_dim: Size of the latent vector.
        width: Number of channels, or of hidden units.
        medium: `keras_gan.media.Medium` of the samples.
        num_classes: Number of classes; None without labels.
        dtype: Precision policy; None for Keras's global policy.
        moments: `(means, variances)` of the data, if they are points.
    """

    shape: tuple[int, ...]
    latent_dim: int
    width: int
    medium: media.Medium
    num_classes: int | None = None
    dtype: str | None = None
    moments: tuple | None = None

    @property
    def classes_and_dtype(self) -> dict:
        """Arguments that all networks take."""
        return {"num_classes": self.num_classes, "dtype": self.dtype}

    @property
    def side(self) -> int:
        """Shorter side of images in pixels."""
        return min(self.shape[:2])

    @property
    def size(self) -> int:
        """Side of a square of as many pixels as the images have."""
        return self.medium.size(self.shape)

    @property
    def activation(self) -> str:
        """Output activation of generators without convolutions."""
        return self.medium.activation if self.moments is None else "linear"


def pair(generator: keras.Model, discriminator: keras.Model) -> dict[str, keras.Model]:
    """Returns the two networks by the argument names of `GAN`."""
    return {"generator": generator, "discriminator": discriminator}


def mlp(spec: NetworkSpec) -> dict[str, keras.Model]:
    """Makes perceptrons with two hidden layers; the discriminator has maxout units and dropout."""
    common = {**spec.classes_and_dtype, "moments": spec.moments}
    units = (max(spec.width // 5, 1),) * 2
    width = (spec.width,) * 2
    return pair(
        networks.MLPGenerator(spec.shape, spec.latent_dim, width, spec.activation, **common),
        networks.MLPDiscriminator(spec.shape, units, dropout=0.5, **common),
    )


def points(spec: NetworkSpec) -> dict[str, keras.Model]:
    """Makes plain perceptrons with three hidden layers."""
    common = {**spec.classes_and_dtype, "moments": spec.moments}
    units = (spec.width,) * 3
    return pair(
        networks.MLPGenerator(spec.shape, spec.latent_dim, units, spec.activation, **common),
        networks.MLPDiscriminator(spec.shape, units, pieces=1, **common),
    )


def dcgan(spec: NetworkSpec) -> dict[str, keras.Model]:
    """Makes the convolutional networks of 2015, both of the same width."""
    common = spec.classes_and_dtype
    return pair(
        networks.DCGANGenerator(spec.shape, spec.latent_dim, spec.width, **common),
        networks.DCGANDiscriminator(spec.shape, spec.width, **common),
    )


def quick(spec: NetworkSpec, conditioning: str = "projection") -> dict[str, keras.Model]:
    """Makes DCGAN's networks, with a discriminator of half the generator's width."""
    common = spec.classes_and_dtype
    width = max(spec.width // 2, 1)
    return pair(
        networks.DCGANGenerator(spec.shape, spec.latent_dim, spec.width, **common),
        networks.DCGANDiscriminator(spec.shape, width, conditioning=conditioning, **common),
    )


def resnet(
    spec: NetworkSpec, normalization: str | None = None, share: float = 0.5
) -> dict[str, keras.Model]:
    """Makes SNGAN's networks for CIFAR-10, each with the same width at all resolutions.

    Args:
        spec: A `NetworkSpec`.
        normalization: Normalization of the discriminator's weights.
        share: Width of the discriminator as a share of the generator's.
    """
    common, width = spec.classes_and_dtype, max(int(spec.width * share), 1)
    generator = {"conditioning": "batch_norm", "max_width": spec.width, **common}
    discriminator = {"normalization": normalization, "max_width": width, **common}
    discriminator["smallest_map"] = min(8, spec.side // 2)
    return pair(
        networks.ResNetGenerator(spec.shape, spec.latent_dim, spec.width, **generator),
        networks.ResNetDiscriminator(spec.shape, width, **discriminator),
    )


def attention_side(spec: NetworkSpec, side: int) -> int | None:
    """Returns the shorter side of the inner map that is nearest to `side`; None without one."""
    _, doublings = map_size_and_doublings(spec.shape, least_doublings=1)
    sides = [spec.side >> stage for stage in range(1, doublings)]
    return min(sides, key=lambda each: abs(math.log(each / side)), default=None)


def sagan(spec: NetworkSpec, small: bool = False) -> dict[str, keras.Model]:
    """Makes residual networks with self-attention, both with spectral normalization.

    Up to 32 pixels they have the same width at all resolutions, 4 times the generator's and twice
    the discriminator's, as in StudioGAN; the authors have no networks of this size.

    Args:
        spec: A `NetworkSpec`.
        small: Whether they widen inwards at all sizes, which is less work for a CPU.
    """
    even = (4, 2) if spec.size <= CIFAR and not small else None
    attention = attention_side(spec, spec.side // 2 if even else max(8, spec.side // 4))
    options = {"attention": attention, "normalization": "spectral"}
    return residual_pair(spec, options, "batch_norm", even)


def biggan(spec: NetworkSpec, small: bool = False) -> dict[str, keras.Model]:
    """Makes SAGAN's networks with latents in each block and orthogonal initial weights.

    Up to 32 pixels both have 4 times the width at all resolutions, as in the authors' code.

    Args:
        spec, small: As in `sagan`.
    """
    attention = attention_side(spec, min(64, spec.side // 2))
    options = {"attention": attention, "normalization": "spectral"}
    options |= {"max_width": 16 * spec.width, "initializer": "orthogonal"}
    even = (4, 4) if spec.size <= CIFAR and not small else None
    return residual_pair(spec, options, "split_latents", even)


def residual_pair(
    spec: NetworkSpec, options: dict, conditioning: str, even: tuple[int, int] | None
) -> dict[str, keras.Model]:
    """Makes residual networks.

    Args:
        spec: A `NetworkSpec`.
        options: Arguments of both networks.
        conditioning: Conditioning of the generator.
        even: Widths of the generator and of the discriminator at all resolutions, as multiples of
            the spec's; None for networks that widen inwards.
    """
    common = {"width": spec.width, **options, **spec.classes_and_dtype}
    generator, discriminator = {"conditioning": conditioning, **common}, dict(common)
    if even is not None:
        for network, factor in zip((generator, discriminator), even, strict=True):
            network |= dict.fromkeys(("width", "max_width"), factor * spec.width)
        discriminator["smallest_map"] = min(8, spec.side // 2)
    return pair(
        networks.ResNetGenerator(spec.shape, spec.latent_dim, **generator),
        networks.ResNetDiscriminator(spec.shape, **discriminator),
    )


def stylegan2(spec: NetworkSpec, small: bool = False) -> dict[str, keras.Model]:
    """Makes a style-based generator with noise, and a residual discriminator.

    Args:
        spec: A `NetworkSpec`.
        small: Whether small maps have at most 8 times the width, labels a mapping of two layers and
            samples one style, for a CPU.
    """
    max_width = min(8 * spec.width, 512) if small else 512
    common = {"max_width": max_width} | spec.classes_and_dtype
    mixing = 0.0 if small or spec.size <= CIFAR else 0.9
    generator = {"mapping_layers": 2, "style_mixing": mixing, **common}
    discriminator = {"mapping_layers": 2 if small else 8, **common}
    return pair(
        networks.StyleGAN2Generator(spec.shape, spec.latent_dim, spec.width, **generator),
        networks.StyleGAN2Discriminator(spec.shape, spec.width, **discriminator),
    )


def progan(spec: NetworkSpec, small: bool = False) -> dict[str, keras.Model]:
    """Makes networks that grow from a smallest image, 4x4 for a power of two.

    Args:
        spec: A `NetworkSpec`.
        small: Whether small maps have up to 8 times the width. By default they have up to 512
            channels; up to 32 pixels, as in the authors' networks for CIFAR-10, all have the width.
    """
    widest = spec.width if spec.size <= CIFAR else 512
    max_width = min(8 * spec.width, 512) if small else widest
    common = {"max_width": max_width} | spec.classes_and_dtype
    return pair(
        networks.ProgressiveGenerator(spec.shape, spec.latent_dim, spec.width, **common),
        networks.ProgressiveDiscriminator(spec.shape, spec.width, **common),
    )


def r3gan(spec: NetworkSpec, blocks: int = 2) -> dict[str, keras.Model]:
    """Makes residual networks without normalization, with `blocks` blocks per stage."""
    common = {"blocks": blocks} | spec.classes_and_dtype
    return pair(
        networks.R3GANGenerator(spec.shape, spec.latent_dim, spec.width, **common),
        networks.R3GANDiscriminator(spec.shape, spec.width, **common),
    )
