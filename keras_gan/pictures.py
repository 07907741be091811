"""Samples as pictures: uint8, grids, PNG and GIF."""

import io
import math
import pathlib

from keras_gan import limits
from keras_gan.datasets.headers import check_header
from keras_gan.errors import ConfigError

import numpy as np
import tensorflow as tf
from PIL import Image


def to_uint8(images):
    """Images in [-1, 1] as uint8 from 0 to 255, rounded; what lies outside is clipped.

    Args:
        images: `(..., channels)` floats.

    Returns:
        A uint8 tensor of the same shape.
    """
    scaled = (tf.cast(images, tf.float32) + 1.0) * 127.5
    return tf.cast(tf.round(tf.clip_by_value(scaled, 0.0, 255.0)), tf.uint8)


def grid(images, columns=None):
    """Images side by side, as square a grid as fits, in reading order.

    The rest is black, or transparent where the images have an alpha channel.

    Works inside a TensorFlow graph, with a number of images that is known when it runs.

    Args:
        images: `(count, height, width, channels)` floats in [-1, 1].
        columns: Images a row; the square root of the count, rounded up, by default.

    Returns:
        A uint8 tensor `(rows * height, columns * width, channels)`.

    Raises:
        ConfigError: For samples that are no images.

    Example:

    >>> import numpy as np
    >>> from keras_gan import pictures
    >>> pictures.grid(np.zeros((5, 8, 8, 1), "float32")).shape
    TensorShape([16, 24, 1])
    """
    images = to_uint8(images)
    if images.shape.rank != 4 or not 1 <= images.shape[-1] <= 4:
        raise ConfigError(f"expected images (count, height, width, 1 to 4), got {images.shape}.")
    count = tf.shape(images)[0]
    if columns is None:
        columns = tf.cast(tf.math.ceil(tf.sqrt(tf.cast(count, tf.float64))), tf.int32)
    rows = (count + columns - 1) // columns
    images = tf.pad(images, [[0, rows * columns - count], [0, 0], [0, 0], [0, 0]])
    _, height, width, channels = images.shape
    table = tf.reshape(images, [rows, columns, height, width, channels])
    return tf.reshape(
        tf.transpose(table, [0, 2, 1, 3, 4]), [rows * height, columns * width, channels]
    )


def png(image):
    """A uint8 image as the bytes of a PNG, a string tensor; works inside a graph."""
    return tf.io.encode_png(image)


def save_grid(images, path, columns=None):
    """Writes a grid of images as a PNG.

    Args:
        images, columns: See `grid`.
        path: File to write; its folder is made.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(grid(images, columns)).numpy())


def save_gif(frames, path, seconds=6.0, rest=2.0):
    """Writes pictures as an endless GIF that rests on the last one.

    Args:
        frames: Paths of PNG files, or uint8 arrays `(height, width, channels)`; of one size, in
            order; at least one.
        path: File to write.
        seconds: How long one round takes, without the rest; at least 0.04 a frame.
        rest: Seconds for which the last frame is shown, where that is longer than the others.
    """
    if not len(frames):
        raise ConfigError("expected at least one frame for a GIF, got none.")
    pictures = [palette_picture(frame) for frame in frames]
    each = max(40, math.floor(1000 * seconds / len(pictures)))
    durations = [each] * (len(pictures) - 1) + [max(each, round(1000 * rest))]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0)


def palette_picture(frame):
    """A PNG file or a uint8 array as a `PIL.Image` in 256 colours of its own."""
    if not isinstance(frame, str | pathlib.Path):
        return to_pillow(frame).convert("P", palette=Image.Palette.ADAPTIVE)
    with limits.reading("a PNG", frame, advice="Remove it."), open_png(frame) as picture:
        return on_white(picture).convert("P", palette=Image.Palette.ADAPTIVE)


def to_pillow(image):
    """A uint8 array `(height, width, 1 to 4 channels)` as a `PIL.Image` in RGB, laid on white."""
    image = np.asarray(image)
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return on_white(picture)


def on_white(picture):
    """A `PIL.Image` in RGB; where it has an alpha channel, laid on white."""
    if picture.mode not in ("LA", "RGBA"):
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def open_png(path):
    """A PNG file as a `PIL.Image`, its size checked; a file that is another format is refused.

    Pillow opens many formats, whatever a file is called, and starts a program for some of them.

    Raises:
        DataError: For a picture that is larger than `keras_gan.limits` allow.
        OSError: For no PNG.
    """
    with pathlib.Path(path).open("rb") as file:
        content = limits.read_bounded(file, limits.MAX_IMAGE_BYTES, path)
    check_header(content, path)
    return Image.open(io.BytesIO(content), formats=("PNG",))
