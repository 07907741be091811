"""Samples in the terminal, as a small picture or as text."""

import os
import shutil
import sys
from typing import TextIO

from keras_gan import pictures
from keras_gan.callbacks.periodic import Periodic
from keras_gan.callbacks.samples import preview_of
from keras_gan.errors import printable

import numpy as np
from PIL import Image
from tqdm import tqdm

ROWS, HEIGHT = 2, 28  # rows of samples in the picture; maximum height of a sample in pixels
LINES = 5  # lines of text


class TerminalSamples(Periodic):
    """Shows a few samples above the progress bar after 1, 2, 4, 8, ... periods.

    Pictures are drawn in 24-bit colour with two pixels per character; sentences and rows of a
    table are written as text. It does nothing for points, or without a terminal that reports
    24-bit colour by `COLORTERM`.

    Args:
        every: Steps per period.
        stream: Stream to write to; standard error by default.
    """

    def __init__(self, every: int, stream: TextIO | None = None) -> None:
        super().__init__(every)
        self.stream = stream or sys.stderr

    def act(self, logs: dict[str, float]) -> None:
        """Shows samples, if the number of periods is a power of 2."""
        periods = int(self.model.step) // self.every
        if periods & (periods - 1) or not shows_colours(self.stream):
            return
        medium = self.model.medium
        text = self._picture(medium) if medium.has_tiles else self._text(medium)
        if text:
            tqdm.write(f"step {int(self.model.step):,}\n{text}", file=self.stream)

    def _picture(self, medium):
        """Returns samples as half blocks, as many per row as fit into the terminal."""
        room = shutil.get_terminal_size().columns
        sample, _ = preview_of(self.model, rows=1, columns=1)
        height, width = medium.tiles(sample).shape[1:3]
        scale = min(1, HEIGHT / height, room / width)
        height, width = (max(round(size * scale), 1) for size in (height, width))
        samples, columns = preview_of(self.model, ROWS, max(room // width, 1))
        picture = pictures.to_pillow(medium.preview(samples, columns))
        return half_blocks(picture.resize((columns * width, ROWS * height)))

    def _text(self, medium):
        """Returns samples as lines of text; empty for media without text."""
        samples, _ = preview_of(self.model, LINES, columns=1)
        return printable("\n".join(medium.lines(samples)))


def shows_colours(stream: TextIO) -> bool:
    """Returns whether a stream is a terminal with 24-bit colour."""
    return stream.isatty() and os.environ.get("COLORTERM") in ("truecolor", "24bit")


def half_blocks(picture: Image.Image) -> str:
    """Converts a picture to lines of text with two pixels, upper and lower, per character.

    Args:
        picture: An RGB `PIL.Image`; an odd last row is dropped.
    """
    pixels = np.asarray(picture)
    lines = []
    for upper, lower in zip(pixels[0::2], pixels[1::2], strict=False):
        blocks = [
            "\x1b[38;2;{};{};{};48;2;{};{};{}m▀".format(*above, *below)
            for above, below in zip(upper, lower, strict=True)
        ]
        lines.append("".join(blocks) + "\x1b[0m")
    return "\n".join(lines)
