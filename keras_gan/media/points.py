"""Points: numbers without an order in space or time."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import ClassVar

from keras_gan.media.medium import Medium, has_sizes

import numpy as np

SIDE = 256  # pixels of a preview


@dataclasses.dataclass(frozen=True)
class Points(Medium):
    """Points `(dimensions,)` in arbitrary units; or numbers of any other shape.

    Example:

    >>> import numpy as np
    >>> from keras_gan import media
    >>> media.Points().preview(np.random.default_rng(0).normal(size=(100, 2))).shape
    (256, 256, 1)
    """

    name: ClassVar = "points"
    noun: ClassVar = "points"
    form: ClassVar = "of any shape"
    rank: ClassVar = 1
    has_units: ClassVar = True
    suffixes: ClassVar = (".csv",)
    has_tiles: ClassVar = False
    grid: ClassVar = (40, 25)

    def fits(self, shape: Sequence[int]) -> bool:
        """Returns whether a sample may have this shape: any with at least one axis."""
        return has_sizes(shape)

    def preview(self, samples: np.ndarray, columns: int | None = None) -> np.ndarray:
        """Draws the density of the first two dimensions, or a histogram of one dimension.

        The limits are those of the points, and darker pixels have more points.
        """
        samples = self.check_samples(samples)
        x, *rest = samples.astype("float64").reshape(len(samples), -1).T
        if rest:
            counts = np.histogram2d(rest[0], x, bins=SIDE // 2)[0][::-1]
            shade = np.sqrt(counts / counts.max()).repeat(2, axis=0).repeat(2, axis=1)
        else:
            counts = np.histogram(x, bins=SIDE // 4)[0].repeat(4)
            shade = counts / counts.max() >= np.arange(SIDE, 0, -1)[:, None] / SIDE
        return np.rint(255 * (1.0 - shade)).astype("uint8")[..., None]

    def write(self, samples: np.ndarray, path: pathlib.Path) -> None:
        """Writes one line of numbers per point."""
        np.savetxt(path, samples.reshape(len(samples), -1), fmt="%.9g", delimiter=",")
