"""Classes of image files, by the folders they are in."""

import posixpath
import re
from collections.abc import Sequence

from keras_gan.errors import DataError

import numpy as np

SPLITS = {"train", "training", "test", "testing", "val", "valid", "validation"}


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
