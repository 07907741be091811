"""Grids of images as PNG, with zlib at its fastest level and no other library."""

import math
import struct
import zlib

import numpy as np

COLOR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def grid(images: np.ndarray) -> np.ndarray:
    """Arranges images in a grid, as `keras_gan.pictures.grid` does; empty cells are black.

    Args:
        images: uint8 `(count, height, width, channels)`.

    Returns:
        uint8 `(rows * height, columns * width, channels)`.
    """
    count, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    table = np.zeros((rows * columns, height, width, channels), np.uint8)
    table[:count] = images
    table = table.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return table.reshape(rows * height, columns * width, channels)


def png(image: np.ndarray) -> bytes:
    """Encodes a uint8 image `(height, width, 1 to 4)` as PNG."""
    height, width, channels = image.shape
    header = struct.pack(">2I5B", width, height, 8, COLOR_TYPES[channels], 0, 0, 0)
    lines = np.zeros((height, 1 + width * channels), np.uint8)  # each starts with filter 0, none
    lines[:, 1:] = image.reshape(height, -1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*pair) for pair in chunks)


def chunk(kind: bytes, content: bytes) -> bytes:
    """Returns a chunk with its length and checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
