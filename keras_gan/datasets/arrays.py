"""ArraySource: a source of samples in memory."""

import dataclasses
import functools
import hashlib
from collections.abc import Sequence

from keras_gan import batches, media, scaling
from keras_gan.datasets.fitting import fit_image
from keras_gan.datasets.source import Source, digest, flip
from keras_gan.errors import DataError, LimitError, abbreviate
from keras_gan.files import limits

import numpy as np
import tensorflow as tf
from numpy.lib.recfunctions import structured_to_unstructured
from numpy.typing import ArrayLike

MAX_INTEGER = 2**24  # float32 represents all integers up to it


class ArraySource(Source):
    """Samples in memory.

    Args:
        name: Name of the source.
        samples: `(count, *sample_shape)` floats within the medium's range, such as images in
            [-1, 1]; or integers that the medium scales, such as uint8 images and int16 sound.
            A structured array `(count,)`, with named columns of numbers, is a `Table`.
        labels: `(count,)` ints from 0, or None.
        class_names: Names of the classes; their numbers by default.
        image_size: Height and width into which images are fitted, or one integer for a square.
        medium: A `keras_gan.media.Medium` or its name; by default derived from the samples' shape.
            Samples of two axes need it, as several media have them. With it, samples of one
            channel may omit the channel axis.

    Raises:
        DataError: For empty, non-finite or ill-shaped data, or samples of an ambiguous medium.
    """

    def __init__(
        self,
        name: str,
        samples: ArrayLike,
        labels: ArrayLike | None = None,
        class_names: Sequence[str] | None = None,
        image_size: int | tuple[int, int] | None = None,
        medium: media.Medium | str | None = None,
    ) -> None:
        samples, columns = split_columns(name, to_array(name, samples))
        medium = medium_of(name, samples, media.get(medium) or columns)
        samples = check_samples(name, medium.with_channels(samples), medium)
        if labels is not None:
            labels = check_labels(name, labels, len(samples))
            class_names = name_classes(name, labels, class_names)
        super().__init__(name, len(samples), samples.shape[1:], class_names, medium=medium)
        self._sizes = [samples.shape[1:3]], [len(samples)]
        if dataclasses.fields(medium):
            self.notes = (f"{self.name} is read as {medium}.",)
        labels = np.zeros(len(samples), "int32") if labels is None else labels
        with tf.device("CPU"):  # a GPU may have less memory than the samples
            self._samples, self._labels = tf.constant(samples), tf.constant(labels)
        if image_size is not None:
            self._set_size(image_size)

    def moments(self) -> tuple[list[float], list[float]]:
        """Computes mean and variance of each value of the last axis, two lists of floats.

        Raises:
            DataError: For a value that is the same in all samples, which can't be standardized.
        """
        samples = self._samples.numpy().astype("float64").reshape(-1, self.sample_shape[-1])
        constant = np.flatnonzero(samples.min(axis=0) == samples.max(axis=0))
        if len(constant):
            is_table = isinstance(self.medium, media.Table)
            words = self.medium.columns if is_table else range(samples.shape[1])
            names = ", ".join(str(words[index]) for index in constant[:5])
            raise DataError(
                f"expected columns that vary in {self.name}, got one value alone in column "
                f"{names}{', ...' if constant[5:].size else ''}; leave constant columns out, as a "
                "generator has nothing to learn in them."
            )
        return [samples.mean(axis=0).tolist(), samples.var(axis=0).tolist()]

    def fingerprint(self) -> str:
        """Returns the SHA-256 of samples and labels."""
        return self._digest

    @functools.cached_property
    def _digest(self):
        """The SHA-256 of samples and labels, computed once."""
        arrays = (self._samples.numpy(), self._labels.numpy())
        return digest(hashlib.sha256(array).hexdigest() for array in arrays)

    def fetch_stored(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Gathers batches of samples and labels; see `Source.fetch_stored`."""

        def gather(index):
            row, is_mirrored = self._split(index)
            samples = tf.gather(self._samples, row)
            if samples.shape[1:] != self.sample_shape:
                samples = tf.map_fn(self._fit_image, scaling.to_floats(samples, self.medium))
            samples = flip(samples, is_mirrored) if self.mirror else samples
            samples = tf.ensure_shape(samples, [index.shape[0], *self.sample_shape])
            return samples, tf.gather(self._labels, row)

        return indices.map(gather, num_parallel_calls=2, deterministic=True)

    def _fit_image(self, image):
        """Fits an image into the size of the samples."""
        return fit_image(image, self.sample_shape[:2], self.fit, self._background)


def split_columns(name: str, array: np.ndarray) -> tuple[np.ndarray, media.Table | None]:
    """Returns the values of a structured array as rows, and the `Table` of its named columns.

    Other arrays are returned unchanged, with None.

    Args:
        name: Name of the source, for the error.
        array: An array.

    Raises:
        DataError: For columns that aren't numbers.

    Example:

    >>> import numpy as np
    >>> pets = np.array([(31.5, 4.2), (44.0, 5.1)], dtype=[("age", "f4"), ("weight", "f4")])
    >>> rows, table = split_columns("pets", pets)
    >>> rows.shape, table.columns
    ((2, 2), ('age', 'weight'))
    """
    if array.dtype.names is None:
        return array, None
    try:
        return structured_to_unstructured(array), media.Table(array.dtype.names)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"expected columns of numbers in {name}, got {abbreviate(array.dtype)}; leave out the "
            "others, or convert them to numbers."
        ) from error


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
        has_channels_first = len(shape) == 3 and shape[0] in media.Image.channels
        remedy = "move their channels, np.moveaxis(x, 1, -1)"
        raise DataError(
            f"expected {expected.noun} {expected.form} in {name}, got samples of {shape}; "
            f"{remedy if has_channels_first else 'reshape them'}, or treat them as plain numbers: "
            "medium='points' (--medium points)."
        )
    return medium


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
    scaling.check_range(samples, medium, f" in {name}")
    return samples


def to_array(name: str, values: ArrayLike) -> np.ndarray:
    """Returns values as an array; raises `DataError` for nested lists of different lengths."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise DataError(f"expected samples of one shape in {name}, but: {error}") from error


def name_classes(name: str, labels: np.ndarray, names: Sequence[str] | None) -> Sequence:
    """Returns the names of the classes, by default their numbers."""
    count = int(labels.max()) + 1
    names = range(count) if names is None else names
    if len(names) < count:
        raise DataError(
            f"expected at least {count} class_names for the labels up to {count - 1} in {name}, "
            f"got {len(names)}."
        )
    return names


def check_labels(name: str, labels: ArrayLike, count: int) -> np.ndarray:
    """Returns labels as int32 `(count,)`."""
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"expected {count} labels in {name} as integers from 0, got {labels.dtype} of "
            f"shape {labels.shape}."
        )
    if labels.min() < 0:
        index = int(np.argmax(labels < 0))
        raise DataError(
            f"expected labels from 0 in {name}, got {labels[index]} at index {index}; number the "
            "classes from 0, and leave samples without a class out."
        )
    if labels.max() >= limits.MAX_CLASSES:
        raise LimitError(
            f"expected at most {limits.MAX_CLASSES:,} classes in {name}, got the label "
            f"{labels.max()}; number the classes from 0."
        )
    return labels.astype("int32")
