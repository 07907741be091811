"""Atomic writes: a file is complete or absent, even after a power failure."""

import collections.abc
import contextlib
import os
import pathlib
import re
import time
from typing import Any

from keras_gan.errors import ConfigError, abbreviate

import numpy as np
from numpy.typing import ArrayLike

NOT_IN_NAMES = re.compile(r'[\x00-\x1f<>:"/\\|?*]|[. ]$|^$')
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
IN_THE_WAY = NotADirectoryError, FileExistsError  # a file where a folder has to be
REPLACE_SECONDS, PAUSE = 2.0, 0.02  # how long, and how often, a file that is open is tried again


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


def check_replaceable(folder: pathlib.Path) -> None:
    """Raises `ConfigError` for the current folder, or one around it, which can't be replaced."""
    current = pathlib.Path.cwd()
    if folder.resolve() in (current, *current.parents):
        raise ConfigError(
            f"expected another folder than the current one, got {folder}; name a new one in it."
        )


def check_name(name: str) -> None:
    """Raises `ConfigError` for a name that no file has on Windows, such as `a:b` or `aux`."""
    if NOT_IN_NAMES.search(name) or DEVICE.fullmatch(name):
        raise ConfigError(
            f"expected the name of a file that every system can have, got {abbreviate(name)}; "
            "choose one of letters, digits and underscores."
        )


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
        replace(new, path)
        sync_entries(path.parent)
    finally:
        new.unlink(missing_ok=True)


def replace(new: pathlib.Path, path: pathlib.Path) -> None:
    """Renames a file or folder; an existing file at the new path is replaced.

    Windows refuses this while a program, such as a virus scanner or a reader of the old file, has
    one of them open. Most have it open for a moment, so it is tried again for two seconds.

    Args:
        new: The file or folder.
        path: Its new path; a folder's may not exist.
    """
    end = time.monotonic() + REPLACE_SECONDS
    while True:
        try:
            new.replace(path)
            return
        except PermissionError:
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE)


def sync(path: str | os.PathLike) -> None:
    """Syncs a file to the disk; it is opened for writing, as Windows syncs no other files."""
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def sync_entries(folder: str | os.PathLike) -> None:
    """Syncs the entries of a folder to the disk, except on Windows, which opens no folders."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes text to a file, atomically, as UTF-8 and with the same bytes on every system.

    Args:
        path: The file; its folder is created if needed.
        text: Content of the file.
    """
    with atomic_write(path) as new:
        new.write_text(text, "utf-8", newline="\n")


def save_npz(path: str | os.PathLike, **arrays: ArrayLike) -> None:
    """Writes arrays to an `.npz` file, atomically, without changing the name's suffix."""
    with atomic_write(path) as new, new.open("wb") as file:
        np.savez(file, **arrays)
