"""Checks of what `fit` and `evaluate` read: arrays, data sets and their batches."""

import itertools
import types
from collections.abc import Iterator, Sequence
from typing import Any

from keras_gan import media, scaling
from keras_gan.errors import DataError, abbreviate
from keras_gan.models.value_checks import CheckedDataset, ValueCheck

import keras
import numpy as np
import tensorflow as tf

DATASETS = (
    tf.data.Dataset,
    tf.distribute.DistributedDataset,
    keras.utils.PyDataset,
    types.GeneratorType,
)

NO_BATCH = "expected data of at least one batch, got none; check the data's filters and batch size."


def is_array_nest(x: Any) -> bool:
    """Returns whether `x` is an array, or a tuple or dict of arrays."""
    if isinstance(x, tuple | dict):
        parts = x.values() if isinstance(x, dict) else x
        return bool(x) and all(map(is_array_nest, parts))
    return isinstance(x, np.ndarray | tf.Tensor)


def describe(data: Any) -> str:
    """Returns what a user passed as data, for an error: kinds of parts instead of their numbers."""
    if not isinstance(data, list | tuple | dict):
        return abbreviate(data)
    parts = data.values() if isinstance(data, dict) else data
    kinds = sorted({type(part).__name__ for part in parts})
    return f"a {type(data).__name__} of {', '.join(kinds) or 'nothing'}"


def has_rows(array: Any) -> bool:
    """Returns whether a value is a tensor or an array with at least one axis."""
    return hasattr(array, "shape") and tf.TensorShape(array.shape).rank != 0


def check_rows(array: Any, noun: str = "samples") -> None:
    """Raises `DataError` unless a value is an array with at least one row."""
    if not isinstance(array, np.ndarray | tf.Tensor) or not has_rows(array) or not len(array):
        received = getattr(array, "shape", type(array).__name__)
        raise DataError(
            f"expected {noun} as an array (count, ...) of at least one, got {received}; convert "
            "lists with np.asarray."
        )


def check_dataset(
    data: Any, check: ValueCheck, labels: Any = None, batch_size: int | None = None
) -> Any:
    """Returns data that can be read batch by batch; raises `DataError` for others.

    Args:
        data: A `tf.data.Dataset` with a batch, or another iterable of batches that Keras supports.
        check: Check of the values; data of `keras_gan.datasets`, whose sources have checked them,
            and distributed data are left alone.
        labels, batch_size: None, as both are those of the data set.

    Returns:
        Data of the same batches, which are checked when they are read.
    """
    if not isinstance(data, DATASETS):
        raise DataError(
            "expected samples as an array, a tuple or dict of arrays, or a tf.data.Dataset of "
            f"batches, got {describe(data)}; convert lists with np.asarray."
        )
    if labels is not None or batch_size is not None:
        argument = "batch_size" if labels is None else "y"
        raise DataError(
            f"expected no {argument} beside a {type(data).__name__}, whose batches have their own "
            "size and labels; leave it out."
        )
    if isinstance(data, types.GeneratorType):
        return check.of_generator(check_generator(data))
    is_dataset = isinstance(data, tf.data.Dataset)
    count = data.cardinality() if is_dataset else getattr(data, "num_batches", None)
    if count == 0:
        raise DataError(NO_BATCH)
    if isinstance(data, keras.utils.PyDataset):
        check(data[0])
        return data if data.use_multiprocessing else CheckedDataset(data, check)
    return check.of_dataset(data) if is_dataset and not hasattr(data, "from_step") else data


def check_generator(batches: types.GeneratorType) -> Iterator:
    """Returns an iterator over the same batches, once it has read the first one.

    Raises:
        DataError: For no batch, or batches that aren't tuples of arrays.
    """
    for first in batches:
        parts = keras.tree.flatten(first)
        if not isinstance(first, tuple) or not all(p is None or np.ndim(p) for p in parts):
            raise DataError(
                "expected tuples of arrays from a generator, (samples,) or (samples, labels), got "
                f"{describe(first) if isinstance(first, tuple) else type(first).__name__}; yield "
                "(samples,)."
            )
        return itertools.chain([first], batches)
    raise DataError(NO_BATCH)


def check_samples(
    samples: Any, medium: media.Medium, shape: Sequence[int], domain: str = ""
) -> tf.Tensor:
    """Returns a batch of samples as float32.

    Args:
        samples: Floats `(batch, *shape)`, or integers of a dtype in `medium.integers`.
        medium: The samples' medium.
        shape: Shape of one sample, as the networks expect it.
        domain: Name of the samples' domain for the error, in a game of several.

    Raises:
        DataError: For samples of another shape, or of other integers.
    """
    where = f" in domain {domain}" if domain else ""
    received = tf.TensorShape(getattr(samples, "shape", None))
    if not received.rank or tuple(received[1:]) != tuple(shape):
        raise DataError(
            f"expected {medium.noun} of shape {tuple(shape)}{where}, as the networks do, got "
            f"{describe_misfit(samples, received, tuple(shape))}."
        )
    floats = scaling.to_floats(samples, medium)
    if received[0] != 0 and not tf.is_symbolic_tensor(floats):
        scaling.check_range(floats.numpy(), medium, where)
    return floats


def describe_misfit(samples: Any, received: tf.TensorShape, shape: tuple[int, ...]) -> str:
    """Returns how a batch differs from samples of a shape and what to do, for an error.

    Args:
        samples: The batch.
        received: Its shape.
        shape: Shape of one sample, as the networks expect it.
    """
    if not hasattr(samples, "shape"):
        return f"a {type(samples).__name__} without rows; convert it with np.asarray"
    if received.rank is None or None in received[1:]:
        return (
            "a size that TensorFlow doesn't know; name it: dataset.map(lambda x: "
            f"tf.ensure_shape(x, {(None, *shape)}))"
        )
    if not received.rank or tuple(received) == shape:
        return "single ones instead of batches; batch them: dataset.batch(32)"
    return (
        f"{tuple(received[1:])}; change the networks' shape or the data's, such as its image_size"
    )


def check_domains(data: Any, shapes: dict[str, Sequence[int]]) -> tuple[tf.Tensor, ...]:
    """Returns a batch of several domains as float32 samples of each.

    Args:
        data: Tuple of the samples of each domain.
        shapes: Name of each domain, in order -> shape of its samples.

    Raises:
        DataError: For other domains, or samples of another shape.
    """
    received = len(data) if isinstance(data, tuple | list) else type(data).__name__
    if received != len(shapes):
        raise DataError(
            f"expected a tuple of samples of {len(shapes)} domains, {', '.join(shapes)}, got "
            f"{received}; pass fit((a, b)) or keras_gan.datasets.pair(a, b).to_dataset()."
        )
    return tuple(
        check_samples(samples, media.of(shape), shape, name)
        for samples, (name, shape) in zip(data, shapes.items(), strict=True)
    )


def check_labels_fit(labels: tf.Tensor | None, conditional: bool) -> tf.Tensor | None:
    """Returns the labels of a batch as int32 `(batch,)`, or None.

    Args:
        labels: Class of each sample, `(batch,)` or `(batch, 1)`; None if they are missing.
        conditional: Whether the networks take labels.

    Raises:
        DataError: For missing or superfluous labels, or labels of another shape.
    """
    if conditional and labels is None:
        raise DataError(
            "expected (samples, labels) for class-conditional networks, got samples alone; "
            "pass labels (datasets.load(..., labels=True)) or networks without num_classes."
        )
    if not conditional and labels is not None:
        raise DataError(
            "expected samples alone, got labels for networks that take none; drop them "
            "(datasets.load(..., labels=False), or .map(lambda x, y: x)) or build the networks "
            "with num_classes."
        )
    if labels is None:
        return None
    if tf.as_dtype(getattr(labels, "dtype", tf.int32)) == tf.string:
        raise DataError("expected labels as integers, got texts; number the classes from 0.")
    shape = tf.TensorShape(getattr(labels, "shape", ()))
    if shape.rank is not None and (not shape.rank or tuple(shape[1:]) not in ((), (1,))):
        raise DataError(
            f"expected one class per sample, labels (batch,), got {tuple(shape)}; replace one-hot "
            "labels by their argmax."
        )
    return tf.cast(tf.reshape(labels, (-1,)), "int32")


def check_parts(batch_size: int | None, accumulation: int) -> None:
    """Raises `DataError` unless a batch can be split into equal parts."""
    if accumulation > 1 and (batch_size is None or batch_size % accumulation):
        size = "an unknown size" if batch_size is None else batch_size
        raise DataError(
            f"expected batches of a fixed size that accumulation={accumulation} divides, got "
            f"{size}; choose such a batch size, and batch with drop_remainder=True."
        )
