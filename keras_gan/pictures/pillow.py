"""Conversion of pictures to `PIL.Image`, and reading of PNG files within limits."""

import io
import os
import pathlib

from keras_gan.files import limits
from keras_gan.files.image_headers import check_header

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image


def to_pillow(image: ArrayLike) -> Image.Image:
    """Converts a uint8 array `(height, width, 1 to 4 channels)` to RGB, composited on white."""
    image = np.asarray(image)
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return on_white(picture)


def on_white(picture: Image.Image) -> Image.Image:
    """Converts a picture to RGB, with an alpha channel composited on white."""
    if picture.mode not in ("LA", "RGBA"):
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def open_png(path: str | os.PathLike) -> Image.Image:
    """Opens a PNG file after checking its size.

    It refuses other formats: Pillow opens many, whatever the suffix, and starts external programs
    for some of them.

    Raises:
        DataError: For a picture that exceeds `keras_gan.files.limits`.
        OSError: For a file that isn't a PNG.
    """
    with pathlib.Path(path).open("rb") as file:
        content = limits.read_bounded(file, limits.MAX_IMAGE_BYTES, path)
    check_header(content, path)
    return Image.open(io.BytesIO(content), formats=("PNG",))
