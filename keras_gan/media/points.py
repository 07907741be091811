"""Points: numbers without an order in space or time."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import ClassVar

from keras_gan.media.medium import Medium, has_sizes

import numpy as np

SIDE = 256  # pixels of a preview
LINE, GREY = 2, 160  # width in pixels and shade of the line between two previews


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
        values = first_dimensions(self.check_samples(samples))
        return draw(values, [(axis.min(), axis.max()) for axis in values])

    def beside(self, samples: np.ndarray, data: np.ndarray) -> np.ndarray:
        """Draws samples to the right of data, both as `preview` does, in the limits of the data.

        Samples outside the limits, a tenth beyond the extreme data, aren't drawn.

        Args:
            samples: `(count, *sample_shape)` floats, at least one.
            data: `(data count, *sample_shape)` floats, at least one.

        Returns:
            A uint8 array `(height, width, 1)`.

        Raises:
            KerasGanError: For invalid samples or data; see `check_samples`.
        """
        samples, data = map(first_dimensions, map(self.check_samples, (samples, data)))
        limits = [with_margin(axis.min(), axis.max()) for axis in data]
        line = np.full((SIDE, LINE, 1), GREY, "uint8")
        return np.concatenate([draw(data, limits), line, draw(samples, limits)], axis=1)

    def write(self, samples: np.ndarray, path: pathlib.Path) -> None:
        """Writes one line of numbers per point."""
        with path.open("wb") as file:  # else the line ends would be the system's
            np.savetxt(file, samples.reshape(len(samples), -1), fmt="%.9g", delimiter=",")


def first_dimensions(samples: np.ndarray) -> np.ndarray:
    """Returns the first two values of each sample as float64 `(2, count)`, or the only one."""
    return samples.astype("float64").reshape(len(samples), -1).T[:2]


def with_margin(low: float, high: float) -> tuple[float, float]:
    """Returns the limits of an axis, with a margin of a tenth on both sides."""
    margin = 0.1 * (high - low) or 0.5
    return low - margin, high + margin


def draw(values: np.ndarray, limits: Sequence[tuple[float, float]]) -> np.ndarray:
    """Draws the density of points; without points within the limits, an empty picture.

    Args:
        values: `(1 or 2, count)`.
        limits: Lower and upper limit of each axis.

    Returns:
        A uint8 array `(SIDE, SIDE, 1)`.
    """
    if len(values) == 2:
        bins = SIDE // 2
        counts = np.histogram2d(values[1], values[0], bins, limits[::-1])[0][::-1]
        shade = np.sqrt(counts / max(counts.max(), 1)).repeat(2, axis=0).repeat(2, axis=1)
    else:
        counts = np.histogram(values[0], SIDE // 4, limits[0])[0].repeat(4)
        shade = counts / max(counts.max(), 1) >= np.arange(SIDE, 0, -1)[:, None] / SIDE
    return np.rint(255 * (1.0 - shade)).astype("uint8")[..., None]
