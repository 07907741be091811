"""Encoded images: streamed and decoded in parallel, never all in memory."""

from __future__ import annotations

import os
import pathlib
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence

from keras_gan.datasets.archives import Folder, Zip, describe_left_out
from keras_gan.datasets.channels import (
    WHITE,
    check_channels,
    has_alpha,
    parse_color,
    to_channels,
    without_alpha,
)
from keras_gan.datasets.fitting import PAD, WHOLE, check_image_size, check_whole, fit_image
from keras_gan.datasets.image_files import SUFFIXES, open_image
from keras_gan.datasets.image_shapes import (
    FILES_AT_ONCE,
    common_size,
    decode_all,
    typical_size,
)
from keras_gan.datasets.source import Source, flip, set_fit, with_size
from keras_gan.errors import DataError, counted
from keras_gan.files import limits
from keras_gan.files.image_headers import size_of
from keras_gan.options import CROP

import numpy as np
import tensorflow as tf

READERS = 2
PIXELS_AT_ONCE = 2**23
TYPICAL = "typical"
SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}


class EncodedSource(Source):
    """Base class of sources whose images are stored encoded and decoded when they are read.

    Attributes:
        own_size: Height and width of the stored images, if they are image files of one size that
            become samples unchanged; None otherwise.
        channels_are_equal: Whether all stored images are known to have the samples' channels,
            without alpha.
    """

    own_size = None
    channels_are_equal = False

    def set_background(self, background: str, subject: str | None) -> None:
        """Sets the background of transparent pixels, and notes it if there are any.

        Args:
            background: A colour; see `parse_color`.
            subject: Beginning of the note, such as `"3 of 9 images have"` (an alpha channel); None
                if no image has one.
        """
        self._background = parse_color(background)
        if subject is not None or self.fit == PAD:
            self.background = background
        if subject is not None and self.sample_shape[2] != 4:
            self.own_size = None
            self.notes = (
                *self.notes,
                f"{subject} an alpha channel and are composited on {background}. For another "
                "colour: background (--background); to learn alpha: channels=4 (--channels 4).",
            )

    def read(self, indices: np.ndarray) -> tuple[list[bytes], np.ndarray]:
        """Reads encoded images and their labels.

        Args:
            indices: `(batch,)` int64 array.

        Returns:
            `(contents, labels)`: a list of bytes and an int32 array.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no read.")

    def open(self, content: bytes, what: object) -> bytes:
        """Opens an image file, upright; raises `DataError` for one that isn't as the set's are."""
        content = open_image(content, what).content
        if self.fit == WHOLE:
            check_whole(*size_of(content)[:2], self.sample_shape[:2], what)
        return content

    def contents(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Returns single `(content, label, is_mirrored)` for a data set of `(batch,)` indices."""

        def read(index):
            row, is_mirrored = self._split(index)
            contents, labels = tf.numpy_function(self.read, [row], (tf.string, tf.int32))
            contents = tf.ensure_shape(contents, index.shape)
            return contents, tf.ensure_shape(labels, index.shape), is_mirrored

        parts = indices.unbatch().batch(self._files_at_once())
        return parts.map(read, num_parallel_calls=READERS, deterministic=True).unbatch()

    def _files_at_once(self):
        """Returns how many files to read at once: they may be uncompressed."""
        sizes = np.zeros((0, 2)) if self._sizes is None else np.asarray(self._sizes[0], "int64")
        pixels = sizes.prod(axis=1).max(initial=1)
        return int(np.clip(PIXELS_AT_ONCE // pixels, 1, FILES_AT_ONCE))

    def decode(self, content: tf.Tensor) -> tf.Tensor:
        """Decodes a content to a uint8 image `(height, width, channels)`."""
        return tf.io.decode_image(content, expand_animations=False)

    def fetch_stored(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Decodes batches of images on all cores, cropped and resized; see `Source.fetch_stored`.

        Images that become samples unchanged stay uint8.
        """

        def sample(content, label, is_mirrored):
            image = self.decode(content)
            if self.own_size == self.sample_shape[:2] and self.channels_are_equal:
                image = tf.ensure_shape(image, self.sample_shape)
            else:
                image = to_sample(image, self.sample_shape, self._background, self.fit)
            return flip(image, is_mirrored) if self.mirror else image, label

        batch_size = indices.element_spec.shape[0]
        samples = self.contents(indices).map(sample, num_parallel_calls=os.cpu_count())
        return samples.batch(batch_size, drop_remainder=True)

    def resized(
        self, size: int | tuple[int, int], fit: str | None = None, background: str | None = None
    ) -> EncodedSource:
        """Returns the same source with images of another size; see `Source.resized`."""
        return with_size(self, size, fit, background)


class ImageSource(EncodedSource):
    """Images of a `Folder` or `Zip`, each upright and fitted into one size.

    Every file is decoded once at the start, so that corrupt files are reported before the
    training begins.

    Args:
        name: Name of the source, as the user gave it.
        archive: A `Folder` or `Zip`. If all its images are in subfolders, these are the classes.
        image_size: Height and width of the samples, or one integer for a square; by default the
            images' size. `"typical"`: the size that nine out of ten images reach, a square unless
            all images have one aspect.
        channels: 1, 3 or 4; by default the images' channels without alpha.
        skip_corrupt: Whether to leave out and count corrupt files instead of raising an error.
        background: Background of images with an alpha channel, `"white"`, `"black"`, or a colour
            such as `"#ff8000"`; with 4 channels, the colour of fully transparent pixels.
        fit: As in `keras_gan.datasets.load`.

    Raises:
        DataError: For no images, corrupt images, images of different sizes without `image_size`,
            or, if they have to be whole, of another aspect.
    """

    def __init__(
        self,
        name: str,
        archive: Folder | Zip,
        image_size: int | tuple[int, int] | str | None = None,
        channels: int | None = None,
        skip_corrupt: bool = False,
        background: str = WHITE,
        fit: str = CROP,
    ) -> None:
        left_out = describe_left_out(archive.left_out)
        if not archive.names:
            raise DataError(
                f"expected images ({', '.join(SUFFIXES)}) in {name}, found "
                f"{f'only {left_out}' if left_out else 'none'}; name a folder or zip that holds "
                "some."
            )
        self._archive = archive
        shapes, corrupt, read_notes = decode_all(archive)
        check_corrupt(name, corrupt, len(shapes), skip_corrupt)
        is_valid = shapes.all(axis=1)
        self._names, shapes = archive.names.where(is_valid), shapes[is_valid]
        size = find_size(name, shapes, image_size)
        self._sizes = np.unique(shapes[:, :2], axis=0, return_counts=True)
        channels = channels or without_alpha(int(shapes[:, 2].max()))
        check_channels(channels)
        class_names, self._labels = find_classes(name, self._names)
        super().__init__(
            name, len(self._names), (*size, channels), class_names, skipped=len(corrupt)
        )
        self.own_size = size if (shapes[:, :2] == size).all() else None
        self.channels_are_equal = channels < 4 and bool((shapes[:, 2] == channels).all())
        if fit == WHOLE:
            check_all_whole(self._names, shapes, size)
        self.notes = tuple(describe_reading(name, left_out, read_notes, len(shapes)))
        self.fit = fit
        self._note_alpha(background, shapes[:, 2])
        set_fit(self, fit)

    def _note_alpha(self, background, channels):
        """Sets the background, and notes how many images, of given channels, have alpha."""
        count = sum(map(has_alpha, channels.tolist()))
        subject = f"{count:,} of {len(channels):,} images have" if count else None
        self.set_background(background, subject)

    def fingerprint(self) -> str:
        """Returns the archive's fingerprint."""
        return self._archive.fingerprint()

    def content_fingerprint(self) -> str:
        """Returns the fingerprint of the archive's content."""
        return self._archive.content_fingerprint()

    def read(self, indices: np.ndarray) -> tuple[list[bytes], np.ndarray]:
        """Reads the files; see `EncodedSource.read`."""
        names = [self._names[index] for index in indices]
        try:
            contents = [self.open(self._archive.read(name), name) for name in names]
            return contents, self._labels[indices]
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(
                f"could not read an image of {self.name} that was there before: {error}; restore "
                "it, or start again without it."
            ) from error


def read_image(
    path: str | os.PathLike,
    sample_shape: Sequence[int],
    background: str = WHITE,
    fit: str = CROP,
) -> np.ndarray:
    """Reads an image file as a sample, upright and fitted into its size.

    Args:
        path: An image file; see `keras_gan.datasets.image_files`.
        sample_shape: `(height, width, channels)`.
        background, fit: As in `ImageSource`.

    Returns:
        A float32 array of shape `sample_shape` in [-1, 1].

    Raises:
        DataError: For a file that is missing, too large, or can't be decoded.
    """
    path = pathlib.Path(path)
    with limits.reading("an image", path, advice="Name another file."):
        with path.open("rb") as file:
            content = limits.read_bounded(file, limits.MAX_IMAGE_BYTES, path)
        content = open_image(content, path).content
    try:
        image = tf.io.decode_image(content, expand_animations=False)
    except tf.errors.OpError as error:
        raise DataError(
            f"expected an image that can be decoded at {path}; repair it, or name another file."
        ) from error
    if fit == WHOLE:
        check_whole(*image.shape[:2], sample_shape, path)
    return to_sample(image, sample_shape, parse_color(background), fit).numpy()


def to_sample(
    image: tf.Tensor, sample_shape: Sequence[int], background: Sequence[float], fit: str = CROP
) -> tf.Tensor:
    """Converts a uint8 image of any size to a float32 sample in [-1, 1].

    Args:
        image: `(height, width, 1 to 4)`.
        sample_shape: `(height, width, channels)`.
        background: Red, green and blue in [-1, 1].
        fit: As in `fit_image`.
    """
    *size, channels = sample_shape
    image = to_channels(tf.cast(image, tf.float32) / 127.5 - 1.0, channels, background)
    image = tf.ensure_shape(image, (None, None, channels))
    return tf.ensure_shape(fit_image(image, size, fit, background), sample_shape)


def find_size(
    name: str, shapes: np.ndarray, image_size: int | tuple[int, int] | str | None
) -> tuple[int, int]:
    """Returns the height and width of the samples; arguments as in `ImageSource`."""
    if image_size is None:
        return common_size(name, shapes)
    return typical_size(shapes) if image_size == TYPICAL else check_image_size(image_size)


def check_all_whole(names: Sequence[str], shapes: np.ndarray, size: Sequence[int]) -> None:
    """Raises `DataError`, with the file, unless all images have exactly the aspect of a size."""
    is_other = shapes[:, 0] * np.int64(size[1]) != shapes[:, 1] * np.int64(size[0])
    if is_other.any():
        first = int(np.argmax(is_other))
        others = f" and {is_other.sum() - 1:,} others" if is_other.sum() > 1 else ""
        check_whole(*shapes[first, :2].tolist(), size, f"{names[first]}{others}")


def describe_reading(
    name: str, left_out: str, read_notes: Mapping[str, int], count: int
) -> Iterator[str]:
    """Yields lines on what was left out of a source, and on images that were read in part.

    Args:
        name: Name of the source.
        left_out: Text of `describe_left_out`.
        read_notes: Note of `ImageFile` -> number of images.
        count: Number of images.
    """
    if left_out:
        yield f"left out of {name}, as they aren't images that are read: {left_out}."
    for note, number in sorted(read_notes.items()):
        yield f"{number:,} of {counted(count, 'image')} {'is' if number == 1 else 'are'} {note}."


def check_corrupt(name: str, corrupt: dict[str, str], count: int, skip_corrupt: bool) -> None:
    """Raises `DataError` for corrupt files that aren't to be skipped, or if all are corrupt.

    Args:
        name: Name of the source, for the error.
        corrupt: Dict of the names of corrupt files to reasons.
        count: Number of all files.
        skip_corrupt: Whether to leave out corrupt files.
    """
    if corrupt and not skip_corrupt:
        files = [f"{file} ({why})" if why else file for file, why in corrupt.items()]
        raise DataError(
            f"expected images that can be decoded in {name}, but {len(corrupt)} of {count} can't: "
            f"{', '.join(files[:5])}{', ...' if files[5:] else ''}; repair or remove them, or "
            "leave them out with skip_corrupt (--skip-corrupt)."
        )
    if len(corrupt) == count:
        raise DataError(f"expected images in {name}, but none of its files can be decoded.")


def find_classes(name: str, files: Sequence[str]) -> tuple[list[str] | None, np.ndarray]:
    """Derives classes from the first folder level at which the files differ.

    Args:
        name: Name of the source, for the error.
        files: Sorted names.

    Returns:
        `(class names, int32 labels)`; the names are None unless all files are in subfolders.
    """
    common = posixpath.commonpath([posixpath.dirname(file) for file in (files[0], files[-1])])
    start = len(common) + 1 if common else 0
    if any("/" not in file[start:] for file in files):
        return None, np.zeros(len(files), "int32")
    folders = sorted({file[start:].partition("/")[0] for file in files}, key=natural_key)
    if {folder.lower() for folder in folders} <= SPLITS:
        raise DataError(
            f"expected one set of images in {name}, found the splits {', '.join(folders)}; "
            f"name one, such as {name}/{folders[0]}."
        )
    position = {folder: label for label, folder in enumerate(folders)}
    labels = (position[file[start:].partition("/")[0]] for file in files)
    return folders, np.fromiter(labels, "int32", len(files))


def natural_key(name: str) -> tuple:
    """Returns a key that sorts numbers in names by their value: 1, 2, 10.

    Example:

    >>> sorted(["10", "2", "1", "b", "a"], key=natural_key)
    ['1', '2', '10', 'a', 'b']
    """
    words = re.split("([0-9]+)", name)
    return [int(word) if index % 2 else word for index, word in enumerate(words)], name
