"""The sizes that image files state before they are decoded: PNG, JPEG, GIF and BMP.

TensorFlow decodes what `tf.io.decode_image` knows; this reads only as much of each format as tells
how much memory that will take.
"""

import struct

from keras_gan.errors import DataError
from keras_gan.files.limits import check_pixels

SIZELESS_MARKERS = {0x01, *range(0xD0, 0xD9)}
START_OF_SCAN = 0xDA
FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def check_header(content, what):
    """Checks that an image isn't too large to be decoded.

    Args:
        content: Bytes of the file.
        what: Its name for the error.

    Raises:
        LimitError: For one that is too large.
        DataError: For one whose header doesn't say how large it is.
    """
    size = size_of(content)
    if size is None:
        raise DataError(f"expected a PNG, JPEG, GIF or BMP in {what}, got another or a torn file.")
    check_pixels(*size, what)


def size_of(content):
    """Reads `(height, width, pixels of all frames)`; None where no header says it."""
    readers = {b"\x89PNG": png_size, b"\xff\xd8": jpeg_size, b"GIF8": gif_size, b"BM": bmp_size}
    for magic, read in readers.items():
        if content.startswith(magic):
            try:
                return read(content)
            except (struct.error, IndexError):  # it ends too early to be decoded
                return None
    return None


def png_size(content):
    """Reads the size in the first chunk."""
    width, height = struct.unpack_from(">II", content, 16)
    return height, width, height * width


def bmp_size(content):
    """Reads the size in the header; a negative height tells that rows go down."""
    width, height = struct.unpack_from("<ii", content, 18)
    return abs(height), abs(width), abs(height * width)


def jpeg_size(content):
    """Reads the size in the frame header, the largest of several before the first scan."""
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


def gif_size(content):
    """Reads the size of the screen and that of all frames: TensorFlow unpacks each of them."""
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


def palette_bytes(flags):
    """Returns the bytes of the colour table that a GIF's flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def after_blocks(content, position):
    """Finds the end of a GIF's chain of sub-blocks; the file's end where it is cut."""
    while position < len(content) and content[position]:
        position += 1 + content[position]
    return position + 1
