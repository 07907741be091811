"""Models from files that others may have made: no code, no more memory than they account for."""

import math
import pathlib
import zipfile

from keras_gan import limits
from keras_gan.errors import LimitError

import keras
import tensorflow as tf

SLACK = 2**20  # bytes of variables that no file holds, such as those of metrics


def load_model(path):
    """The model of a `.keras` file.

    Args:
        path: The file.

    Raises:
        DataError: For a file that isn't a zip of files.
        LimitError: For entries, or variables of the model, beyond `keras_gan.limits`.
        Exception: Of many kinds, from Keras, for one that holds code or no model.
    """
    held = check_entries(path)
    with tf.variable_creator_scope(VariableLimit(limits.MAX_SURPLUS * held + SLACK, path)):
        return keras.models.load_model(path, safe_mode=True)


def check_entries(path):
    """Sees that the entries of a `.keras` file are files of bounded size.

    Returns:
        Their bytes together.
    """
    path = pathlib.Path(path)
    with limits.reading("a .keras file", path), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    for info in entries:
        limits.check_entry(info, path)
        if info.filename.endswith(".json"):
            limits.check_size(info.file_size, limits.MAX_TEXT_BYTES, f"{info.filename} of {path}")
    held = sum(info.file_size for info in entries)
    most = min(limits.MAX_CHECKPOINT_BYTES, limits.MAX_INFLATION * path.stat().st_size)
    limits.check_size(held, most, f"the entries of {path}")
    return held


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
        """A variable, as `tf.variable_creator_scope` asks for it."""
        self.bytes += bytes_of(options["initial_value"])
        if self.bytes > self.most:
            raise LimitError(
                f"expected a model of at most {self.most:,} bytes in {self.path}, as many as its "
                "entries account for; its settings say more. Don't load it."
            )
        return create(**options)


def bytes_of(value):
    """The bytes of a variable's first value, or of what a function makes of nothing for it."""
    if callable(value):  # traced, which tells the shape without the memory
        value = tf.function(value, autograph=False).get_concrete_function().structured_outputs
    else:
        value = tf.convert_to_tensor(value)
    return math.prod(value.shape) * value.dtype.size
