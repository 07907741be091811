"""The networks of the recipes: players whose widths belong together.

Each function takes a `NetworkSpec` and returns name -> network, as a game's constructor takes them.
"""

from typing import NamedTuple

from keras_gan import networks

import keras


class NetworkSpec(NamedTuple):
    """What the networks of a game are for.

    Attributes:
        shape: Shape of a sample.
        latent_dim: Size of the latent vector.
        width: Channels, or hidden units.
        num_classes: Number of classes; None without labels.
        dtype: Precision policy; None for Keras's global one.
        moments: `(means, variances)` of the data where these are points.
    """

    shape: tuple[int, ...]
    latent_dim: int
    width: int
    num_classes: int | None = None
    dtype: str | None = None
    moments: tuple | None = None

    @property
    def classes_and_dtype(self) -> dict:
        """The arguments that all networks share."""
        return {"num_classes": self.num_classes, "dtype": self.dtype}


def pair(generator: keras.Model, discriminator: keras.Model) -> dict:
    """Returns the networks of a `GAN`."""
    return {"generator": generator, "discriminator": discriminator}


def mlp(spec: NetworkSpec) -> dict:
    """Makes perceptrons of two layers, the discriminator's of maxout units with dropout."""
    common = {**spec.classes_and_dtype, "moments": spec.moments}
    units = (spec.width // 5,) * 2
    return pair(
        networks.MLPGenerator(spec.shape, spec.latent_dim, (spec.width,) * 2, **common),
        networks.MLPDiscriminator(spec.shape, units, dropout=0.5, **common),
    )


def points(spec: NetworkSpec) -> dict:
    """Makes plain perceptrons of three layers."""
    common = {**spec.classes_and_dtype, "moments": spec.moments}
    units = (spec.width,) * 3
    return pair(
        networks.MLPGenerator(spec.shape, spec.latent_dim, units, **common),
        networks.MLPDiscriminator(spec.shape, units, pieces=1, **common),
    )


def dcgan(spec: NetworkSpec) -> dict:
    """Makes the convolutions of 2015, both players of one width."""
    common = spec.classes_and_dtype
    return pair(
        networks.DCGANGenerator(spec.shape, spec.latent_dim, spec.width, **common),
        networks.DCGANDiscriminator(spec.shape, spec.width, **common),
    )


def quick(spec: NetworkSpec, conditioning: str = "projection") -> dict:
    """Makes DCGAN's networks with a discriminator of half the generator's width."""
    common = spec.classes_and_dtype
    width = max(spec.width // 2, 1)
    return pair(
        networks.DCGANGenerator(spec.shape, spec.latent_dim, spec.width, **common),
        networks.DCGANDiscriminator(spec.shape, width, conditioning=conditioning, **common),
    )


def resnet(spec: NetworkSpec, normalization: str | None = None, share: float = 0.5) -> dict:
    """Makes SNGAN's networks for CIFAR-10, of one width each.

    Args:
        spec: A `NetworkSpec`.
        normalization: Of the discriminator's weights.
        share: The discriminator's width as a share of the generator's.
    """
    common, width = spec.classes_and_dtype, max(int(spec.width * share), 1)
    generator = {"conditioning": "batch_norm", "max_width": spec.width, **common}
    discriminator = {"normalization": normalization, "max_width": width, **common}
    discriminator["smallest_map"] = min(8, spec.shape[0] // 2)
    return pair(
        networks.ResNetGenerator(spec.shape, spec.latent_dim, spec.width, **generator),
        networks.ResNetDiscriminator(spec.shape, width, **discriminator),
    )


def sagan(spec: NetworkSpec) -> dict:
    """Makes residual networks with self-attention, both spectrally normalised."""
    common = {"attention": max(8, spec.shape[0] // 4), "normalization": "spectral"}
    common |= spec.classes_and_dtype
    generator = {"conditioning": "batch_norm", **common}
    return pair(
        networks.ResNetGenerator(spec.shape, spec.latent_dim, spec.width, **generator),
        networks.ResNetDiscriminator(spec.shape, spec.width, **common),
    )


def biggan(spec: NetworkSpec) -> dict:
    """Makes the same with latents for every block and orthogonal weights."""
    common = {"attention": min(64, spec.shape[0] // 2), "normalization": "spectral"}
    common |= {"max_width": 16 * spec.width, "initializer": "orthogonal"} | spec.classes_and_dtype
    generator = {"conditioning": "split_latents", **common}
    return pair(
        networks.ResNetGenerator(spec.shape, spec.latent_dim, spec.width, **generator),
        networks.ResNetDiscriminator(spec.shape, spec.width, **common),
    )


def stylegan2(spec: NetworkSpec) -> dict:
    """Makes a generator of styles and noise, and a residual discriminator."""
    common = {"mapping_layers": 2, "max_width": min(8 * spec.width, 512)} | spec.classes_and_dtype
    generator = {"style_mixing": 0.0, **common}
    return pair(
        networks.StyleGAN2Generator(spec.shape, spec.latent_dim, spec.width, **generator),
        networks.StyleGAN2Discriminator(spec.shape, spec.width, **common),
    )


def progan(spec: NetworkSpec) -> dict:
    """Makes networks that grow from 4x4 pixels."""
    common = {"max_width": min(8 * spec.width, 512)} | spec.classes_and_dtype
    return pair(
        networks.ProgressiveGenerator(spec.shape, spec.latent_dim, spec.width, **common),
        networks.ProgressiveDiscriminator(spec.shape, spec.width, **common),
    )


def r3gan(spec: NetworkSpec, blocks: int = 2) -> dict:
    """Makes residual networks without normalisation, of so many blocks a stage."""
    common = {"blocks": blocks} | spec.classes_and_dtype
    return pair(
        networks.R3GANGenerator(spec.shape, spec.latent_dim, spec.width, **common),
        networks.R3GANDiscriminator(spec.shape, spec.width, **common),
    )
