"""Picture files, and folders and zips of them, for the tests of data sets."""

import io
import zipfile

from keras_gan import datasets

import numpy as np
import pillow_heif
from PIL import Image

ORIENTATION = 0x0112
LOSSLESS = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95, "subsampling": 0}}


def picture(height=96, width=144, seed=0):
    """Returns a smooth RGB picture that differs from itself mirrored and turned."""
    random = np.random.default_rng(seed).integers(64, 192, (2, 3, 3), "uint8")
    return Image.fromarray(random).resize((width, height), Image.Resampling.BICUBIC)


def encode(image, kind, orientation=None, **options):
    """Returns the bytes of an image file."""
    exif = Image.Exif()
    if orientation is not None:
        exif[ORIENTATION] = orientation
    buffer = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(buffer, exif=exif.tobytes(), quality=95)
    elif orientation is None:
        image.save(buffer, kind, **options)
    else:
        exif = exif if kind == "TIFF" else exif.tobytes()
        image.save(buffer, kind, exif=exif, **LOSSLESS.get(kind, {}), **options)
    return buffer.getvalue()


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def array(image):
    """Returns a uint8 array of samples in [-1, 1]."""
    return np.rint((np.asarray(image) + 1) * 127.5).astype("uint8")


def all_samples(source):
    return next(iter(source.to_dataset(len(source), shuffle=False))).numpy()


def archived(folder):
    """Zips a folder."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder).as_posix())
    return path


def both(folder, image_size=None):
    """Opens a folder, and a zip of it."""
    return [datasets.open_source(path, image_size) for path in (folder, archived(folder))]


def write_image(path, size=(8, 8), mode="RGB", value=128):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value if mode == "L" else (value,) * len(mode)).save(path)


def write_folder(folder, classes=("ant", "bee"), count=6, **image):
    """Writes PNG files, each with its own grey value."""
    for label, name in enumerate(classes):
        for index in range(count):
            write_image(folder / name / f"{index}.png", value=20 * label + index, **image)
