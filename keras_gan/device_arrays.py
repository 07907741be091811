"""Data that lie on the device, where a step gathers its batch by index."""

import dataclasses
from collections.abc import Callable
from typing import Any

from keras_gan import machine
from keras_gan.errors import ConfigError

import numpy as np
import tensorflow as tf

AUTO, LARGEST_SHARE = "auto", 0.25  # of a GPU's memory


@dataclasses.dataclass(frozen=True)
class IndexedData:
    """Data whose batches a step can gather by index.

    Attributes:
        indices: Step-addressed dataset of `(batch,)` int64 indices, in the order of the batches.
        num_bytes: Size of all arrays.
        read: Function that returns the arrays, a nest with the structure of a batch.
    """

    indices: tf.data.Dataset
    num_bytes: int
    read: Callable[[], Any]


def belongs_on_device(data: IndexedData | None, choice: bool | str) -> bool:
    """Returns whether data should lie on the device.

    Args:
        data: The `IndexedData`; None for data that can't be read by index.
        choice: True, False, or `"auto"`: on a GPU, if the data take less than a quarter of its
            memory.

    Raises:
        ConfigError: For another choice, or True for data that can't be read by index.
    """
    check_choice(choice)
    if choice != AUTO and choice and data is None:
        raise ConfigError(
            "expected arrays or a data set of keras_gan.datasets for data_on_device=True, got "
            "data that can't be read by index; leave it out."
        )
    if choice != AUTO or data is None:
        return choice != AUTO and bool(choice)
    memory = machine.gpu_memory()
    return memory is not None and data.num_bytes < LARGEST_SHARE * memory


def check_choice(choice: bool | str) -> None:
    """Raises `ConfigError` unless a `data_on_device` is True, False or `"auto"`."""
    if not isinstance(choice, bool | np.bool_) and choice != AUTO:
        raise ConfigError(f"expected data_on_device True, False or 'auto', got {choice!r}.")


class DeviceArrays:
    """Arrays on the device from which a compiled step gathers rows.

    They are variables of any length, so that a step compiled for some arrays serves others.

    Args:
        arrays: Nest of tensors, whose structure, dtypes and shapes without the first axis all later
            arrays share.
    """

    def __init__(self, arrays: Any):
        self.specs = specs_of(arrays)
        self._variables = tf.nest.map_structure(make_variable, arrays)

    def fill(self, arrays: Any) -> None:
        """Copies arrays to the device."""
        tf.nest.map_structure(assign, self._variables, arrays)

    def clear(self) -> None:
        """Frees the memory."""
        self.fill(tf.nest.map_structure(empty, self.specs))

    def gather(self, indices: tf.Tensor) -> Any:
        """Returns the rows at `(batch,)` indices, a nest of tensors."""
        return gather_rows(tf.nest.map_structure(tf.convert_to_tensor, self._variables), indices)


def can_hold(held: DeviceArrays | None, arrays: Any) -> bool:
    """Returns whether a `DeviceArrays` can hold these arrays; None holds None."""
    if held is None or arrays is None:
        return held is arrays
    return held.specs == specs_of(arrays)


def specs_of(arrays: Any) -> Any:
    """Returns dtype and shape without the first axis of each array, as a nest."""
    return tf.nest.map_structure(lambda x: tf.TensorSpec((None, *x.shape[1:]), x.dtype), arrays)


def make_variable(array: tf.Tensor) -> tf.Variable:
    """Makes an empty variable for arrays like this one."""
    rows = empty(array)
    rows = tf.cast(rows, tf.int64) if rows.dtype == tf.int32 else rows  # int32 stays on the host
    return tf.Variable(rows, trainable=False, shape=(None, *rows.shape[1:]))


def empty(array: tf.Tensor | tf.TensorSpec) -> tf.Tensor:
    """Returns an array of no rows with the same dtype and shape otherwise."""
    return tf.zeros((0, *array.shape[1:]), array.dtype)


def assign(variable: tf.Variable, array: tf.Tensor) -> None:
    """Assigns an array to a variable of `make_variable`."""
    variable.assign(tf.cast(array, variable.dtype), read_value=False)


@tf.function(jit_compile=True)  # TensorFlow's own kernels gather no integers on a GPU
def gather_rows(arrays: Any, indices: tf.Tensor) -> Any:
    """Returns the rows of arrays at `(batch,)` indices."""
    return tf.nest.map_structure(lambda array: tf.gather(array, indices), arrays)
