"""The players: one file a family. Functional graphs without a loss inside."""

from keras_gan.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from keras_gan.networks.mlp import MLPDiscriminator, MLPGenerator
from keras_gan.networks.network import Network, compute_dtypes
from keras_gan.networks.r3gan import R3GANDiscriminator, R3GANGenerator
from keras_gan.networks.resnet import ResNetDiscriminator, ResNetGenerator

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "MLPDiscriminator",
    "MLPGenerator",
    "Network",
    "R3GANDiscriminator",
    "R3GANGenerator",
    "ResNetDiscriminator",
    "ResNetGenerator",
    "compute_dtypes",
]
