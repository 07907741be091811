"""Grey, colour and alpha: conversion of decoded images' channels to those of the samples."""

import numbers
import re
from collections.abc import Sequence
from typing import Any

from keras_gan.checks import is_number
from keras_gan.errors import ConfigError, abbreviate

import tensorflow as tf

WHITE = "white"
NAMED = {WHITE: "#ffffff", "black": "#000000"}
LUMA = (0.299, 0.587, 0.114)


def parse_color(word: str) -> tuple[float, float, float]:
    """Parses a colour to red, green and blue in [-1, 1].

    Args:
        word: `"white"`, `"black"`, or hexadecimal digits such as `"#ff8000"`.

    Raises:
        ConfigError: For anything else.

    Example:

    >>> parse_color("#ff0000")
    (1.0, -1.0, -1.0)
    """
    digits = NAMED.get(word, word)
    if not isinstance(digits, str) or not re.fullmatch("#[0-9a-fA-F]{6}", digits):
        raise ConfigError(
            f"expected a background of {', '.join(NAMED)} or #rrggbb in hexadecimal digits, such "
            f"as #ff8000, got {word!r}."
        )
    return tuple(value / 127.5 - 1.0 for value in bytes.fromhex(digits[1:]))


ON_WHITE = parse_color(WHITE)


def check_channels(channels: Any) -> None:
    """Raises `ConfigError` unless a number of channels is 1, 3 or 4."""
    if not is_number(channels, numbers.Integral) or channels not in (1, 3, 4):
        raise ConfigError(f"expected channels of 1, 3 or 4, got {abbreviate(channels)}.")


def without_alpha(channels: int) -> int:
    """Returns the number of channels, 1 or 3, of decoded images (1 to 4) without alpha."""
    return 1 if channels < 3 else 3


def has_alpha(channels: int) -> bool:
    """Returns whether decoded images with this number of channels have an alpha channel."""
    return channels in (2, 4)


def to_channels(
    image: tf.Tensor, channels: int, background: Sequence[float] = ON_WHITE
) -> tf.Tensor:
    """Converts a float image of 1 to 4 channels in [-1, 1] to 1, 3 or 4 channels.

    Args:
        image: `(height, width, 1 to 4)`: grey, grey and alpha, colour, or colour and alpha.
        channels: Number of channels of the result, 1, 3 or 4. With 1 or 3, alpha is composited on
            the background. With 4, fully transparent pixels get the background's colour, since
            their colour in the file is arbitrary.
        background: Red, green and blue in [-1, 1].

    Returns:
        `(height, width, channels)`.
    """
    color, alpha = color_and_alpha(image)
    background = tf.constant(background)
    if channels == 4:
        return tf.concat([tf.where(alpha > -1.0, color, background), alpha], axis=-1)
    if channels == 1:
        is_grey = tf.shape(image)[-1] < 3
        color = tf.cond(is_grey, lambda: color[..., :1], lambda: luma(color))
        background = tf.minimum(luma(background), 1.0)
    opacity = (alpha + 1.0) / 2.0
    return color * opacity + background * (1.0 - opacity)


def color_and_alpha(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Splits an image into three colour channels and alpha, 1 for images without alpha."""
    channels = tf.shape(image)[-1]
    is_grey, with_alpha = channels < 3, tf.logical_or(channels == 2, channels == 4)
    color = tf.cond(is_grey, lambda: tf.repeat(image[..., :1], 3, axis=-1), lambda: image[..., :3])
    alpha = tf.cond(with_alpha, lambda: image[..., -1:], lambda: tf.ones_like(image[..., :1]))
    return color, alpha


def luma(color: tf.Tensor) -> tf.Tensor:
    """Computes the luma of a colour (ITU-R BT.601)."""
    return tf.reduce_sum(color * tf.constant(LUMA), axis=-1, keepdims=True)
