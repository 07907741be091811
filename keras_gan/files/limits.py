"""Size limits for files from untrusted sources, and functions that read within them.

A few bytes can declare gigabytes. Therefore nothing is decompressed, decoded or allocated before
its size is known and within a limit.
"""

import contextlib
import csv
import lzma
import os
import pathlib
import re
import stat
import struct
import tarfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from keras_gan.errors import DataError, KerasGanError, LimitError

MAX_PIXELS = 2**26  # pixels of an image, in all frames of a GIF together (8192x8192)
MAX_IMAGE_BYTES = 4 * MAX_PIXELS  # bytes of an image file
MAX_ARRAY_BYTES = 2**32  # bytes of the arrays of a .npy, .npz or idx file, which are in memory
MAX_TEXT_BYTES = 2**25  # bytes of a JSON or CSV file
MAX_CLASSES = 2**20  # classes of integer labels
MAX_DEPTH = 50  # nesting of lists and objects in JSON
MAX_CHECKPOINT_BYTES = 2**35  # bytes of all entries of a .keras file
MAX_INFLATION = 100  # ratio of these to the bytes of the .keras file
MAX_SURPLUS = 2  # ratio of the bytes of a model's variables to those of its .keras file's entries

CHUNK = 2**20
# Errors that readers of the standard library and NumPy raise for invalid files; RuntimeError is
# for encrypted entries and deep nesting
UNREADABLE = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError),
    *(RuntimeError, SyntaxError, AssertionError, struct.error, zlib.error, lzma.LZMAError),
    *(zipfile.BadZipFile, tarfile.TarError, tokenize.TokenError, csv.Error),
)


@contextlib.contextmanager
def reading(
    expected: str, path: str | os.PathLike, error: type[KerasGanError] = DataError, advice: str = ""
) -> Iterator[None]:
    """Converts the errors of reading a damaged or unexpected file to the package's errors.

    Args:
        expected: Expected kind of file, such as `"a NumPy file"`.
        path: The file.
        error: Class of the error to raise.
        advice: Sentence that says what to do.

    Raises:
        KerasGanError: Of class `error`; errors of the package itself pass unchanged.

    Example:

        with reading("a zip of images", path):
            file = zipfile.ZipFile(path)
    """
    try:
        yield
    except KerasGanError:
        raise
    except UNREADABLE as cause:
        raise error(
            f"expected {expected} at {path}, but: {first_line(cause)}. {advice}".rstrip()
        ) from cause


def first_line(error: BaseException) -> str:
    """Returns the first line of an error's message, or its class's name without a message."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def read_bounded(file: BinaryIO, limit: int, what: object) -> bytes:
    """Reads the rest of a binary file, chunk by chunk.

    Args:
        file: An open file, such as a `gzip.GzipFile`.
        limit: Maximum number of bytes.
        what: Name of the file, for the error.

    Raises:
        LimitError: For more bytes than the limit.
    """
    parts, size = [], 0
    while part := file.read(CHUNK):
        parts.append(part)
        size += len(part)
        check_size(size, limit, what)
    return b"".join(parts)


def read_text(path: str | os.PathLike, errors: str = "strict") -> str:
    """Reads a UTF-8 text file of at most `MAX_TEXT_BYTES`.

    Args:
        path: The file.
        errors: As in `bytes.decode`.

    Raises:
        LimitError: For a larger file.
    """
    with pathlib.Path(path).open("rb") as file:
        return read_bounded(file, MAX_TEXT_BYTES, path).decode(errors=errors)


def check_size(size: int, limit: int, what: object) -> None:
    """Raises `LimitError` for more bytes than a limit."""
    if size > limit:
        raise LimitError(
            f"expected at most {limit:,} bytes in {what}, got {size:,} or more; "
            "make it smaller, or split it."
        )


def check_pixels(height: int, width: int, pixels: int, what: object) -> None:
    """Raises `LimitError` for an image of more than `MAX_PIXELS`.

    Args:
        height, width: Size of the image.
        pixels: Number of pixels of all frames.
        what: Name of the image, for the error.
    """
    pixels = max(height * width, pixels)
    if pixels > MAX_PIXELS:
        raise LimitError(
            f"expected at most {MAX_PIXELS:,} pixels in {what}, in all frames together, got "
            f"{width}x{height} in its header, {pixels:,} in total; make it smaller."
        )


def check_entry(info: zipfile.ZipInfo, what: object) -> None:
    """Raises `DataError` for a zip entry that is a link, or whose path leaves the zip's folder.

    Args:
        info: A `zipfile.ZipInfo`.
        what: Name of the zip, for the error.
    """
    name = info.filename
    parts = re.split(r"[/\\]", name)
    drive = re.match(r"[A-Za-z]:", name)
    if not parts[0] or ".." in parts or drive or stat.S_ISLNK(info.external_attr >> 16):
        kind = "a link" if stat.S_ISLNK(info.external_attr >> 16) else "a path outside of it"
        raise DataError(
            f"expected only files below the zip's folder in {what}, got {name!r}, {kind}; pack it "
            "again without this entry."
        )
