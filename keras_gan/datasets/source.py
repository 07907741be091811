"""Source: a data set that can be read by index, in any order."""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self

from keras_gan import batches, media, scaling
from keras_gan.datasets.channels import ON_WHITE, WHITE, parse_color
from keras_gan.datasets.fitting import (
    PAD,
    WHOLE,
    check_fit,
    check_image_size,
    check_whole,
    describe_fit,
)
from keras_gan.errors import ConfigError, DataError, abbreviate, printable
from keras_gan.options import CROP
from keras_gan.progress import progress_bar

import numpy as np
import tensorflow as tf


class Source:
    """Base class of data sets that can be read by index.

    Args:
        name: Name of the source, as the user gave it.
        count: Number of samples.
        sample_shape: Shape of a sample.
        class_names: Names of the classes, label 0 first; None without labels.
        skipped: Number of corrupt files that were left out.
        medium: Medium of the samples, a `keras_gan.media.Medium`; by default derived from their
            shape.

    Attributes:
        extractor: Name of the extractor in `keras_gan.metrics.extractors` that suits the samples
            best; None to choose by their shape.
        background: Background of transparent pixels and padding, a colour; None without them.
        fit: How images are fitted into the samples' size, one of `keras_gan.options.FITS`.
        fitted: What that changed, for the user; None if nothing.
        mirror: Whether each image is a sample twice, as it is and mirrored: sample `i + n` of `2 n`
            is sample `i` mirrored.
        notes: Notes for the user on how the samples are derived, one line each.
    """

    extractor = None
    background = None
    fit = CROP
    fitted = None
    mirror = False
    notes = ()
    _background = ON_WHITE
    _sizes = None  # of the stored images, and how many have each; None if unknown

    def __init__(
        self,
        name: str,
        count: int,
        sample_shape: Sequence[int],
        class_names: Iterable | None = None,
        skipped: int = 0,
        medium: media.Medium | None = None,
    ) -> None:
        if not isinstance(name, str | os.PathLike):
            raise ConfigError(f"expected the name of a source as text, got {abbreviate(name)}.")
        self.name = printable(name)
        self.sample_shape = tuple(int(size) for size in sample_shape)
        self.medium = medium or media.of(self.sample_shape)
        self.class_names = None if class_names is None else tuple(map(printable, class_names))
        self.skipped = skipped
        self._count = count

    def __len__(self) -> int:
        return 2 * self._count if self.mirror else self._count

    @property
    def element_spec(self) -> tuple[tf.TensorSpec, tf.TensorSpec | None]:
        """`(sample, label)` specs; the label's spec is None without labels."""
        label = None if self.class_names is None else tf.TensorSpec((), tf.int32)
        return tf.TensorSpec(self.sample_shape, tf.float32), label

    def __getitem__(self, index: int) -> tuple[np.ndarray, int | None]:
        """Returns `(sample, label)`: a float32 array within the medium's range, an int or None."""
        if not 0 <= index < len(self):
            raise IndexError(f"expected an index from 0 to {len(self) - 1}, got {index}.")
        indices = tf.data.Dataset.from_tensors(tf.constant([index], tf.int64))
        with batches.convert_read_errors():
            sample, label = next(iter(self.fetch(indices)))
        return sample[0].numpy(), None if self.class_names is None else int(label[0])

    def fetch(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Maps a data set of `(batch,)` indices to a data set of `(samples, labels)` batches.

        The labels are zeros for a source without labels.
        """

        def scale(samples, labels):
            return scaling.to_floats(samples, self.medium), labels

        stored = self.fetch_stored(indices)
        is_integer = stored.element_spec[0].dtype.is_integer
        if not is_integer:
            return stored
        return stored.map(scale, num_parallel_calls=2, deterministic=True)

    def fetch_stored(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Returns the batches of `fetch` before integers are scaled; subclasses implement this.

        Integers have a dtype in `medium.integers`, such as uint8 for images. Images are fitted into
        `sample_shape` as `fit` says.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no fetch_stored.")

    def fingerprint(self) -> str:
        """Returns a digest that changes when the stored samples or their labels change.

        It doesn't depend on how they are read: their size, fit, channels, and mirroring.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no fingerprint.")

    def content_fingerprint(self) -> str:
        """Returns a digest of the samples alone, equal for copies of them at other paths.

        It reads files whose modification the quicker `fingerprint` takes from their times.
        """
        return self.fingerprint()

    def resized(
        self, size: int | tuple[int, int], fit: str | None = None, background: str | None = None
    ) -> Self:
        """Returns the same source with images of another size, into which they are fitted.

        Args:
            size: Height and width, or one integer for a square.
            fit: As in `keras_gan.datasets.load`; the source's own by default.
            background: Colour of edges where `fit` is `"pad"`; the source's own by default.

        Raises:
            ConfigError: For a size or a fit that isn't one.
            DataError: For samples that aren't images, or that have to be whole and aren't.

        Example:

        >>> import keras_gan as kg
        >>> digits = kg.datasets.open_source("digits").resized((16, 8), "pad", "black")
        >>> digits.sample_shape, digits.fitted
        ((16, 8, 1), 'padded with black, resized')
        """
        resized = copy.copy(self)
        resized._set_size(size, fit, background)
        return resized

    def _set_size(self, size, fit=None, background=None):
        """Sets the size of the samples, and how images are fitted into it; see `resized`."""
        if not isinstance(self.medium, media.Image):
            raise DataError(
                f"expected images to resize, got {self.medium.noun} in {self.name}; leave "
                "image_size (--image-size) out."
            )
        self.sample_shape = (*check_image_size(size), self.sample_shape[2])
        if fit == PAD and background is not None:
            self.background, self._background = background, parse_color(background)
        self._set_fit(self.fit if fit is None else fit)

    def _set_fit(self, fit):
        """Sets how images are fitted; raises `DataError` for ones that have to be whole."""
        self.fit = check_fit(fit)
        sizes, counts = ((), ()) if self._sizes is None else self._sizes
        size = self.sample_shape[:2]
        if fit == WHOLE:
            for height, width in sizes:
                check_whole(height, width, size, self.name)
        self.fitted = describe_fit(sizes, counts, size, fit, self.background or WHITE)

    def mirrored(self) -> Self:
        """Returns a source of the same images, and each of them mirrored.

        Raises:
            DataError: For samples that aren't images.

        Example:

        >>> import keras_gan as kg
        >>> digits = kg.datasets.open_source("digits").mirrored()
        >>> len(digits), bool((digits[10_003][0] == digits[3][0][:, ::-1]).all())
        (20000, True)
        """
        if not isinstance(self.medium, media.Image):
            raise DataError(
                f"expected images to mirror, got {self.medium.noun} in {self.name}; leave mirror "
                "(--mirror) out."
            )
        mirrored = copy.copy(self)
        mirrored.mirror = True
        return mirrored

    def _split(self, index):
        """Returns the stored index of samples, and whether they are mirrored."""
        return index % self._count, index >= self._count

    def require_labels(self) -> None:
        """Raises `DataError` for a source without labels."""
        if self.class_names is None:
            raise DataError(
                f"expected labels, but {self.name} has none; put the images of each class into a "
                "subfolder, or train without labels (labels=False)."
            )

    def read_labels(self) -> np.ndarray:
        """Returns all labels, `(count,)` int32.

        Raises:
            DataError: For a source without labels.
        """
        self.require_labels()
        labels = self.stored_labels()
        return np.tile(labels, 2) if self.mirror else labels

    def stored_labels(self) -> np.ndarray:
        """Returns the labels of the stored samples; for subclasses to override."""
        return np.asarray(self._labels)

    def to_dataset(
        self,
        batch_size: int = 64,
        labels: bool = False,
        shuffle: bool = True,
        seed: int = 0,
        prefetch: int = 2,
        stored: bool = False,
    ) -> tf.data.Dataset:
        """Makes a step-addressed `tf.data.Dataset` of batches; see `keras_gan.datasets.load`.

        Args:
            batch_size, labels, shuffle, seed, prefetch: As in `keras_gan.datasets.load`.
            stored: Whether to return integers as they are stored, such as uint8 for images. Models
                scale them on their device, which takes a quarter of the transfer.

        Raises:
            ConfigError: For a batch size or a prefetch below 1, or a seed out of range.
            DataError: For a source without the requested labels, or with fewer samples than a
                batch.
        """
        if labels:
            self.require_labels()

        def fetch(indices):
            batch = self.fetch_stored(indices) if stored else self.fetch(indices)
            return batch if labels else batch.map(lambda samples, _: samples)

        dataset = batches.step_addressed(
            fetch,
            len(self),
            batch_size,
            seed,
            shuffle,
            prefetch,
            read_all=lambda: self._read_all(fetch),
        )
        dataset.class_names = self.class_names
        return dataset

    def _read_all(self, fetch):
        """Reads all samples in order, with or without labels, as arrays."""
        parts = []
        with progress_bar(len(self), "sample", "reading") as bar, batches.convert_read_errors():
            for part in in_order(fetch, 0, len(self)):
                parts.append(tf.nest.map_structure(lambda tensor: tensor.numpy(), part))
                bar.update(len(tf.nest.flatten(part)[0]))
        return tf.nest.map_structure(lambda *rows: np.concatenate(rows), *parts)


def flip(image: tf.Tensor, is_mirrored: tf.Tensor) -> tf.Tensor:
    """Mirrors an image `(..., height, width, channels)` if a bool says so; `(...)` bools."""
    return tf.where(is_mirrored[..., None, None, None], image[..., ::-1, :], image)


def in_order(
    read: Callable[[tf.data.Dataset], tf.data.Dataset], first: int, count: int, batch_size: int = 64
) -> Iterator:
    """Yields the elements of a source from index `first` up to, but not including, `count`.

    Args:
        read: `indices dataset -> dataset`, such as a source's `fetch`.
        first, count: First index, and the index at which to stop.
        batch_size: Indices per batch; the last batch may be smaller.

    Yields:
        The elements of the data set that `read` returns.
    """
    last = count - (count - first) % batch_size
    for start, stop, size in ((first, last, batch_size), (last, count, count - last)):
        if start < stop:
            indices = tf.data.Dataset.range(start, stop).batch(size, drop_remainder=True)
            yield from batches.disable_autotuning(read(indices).prefetch(2))


def digest(texts: Iterable[str]) -> str:
    """Computes the SHA-256 of texts, as hexadecimal digits."""
    sha256 = hashlib.sha256()
    for text in texts:
        sha256.update(text.encode(errors="surrogateescape") + b"\n")
    return sha256.hexdigest()
