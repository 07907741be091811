"""Source: a data set that can be read by index, in any order."""

import copy
import dataclasses
import hashlib

from keras_gan import batches, media
from keras_gan.datasets.channels import fit_square
from keras_gan.errors import DataError, LimitError, printable
from keras_gan.files import limits

import numpy as np
import tensorflow as tf


class Source:
    """What a source of samples has to offer.

    Args:
        name: What the user asked for.
        count: Number of samples.
        sample_shape: Shape of a sample.
        class_names: Names of the classes, label 0 first; None without labels.
        skipped: Number of corrupt files that were left out.
        medium: A `keras_gan.media.Medium`: what the samples are; by their shape by default.

    Attributes:
        extractor: Name of what looks at such samples best, in `keras_gan.metrics.extractors`;
            None where their shape decides.
        background: The colour behind transparent pixels, a word; None where there are none.
        notes: What a user should know of how the samples come about, a line each.
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
    def element_spec(self):
        """`(sample, label)` specs; the label's is None without labels."""
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

    def fetch(self, indices):
        """A data set of `(samples, labels)` batches for a data set of `(batch,)` indices.

        Labels are zeros in a source without.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no fetch.")

    def fingerprint(self) -> str:
        """What is another one as soon as the samples or their labels change."""
        raise NotImplementedError(f"{type(self).__name__} defines no fingerprint.")

    def resized(self, size):
        """The same source, its images as squares of another size.

        Args:
            size: Height and width.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no resized.")

    def require_labels(self):
        """Raises `DataError` where the source has no labels."""
        if self.class_names is None:
            raise DataError(
                f"expected labels, but {self.name} has none; put the images of each class into a "
                "subfolder, or train without labels (labels=False)."
            )

    def read_labels(self):
        """All labels, `(count,)` int32.

        Raises:
            DataError: Where the source has none.
        """
        self.require_labels()
        return np.asarray(self._labels)

    def to_dataset(self, batch_size=64, labels=False, shuffle=True, seed=0, prefetch=2):
        """A step-addressed `tf.data.Dataset` of batches; see `keras_gan.datasets.load`.

        Raises:
            DataError: For labels that the source doesn't have, or fewer samples than a batch.
        """
        if labels:
            self.require_labels()

        def fetch(indices):
            batch = self.fetch(indices)
            return batch if labels else batch.map(lambda samples, _: samples)

        dataset = batches.step_addressed(fetch, len(self), batch_size, seed, shuffle, prefetch)
        dataset.class_names = self.class_names
        return dataset


def with_size(source, size):
    """A copy of a source that makes its samples in their shape when they are read."""
    other = copy.copy(source)
    other.sample_shape = (size, size, source.sample_shape[2])
    return other


def in_order(read, first, count, batch_size=64):
    """What a source gives for the indices from `first` to `count`, none left out.

    Args:
        read: `indices dataset -> dataset`, such as a source's `fetch`.
        first, count: The first index, and the one at which to end.
        batch_size: Indices a batch; the last batch has what remains.

    Yields:
        The elements that `read` gives.
    """
    last = count - (count - first) % batch_size
    for start, stop, size in ((first, last, batch_size), (last, count, count - last)):
        if start < stop:
            indices = tf.data.Dataset.range(start, stop).batch(size, drop_remainder=True)
            yield from batches.disable_autotuning(read(indices).prefetch(2))


def digest(texts):
    """The SHA-256 of texts, as hexadecimal digits."""
    found = hashlib.sha256()
    for text in texts:
        found.update(text.encode(errors="surrogateescape") + b"\n")
    return found.hexdigest()


class ArraySource(Source):
    """Samples that lie in memory.

    Args:
        name: What the user asked for.
        samples: `(count, *sample_shape)` floats within the medium's range, such as images in
            [-1, 1]; or whole numbers that the medium scales: uint8 images and clips, int16 sound.
        labels: `(count,)` ints from 0, or None.
        class_names: Names of the classes; the numbers by default.
        image_size: For images: height and width to bring them to.
        medium: A `keras_gan.media.Medium` or its name, needed for samples of two axes, which
            several media have; by the samples' shape by default. With it, samples of one channel
            may lack the axis of channels.

    Raises:
        DataError: For empty, non-finite or ill-shaped data, or samples whose medium isn't clear.
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
            self.notes = (f"{self.name} is taken for {medium}.",)
        self._samples = tf.constant(samples)
        self._labels = tf.constant(np.zeros(len(samples), "int32") if labels is None else labels)

    def moments(self):
        """Mean and variance of each value of the last axis: two lists of floats."""
        samples = self._samples.numpy().astype("float64").reshape(-1, self.sample_shape[-1])
        return [samples.mean(axis=0).tolist(), samples.var(axis=0).tolist()]

    def fingerprint(self):
        """The SHA-256 of samples and labels."""
        arrays = (self._samples.numpy(), self._labels.numpy())
        return digest(hashlib.sha256(array).hexdigest() for array in arrays)

    def fetch(self, indices):
        """Gathers whole batches."""

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

    def resized(self, size):
        """The same array, its images resized as they are read."""
        return with_size(self, size)


def medium_of(name, samples, medium=None):
    """Returns the medium of an array of samples.

    Args:
        name: The source's, for the error.
        samples: An array.
        medium: What the user says they are; None for what their shape says.

    Raises:
        DataError: For samples of another shape, or of one from which no medium follows.
    """
    shape = samples.shape[1:]
    if medium is not None:
        medium.check_shape(medium.with_channels(samples).shape[1:], name)
        return medium
    medium = media.of(shape)
    if len(shape) == 2:
        raise DataError(
            f"expected a medium for {name}, an array of {samples.shape}: sound (count, samples, "
            "channels) and grey images (count, height, width) both look so. Name it: "
            "medium='sound:16000' (--medium sound:16000, in Hz) or medium='image' "
            "(--medium image)."
        )
    if len(shape) > 1 and isinstance(medium, media.Points):
        wanted = media.BY_RANK.get(len(shape), media.Image)
        raise DataError(
            f"expected {wanted.noun} {wanted.form} in {name}, got samples of {shape}; reshape "
            "them, or learn them as numbers without pictures: medium='points' (--medium points)."
        )
    return medium


MOST_EXACT = 2**24  # up to which a float32 holds every whole number


def check_samples(name, samples, medium):
    """Returns samples as whole numbers that the medium scales, or as float32, all finite."""
    if samples.ndim < 2 or samples.size == 0:
        raise DataError(
            f"expected {name} to hold samples as (count, ...), got an array of {samples.shape}."
        )
    if samples.dtype.name in medium.integers:
        if samples.min() < -MOST_EXACT or samples.max() > MOST_EXACT:
            raise DataError(
                f"expected whole numbers up to {MOST_EXACT:,} in {name}, got {samples.min():,} to "
                f"{samples.max():,}; store them as floats in another unit."
            )
        return samples.astype(samples.dtype.newbyteorder("="), copy=False)
    if not np.issubdtype(samples.dtype, np.floating):
        whole = ", ".join(medium.integers)
        raise DataError(
            f"expected {name} to hold {f'{whole} {medium.noun} or ' if whole else ''}floats, got "
            f"{samples.dtype}; convert them."
        )
    with np.errstate(over="ignore"):
        samples = samples.astype("float32")
    batches.check_finite(samples, f" in {name}")
    if medium.range is not None and np.abs(samples).max() > 1 + 1e-6:
        raise DataError(
            f"expected float {medium.noun} in [-1, 1] in {name}, got {samples.min():g} to "
            f"{samples.max():g}; bring them there, or store them as {', '.join(medium.integers)}."
        )
    return samples


def check_labels(name, labels, count):
    """The labels as int32 `(count,)`."""
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise DataError(
            f"expected {count} labels in {name} as whole numbers from 0, got {labels.dtype} of "
            f"shape {labels.shape}."
        )
    if labels.max() >= limits.MAX_CLASSES:
        raise LimitError(
            f"expected at most {limits.MAX_CLASSES:,} classes in {name}, got the label "
            f"{labels.max()}; number the classes from 0."
        )
    return labels.astype("int32")
