"""Drawing of lines of text."""

import math
from collections.abc import Sequence

from keras_gan.errors import printable

import numpy as np

LINE, WIDTH, MARGIN = 18, 640, 8  # pixels
FONT_SIZE, INK = 13, 34


def draw_lines(lines: Sequence[str]) -> np.ndarray:
    """Draws lines of text, black on white; the size depends only on their number.

    Args:
        lines: Lines of text; long ones are truncated.

    Returns:
        A uint8 array `(height, width, 1)`.

    Raises:
        ConfigError: For more than 2**26 pixels.
    """
    from keras_gan.pictures.grids import check_pixels  # imports TensorFlow

    from PIL import Image, ImageDraw, ImageFont

    size = WIDTH, LINE * len(lines) + 2 * MARGIN
    check_pixels(math.prod(size))
    picture = Image.new("L", size, "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT_SIZE)
    for index, line in enumerate(lines):
        text = printable(line)[:WIDTH].replace("\n", " ")
        draw.text((MARGIN, MARGIN + LINE * index), text, fill=INK, font=font)
    return np.asarray(picture)[..., None]
