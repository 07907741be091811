"""Compilation target of traced code, by which some layers choose their operations."""

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

TENSORFLOW, XLA, XLA_BY_NETWORK = "tensorflow", "xla", "xla by network"
CPU, GPU = "cpu", "gpu"
_TARGET = contextvars.ContextVar("target", default=None)  # (compiler, device)


@contextlib.contextmanager
def for_target(compiler: str, device: str) -> Iterator[None]:
    """Says what compiles and runs the code that is traced in a `with` block.

    Code outside of such a block may be exported and run by anything. Of nested blocks the outermost
    counts, so that a step can be exported for another device than that of this process.

    Args:
        compiler: `TENSORFLOW`, `XLA`, or `XLA_BY_NETWORK` for `compile_network`.
        device: `CPU` or `GPU`.

    Example:

    >>> from keras_gan import compilation
    >>> with compilation.for_target(compilation.XLA, compilation.GPU):
    ...     compilation.for_xla(), compilation.for_xla_on_cpu()
    (True, False)
    """
    token = _TARGET.set(_TARGET.get() or (compiler, device))
    try:
        yield
    finally:
        _TARGET.reset(token)


def in_this_process(
    jit_compile: bool | str, by_network: bool = False
) -> contextlib.AbstractContextManager:
    """Says that code traced in a `with` block is run by TensorFlow in this process.

    TensorFlow doesn't tell a function during tracing whether XLA will compile it.

    Args:
        jit_compile: Whether XLA will compile the code, as in `keras.Model.compile`.
        by_network: Whether it then compiles each network by itself.
    """
    device = GPU if tf.config.list_logical_devices("GPU") else CPU
    xla = XLA_BY_NETWORK if by_network else XLA
    return for_target(xla if jit_compile else TENSORFLOW, device)


def compile_network(network: Callable) -> Callable:
    """Returns a network that XLA compiles, with its gradients, if it compiles each by itself.

    That is so for several replicas. They exchange gradients and state between the networks, which
    XLA can't compile.

    Args:
        network: Keras model or `RematerializedNetwork`, called as `network(inputs, training=...)`.
    """
    compiler, _ = _TARGET.get() or (None, None)
    if compiler != XLA_BY_NETWORK:
        return network
    state = [variable for variable in network.variables if not variable.trainable]

    @tf.function(jit_compile=True, autograph=False)
    def compute(inputs, training):
        with keras.StatelessScope() as scope:
            outputs = network(inputs, training=training)
        return outputs, [scope.get_current_value(variable) for variable in state]

    def call(inputs, training):
        outputs, values = compute(inputs, training)
        for variable, value in zip(state, values, strict=True):
            if value is not None:
                variable.assign(value)
        return outputs

    return call


def for_xla() -> bool:
    """Returns whether XLA will compile the code that is being traced."""
    compiler, _ = _TARGET.get() or (None, None)
    return compiler in (XLA, XLA_BY_NETWORK)


def for_xla_on_cpu() -> bool:
    """Returns whether XLA will compile the code that is being traced for a CPU."""
    return for_xla() and CPU in _TARGET.get()


def for_tensorflow_on_cpu() -> bool:
    """Returns whether TensorFlow will run the code that is being traced on a CPU, without XLA."""
    return _TARGET.get() == (TENSORFLOW, CPU)


def run_after(data: Any) -> contextlib.AbstractContextManager:
    """Makes the operations of a block run after a batch has been read.

    A graph runs whatever doesn't use the batch at the same time as it reads it, also where the data
    have ended: without this, each end of data of unknown length would count as a step.

    Args:
        data: Nest of the batch's tensors.
    """
    return tf.control_dependencies([x for x in tf.nest.flatten(data) if tf.is_tensor(x)])
