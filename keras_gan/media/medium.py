"""Medium: the base class of kinds of samples."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import ClassVar

from keras_gan.errors import ConfigError, DataError, NotFiniteError, abbreviate
from keras_gan.files.atomic import atomic_write, check_file, check_path

import numpy as np
from numpy.typing import ArrayLike

UNIT = (-1.0, 1.0)


@dataclasses.dataclass(frozen=True)
class Medium:
    """Base class of media, the kinds of samples.

    Subclasses set the class attributes; their fields are properties that a sample's shape doesn't
    determine. Media with equal fields are equal.

    Attributes:
        name: Name in `MEDIA`, in config.json and on the command line.
        noun: Plural noun for samples, such as `"images"`.
        tensor: Name of the samples in exported files.
        form: Shape of a sample in words.
        rank: Number of axes of a sample.
        channels: Allowed sizes of the last axis; None for any size.
        range: Range of a sample's values; None for no limits.
        has_units: Whether values have arbitrary units, so that networks standardize them.
        integers: Dict of integer dtypes of stored samples to `(scale, offset)`; the sample is
            `stored / scale - offset`.
        suffixes: Suffixes of files for such samples, the most common first.
        augmentations: Names of suitable augmentations in `keras_gan.augment.AUGMENTATIONS`.
        has_tiles: Whether each sample can be drawn separately; see `tiles`.
        grid: Rows and columns of samples in previews during training.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    tensor: ClassVar[str] = "samples"
    form: ClassVar[str]
    rank: ClassVar[int]
    channels: ClassVar[tuple[int, ...] | None] = None
    range: ClassVar[tuple[float, float] | None] = None
    has_units: ClassVar[bool] = False
    integers: ClassVar[dict[str, tuple[float, float]]] = {}
    suffixes: ClassVar[tuple[str, ...]] = ()
    augmentations: ClassVar[tuple[str, ...]] = ()
    has_tiles: ClassVar[bool] = True
    grid: ClassVar[tuple[int, int]] = (10, 10)

    def __str__(self):
        return self.noun

    @property
    def activation(self) -> str:
        """Output activation of generators: tanh for samples in [-1, 1], linear otherwise."""
        return "tanh" if self.range == UNIT else "linear"

    def size(self, shape: Sequence[int]) -> int:
        """Returns the size of samples by which recipes scale: the side of square images and
        clips.

        Args:
            shape: Shape of a sample; the size of other media is that of its first axis.
        """
        return shape[0]

    def fits(self, shape: Sequence[int]) -> bool:
        """Returns whether a sample may have this shape."""
        has_rank = len(shape) == self.rank and has_sizes(shape)
        return has_rank and (self.channels is None or shape[-1] in self.channels)

    def check_shape(self, shape: Sequence[int], what: str) -> None:
        """Raises `DataError` for a shape that a sample can't have.

        Args:
            shape: Shape of a sample.
            what: Name of the source of the samples, for the error.
        """
        if not self.fits(shape):
            raise DataError(
                f"expected {self.noun} {self.form} in {what}, got samples of {tuple(shape)}; "
                "reshape them, or name another medium (--medium)."
            )

    def check_samples(self, samples: ArrayLike) -> np.ndarray:
        """Returns samples as an array that can be drawn and written.

        Args:
            samples: `(count, *sample_shape)` numbers, at least one sample.

        Raises:
            DataError: For no samples, samples of another shape, or values that aren't numbers.
            NotFiniteError: For NaN or infinity.
        """
        samples = np.asarray(samples)
        fits = self.fits(samples.shape[1:]) and len(samples) > 0
        if not fits or samples.dtype.kind not in "fiu":
            raise DataError(
                f"expected {self.noun} {self.form} as numbers, at least one, got {samples.dtype} "
                f"of shape {samples.shape} with the count first."
            )
        finite = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
        if not finite.all():
            raise NotFiniteError(
                f"expected finite {self.noun}, got NaN or infinity in {(~finite).sum()} of "
                f"{len(finite)}; use an earlier checkpoint, and train with lower learning rates."
            )
        return samples

    def with_channels(self, samples: np.ndarray) -> np.ndarray:
        """Adds the channel axis to samples of one channel that omit it."""
        is_missing = self.channels is not None and samples.ndim == self.rank
        return samples[..., None] if is_missing else samples

    def extractor(self, shape: Sequence[int]) -> str:
        """Returns the name of the default feature extractor for samples of a shape."""
        return "values"

    def tiles(self, samples: np.ndarray) -> np.ndarray:
        """Draws each sample as a picture.

        Args:
            samples: `(count, *sample_shape)` floats.

        Returns:
            `(count, height, width, 1, 3 or 4 channels)` floats in [-1, 1].

        Raises:
            KerasGanError: For invalid samples; see `check_samples`.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no tiles.")

    def lines(self, samples: np.ndarray) -> list[str]:
        """Formats samples as lines of text; returns an empty list for media without text.

        Args:
            samples: `(count, *sample_shape)` floats.

        Raises:
            KerasGanError: For invalid samples; see `check_samples`.
        """
        return []

    def preview(self, samples: np.ndarray, columns: int | None = None) -> np.ndarray:
        """Draws a preview of samples as one picture.

        Its size depends only on the number and shape of the samples, so that previews can be
        combined to a film.

        Args:
            samples: `(count, *sample_shape)` floats, at least one.
            columns: Number of samples per row, if each is drawn separately; by default the square
                root of the count, rounded up.

        Returns:
            A uint8 array `(height, width, 1, 3 or 4 channels)`.

        Raises:
            KerasGanError: For invalid samples, see `check_samples`; or columns below 1.
        """
        from keras_gan import pictures

        return pictures.grid(self.tiles(samples), columns).numpy()

    def write(self, samples: np.ndarray, path: pathlib.Path) -> None:
        """Writes samples to a file with one of the `suffixes`; called by `save`."""
        raise NotImplementedError(f"{type(self).__name__} defines no write.")

    def save(self, samples: np.ndarray, path: str | os.PathLike) -> None:
        """Writes samples to a file, atomically; creates its folder.

        Args:
            samples: `(count, *sample_shape)` floats, at least one.
            path: Path with one of the `suffixes`, `.png` for a preview, or `.npy` for the values.

        Raises:
            ConfigError: For another suffix, or the path of a folder.
            KerasGanError: For invalid samples; see `check_samples`. No file is written then.
        """
        path = check_path(path)
        self.check_path(path)
        samples = self.check_samples(samples)
        with atomic_write(path) as new:
            if path.suffix == ".npy":
                np.save(new, samples)
            elif path.suffix == ".png":
                self.write_preview(samples, new)
            else:
                self.write(samples, new)

    def write_preview(self, samples: np.ndarray, path: str | os.PathLike) -> None:
        """Writes a preview as a PNG file."""
        from keras_gan import pictures

        pictures.save_png(self.preview(samples), path)

    def check_path(self, path: str | os.PathLike) -> None:
        """Raises `ConfigError` for an unsuitable suffix or the path of a folder; see `save`."""
        *most, last = dict.fromkeys((*self.suffixes, ".png", ".npy"))
        if check_path(path).suffix not in (*most, last):
            suffixes = f"{', '.join(most)} or {last}"
            raise ConfigError(f"expected a file of {self.noun} to end in {suffixes}, got {path}.")
        check_file(path)

    def to_config(self) -> dict:
        """Returns the medium as plain data for JSON; see `keras_gan.media.from_config`."""
        return {"name": self.name, **dataclasses.asdict(self)}


EDGE = 2  # pixels to the right of and below a tile


def with_edges(tiles: np.ndarray) -> np.ndarray:
    """Adds a grey line to the right of and below each tile, to separate neighbours."""
    return np.pad(tiles, ((0, 0), (0, EDGE), (0, EDGE), (0, 0)))


def has_sizes(shape: Sequence[int]) -> bool:
    """Returns whether a shape has at least one axis, and all sizes are positive ints."""
    return bool(shape) and all(isinstance(size, (int, np.integer)) and size > 0 for size in shape)


def check_words(name: str, words: object, minimum: int = 1) -> None:
    """Raises `ConfigError` unless a field is a tuple of different, non-empty strings."""
    are_words = isinstance(words, tuple) and all(isinstance(word, str) and word for word in words)
    if not are_words or len(words) < minimum or len(set(words)) < len(words):
        raise ConfigError(
            f"expected {name} as a tuple of {minimum} or more different words, got "
            f"{abbreviate(words)}."
        )
