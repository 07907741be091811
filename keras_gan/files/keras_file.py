"""`.keras` files: sealed with a checksum when saved, and loaded without running code in them.

They may come from untrusted sources, so a model gets no more memory than the file accounts for.
"""

import hashlib
import json
import math
import os
import pathlib
import zipfile
from collections.abc import Callable
from typing import Any

from keras_gan.errors import DataError, KerasGanError, LimitError
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write, check_path

import keras
import tensorflow as tf

SEAL = b"keras_gan sha256 "
EARLIEST = (1980, 1, 1, 0, 0, 0)  # the earliest date in a zip
CHUNK = 1 << 20
SLACK = 2**20  # bytes for variables that aren't in the file, such as those of metrics


def save_model(model: keras.Model, path: str | os.PathLike) -> None:
    """Saves a model with a checksum, atomically.

    Equal models give equal bytes, as the file has no date of saving.

    Args:
        model: A Keras model.
        path: The `.keras` file; its folder is created if needed.
    """
    with atomic_write(path) as new:
        saved = new.with_suffix(".saved.keras")
        try:
            model.save(saved)
            pack_sealed(saved, new)
        finally:
            saved.unlink(missing_ok=True)


def pack_sealed(saved: pathlib.Path, path: pathlib.Path) -> None:
    """Copies a `.keras` file without its dates and with its SHA-256 as the zip comment.

    Args:
        saved: File written by `keras.Model.save`.
        path: File to write.
    """
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        target.comment = SEAL + b"0" * 64
        for entry in source.infolist():
            with (
                source.open(entry) as file,
                target.open(zipfile.ZipInfo(entry.filename, EARLIEST), "w", force_zip64=True) as to,
            ):
                if entry.filename == "metadata.json":
                    to.write(remove_date(file.read()))
                    continue
                while chunk := file.read(CHUNK):
                    to.write(chunk)
    seal = hash_of(path)
    with path.open("r+b") as file:
        file.seek(-64, os.SEEK_END)
        file.write(seal.encode())


def remove_date(metadata: bytes) -> bytes:
    """Removes the date of saving from Keras's metadata of a saved model."""
    items = {key: value for key, value in json.loads(metadata).items() if key != "date_saved"}
    return json.dumps(items).encode()


def hash_of(path: pathlib.Path) -> str:
    """Computes the SHA-256, in hexadecimal, of a sealed file without its last 64 bytes."""
    digest, remaining = hashlib.sha256(), path.stat().st_size - 64
    with path.open("rb") as file:
        while remaining > 0 and (chunk := file.read(min(CHUNK, remaining))):
            digest.update(chunk)
            remaining -= len(chunk)
    return digest.hexdigest()


def is_intact(path: str | os.PathLike) -> bool:
    """Returns whether a file equals, bit for bit, what `save_model` wrote.

    Args:
        path: The `.keras` file.
    """
    path = pathlib.Path(path)
    seal = read_seal(path)
    return seal is not None and seal == hash_of(path).encode()


def read_seal(path: pathlib.Path) -> bytes | None:
    """Reads the checksum at the end of a file that `save_model` wrote; None without one."""
    length = len(SEAL) + 64
    if path.stat().st_size < length:
        return None
    with path.open("rb") as file:
        file.seek(-length, os.SEEK_END)
        comment = file.read()
    return comment[-64:] if comment.startswith(SEAL) else None


def load_model(path: str | os.PathLike) -> keras.Model:
    """Loads a model within size limits and without running code in the file.

    A GAN is restored with its optimizers and counters, so that `fit` continues bit for bit.
    `keras.models.load_model` loads such files too, but without limits for untrusted files.

    Args:
        path: The `.keras` file.

    Returns:
        The model, such as a `keras_gan.GAN`.

    Raises:
        ConfigError: For what isn't a path.
        DataError: For a file that can't be read as a model, or that contains code.
        LimitError: For entries, or variables of the model, that exceed `keras_gan.files.limits`.

    Example:

        gan.save("digits.keras")
        gan = kg.load_model("digits.keras")
    """
    size = check_entries(path)
    try:
        with tf.variable_creator_scope(VariableLimit(limits.MAX_SURPLUS * size + SLACK, path)):
            return keras.models.load_model(path, safe_mode=True)
    except KerasGanError:
        raise
    except Exception as error:  # Keras, h5py and zipfile raise errors of many kinds
        raise DataError(
            f"could not read a model from {path}: {why_unreadable(pathlib.Path(path), error)}"
        ) from error


def why_unreadable(path: pathlib.Path, error: Exception) -> str:
    """Returns why a file is no model, and what to do: its checksum's word, or another's error."""
    if read_seal(path) is not None and not is_intact(path):
        return "it is damaged, as its checksum tells; copy or download it again, or remove it."
    reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
    return f"{reason}. If it is damaged, remove it."


def check_entries(path: str | os.PathLike) -> int:
    """Checks that the entries of a `.keras` file are files of bounded size.

    Returns:
        Total number of bytes of the entries.

    Raises:
        ConfigError: For what isn't a path.
        DataError: For a file that isn't a zip, or an entry with an unsafe path.
        LimitError: For entries that are too large.
    """
    path = check_path(path)
    with limits.reading("a .keras file", path), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    for info in entries:
        limits.check_entry(info, path)
        if info.filename.endswith(".json"):
            limits.check_size(info.file_size, limits.MAX_TEXT_BYTES, f"{info.filename} of {path}")
    size = sum(info.file_size for info in entries)
    maximum = min(limits.MAX_CHECKPOINT_BYTES, limits.MAX_INFLATION * path.stat().st_size)
    limits.check_size(size, maximum, f"the entries of {path}")
    return size


class VariableLimit:
    """A variable creator that raises `LimitError` before the total size exceeds a limit.

    A width of 10,000 takes five characters in a file, but gigabytes of memory.

    Args:
        limit: Maximum number of bytes of all variables.
        path: The file, for the error.
    """

    def __init__(self, limit: int, path: str | os.PathLike) -> None:
        self.limit, self.path, self.bytes = limit, path, 0

    def __call__(self, create: Callable, **options: Any) -> tf.Variable:
        """Creates a variable, for `tf.variable_creator_scope`."""
        self.bytes += bytes_of(options["initial_value"])
        if self.bytes > self.limit:
            raise LimitError(
                f"expected a model of at most {self.limit:,} bytes in {self.path}, as its entries "
                "account for, got settings for a larger one; don't load it."
            )
        return create(**options)


def bytes_of(value: Any) -> int:
    """Returns the number of bytes of a variable's initial value or initializer."""
    if callable(value):  # tracing gives the shape without allocating memory
        value = tf.function(value, autograph=False).get_concrete_function().structured_outputs
    else:
        value = tf.convert_to_tensor(value)
    return math.prod(value.shape) * value.dtype.size
