"""A few samples in the terminal, as a small picture or as text."""

import os
import shutil
import sys

from keras_gan import pictures
from keras_gan.callbacks.periodic import Periodic
from keras_gan.errors import printable

import numpy as np
from tqdm.auto import tqdm

ROWS, HEIGHT = 2, 28  # of the picture: rows of samples, and most pixels of a sample's height
LINES = 5  # of text


class TerminalSamples(Periodic):
    """Shows a few samples above the progress bar, ever more rarely: after 1, 2, 4, 8 ... periods.

    Pictures are drawn in 24-bit colour, two pixels a character; sentences and rows of a table are
    written. Without a terminal that says by `COLORTERM` that it has such colours, and for points,
    it does nothing.

    Args:
        every: Steps of the first period.
        stream: Where to write; standard error by default.
    """

    def __init__(self, every, stream=None):
        super().__init__(every)
        self.stream = stream or sys.stderr

    def act(self, logs):
        """Shows the samples, where it is time to."""
        periods = int(self.model.step) // self.every
        if periods & (periods - 1) or not shows_colours(self.stream):
            return
        medium = self.model.medium
        text = self._picture(medium) if medium.has_tiles else self._text(medium)
        if text:
            tqdm.write(f"step {int(self.model.step):,}\n{text}", file=self.stream)

    def _picture(self, medium):
        """Returns samples as half blocks, as many beside each other as the terminal is wide."""
        room = shutil.get_terminal_size().columns
        sample, _ = self.model.preview(rows=1, columns=1)
        height, width = medium.tiles(sample).shape[1:3]
        scale = min(1, HEIGHT / height, room / width)
        height, width = (max(round(size * scale), 1) for size in (height, width))
        samples, columns = self.model.preview(ROWS, max(room // width, 1))
        picture = pictures.to_pillow(medium.preview(samples, columns))
        return half_blocks(picture.resize((columns * width, ROWS * height)))

    def _text(self, medium):
        """Returns samples as lines of text; nothing where they are none."""
        samples, _ = self.model.preview(LINES, columns=1)
        return printable("\n".join(medium.lines(samples)))


def shows_colours(stream):
    """Whether a stream is a terminal of 24-bit colour."""
    return stream.isatty() and os.environ.get("COLORTERM") in ("truecolor", "24bit")


def half_blocks(picture):
    """A picture as lines of text: the upper half of each character is one pixel, the lower another.

    Args:
        picture: An RGB `PIL.Image`; an odd last row is left out.
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
