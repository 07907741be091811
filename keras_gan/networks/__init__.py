"""Networks of the players, one file per family: functional graphs without a loss."""

from keras_gan.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from keras_gan.networks.mlp import MLPDiscriminator, MLPGenerator
from keras_gan.networks.network import (
    Network,
    compute_dtypes,
    freeze_layers,
    mixes_samples,
    truncated,
    truncates_itself,
)
from keras_gan.networks.progressive import ProgressiveDiscriminator, ProgressiveGenerator
from keras_gan.networks.r3gan import R3GANDiscriminator, R3GANGenerator
from keras_gan.networks.resnet import ResNetDiscriminator, ResNetGenerator
from keras_gan.networks.stylegan2 import StyleGAN2Discriminator, StyleGAN2Generator
from keras_gan.networks.translation import (
    PatchDiscriminator,
    ResNetTranslator,
    UNetTranslator,
)

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "MLPDiscriminator",
    "MLPGenerator",
    "Network",
    "PatchDiscriminator",
    "ProgressiveDiscriminator",
    "ProgressiveGenerator",
    "R3GANDiscriminator",
    "R3GANGenerator",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "ResNetTranslator",
    "StyleGAN2Discriminator",
    "StyleGAN2Generator",
    "UNetTranslator",
    "compute_dtypes",
    "freeze_layers",
    "mixes_samples",
    "truncated",
    "truncates_itself",
]
