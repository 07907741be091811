"""The package's networks in PyTorch, with the same layers and sizes.

To add a network, add a file with `generator` and `discriminator`, and the file to `TWINS`.
"""

from peers.torch_networks import dcgan, progressive, r3gan, resnet, stylegan2

TWINS = {
    family.__name__.rpartition(".")[2]: (family.generator, family.discriminator)
    for family in (dcgan, progressive, r3gan, resnet, stylegan2)
}
