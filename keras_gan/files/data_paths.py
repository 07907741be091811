"""Names and paths of data sets, for code that doesn't read them."""

import os
import pathlib

from keras_gan.errors import DataError, unknown
from keras_gan.files import limits
from keras_gan.options import DATA_SETS

TFDS = "tfds"


def is_named(source: str) -> bool:
    """Returns whether a source is named, such as `digits` or `tfds:mnist`, and isn't a path."""
    return source.partition(":")[0] in (*DATA_SETS, TFDS)


def require_source(source: str) -> None:
    """Raises `DataError` for a source that is neither named nor a folder or file."""
    if not is_named(source):
        find_path(source)


def find_path(name: str) -> pathlib.Path:
    """Returns the path of a source, below `KERAS_GAN_DATA` or as given."""
    local = os.environ.get("KERAS_GAN_DATA")
    paths = [pathlib.Path(local) / name] if local else []
    paths.append(pathlib.Path(os.path.expanduser(name)))
    with limits.reading("a folder or file", name):
        for path in paths:
            if path.exists() or split_zip(path)[0] is not None:
                return path
    if len(pathlib.Path(name).parts) > 1 or pathlib.Path(name).suffix:
        tried = " and ".join(str(path.absolute()) for path in paths)
        raise DataError(f"expected a folder or file at {name}, found none (looked at {tried}).")
    raise DataError(
        f"{unknown('source', name, DATA_SETS)} There is no folder or file of this name either."
    )


def split_zip(path: pathlib.Path) -> tuple[pathlib.Path | None, str]:
    """Splits `photos.zip[/inner/folder]` into zip file and inner folder.

    Returns:
        `(zip file, inner folder)`; `(None, "")` for other paths.
    """
    for part in (path, *path.parents):
        if part.suffix.lower() == ".zip" and part.is_file():
            return part, path.relative_to(part).as_posix().removeprefix(".")
    return None, ""
