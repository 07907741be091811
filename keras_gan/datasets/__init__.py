"""Sources by name -> `tf.data` in [-1, 1]."""

import os
import pathlib

from keras_gan import media
from keras_gan.datasets.archives import Folder, Zip
from keras_gan.datasets.cache import CachedSource
from keras_gan.datasets.channels import WHITE
from keras_gan.datasets.files import open_digits, open_idx, open_numpy
from keras_gan.datasets.images import TYPICAL, ImageSource
from keras_gan.datasets.pair import Pair
from keras_gan.datasets.records import RecordSource, is_records
from keras_gan.datasets.source import ArraySource, Source
from keras_gan.datasets.tfds import TFDSSource
from keras_gan.datasets.toy import open_toy
from keras_gan.errors import DataError, unknown
from keras_gan.files import limits

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
]

NAMES = {"digits": open_digits, "mnist": open_idx, "fashion_mnist": open_idx, "toy": open_toy}


def load(
    source,
    image_size=None,
    batch_size=64,
    labels=False,
    channels=None,
    shuffle=True,
    seed=0,
    skip_corrupt=False,
    prefetch=2,
    cache=None,
    background=WHITE,
    medium=None,
):
    """A data set by name or path, as batches of a fixed size.

    Args:
        source: `digits` (10,000 28x28 digits that the package ships), `mnist` or `fashion_mnist`
            (`:test` for the test split), `toy:NAME` (known distributions: `gaussian1d`,
            `gaussians8`, `gaussians25`, `swissroll`; and `stacked_digits`, colour images of
            1,000 modes), `tfds:NAME[/CONFIG][:SPLIT]`, a folder of images (subfolders become
            classes), a zip of one (`photos.zip`, `photos.zip/inner/folder`), a `.tfrecord` or a
            folder of some (see `tools/make_records.py`), a `.npy` or `.npz`.
            Relative names are looked for in the folder that the environment
            variable `KERAS_GAN_DATA` names first, then where you are.
        image_size: Height and width to which images are cut and resized; their own by default.
            `"typical"`, for folders and zips of images that differ: the shorter side that nine in
            ten of them reach.
        batch_size: Samples a batch; what doesn't fill one waits for the next epoch.
        labels: Whether to give `(samples, labels)` rather than samples.
        channels: For image files: 1, 3 or 4; their own, without alpha, by default. With 4 alpha is
            learned, and an image that has none is opaque.
        shuffle: Whether each epoch is a new permutation.
        seed: Non-negative int; decides the order.
        skip_corrupt: For image files: leave out those that can't be decoded.
        prefetch: Batches that are made ahead.
        cache: A folder in which decoded and resized images are kept, so that later epochs and
            runs don't decode them again; filled at the first use. Neither it nor the prefetch
            changes a sample.
        background: For image files with an alpha channel: `"white"`, `"black"`, or a colour as in
            `"#ff8000"`. They are laid on it; with 4 channels it is the colour of wholly
            transparent pixels, whose own is an accident.
        medium: What the samples of a `.npy` or `.npz` are, where their shape doesn't tell it: a
            `keras_gan.media.Medium`, or a name such as `"sound:16000"` (Hz), `"video:10"` (frames a
            second), `"image"` or `"points"`.

    Returns:
        A `tf.data.Dataset` of float32 batches, images and sound in [-1, 1], with int32 labels
        where asked for. Its `class_names` name the classes; `keras_gan.batches.step_addressed`
        tells the rest.

    Raises:
        DataError: For a source that is unknown, missing, empty, corrupt or smaller than a batch.

    Example:

    >>> import keras_gan as kg
    >>> dataset = kg.datasets.load("digits", batch_size=64, labels=True)
    >>> images, labels = next(iter(dataset))
    >>> images.shape
    TensorShape([64, 28, 28, 1])
    """
    opened = open_source(source, image_size, channels, skip_corrupt, cache, background, medium)
    return opened.to_dataset(batch_size, labels, shuffle, seed, prefetch)


def open_source(
    source,
    image_size=None,
    channels=None,
    skip_corrupt=False,
    cache=None,
    background=WHITE,
    medium=None,
) -> Source:
    """Opens a `Source` by name or path; arguments as in `load`.

    Raises:
        DataError: As in `load`; and for a medium that isn't that of the samples.

    Example:

    >>> import keras_gan as kg
    >>> len(kg.datasets.open_source("digits"))
    10000
    """
    medium = media.get(medium)
    found = find_source(str(source), image_size, channels, skip_corrupt, background, medium)
    if medium is not None and found.medium != medium:
        raise DataError(
            f"expected {medium} in {found.name}, as medium (--medium) says, got {found.medium}; "
            "leave it out."
        )
    return found if cache is None else CachedSource(found, cache)


def pair(a, b, aligned: bool = False) -> Pair:
    """Pairs two sources, or two names of sources, for games of two domains.

    Args:
        a, b: `Source`s, or names as in `keras_gan.datasets.load`.
        aligned: As in `Pair`.

    Returns:
        A `Pair`; `gan.fit(pair(a, b).to_dataset(batch_size=8))` learns from it.
    """
    a, b = (x if isinstance(x, Source) else open_source(x) for x in (a, b))
    return Pair(a, b, aligned)


def find_source(
    name, image_size=None, channels=None, skip_corrupt=False, background=WHITE, medium=None
) -> Source:
    """A `Source` that reads its samples where they lie; arguments as in `load`."""
    own = None if image_size == TYPICAL else image_size
    if name.startswith("tfds:"):
        return TFDSSource(name, own, channels, background)
    if name.partition(":")[0] in NAMES:
        return NAMES[name.partition(":")[0]](name, own)
    path = find_path(name)
    archive_path, inner = split_zip(path)
    if archive_path is not None:
        archive = Zip(archive_path, inner)
        return ImageSource(name, archive, image_size, channels, skip_corrupt, background)
    if path.suffix in (".npy", ".npz"):
        return open_numpy(name, path, own, medium)
    if is_records(path):
        return RecordSource(name, path, own, channels, background)
    if path.is_dir():
        return ImageSource(name, Folder(path), image_size, channels, skip_corrupt, background)
    raise DataError(f"expected a folder, .zip, .tfrecord, .npy or .npz, got the file {name}.")


def find_path(name: str) -> pathlib.Path:
    """Where a source lies: below `KERAS_GAN_DATA`, or where its path says."""
    local = os.environ.get("KERAS_GAN_DATA")
    places = [pathlib.Path(local) / name] if local else []
    places.append(pathlib.Path(os.path.expanduser(name)))
    with limits.reading("a folder or file", name):
        for place in places:
            if place.exists() or split_zip(place)[0] is not None:
                return place
    if os.sep in name or pathlib.Path(name).suffix:
        looked = " and ".join(str(place.absolute()) for place in places)
        raise DataError(f"expected a folder or file at {name}, found none (looked at {looked}).")
    raise DataError(f"{unknown('source', name, NAMES)} It is no folder or file either.")


def split_zip(path: pathlib.Path):
    """`(zip file, folder inside)` of `photos.zip[/inner/folder]`; `(None, "")` for others."""
    for part in (path, *path.parents):
        if part.suffix.lower() == ".zip" and part.is_file():
            return part, path.relative_to(part).as_posix().removeprefix(".")
    return None, ""
