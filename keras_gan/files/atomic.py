"""Atomic writes: a file is complete or absent, even after a power failure."""

import collections.abc
import contextlib
import os
import pathlib
from typing import Any

from keras_gan.errors import ConfigError, abbreviate

import numpy as np
from numpy.typing import ArrayLike


def check_path(path: Any) -> pathlib.Path:
    """Returns a str or an `os.PathLike` as a path; raises `ConfigError` for anything else."""
    if not isinstance(path, str | os.PathLike):
        raise ConfigError(f"expected a path as a str or a pathlib.Path, got {abbreviate(path)}.")
    return pathlib.Path(path)


def check_file(path: str | os.PathLike) -> None:
    """Raises `ConfigError` for a path where no file can be: a folder, or a path below a file."""
    path = check_path(path)
    if path.is_dir():
        raise ConfigError(f"expected a file to write, got the folder {path}; add a file name.")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise ConfigError(f"expected a folder for {path}, got the file {above}; choose another.")


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike) -> collections.abc.Iterator[pathlib.Path]:
    """Yields the path of a temporary file, which replaces the target after a complete write.

    A failure leaves the old file unchanged. The new file is synced to the disk before it replaces
    the old one, so that a crash of the machine leaves one of them complete.

    Args:
        path: The file to write; its folder is created if needed.

    Yields:
        The path of the temporary file, in the same folder.

    Raises:
        ConfigError: For what isn't a path.
    """
    path = check_path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.stem}.new{path.suffix}")
    try:
        yield new
        sync(new)
        new.replace(path)
        sync(path.parent)
    finally:
        new.unlink(missing_ok=True)


def sync(path: str | os.PathLike) -> None:
    """Syncs a file, or the entries of a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes text to a file, atomically.

    Args:
        path: The file; its folder is created if needed.
        text: Content of the file.
    """
    with atomic_write(path) as new:
        new.write_text(text)


def save_npz(path: str | os.PathLike, **arrays: ArrayLike) -> None:
    """Writes arrays to an `.npz` file, atomically, without changing the name's suffix."""
    with atomic_write(path) as new, new.open("wb") as file:
        np.savez(file, **arrays)
