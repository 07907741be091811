"""SNGAN's residual networks in PyTorch."""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm


class UpBlock(nn.Module):
    """Residual block that doubles the size.

    Its branch is BatchNorm, ReLU, upsampling, 3x3, BatchNorm, ReLU, 3x3. Its skip connection is a
    1x1 convolution and upsampling.
    """

    def __init__(self, before, after):
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(before), nn.BatchNorm2d(after)])
        self.first = nn.Conv2d(before, after, 3, padding=1)
        self.second = nn.Conv2d(after, after, 3, padding=1)
        self.skip = nn.Conv2d(before, after, 1)

    def forward(self, x):
        y = functional.interpolate(functional.relu(self.norms[0](x)), scale_factor=2)
        y = self.second(functional.relu(self.norms[1](self.first(y))))
        return y + functional.interpolate(self.skip(x), scale_factor=2)


class DownBlock(nn.Module):
    """Residual block with optional average pooling.

    Its branch is ReLU, 3x3, ReLU, 3x3. Its skip connection is a 1x1 convolution, or the identity if
    the shape doesn't change.
    """

    def __init__(self, before, after, activate, pool):
        super().__init__()
        self.first = spectral_norm(nn.Conv2d(before, after, 3, padding=1))
        self.second = spectral_norm(nn.Conv2d(after, after, 3, padding=1))
        self.activate, self.pool = activate, pool
        self.skip = spectral_norm(nn.Conv2d(before, after, 1)) if pool or before != after else None

    def forward(self, x):
        y = functional.relu(x) if self.activate else x
        y = self.second(functional.relu(self.first(y)))
        if self.pool:
            x, y = functional.avg_pool2d(x, 2), functional.avg_pool2d(y, 2)
        return y + (x if self.skip is None else self.skip(x))


class Critic(nn.Module):
    """Discriminator: blocks, ReLU, the sum over each map, and a linear layer."""

    def __init__(self, blocks, width):
        super().__init__()
        self.blocks, self.logit = nn.Sequential(*blocks), spectral_norm(nn.Linear(width, 1))

    def forward(self, x):
        return self.logit(functional.relu(self.blocks(x)).sum((2, 3)))


def generator(size, channels, latent_dim, width):
    """Makes the network of `keras_gan.networks.ResNetGenerator` with constant width."""
    stages = (size // 4).bit_length() - 1
    layers = [nn.Linear(latent_dim, 16 * width), nn.Unflatten(1, (width, 4, 4))]
    layers += [UpBlock(width, width) for _ in range(stages)]
    layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, channels, 3, padding=1)]
    return nn.Sequential(*layers, nn.Tanh()).to(memory_format=torch.channels_last)


def discriminator(size, channels, width):
    """Makes the network of `keras_gan.networks.ResNetDiscriminator` with constant width."""
    blocks, current = [], size
    for stage in range((size // 4).bit_length()):
        pool = current > 8
        blocks.append(DownBlock(width if stage else channels, width, stage > 0, pool))
        current //= 2 if pool else 1
    return Critic(blocks, width).to(memory_format=torch.channels_last)
