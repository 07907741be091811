"""The PyTorch twins of the package's networks: the same layers and sizes.

A new network adds its twin here: a file, and its name in `TWINS`.
"""

from peers.torch_networks import dcgan, progressive, r3gan, resnet, stylegan2

TWINS = {
    family.__name__.rpartition(".")[2]: (family.generator, family.discriminator)
    for family in (dcgan, progressive, r3gan, resnet, stylegan2)
}
