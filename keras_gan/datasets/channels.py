"""Grey, colour and alpha: what a decoded image's channels become in a sample."""

import re

from keras_gan.errors import ConfigError, DataError

import tensorflow as tf

WHITE = "white"
NAMED = {WHITE: "#ffffff", "black": "#000000"}
LUMA = (0.299, 0.587, 0.114)
HALF_A_LEVEL = 0.5 / 255  # an opacity that 8 bits round to none


def parse_color(word):
    """A colour as red, green and blue in [-1, 1].

    Args:
        word: `"white"`, `"black"`, or hexadecimal digits as in `"#ff8000"`.

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


def check_channels(channels):
    """Raises `DataError` for channels that images can't be brought to."""
    if channels not in (1, 3, 4):
        raise DataError(f"expected channels of 1, 3 or 4, got {channels}.")


def without_alpha(channels):
    """The channels of decoded images, 1 to 4, without an alpha channel: 1 or 3."""
    return 1 if channels < 3 else 3


def has_alpha(channels):
    """Whether decoded images of so many channels have alpha: grey and alpha, colour and alpha."""
    return channels in (2, 4)


def to_channels(image, channels, background=ON_WHITE):
    """A float image of 1 to 4 channels in [-1, 1] as one of 1, 3 or 4.

    Args:
        image: `(height, width, 1 to 4)`: grey, grey and alpha, colour, or colour and alpha.
        channels: 1, 3 or 4. Without an alpha channel to go to, the image is laid on the background;
            with one, what can't be seen at all has the background's colour, as the one that a file
            holds there is an accident.
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


def color_and_alpha(image):
    """The three colours and the alpha channel, which is 1 where an image has none."""
    own = tf.shape(image)[-1]
    color = tf.cond(own < 3, lambda: tf.repeat(image[..., :1], 3, axis=-1), lambda: image[..., :3])
    is_see_through = tf.logical_or(own == 2, own == 4)
    alpha = tf.cond(is_see_through, lambda: image[..., -1:], lambda: tf.ones_like(image[..., :1]))
    return color, alpha


def luma(color):
    """How light a colour is, by ITU-R BT.601."""
    return tf.reduce_sum(color * tf.constant(LUMA), axis=-1, keepdims=True)


def fit_square(image, size, background=ON_WHITE):
    """Cuts the central square out of a float image and resizes it, clipped to [-1, 1].

    Args:
        image: `(height, width, channels)` float32 in [-1, 1]; a fourth channel is alpha.
        size: Height and width of the result.
        background: Red, green and blue of what is wholly transparent after the resizing.

    Returns:
        `(size, size, channels)` float32; bicubic, low-pass filtered when it shrinks.
    """
    height, width = tf.shape(image)[0], tf.shape(image)[1]
    side = tf.minimum(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = image[top : top + side, left : left + side]

    def resized():
        if image.shape[-1] == 4:
            result = resize_by_opacity(square, size, background)
        else:
            result = bicubic(square, size)
        return tf.clip_by_value(result, -1.0, 1.0)

    return tf.cond(side == size, lambda: square, resized)


def resize_by_opacity(image, size, background):
    """Resizes colours weighted by their opacity, so that transparent pixels' don't bleed.

    Args:
        image: `(height, width, 4)` float32 in [-1, 1].
        size: Height and width of the result.
        background: Red, green and blue of what is wholly transparent then.

    Source: Porter and Duff, "Compositing Digital Images", SIGGRAPH 1984, section 3.
    """
    opacity = (image[..., 3:] + 1.0) / 2.0
    weighted = bicubic(tf.concat([image[..., :3] * opacity, opacity], axis=-1), size)
    opacity = weighted[..., 3:]
    is_seen = opacity > HALF_A_LEVEL
    color = weighted[..., :3] / tf.where(is_seen, opacity, 1.0)
    color = tf.where(is_seen, color, tf.constant(background))
    return tf.concat([color, 2.0 * opacity - 1.0], axis=-1)


def bicubic(image, size):
    """The image at another size; its values may leave their range a little."""
    return tf.image.resize(image, (size, size), method="bicubic", antialias=True)
