"""R3GAN's networks in PyTorch, with two blocks per stage and native grouped convolutions."""

import itertools

import torch
from torch import nn
from torch.nn import functional

GROUP = 16


class Block(nn.Module):
    """Residual block: x + W3 a(W2 a(W1 x))."""

    def __init__(self, channels):
        super().__init__()
        hidden = 2 * channels
        self.expand = nn.Conv2d(channels, hidden, 1)
        self.grouped = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden // GROUP)
        self.project = nn.Conv2d(hidden, channels, 1, bias=False)

    def forward(self, x):
        y = functional.leaky_relu(self.expand(x), 0.2)
        return x + self.project(functional.leaky_relu(self.grouped(y), 0.2))


class Resampled(nn.Module):
    """Doubles or halves the size by the filter [1, 3, 3, 1], as a depthwise convolution."""

    def __init__(self, channels, up):
        super().__init__()
        self.register_buffer("kernel", (4.0 if up else 1.0) * filter_of(channels))
        self.resample = functional.conv_transpose2d if up else functional.conv2d

    def forward(self, x):
        return self.resample(x, self.kernel, stride=2, padding=1, groups=x.shape[1])


def filter_of(channels):
    """Returns the filter [1, 3, 3, 1] / 8 along both axes, one kernel per channel."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8.0
    return torch.outer(taps, taps).repeat(channels, 1, 1, 1)


class Basis(nn.Module):
    """Learned 4x4 map, scaled by a linear function of the latents."""

    def __init__(self, latent_dim, channels):
        super().__init__()
        self.linear = nn.Linear(latent_dim, channels, bias=False)
        self.map = nn.Parameter(torch.randn(channels, 4, 4))

    def forward(self, latents):
        return self.map * self.linear(latents)[:, :, None, None]


def generator(size, channels, latent_dim, width):
    """Makes the network of `keras_gan.networks.R3GANGenerator`."""
    widths = widths_of(size, width)[::-1]
    layers = [Basis(latent_dim, widths[0]), Block(widths[0]), Block(widths[0])]
    for before, after in itertools.pairwise(widths):
        if before != after:
            layers.append(nn.Conv2d(before, after, 1, bias=False))
        layers += [Resampled(after, up=True), Block(after), Block(after)]
    layers.append(nn.Conv2d(widths[-1], channels, 1, bias=False))
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def discriminator(size, channels, width):
    """Makes the network of `keras_gan.networks.R3GANDiscriminator`."""
    widths = widths_of(size, width)
    layers = [nn.Conv2d(channels, widths[0], 1, bias=False), Block(widths[0]), Block(widths[0])]
    for before, after in itertools.pairwise(widths):
        layers.append(Resampled(before, up=False))
        if before != after:
            layers.append(nn.Conv2d(before, after, 1, bias=False))
        layers += [Block(after), Block(after)]
    last = widths[-1]
    layers += [nn.Conv2d(last, last, 4, groups=last, bias=False), nn.Flatten()]
    layers.append(nn.Linear(last, 1, bias=False))
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def widths_of(size, width):
    """Returns the channels of the stages, from the image to the 4x4 maps."""
    return [min(width << stage, max(width, 768)) for stage in range((size // 4).bit_length())]
