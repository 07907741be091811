"""A small picture of the samples in the terminal."""

import os
import shutil
import sys

from keras_gan import pictures
from keras_gan.callbacks.periodic import Periodic

import numpy as np
from tqdm.auto import tqdm

ROWS, SIDE = 2, 28  # of the picture: rows of samples, and most pixels of a sample's side


class TerminalSamples(Periodic):
    """Shows a few samples above the progress bar, ever more rarely: after 1, 2, 4, 8 ... periods.

    Two pixels a character, in 24-bit colour. Without a terminal that says by `COLORTERM` that it
    has them, it does nothing.

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
        height, width = self.model.sample_shape[:2]
        side = min(SIDE, width)
        columns = max(shutil.get_terminal_size().columns // side, 1)
        labels = np.arange(ROWS * columns) % self.model.num_classes if self._has_classes() else None
        samples = self.model.sample(ROWS * columns, seed=0, labels=labels)
        picture = pictures.to_pillow(pictures.grid(samples, columns))
        picture = picture.resize((columns * side, ROWS * max(side * height // width, 1)))
        tqdm.write(f"step {int(self.model.step):,}\n{half_blocks(picture)}", file=self.stream)

    def _has_classes(self):
        return self.model.conditional and self.model.num_classes is not None


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
