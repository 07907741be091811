"""Points: numbers without an order in space or time."""

import dataclasses
from typing import ClassVar

from keras_gan.media.medium import Medium, has_sizes

import numpy as np

SIDE = 256  # pixels of a preview


@dataclasses.dataclass(frozen=True)
class Points(Medium):
    """Points `(dimensions,)` in units of their own; or numbers of any shape that aren't drawn.

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

    def fits(self, shape):
        """Returns whether there is any axis."""
        return has_sizes(shape)

    def preview(self, samples, columns=None):
        """Returns where points lie: by their first two numbers; a histogram of those on a line.

        The frame is that of the points, and the darker a place, the more of them lie there.
        """
        x, *rest = np.asarray(samples, "float64").reshape(len(samples), -1).T
        if rest:
            counts = np.histogram2d(rest[0], x, bins=SIDE // 2)[0][::-1]
            shade = np.sqrt(counts / counts.max()).repeat(2, axis=0).repeat(2, axis=1)
        else:
            counts = np.histogram(x, bins=SIDE // 4)[0].repeat(4)
            shade = counts / counts.max() >= np.arange(SIDE, 0, -1)[:, None] / SIDE
        return np.rint(255 * (1.0 - shade)).astype("uint8")[..., None]

    def write(self, samples, path):
        """Writes a line of numbers a point."""
        np.savetxt(path, samples.reshape(len(samples), -1), fmt="%.9g", delimiter=",")
