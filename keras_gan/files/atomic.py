"""Files that are whole or not there, after a power cut too."""

import contextlib
import os
import pathlib

import numpy as np


@contextlib.contextmanager
def atomic_write(path):
    """A new file, which takes an old one's place when it is written; a failure leaves the old.

    What was written is on the disk before the old file goes, so that a machine that dies leaves
    one of the two whole.

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


def write_text(path, text):
    """Writes text to a new file, which then takes the old one's place; a failure leaves the old.

    Args:
        path: The file; its folder is made.
        text: What it will hold.
    """
    with atomic_write(path) as new:
        new.write_text(text)


def save_npz(path, **arrays):
    """Writes arrays as an `.npz` of that very name; a failure leaves the old file."""
    with atomic_write(path) as new, new.open("wb") as file:
        np.savez(file, **arrays)
