"""ProGAN's networks in PyTorch, at their final size, with the last stage half faded in."""

import itertools

from peers.torch_networks.equalized import Conv, Linear, MinibatchDeviation, PixelNorm

import torch
from torch import nn
from torch.nn import functional

GAIN = 2**0.5
ALPHA = 0.5  # how much of the final size is there


class ToMap(nn.Module):
    """Linear layer from latents to 4x4 maps."""

    def __init__(self, latent_dim, width):
        super().__init__()
        self.linear = Linear(latent_dim, 16 * width, GAIN / 4)

    def forward(self, latents):
        return self.linear(latents).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2)


class Generator(nn.Module):
    """Generator that blends the images of its last two stages."""

    def __init__(self, size, channels, latent_dim, width):
        super().__init__()
        widths = widths_of(size, width)[::-1]
        stages = [[PixelNorm(), ToMap(latent_dim, widths[0]), *normalized()]]
        stages[0] += [Conv(widths[0], widths[0], gain=GAIN), *normalized()]
        for before, after in itertools.pairwise(widths):
            stage = [nn.Upsample(scale_factor=2), Conv(before, after, gain=GAIN), *normalized()]
            stages.append([*stage, Conv(after, after, gain=GAIN), *normalized()])
        self.lower = nn.Sequential(*itertools.chain(*stages[:-1]))
        self.last = nn.Sequential(*stages[-1])
        self.low, self.high = (Conv(width, channels, 1) for width in widths[-2:])

    def forward(self, latents):
        x = self.lower(latents)
        low = functional.interpolate(self.low(x), scale_factor=2)
        return (1.0 - ALPHA) * low + ALPHA * self.high(self.last(x))


class Discriminator(nn.Module):
    """Discriminator that blends the features of images of the last two sizes."""

    def __init__(self, size, channels, width):
        super().__init__()
        widths = widths_of(size, width)
        stages = [stage(before, after) for before, after in itertools.pairwise(widths)]
        self.high, self.first = from_rgb(channels, widths[0]), stages[0]
        self.low = from_rgb(channels, widths[1])
        self.rest = nn.Sequential(*stages[1:], last_stage(widths[-1]))

    def forward(self, x):
        low = self.low(functional.avg_pool2d(x, 2))
        x = (1.0 - ALPHA) * low + ALPHA * self.first(self.high(x))
        return self.rest(x)


def from_rgb(channels, width):
    """Makes the 1x1 convolution from images to features."""
    return nn.Sequential(Conv(channels, width, 1, GAIN), nn.LeakyReLU(0.2))


def stage(before, after):
    """Makes a stage: two convolutions and average pooling before the second activation."""
    layers = [Conv(before, before, gain=GAIN), nn.LeakyReLU(0.2)]
    layers += [Conv(before, after, gain=GAIN), nn.AvgPool2d(2), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers)


def last_stage(width):
    """Makes the last stage: from 4x4 maps to the logit."""
    layers = [MinibatchDeviation(), Conv(width + 1, width, gain=GAIN), nn.LeakyReLU(0.2)]
    layers += [Conv(width, width, 4, GAIN, padding=0), nn.LeakyReLU(0.2), nn.Flatten()]
    layers.append(Linear(width, 1))
    return nn.Sequential(*layers)


def normalized():
    """Makes the activation and normalization after each layer of the generator."""
    return [nn.LeakyReLU(0.2), PixelNorm()]


def generator(size, channels, latent_dim, width):
    """Makes the network of `keras_gan.networks.ProgressiveGenerator`."""
    network = Generator(size, channels, latent_dim, width)
    return network.to(memory_format=torch.channels_last)


def discriminator(size, channels, width):
    """Makes the network of `keras_gan.networks.ProgressiveDiscriminator`."""
    return Discriminator(size, channels, width).to(memory_format=torch.channels_last)


def widths_of(size, width):
    """Returns the channels of the stages, from the image to the 4x4 maps."""
    most = min(8 * width, max(width, 512))
    return [min(width << stage, most) for stage in range((size // 4).bit_length())]
