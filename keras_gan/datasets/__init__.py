"""Data sets by name or path, as `tf.data` pipelines of samples in [-1, 1]."""

import os
import pathlib

from keras_gan import media
from keras_gan.checks import check_bool
from keras_gan.datasets.archives import Folder, Zip, is_image
from keras_gan.datasets.arrays import ArraySource
from keras_gan.datasets.cache import CachedSource
from keras_gan.datasets.channels import WHITE, check_channels
from keras_gan.datasets.files import open_digits, open_idx, open_numpy
from keras_gan.datasets.fitting import check_fit, check_image_size
from keras_gan.datasets.images import TYPICAL, ImageSource
from keras_gan.datasets.pair import Pair
from keras_gan.datasets.records import RecordSource, is_records
from keras_gan.datasets.source import Source
from keras_gan.datasets.tfds import TFDSSource
from keras_gan.datasets.toy import open_toy
from keras_gan.errors import ConfigError, DataError, abbreviate, counted
from keras_gan.files.data_paths import find_path, is_named, split_zip
from keras_gan.files.run_folder import is_run_folder
from keras_gan.options import CROP

import tensorflow as tf

__all__ = [
    "NAMES",
    "TYPICAL",
    "ArraySource",
    "CachedSource",
    "ImageSource",
    "Pair",
    "RecordSource",
    "Source",
    "TFDSSource",
    "load",
    "open_source",
    "pair",
    "would_read",
]

NAMES = {"digits": open_digits, "mnist": open_idx, "fashion_mnist": open_idx, "toy": open_toy}


def load(
    source: str | os.PathLike,
    image_size: int | tuple[int, int] | str | None = None,
    batch_size: int = 64,
    labels: bool = False,
    channels: int | None = None,
    shuffle: bool = True,
    seed: int = 0,
    skip_corrupt: bool = False,
    prefetch: int = 2,
    cache: str | os.PathLike | None = None,
    background: str = WHITE,
    medium: media.Medium | str | None = None,
    fit: str = CROP,
    mirror: bool = False,
) -> tf.data.Dataset:
    """Loads a data set by name or path, as batches of a fixed size.

    Args:
        source: Name or path: `digits` (10,000 bundled 28x28 digits), `mnist` or `fashion_mnist`
            (`:test` for the test split), `toy:NAME` (known distributions: `gaussian1d`,
            `gaussians8`, `gaussians25`, `swissroll`; and `stacked_digits`, colour images of
            1,000 modes), `tfds:NAME[/CONFIG][:SPLIT]`, a folder of images (subfolders become
            classes), a zip of images (`photos.zip`, `photos.zip/inner/folder`), a `.tfrecord` file
            or a folder of them (see `tools/make_records.py`), a `.npy` or `.npz` file.
            Relative paths are resolved against the folder in the environment variable
            `KERAS_GAN_DATA` first, then against the current directory.
        image_size: Height and width of the samples, such as `(96, 64)`, or one integer for a
            square; by default the images' size. `"typical"`, for folders and zips of images of
            different sizes: the size that nine out of ten images reach, a square unless all images
            have one aspect.
        batch_size: Samples per batch. Samples that don't fill a batch are used in the next epoch.
        labels: Whether to return `(samples, labels)` rather than samples.
        channels: Number of channels of image files, 1, 3 or 4; by default the images' channels
            without alpha. With 4, alpha is part of the samples, and images without it are opaque.
        shuffle: Whether to permute the samples anew in each epoch.
        seed: Int from 0 to 2**31 - 1 that determines the order.
        skip_corrupt: Whether to leave out image files that can't be decoded.
        prefetch: Number of batches to prepare ahead.
        cache: Folder in which to keep decoded and resized images, so that later epochs and runs
            don't decode them again; filled at the first use. Neither the cache nor the prefetch
            changes a sample.
        background: Background for image files with an alpha channel: `"white"`, `"black"`, or a
            colour such as `"#ff8000"`. With 4 channels it is the colour of fully transparent
            pixels, whose colour in the file is arbitrary.
        medium: Medium of the samples of a `.npy` or `.npz` file, if their shape is ambiguous: a
            `keras_gan.media.Medium`, or a name such as `"sound:16000"` (Hz), `"video:10"` (frames
            per second), `"image"` or `"points"`.
        fit: How images of another size become samples: `"crop"` to the centre of the samples'
            aspect and resize, `"pad"` with the background to that aspect and resize, `"stretch"`,
            or `"whole"`, which refuses images of another aspect.
        mirror: Whether each image is also a sample mirrored, left to right. There are twice as many
            samples then, and an epoch has each image both ways.

    Returns:
        A `tf.data.Dataset` of float32 batches, images and sound in [-1, 1], with int32 labels
        if requested. Its attribute `class_names` holds the names of the classes; see
        `keras_gan.batches.step_addressed` for its other attributes.

    Raises:
        ConfigError: For a number out of range, or another value than described.
        DataError: For a source that is unknown, missing, empty, corrupt or smaller than a batch.

    Example:

    >>> import keras_gan as kg
    >>> dataset = kg.datasets.load("digits", batch_size=64, labels=True)
    >>> images, labels = next(iter(dataset))
    >>> images.shape
    TensorShape([64, 28, 28, 1])
    """
    source = open_source(
        source, image_size, channels, skip_corrupt, cache, background, medium, fit, mirror
    )
    return source.to_dataset(batch_size, labels, shuffle, seed, prefetch)


def open_source(
    source: str | os.PathLike,
    image_size: int | tuple[int, int] | str | None = None,
    channels: int | None = None,
    skip_corrupt: bool = False,
    cache: str | os.PathLike | None = None,
    background: str = WHITE,
    medium: media.Medium | str | None = None,
    fit: str = CROP,
    mirror: bool = False,
) -> Source:
    """Opens a `Source` by name or path; arguments as in `load`.

    Raises:
        ConfigError: As in `load`.
        DataError: As in `load`, and for a medium or channels that contradict the samples.

    Example:

    >>> import keras_gan as kg
    >>> len(kg.datasets.open_source("digits"))
    10000
    """
    if not isinstance(source, str | os.PathLike):
        raise ConfigError(
            f"expected the name or path of a data set, got {abbreviate(source)}; for samples in "
            "memory use keras_gan.datasets.ArraySource(name, samples)."
        )
    medium = media.get(medium)
    check_fit(fit)
    name = str(source)
    source = find_source(name, image_size, channels, skip_corrupt, background, medium, fit)
    if medium is not None and source.medium != medium:
        raise DataError(
            f"expected {medium} in {source.name}, as medium (--medium) says, got {source.medium}; "
            "leave it out."
        )
    if channels is not None and source.sample_shape[-1] != channels:
        raise DataError(
            f"expected {counted(channels, 'channel')} in {source.name}, got samples of "
            f"{source.sample_shape}, which aren't converted; leave out channels (--channels), or "
            "name other data."
        )
    source = source if cache is None else CachedSource(source, cache)
    return source.mirrored() if check_bool("mirror", mirror) else source


def pair(
    a: Source | str | os.PathLike, b: Source | str | os.PathLike, aligned: bool = False
) -> Pair:
    """Pairs two sources for models of two domains, such as CycleGAN.

    Args:
        a, b: `Source`s, or names or paths as in `keras_gan.datasets.load`.
        aligned: As in `Pair`.

    Returns:
        A `Pair`, to train by `model.fit(pair(a, b).to_dataset(batch_size=8))`.
    """
    a, b = (open_source(x) if isinstance(x, str | os.PathLike) else x for x in (a, b))
    return Pair(a, b, aligned)


def find_source(
    name: str,
    image_size: int | tuple[int, int] | str | None = None,
    channels: int | None = None,
    skip_corrupt: bool = False,
    background: str = WHITE,
    medium: media.Medium | None = None,
    fit: str = CROP,
) -> Source:
    """Returns an uncached `Source` by name or path; arguments as in `load`."""
    if image_size not in (None, TYPICAL):
        check_image_size(image_size)
    if channels is not None:
        check_channels(channels)
    size = None if image_size == TYPICAL else image_size
    if name.startswith("tfds:"):
        return TFDSSource(name, size, channels, background, fit)
    if name.partition(":")[0] in NAMES:
        source = NAMES[name.partition(":")[0]](name)
        return source if size is None else source.resized(size, fit, background)
    path = find_path(name)
    archive_path, inner = split_zip(path)
    if archive_path is not None:
        archive = Zip(archive_path, inner)
        return ImageSource(name, archive, image_size, channels, skip_corrupt, background, fit)
    if path.suffix in (".npy", ".npz"):
        source = open_numpy(name, path, medium)
        return source if size is None else source.resized(size, fit, background)
    if is_records(path):
        return RecordSource(name, path, size, channels, background, fit)
    if path.is_dir():
        archive = Folder(path)
        return ImageSource(name, archive, image_size, channels, skip_corrupt, background, fit)
    raise DataError(
        f"expected a folder, .zip, .tfrecord, .npy or .npz, got the file {name}; name one of "
        "these, such as the folder that it is in."
    )


def would_read(name: str, image: pathlib.Path) -> bool:
    """Returns whether a source would read an image file, once it is written, as a sample.

    Args:
        name: Name of the source.
        image: Path of the file.
    """
    if is_named(name):
        return False
    try:
        folder, image = find_path(name).resolve(), image.resolve()
    except DataError:
        return False
    inner = [each for each in image.parents if each.is_relative_to(folder)]
    is_images = folder.is_dir() and not is_records(folder) and is_image(image.name)
    return is_images and bool(inner) and not any(map(is_run_folder, inner))
