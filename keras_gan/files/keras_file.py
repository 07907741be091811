"""`.keras` files: sealed, so that they tell if they are damaged, and read without any code in them.

Others may have made them: a file gets no more memory than its bytes account for.
"""

import hashlib
import json
import math
import os
import pathlib
import zipfile

from keras_gan.errors import DataError, KerasGanError, LimitError
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write

import keras
import tensorflow as tf

SEAL = b"keras_gan sha256 "
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # a zip's earliest date
CHUNK = 1 << 20
SLACK = 2**20  # bytes of variables that no file holds, such as those of metrics


def save_model(model: keras.Model, path: str | os.PathLike):
    """Saves a model, sealed, as by `atomic_write`.

    Equal models give equal bytes: the file says nothing of when it was saved.

    Args:
        model: A Keras model.
        path: The `.keras` file; its folder is made.
    """
    with atomic_write(path) as new:
        saved = new.with_suffix(".saved.keras")
        try:
            model.save(saved)
            pack_sealed(saved, new)
        finally:
            saved.unlink(missing_ok=True)


def pack_sealed(saved, path):
    """Copies a `.keras` file without its dates, with the SHA-256 of its bytes as zip comment.

    Args:
        saved: What `keras.Model.save` wrote.
        path: The file to write.
    """
    with zipfile.ZipFile(saved) as source, zipfile.ZipFile(path, "w") as target:
        target.comment = SEAL + b"0" * 64
        for entry in source.infolist():
            with (
                source.open(entry) as file,
                target.open(zipfile.ZipInfo(entry.filename, LONG_AGO), "w", force_zip64=True) as to,
            ):
                if entry.filename == "metadata.json":
                    to.write(without_date(file.read()))
                    continue
                while chunk := file.read(CHUNK):
                    to.write(chunk)
    seal = hash_of(path)
    with path.open("r+b") as file:
        file.seek(-64, os.SEEK_END)
        file.write(seal.encode())


def without_date(metadata):
    """Returns Keras's metadata of a saved model without the time of saving."""
    kept = {key: value for key, value in json.loads(metadata).items() if key != "date_saved"}
    return json.dumps(kept).encode()


def hash_of(path):
    """Computes the SHA-256, in hexadecimal, of a sealed file's bytes before its last 64."""
    digest, left = hashlib.sha256(), path.stat().st_size - 64
    with path.open("rb") as file:
        while left > 0 and (chunk := file.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.hexdigest()


def is_intact(path: str | os.PathLike) -> bool:
    """Returns whether a file is as `save_model` left it, bit for bit.

    Args:
        path: The `.keras` file.
    """
    path = pathlib.Path(path)
    length = len(SEAL) + 64
    if path.stat().st_size < length:
        return False
    with path.open("rb") as file:
        file.seek(-length, os.SEEK_END)
        comment = file.read()
    return comment.startswith(SEAL) and comment[-64:] == hash_of(path).encode()


def load_model(path: str | os.PathLike) -> keras.Model:
    """Loads a model, within stated limits and without any code in it.

    A GAN comes back with its optimizers and counters, so that `fit` goes on bit for bit. Others may
    have made the file: `keras.models.load_model` loads it too, but has no limits.

    Args:
        path: The `.keras` file.

    Returns:
        The model, such as a `keras_gan.GAN`.

    Raises:
        DataError: For a file that can't be read as a model, or that holds code.
        LimitError: For entries, or variables of the model, beyond `keras_gan.files.limits`.

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
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(
            f"could not read a model from {path}: {reason}. If it is damaged, remove it."
        ) from error


def check_entries(path):
    """Checks that the entries of a `.keras` file are files of bounded size.

    Returns:
        Their bytes together.

    Raises:
        DataError: For a file that is no zip, or an entry that isn't a file below its folder.
        LimitError: For entries that are too large.
    """
    path = pathlib.Path(path)
    with limits.reading("a .keras file", path), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    for info in entries:
        limits.check_entry(info, path)
        if info.filename.endswith(".json"):
            limits.check_size(info.file_size, limits.MAX_TEXT_BYTES, f"{info.filename} of {path}")
    size = sum(info.file_size for info in entries)
    most = min(limits.MAX_CHECKPOINT_BYTES, limits.MAX_INFLATION * path.stat().st_size)
    limits.check_size(size, most, f"the entries of {path}")
    return size


class VariableLimit:
    """Refuses variables before they are made, once all together pass a number of bytes.

    A width of 10,000 takes five characters of a file, and gigabytes of memory.

    Args:
        most: Bytes.
        path: The file, for the error.
    """

    def __init__(self, most, path):
        self.most, self.path, self.bytes = most, path, 0

    def __call__(self, create, **options):
        """Creates a variable, as `tf.variable_creator_scope` asks for it."""
        self.bytes += bytes_of(options["initial_value"])
        if self.bytes > self.most:
            raise LimitError(
                f"expected a model of at most {self.most:,} bytes in {self.path}, as many as its "
                "entries account for; its settings say more. Don't load it."
            )
        return create(**options)


def bytes_of(value):
    """Returns the bytes of a variable's first value, or of what its initializer returns."""
    if callable(value):  # traced, which tells the shape without the memory
        value = tf.function(value, autograph=False).get_concrete_function().structured_outputs
    else:
        value = tf.convert_to_tensor(value)
    return math.prod(value.shape) * value.dtype.size
