"""Whether XLA will compile what is being traced, for layers that are computed otherwise then."""

import contextlib
import contextvars

import tensorflow as tf

_UNDER_XLA = contextvars.ContextVar("under_xla", default=False)


@contextlib.contextmanager
def under_xla(compiled):
    """While it lasts, what is traced will be compiled by XLA, or not.

    TensorFlow itself doesn't tell a function that is being traced.

    Args:
        compiled: Whether it will.
    """
    token = _UNDER_XLA.set(bool(compiled))
    try:
        yield
    finally:
        _UNDER_XLA.reset(token)


def for_xla():
    """Whether what is being traced will be compiled by XLA."""
    return _UNDER_XLA.get()


def for_xla_on_cpu():
    """Whether what is being traced will be compiled by XLA for a processor."""
    return for_xla() and not tf.config.list_logical_devices("GPU")
