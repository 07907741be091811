"""Video: clips of frames."""

import dataclasses
import math
import os
import pathlib
from collections.abc import Sequence
from typing import ClassVar

from keras_gan.checks import check_integer
from keras_gan.media.medium import UNIT, Medium, with_edges

import numpy as np

FRAMES = 8  # maximum number of frames of a clip in its tile


@dataclasses.dataclass(frozen=True)
class Video(Medium):
    """Clips `(frames, height, width, channels)` in [-1, 1]: grey, RGB or RGBA.

    Args:
        frames_per_second: Frame rate, from 1 to 120; a GIF has at most 25.

    Example:

    >>> import numpy as np
    >>> from keras_gan import media
    >>> media.Video().tiles(np.zeros((3, 16, 32, 32, 1))).shape
    (3, 34, 258, 1)
    """

    frames_per_second: int = 10

    name: ClassVar = "video"
    noun: ClassVar = "clips"
    tensor: ClassVar = "clips"
    form: ClassVar = "(frames, height, width, 1, 3 or 4 channels)"
    rank: ClassVar = 4
    channels: ClassVar = (1, 3, 4)
    range: ClassVar = UNIT
    integers: ClassVar = {"uint8": (127.5, 1.0)}
    suffixes: ClassVar = (".gif", ".mp4")
    grid: ClassVar = (10, 1)

    def __post_init__(self):
        frames_per_second = check_integer("frames_per_second", self.frames_per_second, maximum=120)
        # a Python int, which JSON can represent
        object.__setattr__(self, "frames_per_second", frames_per_second)

    def __str__(self):
        return f"video at {self.frames_per_second} frames per second"

    def size(self, shape: Sequence[int]) -> int:
        """Returns the side of a square of as many pixels as a frame."""
        return round(math.sqrt(shape[1] * shape[2]))

    def tiles(self, samples: np.ndarray) -> np.ndarray:
        """Draws up to eight evenly spaced frames of each clip side by side."""
        samples = self.check_samples(samples)
        count, length, height, width, channels = samples.shape
        indices = np.linspace(0, length - 1, min(length, FRAMES)).round().astype(int)
        strips = samples[:, indices].transpose(0, 2, 1, 3, 4)
        return with_edges(strips.reshape(count, height, len(indices) * width, channels))

    def preview(self, samples: np.ndarray, columns: int | None = 1) -> np.ndarray:
        """Draws the clips' frames, by default one clip per row."""
        return super().preview(samples, columns)

    def write(self, samples: np.ndarray, path: pathlib.Path) -> None:
        """Writes a film in which the clips play side by side."""
        from keras_gan import pictures

        frames = [pictures.grid(samples[:, index]).numpy() for index in range(samples.shape[1])]
        pictures.save_film(np.stack(frames), path, self.frames_per_second)

    def check_path(self, path: str | os.PathLike) -> None:
        """Raises `ConfigError` for an unsuitable suffix, or an MP4 that can't be written."""
        from keras_gan import pictures

        super().check_path(path)
        if str(path).endswith(self.suffixes):
            pictures.check_film_path(path)
