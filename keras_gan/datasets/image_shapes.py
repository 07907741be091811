"""Shapes of encoded images, found by decoding each one once."""

import collections
import concurrent.futures
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from keras_gan.datasets.archives import Folder, Zip
from keras_gan.datasets.image_files import UnsupportedError, open_image
from keras_gan.errors import DataError, LimitError
from keras_gan.files import limits
from keras_gan.progress import progress_bar

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

FILES_AT_ONCE = 16  # bounds the encoded files in memory, per reader
WITH_REASON = (LimitError, UnsupportedError)
UNREADABLE = (tf.errors.OpError, *limits.UNREADABLE)


def decode_all(archive: Folder | Zip) -> tuple[np.ndarray, dict[str, str], dict[str, int]]:
    """Decodes every image once.

    Args:
        archive: A `Folder` or `Zip`.

    Returns:
        `(shapes, corrupt, notes)`: an int32 array `(count, 3)` of heights, widths and channels,
        zeros for images that can't be decoded; a dict of the names of those images to the reasons,
        empty strings for corrupt files; and a counter of the notes on the others, see `ImageFile`.
    """

    def shapes_of(first):
        names = archive.names[first : first + FILES_AT_ONCE]
        try:
            return shapes_together(archive, names)
        except UNREADABLE:  # at least one of the images
            return shapes_one_by_one(archive, names)

    shapes, corrupt = np.zeros((len(archive.names), 3), "int32"), {}
    notes = collections.Counter()
    starts = range(0, len(shapes), FILES_AT_ONCE)
    bar = progress_bar(len(shapes), "image", "checking images")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool, bar:
        results = map_lazily(pool, shapes_of, starts)
        for first, (part, reasons, part_notes) in zip(starts, results, strict=True):
            shapes[first : first + len(part)] = part
            corrupt |= reasons
            notes += part_notes
            bar.update(len(part))
    return shapes, corrupt, notes


def shapes_together(
    archive: Folder | Zip, names: Sequence[str]
) -> tuple[np.ndarray, dict[str, str], dict[str, int]]:
    """Decodes images together, as long as none is corrupt; returns what `decode_all` does."""
    shapes, plain, notes = np.zeros((len(names), 3), "int32"), {}, collections.Counter()
    for index, name in enumerate(names):
        file = open_image(archive.read(name), "it")
        notes.update(file.notes)
        if file.shape is None:
            plain[index] = file.content
        else:  # it's decoded already, and may be large
            shapes[index] = file.shape
    if plain:
        shapes[list(plain)] = decode_shapes(tf.constant(list(plain.values())))
    return shapes, {}, notes


@tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
def decode_shapes(contents: tf.Tensor) -> tf.Tensor:
    """Decodes images and returns their shapes, `(count, 3)` int32; faster than a Python loop."""

    def shape_of_content(content):
        return tf.shape(tf.io.decode_image(content, expand_animations=False))

    return tf.map_fn(
        shape_of_content, contents, parallel_iterations=1, fn_output_signature=tf.int32
    )


def shapes_one_by_one(
    archive: Folder | Zip, names: Sequence[str]
) -> tuple[np.ndarray, dict[str, str], dict[str, int]]:
    """Decodes images one by one; returns what `decode_all` does."""
    shapes, corrupt = np.zeros((len(names), 3), "int32"), {}
    notes = collections.Counter()
    for index, name in enumerate(names):
        try:
            file = open_image(archive.read(name), "it")
            shapes[index] = tf.io.decode_image(file.content, expand_animations=False).shape
            notes.update(file.notes)
        except UNREADABLE as error:
            corrupt[name] = str(error) if isinstance(error, WITH_REASON) else ""
        if not shapes[index].all():
            corrupt.setdefault(name, "")
    return shapes, corrupt, notes


def map_lazily(
    pool: concurrent.futures.Executor, function: Callable, values: Iterable, ahead: int = 16
) -> Iterator:
    """Yields as `pool.map` does, but submits only a few calls ahead."""
    futures = collections.deque()
    for value in values:
        futures.append(pool.submit(function, value))
        if len(futures) > ahead:
            yield futures.popleft().result()
    yield from (future.result() for future in futures)


def common_size(name: str, shapes: ArrayLike) -> tuple[int, int]:
    """Returns the height and width of images; raises `DataError` unless they all agree."""
    sizes = np.unique(np.asarray(shapes)[:, :2], axis=0).tolist()
    if len(sizes) > 1:
        (height, width), (other_height, other_width) = sizes[0], sizes[-1]
        raise DataError(
            f"expected an image_size for {name}, whose images are not all of one size "
            f"({len(sizes)} sizes, such as {height}x{width} and {other_height}x{other_width}); "
            "pass one (--image-size)."
        )
    return tuple(sizes[0])


def typical_size(shapes: ArrayLike) -> tuple[int, int]:
    """Returns the size that nine out of ten images reach.

    It's a square of the shorter side that they reach, unless all images have one aspect.
    """
    heights, widths = np.asarray(shapes, "int64")[:, :2].T
    if (heights * widths[0] == widths * heights[0]).all():
        middle = np.argsort(heights, kind="stable")[(len(heights) - 1) // 10]
        return int(heights[middle]), int(widths[middle])
    side = int(np.quantile(np.minimum(heights, widths), 0.1, method="lower"))
    return side, side
