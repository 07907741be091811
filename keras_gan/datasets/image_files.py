"""Opening of image files of any format, upright, for TensorFlow's decoder.

TensorFlow decodes JPEG, PNG, GIF and BMP, ignores the orientation in their metadata, and cuts 16
bits to 8. Here, files that it would decode as they should look pass unchanged; Pillow opens all
others, and they become BMP or PNG files. Every image file that the package reads comes through
`open_image`.
"""

import contextlib
import io
import struct
from collections.abc import Iterator
from typing import NamedTuple

from keras_gan.errors import DataError, KerasGanError, LimitError, missing_extra
from keras_gan.files.image_headers import check_header
from keras_gan.files.limits import check_pixels, first_line

import numpy as np
import tensorflow as tf
from PIL import Image

PNG_MAGIC, JPEG_MAGIC = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
WITH_SIZE_FIRST = (PNG_MAGIC[:4], JPEG_MAGIC[:2], b"GIF8", b"BM")  # see `check_header`
# Others, such as EPS, start external programs or can't be told from their first bytes.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "AVIF", "TIFF", "JPEG2000", "PPM", "QOI")
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".bmp", ".webp", ".avif", ".tif", ".tiff"),
    *(".heic", ".heif", ".hif", ".jp2", ".ppm", ".pgm", ".pbm", ".pnm", ".qoi"),
)
AVIF_BRANDS = {b"avif", b"avis"}
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1"}
# Metadata that may hold an orientation: EXIF, Adobe's XMP, and EXIF as older programs write it
JPEG_METADATA = (b"Exif\0", b"tiff:Orientation")
PNG_METADATA = (b"eXIf", b"tiff:Orientation", b"Raw profile type", b"acTL", b"tRNS")
BIT_DEPTH = 24  # its place in a PNG file
ORIENTATION = 0x0112  # its tag in EXIF
TURNS = {  # orientation -> what makes an array `(height, width, ...)` upright
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: image.swapaxes(0, 1)[:, ::-1],
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: lambda image: image.swapaxes(0, 1)[::-1],
}
ANIMATED, DEEP = "animated or of several pages: the first frame is read", "of 16 bits, read as 8"
JPEGS = {"JPEG", "MPO"}  # an MPO is a JPEG, and its other frames are previews and the like
MODES = {  # Pillow's mode -> the one to read; other modes become RGB
    **{mode: mode for mode in ("L", "LA", "RGB", "RGBA")},
    **{"1": "L", "PA": "RGBA", "La": "LA", "RGBa": "RGBA"},
}


class UnsupportedError(DataError):
    """An intact image that can't be read, for a reason that its owner can mend."""


class ImageFile(NamedTuple):
    """An image file that TensorFlow decodes as it should look.

    Attributes:
        content: Bytes of a JPEG, PNG or BMP.
        shape: Height, width and channels, if the image was decoded to turn or convert it.
        notes: What the user may want to know of how the original was read, `ANIMATED` or `DEEP`.
    """

    content: bytes
    shape: tuple[int, int, int] | None = None
    notes: tuple[str, ...] = ()


def open_image(content: bytes, what: object) -> ImageFile:
    """Opens an image file by its bytes, whatever its suffix says.

    Args:
        content: Bytes of a file of one of `FORMATS`, or of a HEIC.
        what: Name of the file, for errors.

    Returns:
        An `ImageFile`, upright, with 8 bits per channel. It's the file itself where TensorFlow
        decodes that alike.

    Raises:
        LimitError: For an image that is too large.
        DataError: For another format, or a damaged file; TensorFlow finds other damage.
        UnsupportedError: For values of an unknown range, or a HEIC without the extra `heic`.
    """
    if content.startswith(WITH_SIZE_FIRST):
        check_header(content, what)
    if is_plain(content):
        return ImageFile(content)
    with opened(content, what) as image:
        check_pixels(image.height, image.width, image.height * image.width, what)
        if image.format in JPEGS and orientation_of(image) == 1:
            return ImageFile(content)
        image.load()
        notes = notes_of(image, content)
        pixels = to_pixels(image, content, what)
        pixels = TURNS.get(orientation_of(image), np.asarray)(pixels)
    pixels = np.atleast_3d(pixels)
    return ImageFile(encode(pixels), pixels.shape, notes)


def is_plain(content: bytes) -> bool:
    """Returns whether TensorFlow decodes a file as it should look, by a quick look at it."""
    if content.startswith(JPEG_MAGIC):
        return not any(word in content for word in JPEG_METADATA)
    if content.startswith(PNG_MAGIC):
        has_metadata = any(word in content for word in PNG_METADATA)
        return content[BIT_DEPTH : BIT_DEPTH + 1] != b"\x10" and not has_metadata
    return False


@contextlib.contextmanager
def opened(content: bytes, what: object) -> Iterator[Image.Image]:
    """Opens a file with Pillow, or a HEIC with pillow-heif; inside, their errors are converted."""
    try:
        with open_heic(content, what) if is_heic(content) else open_other(content) as image:
            yield image
    except KerasGanError:
        raise
    except Image.UnidentifiedImageError:
        raise DataError(
            f"expected an image ({', '.join(FORMATS)} or HEIC) in {what}, got another format or a "
            "damaged file."
        ) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise LimitError(f"expected a smaller image in {what}: {error}") from error
    except Exception as error:  # Pillow's readers raise errors of many kinds
        raise DataError(
            f"expected a complete image in {what}, but: {first_line(error)}; restore it."
        ) from error


def open_other(content: bytes) -> Image.Image:
    """Opens a file of one of `FORMATS`."""
    return Image.open(io.BytesIO(content), formats=FORMATS)


def is_heic(content: bytes) -> bool:
    """Returns whether the brands at a file's beginning are a HEIC's, and not an AVIF's."""
    if content[4:8] != b"ftyp" or len(content) < 16:
        return False
    box = content[: min(struct.unpack(">I", content[:4])[0], 256)]
    brands = {box[8:12], *(box[start : start + 4] for start in range(16, len(box), 4))}
    return bool(brands & HEIC_BRANDS) and not brands & AVIF_BRANDS


def open_heic(content: bytes, what: object) -> Image.Image:
    """Opens a HEIC, upright; raises `UnsupportedError` without pillow-heif."""
    try:
        import pillow_heif
    except ImportError as error:
        purpose = f"to read a HEIC, {what}"
        raise UnsupportedError(missing_extra("heic", purpose, error)) from error
    file = pillow_heif.open_heif(io.BytesIO(content))
    width, height = file.size
    check_pixels(height, width, height * width, what)
    return file.to_pillow()


def orientation_of(image: Image.Image) -> int:
    """Returns the orientation in an image's metadata, 1 (upright) to 8; 1 if they are damaged.

    Pillow itself turns a TIFF, and clears its orientation, when it is loaded.
    """
    try:
        return image.getexif().get(ORIENTATION, 1)
    except Exception:  # Pillow's readers raise errors of many kinds
        return 1


def notes_of(image: Image.Image, content: bytes) -> tuple[str, ...]:
    """Returns the notes of an `ImageFile`."""
    is_animated = getattr(image, "is_animated", False) and image.format not in JPEGS
    is_deep = image.mode.startswith("I") or is_deep_png(content)
    return (ANIMATED,) * is_animated + (DEEP,) * is_deep


def is_deep_png(content: bytes) -> bool:
    """Returns whether a file is a PNG of 16 bits."""
    return content.startswith(PNG_MAGIC) and content[BIT_DEPTH] == 16


def to_pixels(image: Image.Image, content: bytes, what: object) -> np.ndarray:
    """Returns a loaded image as uint8 `(height, width[, channels])`: grey or RGB, maybe with alpha.

    Whole ranges are scaled: 16 bits from 0 to 65,535, floats from 0 to 1.
    """
    if is_deep_png(content):  # Pillow cuts colours to 8 bits
        return from_16_bits(tf.io.decode_png(content, dtype=tf.uint16).numpy())
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PPM"):
        return from_16_bits(np.asarray(image))
    if image.mode == "F":
        return from_floats(np.asarray(image), what)
    if image.mode == "I":
        raise UnsupportedError(
            f"expected pixels of 8 or 16 bits, or floats from 0 to 1, in {what}, got integers of "
            "32 bits, whose range is unknown; convert it."
        )
    mode = MODES.get(image.mode, "RGB")
    if image.has_transparency_data and mode in ("L", "RGB"):
        mode = "LA" if mode == "L" else "RGBA"
    return np.asarray(image.convert(mode))


def from_16_bits(pixels: np.ndarray) -> np.ndarray:
    """Rounds integers from 0 to 65,535 to uint8."""
    return ((pixels.astype("uint32") + 128) // 257).astype("uint8")


def from_floats(pixels: np.ndarray, what: object) -> np.ndarray:
    """Rounds floats from 0 to 1 to uint8; raises `UnsupportedError` for others."""
    if not (pixels.min() >= 0 and pixels.max() <= 1):  # NaN, too
        raise UnsupportedError(
            f"expected floats from 0 to 1 in {what}, got {pixels.min():g} to {pixels.max():g}; "
            "scale them, or save it with 8 or 16 bits."
        )
    return np.rint(pixels * 255).astype("uint8")


def encode(pixels: np.ndarray) -> bytes:
    """Encodes uint8 `(height, width, channels)` quickly: as a BMP, or a PNG for grey with alpha.

    A photograph of 12 megapixels takes 0.1 s as a BMP, and a second as a PNG.
    """
    channels, buffer = pixels.shape[2], io.BytesIO()
    pixels, kind = pixels[..., 0] if channels == 1 else pixels, "PNG" if channels == 2 else "BMP"
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, kind)
    return buffer.getvalue()
