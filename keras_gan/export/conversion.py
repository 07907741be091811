"""What converters share: errors that name a layer, a check of random numbers, unrolled loops."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from keras_gan.errors import ExportError, KerasGanError, reason_of
from keras_gan.networks.graph import has_graph, in_order, one_or_all

import keras
import numpy as np
import tensorflow as tf


@contextlib.contextmanager
def name_layer(network: keras.Model, convert: Callable, target: str, advice: str) -> Iterator[None]:
    """Raises the errors of a `with` block as `ExportError`s that name a layer.

    Args:
        network: The network that the block converts.
        convert: Function that converts a network, or raises an error.
        target: Name of the format, for the error.
        advice: What to do instead.

    Raises:
        ExportError: For any error but those of the package and of files.
    """
    try:
        yield
    except (KerasGanError, OSError, MemoryError):
        raise
    except Exception as error:  # converters and runtimes raise errors of many kinds
        raise ExportError(
            f"could not convert {find_layer(network, convert)} to {target} ({reason_of(error)}); "
            f"replace it, or {advice}."
        ) from error


def find_layer(network: keras.Model, convert: Callable) -> str:
    """Returns the name and the class of the first layer for which a function raises an error.

    Args:
        network: A network.
        convert: Function of a network; it is called with each layer as a network of its own.
    """
    for node in in_order(network):
        layer = node.operation
        if node.is_input:
            continue
        inputs, outputs = node.input_tensors, node.outputs
        try:
            convert(keras.Model(list({id(t): t for t in inputs}.values()), outputs))
        except Exception:
            return find_layer(layer, convert) if has_graph(layer) else describe(layer)
    return describe(network)


def describe(layer: Any) -> str:
    """Returns the name and the class of a layer, for an error."""
    return f"the layer {layer.name} ({type(layer).__name__})"


def check_repeats(network: keras.Model) -> None:
    """Raises `ExportError` for a network that draws random numbers itself, with the layer."""
    if not repeats(network):
        raise ExportError(
            "expected a generator that draws no random numbers itself, got "
            f"{find_layer(network, require_repeats)}, which gives other values in each call; give "
            "it the numbers as latents."
        )


def require_repeats(network: keras.Model) -> None:
    """Raises `ExportError` unless a network gives the same outputs in a second call."""
    if not repeats(network):
        raise ExportError("expected equal outputs for equal inputs, got others.")


def repeats(network: keras.Model) -> bool:
    """Returns whether a network gives the same outputs in a second call of the same inputs."""
    inputs = [
        tf.cast(tf.ones([2, *[size or 2 for size in tensor.shape[1:]]]), tensor.dtype)
        for tensor in network.inputs
    ]
    calls = (network(one_or_all(inputs), training=False) for _ in range(2))
    first, second = map(keras.tree.flatten, calls)
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(first, second, strict=True))


@contextlib.contextmanager
def unrolled(network: keras.Model) -> Iterator[None]:
    """Unrolls recurrent layers in a `with` block, as not every format has TensorFlow's loops."""
    layers = [layer for layer in network._flatten_layers() if hasattr(layer, "unroll")]
    former = [layer.unroll for layer in layers]
    try:
        for layer in layers:
            layer.unroll = True
        yield
    finally:
        for layer, unroll in zip(layers, former, strict=True):
            layer.unroll = unroll
