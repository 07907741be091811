"""What the networks' docstrings say of their size: weights, and the map of each stage."""

import itertools
import math

from keras_gan import networks
from keras_gan.layers import FadeIn, LeakyReLU, PixelNormalization

import pytest
from conftest import without_values
from keras.layers import Add, Reshape

CIFAR, LARGE = (32, 32, 3), (128, 128, 3)
SAGAN = {"num_classes": 1000, "attention": 32, "normalization": "spectral"}
BIGGAN = {**SAGAN, "attention": 64, "max_width": 1536, "initializer": "orthogonal"}

ResNetG, ResNetD = networks.ResNetGenerator, networks.ResNetDiscriminator
StyleG, StyleD = networks.StyleGAN2Generator, networks.StyleGAN2Discriminator
ProGANG, ProGAND = networks.ProgressiveGenerator, networks.ProgressiveDiscriminator
R3GANG, R3GAND = networks.R3GANGenerator, networks.R3GANDiscriminator

# fmt: off
NETWORKS = [
    # the class and its arguments, and the weights that learn
    (ResNetG, {"image_shape": CIFAR, "width": 256, "max_width": 256}, 4_276_739),
    (ResNetG, {"image_shape": CIFAR, "width": 128, "max_width": 128}, 1_204_483),
    (ResNetG, {"image_shape": LARGE}, 32_150_787),
    (ResNetG, {"image_shape": LARGE, "conditioning": "batch_norm", **SAGAN}, 42_078_852),
    (ResNetG, {"image_shape": LARGE, "conditioning": "split_latents", "latent_dim": 120,
               "width": 96, **BIGGAN}, 70_433_988),
    (ResNetD, {"image_shape": CIFAR, "width": 128, "max_width": 128, "smallest_map": 8}, 1_053_825),
    (ResNetD, {"image_shape": CIFAR, "width": 128, "max_width": 128, "smallest_map": 8,
               "normalization": None}, 1_053_825),
    (ResNetD, {"image_shape": LARGE}, 38_419_137),
    (ResNetD, {"image_shape": LARGE, **SAGAN}, 39_463_618),
    (ResNetD, {"image_shape": LARGE, "width": 96, **BIGGAN}, 87_982_370),
    (StyleG, {"image_shape": (1024, 1024, 3), "width": 32}, 30_370_060),
    (StyleD, {"image_shape": (1024, 1024, 3), "width": 32}, 29_012_513),
    (StyleG, {"image_shape": (256, 256, 3), "width": 64}, 24_767_458),
    (StyleD, {"image_shape": (256, 256, 3), "width": 64}, 24_001_089),
    (ProGANG, {"image_shape": (1024, 1024, 3), "width": 16, "latent_dim": 512}, 23_086_795),
    (ProGAND, {"image_shape": (1024, 1024, 3), "width": 16}, 23_087_249),
    (R3GANG, {"image_shape": CIFAR, "width": 768, "num_classes": 10}, 20_781_952),
    (R3GAND, {"image_shape": CIFAR, "width": 768, "num_classes": 10}, 21_280_512),
    (R3GANG, {"image_shape": (256, 256, 3), "width": 96}, 23_057_952),
    (R3GAND, {"image_shape": (256, 256, 3), "width": 96}, 23_009_568),
]
# fmt: on

ENDS = {  # layers with whose outputs stages end
    ResNetG: (Reshape, Add),
    ResNetD: (Add,),
    StyleG: (LeakyReLU,),
    StyleD: (LeakyReLU, Add),
    ProGANG: (PixelNormalization,),
    ProGAND: (FadeIn,),
    R3GANG: (Add,),
    R3GAND: (Add,),
}


def stages_of(network):
    """Shapes of the maps with which stages end, such as "4x4x512, 8x8x512"."""
    kind = type(network)
    ends = [layer for layer in network.layers if isinstance(layer, ENDS[kind])]
    if kind is ProGAND:
        ends.insert(0, network.get_layer(f"from_rgb_{network.input_shape[1]}"))
    if kind is StyleD:  # the first block's input, and each block's sum
        ends = [ends[0], *(layer for layer in ends if isinstance(layer, Add))]
    shapes = [layer.output.shape[1:] for layer in ends if len(layer.output.shape) == 4]
    if kind not in (ResNetG, ResNetD):  # whose blocks have a stage each
        shapes = [shape for shape, _ in itertools.groupby(shapes)]
    return ", ".join("x".join(map(str, shape)) for shape in shapes)


@pytest.mark.parametrize(("kind", "arguments", "count"), NETWORKS)
def test_a_network_has_the_weights_and_stages_that_its_docstring_says(kind, arguments, count):
    with without_values():
        network = kind(**arguments)
    assert sum(math.prod(weight.shape) for weight in network.trainable_weights) == count
    said = " ".join(kind.__doc__.split())
    assert f"{count:,}" in said
    assert stages_of(network) in said
    made = network.outputs[0].shape[1:]
    assert made == (arguments["image_shape"] if kind.__name__.endswith("Generator") else (1,))
