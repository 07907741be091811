"""Atomic writes: a file is whole or not there, after a power cut too."""

import collections.abc
import contextlib
import os
import pathlib

import numpy as np


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike) -> collections.abc.Iterator[pathlib.Path]:
    """Yields a new file's path; the file takes the old one's place once it is written whole.

    A failure leaves the old file. The new one is on the disk before the old one goes, so that a
    machine that dies leaves one of the two whole.

    Args:
        path: The file; its folder is made.

    Yields:
        The path to write to, beside it.
    """
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.stem}.new{path.suffix}")
    try:
        yield new
        sync(new)
        new.replace(path)
        sync(path.parent)
    finally:
        new.unlink(missing_ok=True)


def sync(path):
    """Waits until a file, or a folder's entries, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: str | os.PathLike, text: str):
    """Writes text as by `atomic_write`.

    Args:
        path: The file; its folder is made.
        text: What it will hold.
    """
    with atomic_write(path) as new:
        new.write_text(text)


def save_npz(path: str | os.PathLike, **arrays):
    """Writes arrays as an `.npz` of that very name, as by `atomic_write`."""
    with atomic_write(path) as new, new.open("wb") as file:
        np.savez(file, **arrays)
