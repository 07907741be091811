"""Sizes in the headers of image files, read before decoding: PNG, JPEG, GIF and BMP.

These are the formats of `tf.io.decode_image`. Only enough of each file is parsed to know how much
memory decoding will take.
"""

import struct

from keras_gan.errors import DataError
from keras_gan.files.limits import check_pixels

SIZELESS_MARKERS = {0x01, *range(0xD0, 0xD9)}
START_OF_SCAN = 0xDA
FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def check_header(content: bytes, what: object) -> None:
    """Checks that an image isn't too large to be decoded.

    Args:
        content: Bytes of the file.
        what: Name of the file, for the error.

    Raises:
        LimitError: For an image that is too large.
        DataError: For an image whose header doesn't state its size.
    """
    size = size_of(content)
    if size is None:
        raise DataError(
            f"expected a PNG, JPEG, GIF or BMP in {what}, got another format or a damaged file."
        )
    check_pixels(*size, what)


def size_of(content: bytes) -> tuple[int, int, int] | None:
    """Reads `(height, width, pixels of all frames)`; returns None without a valid header."""
    readers = {b"\x89PNG": png_size, b"\xff\xd8": jpeg_size, b"GIF8": gif_size, b"BM": bmp_size}
    for magic, read in readers.items():
        if content.startswith(magic):
            try:
                return read(content)
            except (struct.error, IndexError):  # truncated
                return None
    return None


def png_size(content: bytes) -> tuple[int, int, int]:
    """Reads the size from the first chunk."""
    width, height = struct.unpack_from(">II", content, 16)
    return height, width, height * width


def bmp_size(content: bytes) -> tuple[int, int, int]:
    """Reads the size from the header; a negative height means that rows go down."""
    width, height = struct.unpack_from("<ii", content, 18)
    return abs(height), abs(width), abs(height * width)


def jpeg_size(content: bytes) -> tuple[int, int, int]:
    """Reads the size from the largest frame header before the first scan."""
    position, sizes = content.find(b"\xff", 2), []
    while 0 <= position < len(content) - 1 and content[position + 1] != START_OF_SCAN:
        marker = content[position + 1]
        if marker in (0x00, 0xFF, *SIZELESS_MARKERS):
            position = content.find(b"\xff", position + 1)
            continue
        if marker in FRAME_MARKERS:
            sizes.append(struct.unpack_from(">HH", content, position + 5))
        length = struct.unpack_from(">H", content, position + 2)[0]
        position = content.find(b"\xff", position + 2 + length)
    height, width = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
    return height, width, height * width


def gif_size(content: bytes) -> tuple[int, int, int]:
    """Reads the size of the screen and the pixels of all frames, all of which are decoded."""
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    position, pixels = 13 + palette_bytes(flags), 0
    while content[position : position + 1] in (b"!", b","):
        if content[position] == ord("!"):
            position = after_blocks(content, position + 2)
            continue
        *_, frame_width, frame_height, flags = struct.unpack_from("<HHHHB", content, position + 1)
        pixels += frame_width * frame_height
        position = after_blocks(content, position + 11 + palette_bytes(flags))
    return height, width, pixels


def palette_bytes(flags: int) -> int:
    """Returns the number of bytes of the colour table that a GIF's flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def after_blocks(content: bytes, position: int) -> int:
    """Finds the end of a GIF's chain of sub-blocks, or of the file if it is truncated."""
    while position < len(content) and content[position]:
        position += 1 + content[position]
    return position + 1
