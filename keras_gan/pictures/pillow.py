"""Pictures as `PIL.Image`s, and PNG files read within limits."""

import io
import pathlib

from keras_gan.files import limits
from keras_gan.files.image_headers import check_header

import numpy as np
from PIL import Image


def to_pillow(image) -> Image.Image:
    """Converts a uint8 array `(height, width, 1 to 4 channels)` to RGB, laid on white."""
    image = np.asarray(image)
    picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    return on_white(picture)


def on_white(picture: Image.Image) -> Image.Image:
    """Converts a picture to RGB; where it has an alpha channel, it is laid on white."""
    if picture.mode not in ("LA", "RGBA"):
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def open_png(path) -> Image.Image:
    """Opens a PNG file, its size checked; a file of another format is refused.

    Pillow opens many formats, whatever a file is called, and starts a program for some of them.

    Raises:
        DataError: For a picture that is larger than `keras_gan.files.limits` allow.
        OSError: For no PNG.
    """
    with pathlib.Path(path).open("rb") as file:
        content = limits.read_bounded(file, limits.MAX_IMAGE_BYTES, path)
    check_header(content, path)
    return Image.open(io.BytesIO(content), formats=("PNG",))
