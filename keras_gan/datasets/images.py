"""Encoded images: streamed and decoded in parallel, never all in memory."""

from __future__ import annotations

import os
import pathlib
import posixpath
import zipfile
from collections.abc import Sequence

from keras_gan.datasets.archives import IMAGE_SUFFIXES, Folder, Zip
from keras_gan.datasets.channels import (
    ON_WHITE,
    WHITE,
    check_channels,
    fit_square,
    has_alpha,
    parse_color,
    to_channels,
    without_alpha,
)
from keras_gan.datasets.image_shapes import (
    FILES_AT_ONCE,
    common_size,
    decode_all,
    read_checked,
    typical_size,
)
from keras_gan.datasets.source import Source, with_size
from keras_gan.errors import DataError
from keras_gan.files import limits
from keras_gan.files.image_headers import check_header

import numpy as np
import tensorflow as tf

READERS = 2
TYPICAL = "typical"
SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}


class EncodedSource(Source):
    """Base class of sources whose images are stored encoded and decoded when they are read.

    Attributes:
        own_size: Height and width of the stored images, if they are image files of one square size
            that become samples unchanged; None otherwise.
        channels_are_equal: Whether all stored images are known to have the samples' channels,
            without alpha.
    """

    own_size = None
    channels_are_equal = False
    _background = ON_WHITE

    def set_background(self, background: str, subject: str | None) -> None:
        """Sets the background of transparent pixels, and notes it if there are any.

        Args:
            background: A colour; see `parse_color`.
            subject: Beginning of the note, such as `"3 of 9 images have"` (an alpha channel); None
                if no image has one.
        """
        self._background = parse_color(background)
        if subject is None:
            return
        self.background = background
        if self.sample_shape[2] != 4:
            self.own_size = None
            self.notes = (
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

    def contents(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Returns a data set of single `(content, label)` for a data set of `(batch,)` indices."""

        def read(index):
            contents, labels = tf.numpy_function(self.read, [index], (tf.string, tf.int32))
            shape = index.shape
            return tf.ensure_shape(contents, shape), tf.ensure_shape(labels, shape)

        parts = indices.unbatch().batch(FILES_AT_ONCE)
        return parts.map(read, num_parallel_calls=READERS, deterministic=True).unbatch()

    def decode(self, content: tf.Tensor) -> tf.Tensor:
        """Decodes a content to a uint8 image `(height, width, channels)`."""
        return tf.io.decode_image(content, expand_animations=False)

    def fetch_stored(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Decodes batches of images on all cores, cropped and resized; see `Source.fetch_stored`.

        Images that become samples unchanged stay uint8.
        """

        def sample(content, label):
            image = self.decode(content)
            if self.own_size == self.sample_shape[0] and self.channels_are_equal:
                return tf.ensure_shape(image, self.sample_shape), label
            return to_sample(image, self.sample_shape, self._background), label

        batch_size = indices.element_spec.shape[0]
        samples = self.contents(indices).map(sample, num_parallel_calls=os.cpu_count())
        return samples.batch(batch_size, drop_remainder=True)

    def resized(self, size: int) -> EncodedSource:
        """Returns the same source at another size."""
        return with_size(self, size)


class ImageSource(EncodedSource):
    """Images of a `Folder` or `Zip`, each cropped to its central square and resized.

    Every file is decoded once at the start, so that corrupt files are reported before the
    training begins.

    Args:
        name: Name of the source, as the user gave it.
        archive: A `Folder` or `Zip`. If all its images are in subfolders, these are the classes.
        image_size: Height and width of the samples; by default the images' size. `"typical"`: the
            shorter side that nine out of ten images reach.
        channels: 1, 3 or 4; by default the images' channels without alpha.
        skip_corrupt: Whether to leave out and count corrupt files instead of raising an error.
        background: Background of images with an alpha channel, `"white"`, `"black"`, or a colour
            such as `"#ff8000"`; with 4 channels, the colour of fully transparent pixels.

    Raises:
        DataError: For no images, corrupt images, or images of different sizes without `image_size`.
    """

    def __init__(
        self,
        name: str,
        archive: Folder | Zip,
        image_size: int | str | None = None,
        channels: int | None = None,
        skip_corrupt: bool = False,
        background: str = WHITE,
    ) -> None:
        if not archive.names:
            raise DataError(
                f"expected images ({', '.join(IMAGE_SUFFIXES)}) in {name}, found none; "
                "name a folder or zip that holds some."
            )
        self._archive = archive
        shapes, corrupt = decode_all(archive)
        check_corrupt(name, corrupt, len(shapes), skip_corrupt)
        is_valid = shapes.all(axis=1)
        self._names, shapes = archive.names.where(is_valid), shapes[is_valid]
        if image_size == TYPICAL:
            image_size = typical_size(shapes)
        size = image_size or common_size(name, shapes)
        self.own_size = size if (shapes[:, :2] == size).all() else None
        channels = channels or without_alpha(int(shapes[:, 2].max()))
        check_channels(channels)
        self.channels_are_equal = channels < 4 and bool((shapes[:, 2] == channels).all())
        class_names, self._labels = find_classes(name, self._names)
        super().__init__(
            name, len(self._names), (size, size, channels), class_names, skipped=len(corrupt)
        )
        count = sum(map(has_alpha, shapes[:, 2].tolist()))
        subject = f"{count:,} of {len(shapes):,} images have" if count else None
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
            return [read_checked(self._archive, name) for name in names], self._labels[indices]
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(
                f"could not read an image of {self.name} that was there before: {error}; restore "
                "it, or start again without it."
            ) from error


def read_image(
    path: str | os.PathLike, sample_shape: Sequence[int], background: str = WHITE
) -> np.ndarray:
    """Reads an image file as a sample, cropped to its central square and resized.

    Args:
        path: A PNG, JPEG, GIF or BMP file.
        sample_shape: `(size, size, channels)`.
        background: As in `ImageSource`.

    Returns:
        A float32 array of shape `sample_shape` in [-1, 1].

    Raises:
        DataError: For a file that is missing, too large, or can't be decoded.
    """
    path = pathlib.Path(path)
    with limits.reading("an image", path, advice="Name another file."):
        with path.open("rb") as file:
            content = limits.read_bounded(file, limits.MAX_IMAGE_BYTES, path)
        check_header(content, path)
    try:
        image = tf.io.decode_image(content, expand_animations=False)
    except tf.errors.OpError as error:
        raise DataError(
            f"expected an image that can be decoded at {path}; repair it, or name another file."
        ) from error
    return to_sample(image, sample_shape, parse_color(background)).numpy()


def to_sample(
    image: tf.Tensor, sample_shape: Sequence[int], background: Sequence[float]
) -> tf.Tensor:
    """Converts a uint8 image of any size to a float32 sample in [-1, 1], cropped and resized.

    Args:
        image: `(height, width, 1 to 4)`.
        sample_shape: `(size, size, channels)`.
        background: Red, green and blue in [-1, 1].
    """
    size, _, channels = sample_shape
    image = to_channels(tf.cast(image, tf.float32) / 127.5 - 1.0, channels, background)
    image = tf.ensure_shape(image, (None, None, channels))
    return tf.ensure_shape(fit_square(image, size, background), sample_shape)


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
    folders = sorted({file[start:].partition("/")[0] for file in files})
    if {folder.lower() for folder in folders} <= SPLITS:
        raise DataError(
            f"expected one set of images in {name}, found the splits {', '.join(folders)}; "
            f"name one, such as {name}/{folders[0]}."
        )
    position = {folder: label for label, folder in enumerate(folders)}
    labels = (position[file[start:].partition("/")[0]] for file in files)
    return folders, np.fromiter(labels, "int32", len(files))
