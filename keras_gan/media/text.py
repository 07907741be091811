"""Drawing of lines of text."""

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
    """
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (WIDTH, LINE * len(lines) + 2 * MARGIN), "white")
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(FONT_SIZE)
    for index, line in enumerate(lines):
        text = printable(line)[:WIDTH].replace("\n", " ")
        draw.text((MARGIN, MARGIN + LINE * index), text, fill=INK, font=font)
    return np.asarray(picture)[..., None]
