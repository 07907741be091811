"""Image files in a folder or a zip: streamed, decoded in parallel, never held in memory."""

import concurrent.futures
import os
import pathlib
import threading
import zipfile

from keras_gan.datasets.source import Source, fit_square
from keras_gan.errors import DataError

import numpy as np
import tensorflow as tf

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}


class Folder:
    """The image files below a folder, by relative name."""

    def __init__(self, path: pathlib.Path):
        self.path = path
        files = (file for file in path.rglob("*") if file.is_file())
        self.names = sorted(file.relative_to(path).as_posix() for file in files if is_image(file))

    def read(self, name: str) -> bytes:
        """The bytes of one file."""
        return (self.path / name).read_bytes()


class Zip:
    """The image files below a folder in a zip, by relative name.

    Args:
        path: The zip file.
        inner: Folder inside it, "" for all.
    """

    def __init__(self, path: pathlib.Path, inner: str = ""):
        try:
            self.file = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise DataError(f"expected a zip of images at {path}, but: {error}.") from error
        self.prefix = inner.strip("/") + "/" if inner else ""
        entries = (info.filename for info in self.file.infolist() if not info.is_dir())
        self.names = sorted(
            name.removeprefix(self.prefix)
            for name in entries
            if name.startswith(self.prefix) and is_image(pathlib.PurePosixPath(name))
        )
        self._lock = threading.Lock()

    def read(self, name: str) -> bytes:
        """The bytes of one entry."""
        with self._lock:
            return self.file.read(self.prefix + name)


def is_image(path) -> bool:
    """Whether it is named like an image, and not a hidden file or a resource fork."""
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts[-2:])
    return path.suffix.lower() in IMAGE_SUFFIXES and not hidden


class ImageSource(Source):
    """Images of a `Folder` or `Zip`, each cut to its central square and resized.

    Every file is decoded once at the start, so that a corrupt one is named before the training
    begins rather than in the middle of it.

    Args:
        name: What the user asked for.
        archive: A `Folder` or `Zip`. Where all its images lie in subfolders, these are classes.
        image_size: Height and width of the samples; the images' own by default.
        channels: 1, 3 or 4; as many as the images have by default. Where 3 are asked for and
            images have an alpha channel, they are laid on white.
        skip_corrupt: Leave corrupt files out and count them, instead of raising.

    Raises:
        DataError: For no images, corrupt images, or sizes that differ without `image_size`.
    """

    def __init__(self, name, archive, image_size=None, channels=None, skip_corrupt=False):
        if not archive.names:
            raise DataError(
                f"expected images ({', '.join(IMAGE_SUFFIXES)}) in {name}, found none; "
                "name a folder or zip that holds some."
            )
        self._archive = archive
        shapes = decode_all(archive)
        corrupt = [file for file, shape in zip(archive.names, shapes, strict=True) if not shape]
        if corrupt and not skip_corrupt:
            raise DataError(
                f"expected images that can be decoded in {name}, but {len(corrupt)} of "
                f"{len(shapes)} can't: {', '.join(corrupt[:5])}{', ...' if corrupt[5:] else ''}; "
                "mend or remove them, or leave them out with skip_corrupt (--skip-corrupt)."
            )
        self._names = [file for file, shape in zip(archive.names, shapes, strict=True) if shape]
        shapes = [shape for shape in shapes if shape]
        if not shapes:
            raise DataError(f"expected images in {name}, but none of its files can be decoded.")
        size = image_size or common_size(name, shapes)
        channels = channels or {1: 1, 2: 4, 3: 3, 4: 4}[max(shape[2] for shape in shapes)]
        if channels not in (1, 3, 4):
            raise DataError(f"expected channels of 1, 3 or 4, got {channels}.")
        class_names, self._labels = find_classes(name, self._names)
        super().__init__(
            name, len(self._names), (size, size, channels), class_names, skipped=len(corrupt)
        )

    def fetch(self, indices):
        """Reads and decodes image by image, on all cores."""

        def read_file(index):
            return self._archive.read(self._names[int(index)])

        def read(index):
            content = tf.numpy_function(read_file, [index], tf.string, stateful=False)
            image = tf.io.decode_image(content, expand_animations=False)
            image = to_channels(tf.cast(image, tf.float32) / 127.5 - 1.0, self.sample_shape[2])
            image = fit_square(image, self.sample_shape[0])
            return tf.ensure_shape(image, self.sample_shape), tf.gather(self._labels, index)

        batch_size = indices.element_spec.shape[0]
        samples = indices.unbatch().map(read, num_parallel_calls=os.cpu_count())
        return samples.batch(batch_size, drop_remainder=True)


def decode_all(archive):
    """The `(height, width, channels)` of every image, None for those that can't be decoded."""

    def shape_of(name):
        try:
            image = tf.io.decode_image(archive.read(name), expand_animations=False)
        except (tf.errors.InvalidArgumentError, zipfile.BadZipFile, OSError, ValueError):
            return None
        return tuple(image.shape) if image.shape.rank == 3 and image.shape[2] else None

    with concurrent.futures.ThreadPoolExecutor() as pool:
        return list(pool.map(shape_of, archive.names))


def common_size(name, shapes):
    """The side of the images, where all are square and of one size."""
    sides = {shape[:2] for shape in shapes}
    side = next(iter(sides))
    if len(sides) > 1 or side[0] != side[1]:
        raise DataError(
            f"expected an image_size for {name}, whose images are not all square and of one size "
            f"({len(sides)} sizes, such as {side[0]}x{side[1]}); pass one (--image-size)."
        )
    return side[0]


def find_classes(name, files):
    """Class names and int32 labels from the first folder of each file; names None without."""
    parts = [pathlib.PurePosixPath(file).parts for file in files]
    while len({part[0] for part in parts}) == 1 and all(len(part) > 1 for part in parts):
        parts = [part[1:] for part in parts]
    no_labels = None, tf.zeros(len(files), tf.int32)
    if any(len(part) == 1 for part in parts):
        return no_labels
    folders = sorted({part[0] for part in parts})
    if {folder.lower() for folder in folders} <= SPLITS:
        raise DataError(
            f"expected one set of images in {name}, found the splits {', '.join(folders)}; "
            f"name one, such as {name}/{folders[0]}."
        )
    position = {folder: label for label, folder in enumerate(folders)}
    return folders, tf.constant(np.array([position[part[0]] for part in parts], "int32"))


def to_channels(image, channels):
    """A float image of 1 to 4 channels in [-1, 1] as one of 1, 3 or 4.

    Args:
        image: `(height, width, 1 to 4)`: grey, grey and alpha, colour, or colour and alpha.
        channels: 1, 3 or 4. Without an alpha channel to go to, the image is laid on white.

    Returns:
        `(height, width, channels)`.
    """
    own = tf.shape(image)[-1]
    color = tf.cond(own < 3, lambda: tf.repeat(image[..., :1], 3, axis=-1), lambda: image[..., :3])
    has_alpha = tf.logical_or(own == 2, own == 4)
    alpha = tf.cond(has_alpha, lambda: image[..., -1:], lambda: tf.ones_like(image[..., :1]))
    if channels == 4:
        return tf.concat([color, alpha], axis=-1)
    opacity = (alpha + 1.0) / 2.0
    color = color * opacity + (1.0 - opacity)
    if channels == 3:
        return color
    luma = tf.reduce_sum(color * tf.constant([0.299, 0.587, 0.114]), axis=-1, keepdims=True)
    return tf.cond(own < 3, lambda: color[..., :1], lambda: luma)
