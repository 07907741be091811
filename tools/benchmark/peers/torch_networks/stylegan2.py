"""StyleGAN2's networks in PyTorch, without custom kernels and style mixing.

As in the authors' training, the modulated convolution scales the activations before and after the
convolution. Gains of sqrt 2 are part of the convolutions, biases and noise. The norms are computed
by a matrix product, which is faster.
"""

import itertools

from peers.torch_networks.equalized import Conv, Flatten, Linear, MinibatchDeviation, PixelNorm
from peers.torch_networks.progressive import widths_of
from peers.torch_networks.r3gan import Resampled, filter_of

import torch
from torch import nn
from torch.nn import functional

GAIN = 2**0.5


class Mapping(nn.Module):
    """Mapping network with two layers from latents to w, and the moving average of w."""

    def __init__(self, latent_dim):
        super().__init__()
        layers = (Linear(latent_dim, latent_dim, GAIN, 0.01, scale_bias=True) for _ in range(2))
        pairs = ((layer, nn.LeakyReLU(0.2)) for layer in layers)
        self.layers = nn.Sequential(PixelNorm(), *itertools.chain(*pairs))
        self.register_buffer("average", torch.zeros(latent_dim))

    def forward(self, latents):
        w = self.layers(latents)
        if self.training:
            self.average.lerp_(w.detach().float().mean(0), 0.005)
        return w


class Smooth(nn.Module):
    """Filter [1, 3, 3, 1] / 8 along both axes."""

    def __init__(self, channels, padding, gain=1.0):
        super().__init__()
        self.padding = padding
        self.register_buffer("kernel", gain * filter_of(channels))

    def forward(self, x):
        return functional.conv2d(x, self.kernel, padding=self.padding, groups=x.shape[1])


class Styled(nn.Module):
    """Modulated and demodulated 3x3 convolution with noise and LeakyReLU."""

    def __init__(self, latent_dim, before, after, size, up=False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before, 3, 3))
        self.bias = nn.Parameter(torch.zeros(after))
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("fixed", torch.randn(1, 1, size, size))
        self.scale = (9 * before) ** -0.5
        self.affine = Linear(latent_dim, before, bias=1.0)
        self.smooth = Smooth(after, 1, gain=4.0) if up else None

    def forward(self, x, w):
        kernel, scales = self.weight * self.scale, self.affine(w)
        norms = scales.square() @ kernel.square().sum((2, 3)).T + 1e-8
        factors = GAIN * norms.rsqrt()[:, :, None, None]
        noise = GAIN * self.strength * self.noise(len(x))
        x = self.convolved(x * scales[:, :, None, None], kernel)
        x = torch.addcmul(noise, x, factors) + GAIN * self.bias[:, None, None]
        return functional.leaky_relu(x, 0.2)

    def convolved(self, x, kernel):
        """Applies the convolution, at the same or twice the size."""
        if self.smooth is None:
            return functional.conv2d(x, kernel, padding=1)
        return self.smooth(functional.conv_transpose2d(x, kernel.transpose(0, 1), stride=2))

    def noise(self, batch):
        """Draws new noise in training; returns fixed noise otherwise."""
        if not self.training:
            return self.fixed
        return torch.randn(batch, *self.fixed.shape[1:], device=self.fixed.device)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution from features to images."""

    def __init__(self, latent_dim, before, channels):
        super().__init__()
        self.convolution = Conv(before, channels, 1)
        self.affine = Linear(latent_dim, before, bias=1.0)

    def forward(self, x, w):
        return self.convolution(x * self.affine(w)[:, :, None, None])


class Generator(nn.Module):
    """Generator: a learned map, styled convolutions, and the sum of the stages' images."""

    def __init__(self, size, channels, latent_dim, width):
        super().__init__()
        widths = widths_of(size, width)[::-1]
        self.mapping = Mapping(latent_dim)
        self.map = nn.Parameter(torch.randn(1, widths[0], 4, 4))
        self.stages = nn.ModuleList()
        for stage, (before, after) in enumerate(zip([None, *widths], widths, strict=False)):
            layers = [Styled(latent_dim, before, after, 4 << stage, up=True)] if stage else []
            layers += [Styled(latent_dim, after, after, 4 << stage)]
            self.stages.append(nn.ModuleList([*layers, ToRGB(latent_dim, after, channels)]))
        self.enlarge = Resampled(channels, up=True)

    def forward(self, latents):
        w, images = self.mapping(latents), None
        x = self.map.expand(len(latents), -1, -1, -1)
        for *layers, to_rgb in self.stages:
            for layer in layers:
                x = layer(x, w)
            more = to_rgb(x, w)
            images = more if images is None else self.enlarge(images) + more
        return images


class Block(nn.Module):
    """Residual block that halves the size: (a(W2 a(W1 x)) + W3 x) / sqrt 2."""

    def __init__(self, before, after):
        super().__init__()
        self.first = Conv(before, before, gain=GAIN, scale_bias=True)
        self.smooth = Smooth(before, 2)
        self.second = Conv(before, after, stride=2, padding=0)  # gain sqrt 2 / sqrt 2
        self.shrink = Resampled(before, up=False)
        self.skip = Conv(before, after, 1, gain=2**-0.5, bias=False)

    def forward(self, x):
        y = self.smooth(functional.leaky_relu(self.first(x), 0.2))
        return functional.leaky_relu(self.second(y), 0.2) + self.skip(self.shrink(x))


def generator(size, channels, latent_dim, width):
    """Makes the network of `keras_gan.networks.StyleGAN2Generator` with two mapping layers."""
    network = Generator(size, channels, latent_dim, width)
    return network.to(memory_format=torch.channels_last)


def discriminator(size, channels, width):
    """Makes the network of `keras_gan.networks.StyleGAN2Discriminator`."""
    widths = widths_of(size, width)
    last = widths[-1]
    layers = [Conv(channels, widths[0], 1, GAIN, scale_bias=True), nn.LeakyReLU(0.2)]
    layers += [Block(before, after) for before, after in itertools.pairwise(widths)]
    layers += [MinibatchDeviation(), Conv(last + 1, last, gain=GAIN, scale_bias=True)]
    layers += [nn.LeakyReLU(0.2), Flatten(), Linear(16 * last, last, GAIN, scale_bias=True)]
    layers += [nn.LeakyReLU(0.2), Linear(last, 1)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)
