"""Video: clips of frames."""

import dataclasses
from typing import ClassVar

from keras_gan.checks import check_integer
from keras_gan.media.medium import UNIT, Medium, with_edges

import numpy as np

FRAMES = 8  # of a clip, side by side in its tile


@dataclasses.dataclass(frozen=True)
class Video(Medium):
    """Clips `(frames, height, width, channels)` in [-1, 1]: grey, red-green-blue, or with alpha.

    Args:
        frames_per_second: From 1 to 120; a GIF shows at most 25.

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
        # an int of Python's, so that it goes into JSON
        object.__setattr__(self, "frames_per_second", frames_per_second)

    def __str__(self):
        return f"video at {self.frames_per_second} frames a second"

    def tiles(self, samples):
        """Returns up to eight frames of each clip side by side, evenly chosen."""
        samples = np.asarray(samples)
        count, length, height, width, channels = samples.shape
        chosen = np.linspace(0, length - 1, min(length, FRAMES)).round().astype(int)
        strips = samples[:, chosen].transpose(0, 2, 1, 3, 4)
        return with_edges(strips.reshape(count, height, len(chosen) * width, channels))

    def preview(self, samples, columns=1):
        """Returns the clips' frames, each clip a row by default."""
        return super().preview(samples, columns)

    def write(self, samples, path):
        """Writes a film in which the clips play side by side."""
        from keras_gan import pictures

        frames = [pictures.grid(samples[:, index]).numpy() for index in range(samples.shape[1])]
        pictures.save_film(np.stack(frames), path, self.frames_per_second)

    def check_path(self, path):
        """Also raises `ConfigError` for an MP4 where it can't be written."""
        from keras_gan import pictures

        super().check_path(path)
        if str(path).endswith(self.suffixes):
            pictures.check_film_path(path)
