"""DCGAN's networks in PyTorch, with the initial weights of 2015."""

import torch
from torch import nn


def generator(size, channels, latent_dim, width):
    """Makes the network of `keras_gan.networks.DCGANGenerator`."""
    start, widths = plan(size, width)
    widths = widths[::-1]
    layers = [
        nn.Linear(latent_dim, start * start * widths[0], bias=False),
        nn.Unflatten(1, (widths[0], start, start)),
    ]
    for inputs, outputs in zip(widths, [*widths[1:], None], strict=True):
        layers += [
            nn.BatchNorm2d(inputs, eps=1e-3),
            nn.ReLU(),
            nn.ConvTranspose2d(
                inputs, outputs or channels, 4, stride=2, padding=1, bias=outputs is None
            ),
        ]
    return initialized(nn.Sequential(*layers, nn.Tanh()))


def discriminator(size, channels, width):
    """Makes the network of `keras_gan.networks.DCGANDiscriminator`."""
    start, widths = plan(size, width)
    layers = []
    for inputs, outputs in zip([channels, *widths], widths, strict=False):
        layers += [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    layers += [
        nn.Flatten(),
        nn.Linear(widths[-1] * start * start, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 1),
    ]
    return initialized(nn.Sequential(*layers))


def plan(size, width):
    """Returns the size of the smallest maps, and the channels of the stages, largest maps first."""
    start = 7 if size == 28 else 4
    stages = (size // start).bit_length() - 1
    return start, [width * min(2**stage, 8) for stage in range(stages)]


def initialized(network):
    """Draws weights from N(0, 0.02^2) and sets biases to 0.

    The channels are last in memory, which is faster with oneDNN and cuDNN.
    """
    for module in network.modules():
        if isinstance(module, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network.to(memory_format=torch.channels_last)
