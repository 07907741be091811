"""A flag for code that is traced for XLA, which some layers compute differently."""

import contextlib
import contextvars
from collections.abc import Iterator

import tensorflow as tf

_UNDER_XLA = contextvars.ContextVar("under_xla", default=False)


@contextlib.contextmanager
def under_xla(compiled: bool | str) -> Iterator[None]:
    """Sets whether XLA will compile the code that is traced in a `with` block.

    TensorFlow doesn't tell this to a function during tracing.

    Args:
        compiled: Whether XLA will compile the code.
    """
    token = _UNDER_XLA.set(bool(compiled))
    try:
        yield
    finally:
        _UNDER_XLA.reset(token)


def for_xla() -> bool:
    """Returns whether XLA will compile the code that is being traced."""
    return _UNDER_XLA.get()


def for_xla_on_cpu() -> bool:
    """Returns whether XLA will compile the code that is being traced for a CPU."""
    return for_xla() and not tf.config.list_logical_devices("GPU")
