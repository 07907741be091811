"""Images in files: streamed and decoded in parallel, never all in memory."""

import os
import pathlib
import zipfile
from collections.abc import Iterator, Mapping, Sequence

from keras_gan.datasets.archives import Folder, Zip, describe_left_out
from keras_gan.datasets.channels import (
    WHITE,
    check_channels,
    has_alpha,
    parse_color,
    without_alpha,
)
from keras_gan.datasets.classes import find_classes
from keras_gan.datasets.encoded import EncodedSource, to_sample
from keras_gan.datasets.fitting import WHOLE, check_image_size, check_whole
from keras_gan.datasets.image_files import SUFFIXES, open_image
from keras_gan.datasets.image_shapes import common_size, decode_all, typical_size
from keras_gan.errors import DataError, counted
from keras_gan.files import limits
from keras_gan.options import CROP

import numpy as np
import tensorflow as tf

TYPICAL = "typical"


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
        with_alpha = sum(map(has_alpha, shapes[:, 2].tolist()))
        subject = f"{with_alpha:,} of {len(shapes):,} images have" if with_alpha else None
        self._set_fitting(fit, background, subject)

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
        raise DataError(
            f"expected images in {name}, but none of its files can be decoded; repair some, or "
            "name other data."
        )
