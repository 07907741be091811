"""Files that are whole or not there, after a power cut too, and that tell if they are damaged."""

import contextlib
import hashlib
import json
import os
import pathlib
import zipfile

import numpy as np

SEAL = b"keras_gan sha256 "
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip's earliest date
CHUNK = 1 << 20


@contextlib.contextmanager
def taking_place_of(path):
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


def write_whole(path, text):
    """Writes text to a new file, which then takes the old one's place; a failure leaves the old.

    Args:
        path: The file; its folder is made.
        text: What it will hold.
    """
    with taking_place_of(path) as new:
        new.write_text(text)


def save_npz(path, **arrays):
    """Writes arrays as an `.npz` of that very name; a failure leaves the old file."""
    with taking_place_of(path) as new, new.open("wb") as file:
        np.savez(file, **arrays)


def save_whole(model, path):
    """Saves a model, sealed, to a new file, which then takes the old one's place.

    Equal models give equal bytes: the file says nothing of when it was saved.

    Args:
        model: A Keras model.
        path: The `.keras` file; its folder is made.
    """
    with taking_place_of(path) as new:
        saved = new.with_suffix(".saved.keras")
        try:
            model.save(saved)
            pack_sealed(saved, new)
        finally:
            saved.unlink(missing_ok=True)


def pack_sealed(saved, path):
    """Copies a `.keras` file without its dates, with the SHA-256 of its bytes as zip comment.

    Args:
        saved: What `keras.Model.save` wrote.
        path: The file to write.
    """
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        target.comment = SEAL + b"0" * 64
        for entry in source.infolist():
            with (
                source.open(entry) as file,
                target.open(zipfile.ZipInfo(entry.filename, LONG_AGO), "w", force_zip64=True) as to,
            ):
                if entry.filename == "metadata.json":
                    to.write(without_date(file.read()))
                    continue
                while chunk := file.read(CHUNK):
                    to.write(chunk)
    seal = hash_of(path)
    with path.open("r+b") as file:
        file.seek(-64, os.SEEK_END)
        file.write(seal.encode())


def without_date(metadata):
    """Keras's metadata of a saved model, without the time of saving."""
    kept = {key: value for key, value in json.loads(metadata).items() if key != "date_saved"}
    return json.dumps(kept).encode()


def hash_of(path):
    """The SHA-256, in hexadecimal, of a sealed file's bytes before its last 64."""
    digest, left = hashlib.sha256(), path.stat().st_size - 64
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def is_whole(path) -> bool:
    """Whether a file is as `save_whole` left it, bit for bit.

    Args:
        path: The `.keras` file.
    """
    path = pathlib.Path(path)
    length = len(SEAL) + 64
    if path.stat().st_size < length:
        return False
    with path.open("rb") as file:
        file.seek(-length, os.SEEK_END)
        comment = file.read()
    return comment.startswith(SEAL) and comment[-64:] == hash_of(path).encode()
