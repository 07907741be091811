"""What a file may ask for: the limits, and the reading that keeps to them.

A few bytes can claim gigabytes. So nothing is decompressed, decoded or allocated before its size
is known and within a limit stated here.
"""

import contextlib
import csv
import lzma
import pathlib
import re
import stat
import struct
import tokenize
import zipfile
import zlib

from keras_gan.errors import DataError, KerasGanError, LimitError

MAX_PIXELS = 2**26  # of an image, all frames of a GIF together: 8192x8192
MAX_IMAGE_BYTES = 4 * MAX_PIXELS  # of an image file
MAX_ARRAY_BYTES = 2**32  # of the arrays of a .npy, .npz or idx file, which are held in memory
MAX_TEXT_BYTES = 2**25  # of a JSON or CSV file
MAX_CLASSES = 2**20  # of labels that are numbers
MAX_DEPTH = 50  # of lists and objects of JSON inside each other
MAX_CHECKPOINT_BYTES = 2**35  # of a .keras file's entries together
MAX_INFLATION = 100  # of a .keras file: bytes of its entries for each of its own
MAX_SURPLUS = 2  # of a .keras file: bytes of the model's variables for each of its entries'

CHUNK = 2**20
# What the readers of the standard library and of NumPy raise for a file that isn't what it should
# be; RuntimeError: encrypted entries, nesting too deep
UNREADABLE = (
    *(OSError, EOFError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError),
    *(RuntimeError, SyntaxError, AssertionError, struct.error, zlib.error, lzma.LZMAError),
    *(zipfile.BadZipFile, tokenize.TokenError, csv.Error),
)


@contextlib.contextmanager
def reading(expected, path, error=DataError, advice=""):
    """Turns what a damaged or foreign file raises into one of the package's errors.

    Args:
        expected: What the file should be, such as `"a NumPy file"`.
        path: The file.
        error: The class of the error.
        advice: What to do, a sentence.

    Raises:
        KerasGanError: Of the class `error`; those of the package's own pass.

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
    """Returns the first line of what an error says; its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def read_bounded(file, limit: int, what) -> bytes:
    """Reads all that is left in a binary file, a chunk at a time.

    Args:
        file: An open file, such as a `gzip.GzipFile`.
        limit: Most bytes.
        what: Its name for the error.

    Raises:
        LimitError: For more bytes than the limit.
    """
    parts, size = [], 0
    while part := file.read(CHUNK):
        parts.append(part)
        size += len(part)
        check_size(size, limit, what)
    return b"".join(parts)


def read_text(path, errors="strict") -> str:
    """Reads a text file in UTF-8 of at most `MAX_TEXT_BYTES`.

    Args:
        path: The file.
        errors: As in `bytes.decode`.

    Raises:
        LimitError: For a larger one.
    """
    with pathlib.Path(path).open("rb") as file:
        return read_bounded(file, MAX_TEXT_BYTES, path).decode(errors=errors)


def check_size(size, limit, what):
    """Raises `LimitError` for more bytes than a limit."""
    if size > limit:
        raise LimitError(
            f"expected at most {limit:,} bytes in {what}, got {size:,} or more; "
            "make it smaller, or split it."
        )


def check_pixels(height, width, pixels, what):
    """Raises `LimitError` for an image of more than `MAX_PIXELS`.

    Args:
        height, width: Its size.
        pixels: Of all its frames together.
        what: Its name for the error.
    """
    pixels = max(height * width, pixels)
    if pixels > MAX_PIXELS:
        raise LimitError(
            f"expected at most {MAX_PIXELS:,} pixels in {what}, all frames together; "
            f"its header says {width}x{height}, {pixels:,} in all. Make it smaller."
        )


def check_entry(info, what):
    """Raises `DataError` for a zip entry that isn't a file in its zip's folder.

    Args:
        info: A `zipfile.ZipInfo`.
        what: The zip's name for the error.
    """
    name = info.filename
    parts = re.split(r"[/\\]", name)
    drive = re.match(r"[A-Za-z]:", name)
    if not parts[0] or ".." in parts or drive or stat.S_ISLNK(info.external_attr >> 16):
        kind = "a link" if stat.S_ISLNK(info.external_attr >> 16) else "a way out of it"
        raise DataError(
            f"expected only files that lie below the zip's own folder in {what}, got {name!r}, "
            f"{kind}; pack it again without."
        )
