"""Images: grey, colour, or colour and alpha."""

import dataclasses
import math
from collections.abc import Sequence
from typing import ClassVar

from keras_gan.media.medium import UNIT, Medium

import numpy as np


@dataclasses.dataclass(frozen=True)
class Image(Medium):
    """Images `(height, width, channels)` in [-1, 1]: grey, RGB or RGBA.

    Example:

    >>> from keras_gan import media
    >>> media.Image().fits((28, 28, 1)), media.Image().fits((28, 28, 2))
    (True, False)
    """

    name: ClassVar = "image"
    noun: ClassVar = "images"
    tensor: ClassVar = "images"
    form: ClassVar = "(height, width, 1, 3 or 4 channels)"
    rank: ClassVar = 3
    channels: ClassVar = (1, 3, 4)
    range: ClassVar = UNIT
    integers: ClassVar = {"uint8": (127.5, 1.0)}
    suffixes: ClassVar = (".png",)
    augmentations: ClassVar = ("ada", "diffaugment")

    def size(self, shape: Sequence[int]) -> int:
        """Returns the side of a square of as many pixels."""
        return round(math.sqrt(shape[0] * shape[1]))

    def extractor(self, shape: Sequence[int]) -> str:
        """Returns `digits` for MNIST's shape, `inception` for other images without alpha."""
        if tuple(shape) == (28, 28, 1):
            return "digits"
        return "inception" if shape[2] in (1, 3) else "values"

    def tiles(self, samples: np.ndarray) -> np.ndarray:
        """Returns the images unchanged."""
        return self.check_samples(samples)
