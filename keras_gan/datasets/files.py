"""Arrays in files: the embedded digits, MNIST's idx format, .npy and .npz."""

import gzip
import importlib.resources
import os
import pathlib
import zipfile

from keras_gan.datasets.source import ArraySource
from keras_gan.errors import DataError

import keras
import numpy as np

SAMPLE_KEYS = ("images", "samples", "x", "x_train")
LABEL_KEYS = ("labels", "y", "y_train")
IDX_SPLITS = {"train": "train", "test": "t10k"}
FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)


def open_digits(name, image_size=None):
    """The 10,000 digits that the package ships (see tools/pack_digits.py)."""
    resource = importlib.resources.files("keras_gan.datasets") / "digits.npz"
    with resource.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        return ArraySource(name, arrays["images"], arrays["labels"], image_size=image_size)


def open_idx(name, image_size=None):
    """`mnist[:SPLIT]` and `fashion_mnist[:SPLIT]`, from idx files or Keras's own download."""
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
    return ArraySource(name, images, labels, names, image_size)


def read_idx(path: pathlib.Path, rank: int):
    """The uint8 array of a gzipped idx file.

    Args:
        path: File.
        rank: Number of axes that it must have.

    Raises:
        DataError: For a missing, truncated or other file.
    """
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"expected a gzipped idx file at {path}, but: {error}.") from error
    sizes = np.frombuffer(content[4 : 4 + 4 * rank], ">u4")
    right = content[:4] == bytes([0, 0, 8, rank]) and len(sizes) == rank
    if not right or len(content) != 4 + 4 * rank + sizes.astype("int64").prod():
        raise DataError(
            f"expected an idx file of uint8 with {rank} axes at {path}, whole; "
            f"got {len(content)} bytes beginning {content[:4].hex()}."
        )
    return np.frombuffer(content, "uint8", offset=4 + 4 * rank).reshape(sizes)


def download(dataset, split):
    """The set as `keras.datasets` fetches it."""
    try:
        train, test = getattr(keras.datasets, dataset).load_data()
    except Exception as error:
        raise DataError(
            f"could not download {dataset}: {error}. Without a network, put its four idx files "
            f"into a folder {dataset} and let the environment variable KERAS_GAN_DATA name the "
            "folder above."
        ) from error
    images, labels = train if split == "train" else test
    return images[..., None], labels


def open_numpy(name, path: pathlib.Path, image_size=None):
    """A `.npy` of samples, or a `.npz` of samples and labels."""
    try:
        content = np.load(path, allow_pickle=False)
        if isinstance(content, np.ndarray):
            return ArraySource(name, content, image_size=image_size)
        with content:
            arrays = {key: content[key] for key in content.files}
    except (OSError, EOFError, zipfile.BadZipFile, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"expected a NumPy file at {path}, but: {error}.") from error
    samples = [arrays[key] for key in SAMPLE_KEYS if key in arrays] or list(arrays.values())
    labels = [arrays[key] for key in LABEL_KEYS if key in arrays]
    if len(samples) != 1 or len(labels) > 1:
        raise DataError(
            f"expected one array of samples in {name} (named {', '.join(SAMPLE_KEYS)}) and at most "
            f"one of labels ({', '.join(LABEL_KEYS)}), got {', '.join(arrays) or 'none'}."
        )
    return ArraySource(name, samples[0], *labels, image_size=image_size)
