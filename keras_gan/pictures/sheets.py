"""Sheets: rows and columns of images with captions, as PNG."""

import dataclasses
import itertools
import os
from collections.abc import Sequence

from keras_gan.errors import ConfigError, printable
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write, check_file
from keras_gan.pictures.films import enlarge
from keras_gan.pictures.grids import to_uint8
from keras_gan.pictures.pillow import to_pillow

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SMALLEST = 72  # pixels to which small images are enlarged
GAP, LINE, MARGIN, LONGEST = 6, 18, 12, 220
TEXT_SIZE, INK, GREY = 13, "#222222", "#767676"


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A table of images with captions.

    Args:
        images: `(rows, columns, height, width, 1 to 4 channels)` floats in [-1, 1].
        rows: Captions to the left of the rows; none by default.
        columns: Captions above the columns; none by default.
        cells: Captions below the images, a list per row; none by default.
        title: Line at the top; none by default.

    Raises:
        ConfigError: For images of another shape or the wrong number of captions; in `draw`, for
            too many pixels.

    Example:

    >>> sheet = Sheet(np.zeros((2, 3, 8, 8, 1)), rows=["a", "b"], columns=["0", "0.5", "1"])
    >>> sheet.draw().size
    (266, 192)
    """

    images: np.ndarray
    rows: list[str] | None = None
    columns: list[str] | None = None
    cells: list[list[str]] | None = None
    title: str | None = None

    def __post_init__(self):
        images = np.asarray(self.images)
        if images.ndim != 5 or not 1 <= images.shape[4] <= 4:
            raise ConfigError(
                "expected images (rows, columns, height, width, 1 to 4 channels), got "
                f"{images.shape}."
            )
        for name, captions, count in (
            ("rows", self.rows, images.shape[0]),
            ("columns", self.columns, images.shape[1]),
            ("cells", self.cells and list(itertools.chain(*self.cells)), np.prod(images.shape[:2])),
        ):
            if captions is not None and len(captions) != count:
                raise ConfigError(f"expected {count} captions for the {name}, got {len(captions)}.")

    def save(self, path: str | os.PathLike) -> None:
        """Writes the sheet as a PNG, atomically; creates its folder."""
        check_file(path)
        picture = self.draw()
        with atomic_write(path) as new:
            picture.save(new, format="PNG")

    def draw(self) -> Image.Image:
        """Draws the sheet as a `PIL.Image`."""
        images = enlarge(to_uint8(self.images).numpy(), SMALLEST)
        height, width = images.shape[2:4]
        lefts, tops, size = self.layout(images.shape)
        if size[0] * size[1] > limits.MAX_PIXELS:
            raise ConfigError(
                f"expected a sheet of at most {limits.MAX_PIXELS:,} pixels, got {size[0]} by "
                f"{size[1]}; ask for fewer rows or columns."
            )
        sheet = Image.new("RGB", size, "white")
        write = Writer(ImageDraw.Draw(sheet))
        if self.title:
            write(self.title, (MARGIN, MARGIN), size[0] - 2 * MARGIN)
        for left, caption in zip(lefts, self.columns or (), strict=False):
            write(caption, (left + width // 2, tops[0] - LINE), width, "ma")
        for row, top in enumerate(tops):
            if self.rows:
                write(self.rows[row], (lefts[0] - GAP, top + height // 2), LONGEST, "rm")
            for column, left in enumerate(lefts):
                sheet.paste(to_pillow(images[row, column]), (left, top))
                if self.cells:
                    position = (left + width // 2, top + height + 2)
                    write(self.cells[row][column], position, width + GAP, "ma", GREY)
        return sheet

    def layout(self, shape: Sequence[int]) -> tuple[list[int], list[int], tuple[int, int]]:
        """Computes the columns' left edges, the rows' top edges and the sheet's size (x, y)."""
        rows, columns, height, width = shape[:4]
        widest = max(map(text_width, self.rows)) if self.rows else 0
        left = MARGIN + (min(LONGEST, widest) + GAP if self.rows else 0)
        lefts = [left + column * (width + GAP) for column in range(columns)]
        tops = [MARGIN + LINE * (bool(self.columns) + bool(self.title))]
        for row in range(rows):
            captioned = bool(self.cells) and any(self.cells[row])
            tops.append(tops[-1] + height + GAP + LINE * captioned)
        right = max(lefts[-1] + width, MARGIN + min(text_width(self.title or ""), 3 * LONGEST))
        return lefts, tops[:-1], (right + MARGIN, tops[-1] - GAP + MARGIN)


class Writer:
    """A writer of single lines of text, which truncates lines that are too long.

    Args:
        draw: A `PIL.ImageDraw.Draw`.
    """

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self.draw = draw

    def __call__(
        self,
        text: str,
        position: tuple[int, int],
        width: int,
        anchor: str = "la",
        colour: str = INK,
    ) -> None:
        """Writes one line at a position, `anchor` as in Pillow."""
        text = printable(text)
        while len(text) > 1 and text_width(text) > width:
            text = text.removesuffix("...")[:-1] + "..." if len(text) > 4 else text[:-1]
        self.draw.text(position, text, fill=colour, font=font(), anchor=anchor)


def font() -> ImageFont.FreeTypeFont:
    """Returns Pillow's default font."""
    return ImageFont.load_default(TEXT_SIZE)


def text_width(text: str) -> int:
    """Returns the width of a line in pixels."""
    return int(np.ceil(font().getlength(printable(text))))
