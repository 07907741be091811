"""Layers with equalized learning rates, and other layers of ProGAN and StyleGAN2, in PyTorch."""

import torch
from torch import nn
from torch.nn import functional


class Linear(nn.Module):
    """Linear layer with an equalized learning rate: x W gain / sqrt(fan-in) + b [gain]."""

    def __init__(self, inputs, outputs, gain=1.0, rate=1.0, bias=0.0, scale_bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias / rate))
        self.scale, self.factor = gain * rate * inputs**-0.5, rate * (gain if scale_bias else 1.0)

    def forward(self, x):
        return functional.linear(x, self.weight * self.scale, self.bias * self.factor)


class Conv(nn.Module):
    """Convolution with an equalized learning rate."""

    def __init__(
        self,
        inputs,
        outputs,
        size=3,
        gain=1.0,
        bias=True,
        stride=1,
        padding="same",
        scale_bias=False,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = gain * (inputs * size**2) ** -0.5
        self.stride, self.padding, self.factor = stride, padding, gain if scale_bias else 1.0

    def forward(self, x):
        kernel = self.weight * self.scale
        bias = None if self.bias is None else self.bias * self.factor
        return functional.conv2d(x, kernel, bias, self.stride, self.padding)


class MinibatchDeviation(nn.Module):
    """Appends a channel: the mean standard deviation over groups of four samples."""

    def forward(self, x):
        batch, _, height, width = x.shape
        size = next(n for n in (4, 3, 2, 1) if batch % n == 0)
        deviation = x.unflatten(0, (size, -1)).var(0, correction=0).add(1e-8).sqrt()
        maps = deviation.mean((1, 2, 3)).repeat(size)[:, None, None, None]
        return torch.cat([x, maps.expand(-1, 1, height, width)], 1)


class PixelNorm(nn.Module):
    """Scales the channels of each pixel to a mean square of 1."""

    def forward(self, x):
        return x * x.square().mean(1, keepdim=True).add(1e-8).rsqrt()


class Flatten(nn.Module):
    """Flattens maps in the order height, width, channels; a view for channels last."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)
