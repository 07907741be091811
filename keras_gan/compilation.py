"""Compilation target of traced code, by which some layers choose their operations."""

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

ANYTHING, TENSORFLOW, XLA = "anything", "tensorflow", "xla"
_TARGET = contextvars.ContextVar("target", default=ANYTHING)


@contextlib.contextmanager
def in_this_process(jit_compile: bool | str) -> Iterator[None]:
    """Says that code traced in a `with` block is run by TensorFlow in this process.

    Other code may be exported and run by anything. TensorFlow doesn't tell a function during
    tracing whether XLA will compile it.

    Args:
        jit_compile: Whether XLA will compile the code, as in `keras.Model.compile`.
    """
    token = _TARGET.set(XLA if jit_compile else TENSORFLOW)
    try:
        yield
    finally:
        _TARGET.reset(token)


def for_xla() -> bool:
    """Returns whether XLA will compile the code that is being traced."""
    return _TARGET.get() == XLA


def for_xla_on_cpu() -> bool:
    """Returns whether XLA will compile the code that is being traced for a CPU."""
    return for_xla() and not tf.config.list_logical_devices("GPU")


def for_tensorflow_on_cpu() -> bool:
    """Returns whether TensorFlow will run the code that is being traced on a CPU, without XLA."""
    return _TARGET.get() == TENSORFLOW and not tf.config.list_logical_devices("GPU")


def run_after(data: Any) -> contextlib.AbstractContextManager:
    """Makes the operations of a block run after a batch has been read.

    A graph runs whatever doesn't use the batch at the same time as it reads it, also where the data
    have ended: without this, each end of data of unknown length would count as a step.

    Args:
        data: Nest of the batch's tensors.
    """
    return tf.control_dependencies([x for x in tf.nest.flatten(data) if tf.is_tensor(x)])
