"""Source: a data set that can be read by index, in any order."""

from __future__ import annotations

import copy
import dataclasses
import hashlib
from collections.abc import Callable, Iterable, Iterator

from keras_gan import batches, media
from keras_gan.datasets.channels import fit_square
from keras_gan.errors import DataError, LimitError, printable
from keras_gan.files import limits

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike


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
        background: Background of transparent pixels, a colour; None without such pixels.
        notes: Notes for the user on how the samples are derived, one line each.
    """

    extractor = None
    background = None
    notes = ()

    def __init__(self, name, count, sample_shape, class_names=None, skipped=0, medium=None):
        self.name = printable(name)
        self.sample_shape = tuple(int(size) for size in sample_shape)
        self.medium = medium or media.of(self.sample_shape)
        self.class_names = None if class_names is None else tuple(map(printable, class_names))
        self.skipped = skipped
        self._count = count

    def __len__(self):
        return self._count

    @property
    def element_spec(self) -> tuple[tf.TensorSpec, tf.TensorSpec | None]:
        """`(sample, label)` specs; the label's spec is None without labels."""
        label = None if self.class_names is None else tf.TensorSpec((), tf.int32)
        return tf.TensorSpec(self.sample_shape, tf.float32), label

    def __getitem__(self, index):
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
        raise NotImplementedError(f"{type(self).__name__} defines no fetch.")

    def fingerprint(self) -> str:
        """Returns a digest that changes when the samples or their labels change."""
        raise NotImplementedError(f"{type(self).__name__} defines no fingerprint.")

    def resized(self, size: int) -> Source:
        """Returns the same source with images resized to squares of another size.

        Args:
            size: Height and width.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no resized.")

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
        return np.asarray(self._labels)

    def to_dataset(
        self,
        batch_size: int = 64,
        labels: bool = False,
        shuffle: bool = True,
        seed: int = 0,
        prefetch: int = 2,
    ) -> tf.data.Dataset:
        """Makes a step-addressed `tf.data.Dataset` of batches; see `keras_gan.datasets.load`.

        Raises:
            DataError: For a source without the requested labels, or with fewer samples than a
                batch.
        """
        if labels:
            self.require_labels()

        def fetch(indices):
            batch = self.fetch(indices)
            return batch if labels else batch.map(lambda samples, _: samples)

        dataset = batches.step_addressed(fetch, len(self), batch_size, seed, shuffle, prefetch)
        dataset.class_names = self.class_names
        return dataset


def with_size(source: Source, size: int) -> Source:
    """Returns a copy of a source with another size, to which samples are resized when read."""
    resized = copy.copy(source)
    resized.sample_shape = (size, size, source.sample_shape[2])
    return resized


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


class ArraySource(Source):
    """Samples in memory.

    Args:
        name: Name of the source.
        samples: `(count, *sample_shape)` floats within the medium's range, such as images in
            [-1, 1]; or integers that the medium scales, such as uint8 images and int16 sound.
        labels: `(count,)` ints from 0, or None.
        class_names: Names of the classes; their numbers by default.
        image_size: Height and width to which images are resized.
        medium: A `keras_gan.media.Medium` or its name; by default derived from the samples' shape.
            Samples of two axes need it, as several media have them. With it, samples of one
            channel may omit the channel axis.

    Raises:
        DataError: For empty, non-finite or ill-shaped data, or samples of an ambiguous medium.
    """

    def __init__(self, name, samples, labels=None, class_names=None, image_size=None, medium=None):
        samples = np.asarray(samples)
        medium = medium_of(name, samples, media.get(medium))
        samples = check_samples(name, medium.with_channels(samples), medium)
        if labels is not None:
            labels = check_labels(name, labels, len(samples))
            class_names = class_names or range(int(labels.max()) + 1)
        shape = samples.shape[1:]
        if image_size is not None:
            if not isinstance(medium, media.Image):
                raise DataError(f"expected images to resize, got {medium.noun} of shape {shape}.")
            shape = (image_size, image_size, shape[2])
        super().__init__(name, len(samples), shape, class_names, medium=medium)
        if dataclasses.fields(medium):
            self.notes = (f"{self.name} is read as {medium}.",)
        self._samples = tf.constant(samples)
        self._labels = tf.constant(np.zeros(len(samples), "int32") if labels is None else labels)

    def moments(self) -> tuple[list[float], list[float]]:
        """Computes mean and variance of each value of the last axis, two lists of floats."""
        samples = self._samples.numpy().astype("float64").reshape(-1, self.sample_shape[-1])
        return [samples.mean(axis=0).tolist(), samples.var(axis=0).tolist()]

    def fingerprint(self) -> str:
        """Returns the SHA-256 of samples and labels."""
        arrays = (self._samples.numpy(), self._labels.numpy())
        return digest(hashlib.sha256(array).hexdigest() for array in arrays)

    def fetch(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Gathers batches of samples and labels; see `Source.fetch`."""

        def gather(index):
            samples = tf.gather(self._samples, index)
            if samples.dtype.is_integer:
                scale, offset = self.medium.integers[samples.dtype.name]
                samples = tf.cast(samples, tf.float32) / scale - offset
            if samples.shape[1:] != self.sample_shape:
                samples = tf.map_fn(lambda image: fit_square(image, self.sample_shape[0]), samples)
            samples = tf.ensure_shape(samples, [index.shape[0], *self.sample_shape])
            return samples, tf.gather(self._labels, index)

        return indices.map(gather, num_parallel_calls=2, deterministic=True)

    def resized(self, size: int) -> Source:
        """Returns the same source at another size; images are resized when they are read."""
        return with_size(self, size)


def medium_of(name: str, samples: np.ndarray, medium: media.Medium | None = None) -> media.Medium:
    """Returns the medium of an array of samples.

    Args:
        name: Name of the source, for the error.
        samples: An array.
        medium: The medium that the user chose; None to derive it from the samples' shape.

    Raises:
        DataError: For samples whose shape doesn't fit the medium, or is ambiguous.
    """
    shape = samples.shape[1:]
    if medium is not None:
        medium.check_shape(medium.with_channels(samples).shape[1:], name)
        return medium
    medium = media.of(shape)
    if len(shape) == 2:
        raise DataError(
            f"expected a medium for {name}, an array of {samples.shape}, which may be sound "
            "(count, samples, channels) or grey images (count, height, width). Name it: "
            "medium='sound:16000' (--medium sound:16000, in Hz) or medium='image' "
            "(--medium image)."
        )
    if len(shape) > 1 and isinstance(medium, media.Points):
        expected = media.BY_RANK.get(len(shape), media.Image)
        raise DataError(
            f"expected {expected.noun} {expected.form} in {name}, got samples of {shape}; reshape "
            "them, or treat them as plain numbers: medium='points' (--medium points)."
        )
    return medium


MAX_INTEGER = 2**24  # float32 represents all integers up to it


def check_samples(name: str, samples: np.ndarray, medium: media.Medium) -> np.ndarray:
    """Returns samples as integers that the medium scales, or as finite float32."""
    if samples.ndim < 2 or samples.size == 0:
        raise DataError(
            f"expected {name} to hold samples as (count, ...), got an array of {samples.shape}."
        )
    if samples.dtype.name in medium.integers:
        if samples.min() < -MAX_INTEGER or samples.max() > MAX_INTEGER:
            raise DataError(
                f"expected integers up to {MAX_INTEGER:,} in {name}, got {samples.min():,} to "
                f"{samples.max():,}; store them as floats in another unit."
            )
        return samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if not np.issubdtype(samples.dtype, np.floating):
        integers = ", ".join(medium.integers)
        raise DataError(
            f"expected {name} to hold {f'{integers} {medium.noun} or ' if integers else ''}floats, "
            f"got {samples.dtype}; convert them."
        )
    with np.errstate(over="ignore"):
        samples = samples.astype("float32")
    batches.check_finite(samples, f" in {name}")
    if medium.range is not None and np.abs(samples).max() > 1 + 1e-6:
        raise DataError(
            f"expected float {medium.noun} in [-1, 1] in {name}, got {samples.min():g} to "
            f"{samples.max():g}; scale them, or store them as {', '.join(medium.integers)}."
        )
    return samples


def check_labels(name: str, labels: ArrayLike, count: int) -> np.ndarray:
    """Returns labels as int32 `(count,)`."""
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise DataError(
            f"expected {count} labels in {name} as integers from 0, got {labels.dtype} of "
            f"shape {labels.shape}."
        )
    if labels.max() >= limits.MAX_CLASSES:
        raise LimitError(
            f"expected at most {limits.MAX_CLASSES:,} classes in {name}, got the label "
            f"{labels.max()}; number the classes from 0."
        )
    return labels.astype("int32")
