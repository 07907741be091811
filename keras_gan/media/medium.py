"""Medium: what every kind of samples offers."""

import dataclasses
import pathlib
from typing import ClassVar

from keras_gan.errors import ConfigError, DataError, abbreviate
from keras_gan.files.atomic import atomic_write

import numpy as np

UNIT = (-1.0, 1.0)


@dataclasses.dataclass(frozen=True)
class Medium:
    """Base of the media: what samples are, apart from their numbers.

    A subclass names itself in class attributes; its fields are what the samples' shape doesn't
    tell. Equal media are equal objects.

    Attributes:
        name: In `MEDIA`, in config.json and on the command line.
        noun: Of several samples, such as `"images"`.
        tensor: Name of the samples in exported files.
        form: A sample's shape in words.
        rank: Number of axes of a sample.
        channels: Numbers of channels that the last axis may have; None for any size.
        range: Between what a sample's values lie; None for anywhere.
        has_units: Whether values come in units of their own, so that networks standardise them.
        integers: dtype of stored whole numbers -> `(scale, offset)`: a sample's value is
            `stored / scale - offset`.
        suffixes: Of the files that hold such samples, the usual one first.
        augmentations: Names of the augmentations that fit, of `keras_gan.augment.AUGMENTATIONS`.
        has_tiles: Whether a sample can be drawn alone, see `tiles`.
        grid: Rows and columns of samples that a preview shows while a model trains.
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

    def fits(self, shape) -> bool:
        """Returns whether a sample may have this shape."""
        right = len(shape) == self.rank and has_sizes(shape)
        return right and (self.channels is None or shape[-1] in self.channels)

    def check_shape(self, shape, what):
        """Raises `DataError` for a shape that a sample can't have.

        Args:
            shape: Of a sample.
            what: What holds the samples, for the error.
        """
        if not self.fits(shape):
            raise DataError(
                f"expected {self.noun} {self.form} in {what}, got samples of {tuple(shape)}; "
                "reshape them, or name another medium (--medium)."
            )

    def with_channels(self, samples):
        """Returns an array of samples with its axis of channels, which those of one may lack."""
        lacks = self.channels is not None and samples.ndim == self.rank
        return samples[..., None] if lacks else samples

    def extractor(self, shape) -> str:
        """Returns the name of what looks at samples of a shape where nothing else is named."""
        return "values"

    def tiles(self, samples):
        """Returns a picture of each sample.

        Args:
            samples: `(count, *sample_shape)` floats.

        Returns:
            `(count, height, width, 1, 3 or 4 channels)` floats in [-1, 1].
        """
        raise NotImplementedError(f"{type(self).__name__} defines no tiles.")

    def lines(self, samples) -> list[str]:
        """Returns samples as lines of text; none for media that aren't read.

        Args:
            samples: `(count, *sample_shape)` floats.
        """
        return []

    def preview(self, samples, columns=None):
        """Returns one picture of samples, to look at.

        Its size depends on the samples' number and shape alone, so that previews make a film.

        Args:
            samples: `(count, *sample_shape)` floats, at least one.
            columns: Samples side by side, where each has a picture of its own; the square root of
                the count, rounded up, by default.

        Returns:
            A uint8 array `(height, width, 1, 3 or 4 channels)`.
        """
        from keras_gan import pictures

        return pictures.grid(self.tiles(samples), columns).numpy()

    def write(self, samples, path):
        """Writes samples to a file whose name ends in one of `suffixes`; see `save`."""
        raise NotImplementedError(f"{type(self).__name__} defines no write.")

    def save(self, samples, path):
        """Writes samples to a file; its folder is made, and a failure leaves what was there.

        Args:
            samples: `(count, *sample_shape)` floats, at least one.
            path: Ends in one of `suffixes`; in `.png`, for a preview; or in `.npy`, for the values.

        Raises:
            ConfigError: For another ending.
        """
        path = pathlib.Path(path)
        self.check_path(path)
        with atomic_write(path) as new:
            if path.suffix == ".npy":
                np.save(new, samples)
            elif path.suffix == ".png":
                self.write_preview(samples, new)
            else:
                self.write(np.asarray(samples), new)

    def write_preview(self, samples, path):
        """Writes a preview as a PNG."""
        from keras_gan import pictures

        pictures.save_png(self.preview(samples), path)

    def check_path(self, path):
        """Raises `ConfigError` for a file that doesn't fit these samples; see `save`."""
        endings = list(dict.fromkeys((*self.suffixes, ".png", ".npy")))
        if pathlib.Path(path).suffix not in endings:
            known = f"{', '.join(endings[:-1])} or {endings[-1]}"
            raise ConfigError(f"expected a file of {self.noun} to end in {known}, got {path}.")

    def to_config(self) -> dict:
        """Returns the medium as plain data for JSON; `keras_gan.media.from_config` reads it."""
        return {"name": self.name, **dataclasses.asdict(self)}


EDGE = 2  # pixels beside and below a tile


def with_edges(tiles):
    """Returns tiles with a grey line beside and below, so that neighbours can be told apart."""
    return np.pad(tiles, ((0, 0), (0, EDGE), (0, EDGE), (0, 0)))


def has_sizes(shape) -> bool:
    """Returns whether a shape has axes, all of a known size above 0."""
    return bool(shape) and all(isinstance(size, (int, np.integer)) and size > 0 for size in shape)


def check_words(name, words, least=1):
    """Raises `ConfigError` unless a field is a tuple of different texts."""
    right = isinstance(words, tuple) and all(isinstance(word, str) and word for word in words)
    if not right or len(words) < least or len(set(words)) < len(words):
        raise ConfigError(
            f"expected {name} as a tuple of {least} or more different words, got "
            f"{abbreviate(words)}."
        )
