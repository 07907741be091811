"""Shapes of encoded images, found by decoding each one once."""

import collections
import concurrent.futures
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from keras_gan.datasets.archives import Folder, Zip
from keras_gan.errors import DataError, LimitError
from keras_gan.files import limits
from keras_gan.files.image_headers import check_header
from keras_gan.progress import progress_bar

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

FILES_AT_ONCE = 16  # bounds the encoded files in memory, per reader
UNREADABLE = (tf.errors.OpError, *limits.UNREADABLE)


def read_checked(archive: Folder | Zip, name: str) -> bytes:
    """Reads the bytes of an image that isn't too large to decode.

    Raises:
        DataError: For an image that is too large, or whose header doesn't state its size.
    """
    content = archive.read(name)
    check_header(content, "it")
    return content


def decode_all(archive: Folder | Zip) -> tuple[np.ndarray, dict[str, str]]:
    """Decodes every image once.

    Args:
        archive: A `Folder` or `Zip`.

    Returns:
        `(shapes, corrupt)`: an int32 array `(count, 3)` of heights, widths and channels, zeros for
        images that can't be decoded; and a dict of the names of those images to the reasons, empty
        strings for corrupt files.
    """

    def shapes_of(first):
        names = archive.names[first : first + FILES_AT_ONCE]
        try:
            contents = [read_checked(archive, name) for name in names]
            return decode_shapes(tf.constant(contents)).numpy(), {}
        except UNREADABLE:  # at least one of the images
            return shapes_one_by_one(archive, names)

    shapes, corrupt = np.zeros((len(archive.names), 3), "int32"), {}
    starts = range(0, len(shapes), FILES_AT_ONCE)
    bar = progress_bar(len(shapes), "image", "checking images")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool, bar:
        results = map_lazily(pool, shapes_of, starts)
        for first, (part, reasons) in zip(starts, results, strict=True):
            shapes[first : first + len(part)] = part
            corrupt |= reasons
            bar.update(len(part))
    return shapes, corrupt


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
) -> tuple[np.ndarray, dict[str, str]]:
    """Decodes images one by one; returns shapes and reasons as `decode_all` does."""
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


def common_size(name: str, shapes: ArrayLike) -> int:
    """Returns the side of the images; raises `DataError` unless all are square and equal."""
    sides = np.unique(np.asarray(shapes)[:, :2], axis=0)
    height, width = sides[0].tolist()
    if len(sides) > 1 or height != width:
        raise DataError(
            f"expected an image_size for {name}, whose images are not all square and of one size "
            f"({len(sides)} sizes, such as {height}x{width}); pass one (--image-size)."
        )
    return height


def typical_size(shapes: np.ndarray) -> int:
    """Returns the shorter side that nine out of ten images reach."""
    return int(np.quantile(np.asarray(shapes)[:, :2].min(axis=1), 0.1, method="lower"))
