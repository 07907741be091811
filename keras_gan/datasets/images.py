"""Encoded images: streamed, decoded in parallel, never held in memory."""

import collections
import concurrent.futures
import os
import pathlib
import zipfile

from keras_gan.datasets.archives import IMAGE_SUFFIXES
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
from keras_gan.datasets.source import Source, with_size
from keras_gan.errors import DataError, LimitError
from keras_gan.files import limits
from keras_gan.files.image_headers import check_header
from keras_gan.progress import progress_bar

import numpy as np
import tensorflow as tf

FILES_AT_ONCE = 16  # as many as may lie in memory encoded, for each of the few that read
READERS = 2
TYPICAL = "typical"
SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}


class EncodedSource(Source):
    """Images that are stored encoded, and decoded one by one on all cores when they are read.

    Attributes:
        own_size: Height and width of the stored images where they are image files, all of one
            square size, and samples as they are; None for others.
    """

    own_size = None
    _behind = ON_WHITE

    def put_behind(self, background, see_through):
        """Decides what lies behind transparent pixels, and notes it where there are some.

        Args:
            background: A colour's word.
            see_through: Which images have an alpha channel, in words; None for none of them.
        """
        self._behind = parse_color(background)
        if see_through is None:
            return
        self.background = background
        if self.sample_shape[2] != 4:
            self.own_size = None
            self.notes = (
                f"{see_through} an alpha channel and are laid on {background}. For another colour: "
                "background (--background); to learn alpha: channels=4 (--channels 4).",
            )

    def read(self, indices):
        """What is stored: a list of contents and an int32 array of labels.

        Args:
            indices: `(batch,)` int64 array.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no read.")

    def contents(self, indices):
        """A data set of `(content, label)` for one of `(batch,)` indices, one after the other."""

        def read(index):
            contents, labels = tf.numpy_function(self.read, [index], (tf.string, tf.int32))
            shape = index.shape
            return tf.ensure_shape(contents, shape), tf.ensure_shape(labels, shape)

        parts = indices.unbatch().batch(FILES_AT_ONCE)
        return parts.map(read, num_parallel_calls=READERS, deterministic=True).unbatch()

    def decode(self, content):
        """The uint8 image `(height, width, channels)` of a content."""
        return tf.io.decode_image(content, expand_animations=False)

    def fetch(self, indices):
        """Decodes image by image, on all cores; each is cut to its central square and resized."""

        def sample(content, label):
            return to_sample(self.decode(content), self.sample_shape, self._behind), label

        batch_size = indices.element_spec.shape[0]
        samples = self.contents(indices).map(sample, num_parallel_calls=os.cpu_count())
        return samples.batch(batch_size, drop_remainder=True)

    def resized(self, size):
        """The same files, read at another size."""
        return with_size(self, size)


class ImageSource(EncodedSource):
    """Images of a `Folder` or `Zip`, each cut to its central square and resized.

    Every file is decoded once at the start, so that a corrupt one is named before the training
    begins rather than in the middle of it.

    Args:
        name: What the user asked for.
        archive: A `Folder` or `Zip`. Where all its images lie in subfolders, these are classes.
        image_size: Height and width of the samples; the images' own by default. `"typical"`: the
            shorter side that nine in ten of them reach.
        channels: 1, 3 or 4; as many as the images have, without alpha, by default.
        skip_corrupt: Leave corrupt files out and count them, instead of raising.
        background: The colour on which images with an alpha channel are laid; with 4 channels that
            of wholly transparent pixels. `"white"`, `"black"`, or as in `"#ff8000"`.

    Raises:
        DataError: For no images, corrupt images, or sizes that differ without `image_size`.
    """

    def __init__(
        self, name, archive, image_size=None, channels=None, skip_corrupt=False, background=WHITE
    ):
        if not archive.names:
            raise DataError(
                f"expected images ({', '.join(IMAGE_SUFFIXES)}) in {name}, found none; "
                "name a folder or zip that holds some."
            )
        self._archive = archive
        shapes, corrupt = decode_all(archive)
        if corrupt and not skip_corrupt:
            told = [f"{file} ({why})" if why else file for file, why in corrupt.items()]
            raise DataError(
                f"expected images that can be decoded in {name}, but {len(corrupt)} of "
                f"{len(archive.names)} can't: {', '.join(told[:5])}{', ...' if told[5:] else ''}; "
                "mend or remove them, or leave them out with skip_corrupt (--skip-corrupt)."
            )
        if len(corrupt) == len(shapes):
            raise DataError(f"expected images in {name}, but none of its files can be decoded.")
        whole = shapes.all(axis=1)
        self._names, shapes = archive.names.where(whole), shapes[whole]
        if image_size == TYPICAL:
            image_size = typical_size(shapes)
        size = image_size or common_size(name, shapes)
        self.own_size = size if (shapes[:, :2] == size).all() else None
        channels = channels or without_alpha(int(shapes[:, 2].max()))
        check_channels(channels)
        class_names, self._labels = find_classes(name, self._names)
        super().__init__(
            name, len(self._names), (size, size, channels), class_names, skipped=len(corrupt)
        )
        count = sum(map(has_alpha, shapes[:, 2].tolist()))
        self.put_behind(background, f"{count:,} of {len(shapes):,} images have" if count else None)

    def fingerprint(self):
        """The archive's."""
        return self._archive.fingerprint()

    def read(self, indices):
        """The bytes of the files."""
        names = [self._names[index] for index in indices]
        try:
            return [read_checked(self._archive, name) for name in names], self._labels[indices]
        except (OSError, zipfile.BadZipFile) as error:
            raise DataError(
                f"could not read an image of {self.name} that was there before: {error}; restore "
                "it, or begin again without it."
            ) from error


UNREADABLE = (tf.errors.OpError, *limits.UNREADABLE)


def read_image(path, sample_shape, background=WHITE):
    """One image file as a sample, cut to its central square and resized.

    Args:
        path: A PNG, JPEG, GIF or BMP.
        sample_shape: `(size, size, channels)`.
        background: As in `ImageSource`.

    Returns:
        A float32 array of that shape in [-1, 1].

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
            f"expected an image that can be decoded at {path}; mend it, or name another file."
        ) from error
    return to_sample(image, sample_shape, parse_color(background)).numpy()


def to_sample(image, sample_shape, behind):
    """A uint8 image of any size as a float32 sample in [-1, 1]: its central square, resized.

    Args:
        image: `(height, width, 1 to 4)`.
        sample_shape: `(size, size, channels)`.
        behind: The background's red, green and blue in [-1, 1].
    """
    size, _, channels = sample_shape
    image = to_channels(tf.cast(image, tf.float32) / 127.5 - 1.0, channels, behind)
    image = tf.ensure_shape(image, (None, None, channels))
    return tf.ensure_shape(fit_square(image, size, behind), sample_shape)


def read_checked(archive, name):
    """The bytes of an image that is not too large to be decoded.

    Raises:
        DataError: For one that is, or whose header doesn't say.
    """
    content = archive.read(name)
    check_header(content, "it")
    return content


def decode_all(archive):
    """Decodes every image once.

    Args:
        archive: A `Folder` or `Zip`.

    Returns:
        `(count, 3)` int32 array of heights, widths and channels, zeros for what can't be decoded;
        and name -> reason of those, empty for corrupt ones.
    """

    def shapes_of(first):
        names = archive.names[first : first + FILES_AT_ONCE]
        try:
            contents = [read_checked(archive, name) for name in names]
            return decode_at_once(tf.constant(contents)).numpy(), {}
        except UNREADABLE:  # at least one of them
            return shapes_one_by_one(archive, names)

    shapes, corrupt = np.zeros((len(archive.names), 3), "int32"), {}
    starts = range(0, len(shapes), FILES_AT_ONCE)
    bar = progress_bar(len(shapes), "image", "looking at the images")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool, bar:
        for first, found in zip(starts, map_lazily(pool, shapes_of, starts), strict=True):
            shapes[first : first + len(found[0])] = found[0]
            corrupt |= found[1]
            bar.update(len(found[0]))
    return shapes, corrupt


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def decode_at_once(contents):
    """The shapes of images, `(count, 3)` int32; several times as fast as one by one in Python."""

    def shape_of_content(content):
        return tf.shape(tf.io.decode_image(content, expand_animations=False))

    return tf.map_fn(
        shape_of_content, contents, parallel_iterations=1, fn_output_signature=tf.int32
    )


def shapes_one_by_one(archive, names):
    """Shapes `(count, 3)`, zeros for what can't be decoded, and for that name -> reason."""
    shapes, corrupt = np.zeros((len(names), 3), "int32"), {}
    for index, name in enumerate(names):
        try:
            content = read_checked(archive, name)
            shapes[index] = tf.io.decode_image(content, expand_animations=False).shape
        except UNREADABLE as error:
            corrupt[name] = str(error) if isinstance(error, LimitError) else ""
        if not shapes[index].all():
            corrupt.setdefault(name, "")
    return shapes, corrupt


def map_lazily(pool, function, values, ahead=16):
    """`pool.map` that hands out a few calls at a time, where there may be very many."""
    waiting = collections.deque()
    for value in values:
        waiting.append(pool.submit(function, value))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    yield from (future.result() for future in waiting)


def common_size(name, shapes):
    """The side of the images, where all are square and of one size."""
    sides = np.unique(np.asarray(shapes)[:, :2], axis=0)
    height, width = sides[0].tolist()
    if len(sides) > 1 or height != width:
        raise DataError(
            f"expected an image_size for {name}, whose images are not all square and of one size "
            f"({len(sides)} sizes, such as {height}x{width}); pass one (--image-size)."
        )
    return height


def typical_size(shapes):
    """The shorter side that nine in ten of the images reach."""
    return int(np.quantile(np.asarray(shapes)[:, :2].min(axis=1), 0.1, method="lower"))


def find_classes(name, files):
    """Class names and int32 labels from the first folder in which files part; names None without.

    Args:
        name: What the user asked for.
        files: Sorted names.
    """
    common = os.path.commonpath([os.path.dirname(file) for file in (files[0], files[-1])])
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
