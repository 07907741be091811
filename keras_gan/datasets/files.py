"""Arrays in files: the bundled digits, MNIST's idx format, .npy and .npz."""

import gzip
import importlib.resources
import math
import os
import pathlib
import struct
import zipfile
from typing import BinaryIO

from keras_gan import media
from keras_gan.datasets.arrays import ArraySource
from keras_gan.errors import DataError
from keras_gan.files import limits

import keras
import numpy as np

SAMPLE_KEYS = ("images", "samples", "x", "x_train")
LABEL_KEYS = ("labels", "y", "y_train")
IDX_SPLITS = {"train": "train", "test": "t10k"}
FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


def open_digits(name: str) -> ArraySource:
    """Opens the 10,000 bundled digits (see tools/pack_digits.py)."""
    resource = importlib.resources.files("keras_gan.datasets") / "digits.npz"
    with resource.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return ArraySource(name, arrays["images"], arrays["labels"])


def open_idx(name: str) -> ArraySource:
    """Opens `mnist[:SPLIT]` or `fashion_mnist[:SPLIT]`, from idx files or by Keras's download."""
    dataset, _, split = name.partition(":")
    split = split or "train"
    if split not in IDX_SPLITS:
        raise DataError(f"expected {dataset}:train or {dataset}:test, got {name!r}.")
    folder = pathlib.Path(os.environ.get("KERAS_GAN_DATA", "")) / dataset
    if "KERAS_GAN_DATA" in os.environ and folder.is_dir():
        images = read_idx(folder / f"{IDX_SPLITS[split]}-images-idx3-ubyte.gz", 3)[..., None]
        labels = read_idx(folder / f"{IDX_SPLITS[split]}-labels-idx1-ubyte.gz", 1)
    else:
        images, labels = download(dataset, split)
    names = FASHION_CLASSES if dataset == "fashion_mnist" else None
    return ArraySource(name, images, labels, names)


def read_idx(path: pathlib.Path, rank: int) -> np.ndarray:
    """Reads the uint8 array of a gzipped idx file.

    Args:
        path: The file.
        rank: Expected number of axes.

    Raises:
        DataError: For a file that is missing, truncated, too large or of another format.
    """
    with limits.reading("a gzipped idx file", path), gzip.open(path) as file:
        content = limits.read_bounded(file, limits.MAX_ARRAY_BYTES, path)
    has_header = content[:4] == bytes([0, 0, 8, rank]) and len(content) >= 4 + 4 * rank
    sizes = struct.unpack_from(f">{rank}I", content, 4) if has_header else ()
    if not has_header or len(content) != 4 + 4 * rank + math.prod(sizes):
        raise DataError(
            f"expected a complete idx file of uint8 with {rank} axes at {path}, "
            f"got {len(content)} bytes beginning {content[:4].hex()}."
        )
    return np.frombuffer(content, "uint8", offset=4 + 4 * rank).reshape(sizes)


def download(dataset: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Downloads a split of a set with `keras.datasets`."""
    try:
        train, test = getattr(keras.datasets, dataset).load_data()
    except Exception as error:
        raise DataError(
            f"could not download {dataset}: {error}. Without a network, put its four idx files "
            f"into a folder {dataset} and set the environment variable KERAS_GAN_DATA to the "
            "folder above."
        ) from error
    images, labels = train if split == "train" else test
    return images[..., None], labels


def open_numpy(name: str, path: pathlib.Path, medium: media.Medium | None = None) -> ArraySource:
    """Opens a `.npy` file of samples or a `.npz` of samples and labels; arguments as in `load`."""
    with limits.reading("a NumPy file", path):
        arrays = read_npz(path) if zipfile.is_zipfile(path) else {"samples": read_npy(path)}
    samples = [arrays[key] for key in SAMPLE_KEYS if key in arrays] or list(arrays.values())
    labels = [arrays[key] for key in LABEL_KEYS if key in arrays]
    if len(samples) != 1 or len(labels) > 1:
        raise DataError(
            f"expected one array of samples in {name} (named {', '.join(SAMPLE_KEYS)}) and at most "
            f"one of labels ({', '.join(LABEL_KEYS)}), got {', '.join(arrays) or 'none'}."
        )
    return ArraySource(name, samples[0], *labels, medium=medium)


def read_npy(path: pathlib.Path) -> np.ndarray:
    """Reads the array of a `.npy` file."""
    with path.open("rb") as file:
        check_array(file, path.stat().st_size, path)
        return np.load(path, allow_pickle=False)


def read_npz(path: pathlib.Path) -> dict[str, np.ndarray]:
    """Reads the arrays of a `.npz` file, by name."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        total = sum(info.file_size for info in entries)
        limits.check_size(total, limits.MAX_ARRAY_BYTES, f"the arrays of {path}")
        for info in entries:
            with archive.open(info) as file:
                check_array(file, info.file_size, f"{info.filename} of {path}")
    with np.load(path, allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}


def check_array(file: BinaryIO, size: int, what: str) -> None:
    """Raises `DataError` for a `.npy` file whose header and content differ in size.

    Args:
        file: The open file.
        size: Number of bytes in the file.
        what: Name of the file, for the error.
    """
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read_header = np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    expected, actual = math.prod(shape) * dtype.itemsize, size - file.tell()
    limits.check_size(expected, limits.MAX_ARRAY_BYTES, what)
    if min((0, *shape)) < 0 or (expected != actual and not dtype.hasobject):
        raise DataError(
            f"expected a complete array in {what}: its header says {expected:,} bytes (an array of "
            f"{shape}, {dtype}), got {actual:,}; write it again."
        )
