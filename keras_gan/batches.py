"""Step-addressed batches: batch k of a run is a function of (seed, k) alone.

A run that stops at step k continues with batch k without reading the earlier ones. Every epoch is
a new permutation of the samples; samples at its end that don't fill a batch are left out.
"""

import contextlib
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

from keras_gan.checks import check_integer, check_seed
from keras_gan.device_arrays import IndexedData
from keras_gan.errors import ConfigError, DataError

import numpy as np
import tensorflow as tf


def step_addressed(
    fetch: Callable,
    num_samples: int,
    batch_size: int,
    seed: int = 0,
    shuffle: bool = True,
    prefetch: int = 2,
    read_all: Callable[[], Any] | None = None,
) -> tf.data.Dataset:
    """Makes a `tf.data.Dataset` that can start at the batch of any step.

    Args:
        fetch: `(indices dataset of (batch,) int64) -> dataset of batches`.
        num_samples: Number of samples.
        batch_size: Number of samples in a batch, at most `num_samples`.
        seed: Int from 0 to 2**31 - 1 that determines the order.
        shuffle: Whether to permute the samples in each epoch.
        prefetch: Number of batches to prepare in advance.
        read_all: Function that returns all samples, a nest of arrays like a batch, for models that
            keep them on their device; None for data that can't be read at once.

    Returns:
        A dataset of one epoch, reshuffled each time it is iterated, with three attributes:
        `from_step(step, shard=(0, 1))`, the endless dataset that begins with that step's batch,
        `steps_per_epoch` and `batch_size`. `AdversarialModel.fit` uses them to resume exactly. With
        `read_all` it has `indexed`, too, its `IndexedData`.

        `shard=(index, count)` gives a worker the rows `index * b / count` to
        `(index + 1) * b / count` of every batch and reads nothing else. So all workers together
        get the batches that a single worker would get. Sharding by files couldn't guarantee that.

    Raises:
        ConfigError: For a batch size or a prefetch below 1, or a seed out of range; from
            `from_step`, for a negative step, an invalid shard, or a batch that the workers can't
            share evenly.
        DataError: For fewer samples than a batch.
    """
    check_seed(seed)
    read = make_reader(fetch, num_samples, batch_size, seed, shuffle)
    steps = num_samples // batch_size
    dataset = from_reader(read, steps, batch_size, seed, prefetch)
    if read_all is not None:
        read_indices = make_reader(lambda indices: indices, num_samples, batch_size, seed, shuffle)
        indices = from_reader(read_indices, steps, batch_size, seed, prefetch)
        num_bytes = num_samples * sum(map(bytes_of_row, tf.nest.flatten(dataset.element_spec)))
        dataset.indexed = IndexedData(indices, num_bytes, read_all)
    return dataset


def bytes_of_row(spec: tf.TensorSpec) -> int:
    """Returns the bytes of one row of a batch."""
    return spec.dtype.size * math.prod(spec.shape[1:])


def make_reader(
    fetch: Callable, num_samples: int, batch_size: int, seed: int = 0, shuffle: bool = True
) -> Callable:
    """Makes a reader: `(dataset of steps, rows) -> dataset of their batches`.

    `rows` is a slice of each batch. The arguments are those of `step_addressed`.
    """
    check_integer("batch_size", batch_size)
    if num_samples < batch_size:
        raise DataError(
            f"expected at least one batch of {batch_size} samples, got {num_samples} samples; "
            f"use a batch size of {num_samples} or less, or more samples."
        )
    steps = num_samples // batch_size

    def read(steps_dataset, rows):
        def indices(step):
            first = step % steps * batch_size
            index = first + tf.range(rows.start, rows.stop, dtype=tf.int64)
            return permute(index, seed, step // steps, num_samples) if shuffle else index

        return fetch(steps_dataset.map(indices))

    return read


def from_reader(
    read: Callable, steps: int, batch_size: int, seed: int = 0, prefetch: int = 2
) -> tf.data.Dataset:
    """Makes a step-addressed dataset from a reader.

    Args:
        read: Reader of `make_reader` or `zip_readers`.
        steps: Number of steps in an epoch.
        batch_size, seed, prefetch: As in `step_addressed`. The seed determines the epoch of each
            iteration over the dataset.

    Returns:
        A dataset as in `step_addressed`.
    """
    check_integer("prefetch", prefetch)

    def from_step(step, shard=(0, 1)):
        check_integer("step", step, minimum=0)
        endless = tf.data.Dataset.range(step, np.iinfo(np.int64).max)
        batches = read(endless, shard_rows(shard, batch_size))
        return disable_autotuning(batches.prefetch(prefetch))

    epochs = tf.data.Dataset.random(seed=seed, rerandomize_each_iteration=True).take(1)
    first_steps = epochs.map(lambda epoch: epoch % 2**31 * steps)
    one_epoch = first_steps.flat_map(lambda first: tf.data.Dataset.range(first, first + steps))
    dataset = read(one_epoch, slice(0, batch_size)).prefetch(prefetch)
    dataset = disable_autotuning(dataset.apply(tf.data.experimental.assert_cardinality(steps)))
    dataset.from_step = from_step
    dataset.steps_per_epoch = steps
    dataset.batch_size = batch_size
    return dataset


def zip_readers(*readers: Callable) -> Callable:
    """Makes a reader of tuples of the batches of several readers."""
    return lambda steps, rows: tf.data.Dataset.zip(tuple(read(steps, rows) for read in readers))


def shard_rows(shard: tuple[int, int], batch_size: int) -> slice:
    """Returns the slice of each batch that belongs to a worker.

    Args:
        shard: `(index, count)`: index of the worker and number of workers.
        batch_size: Number of samples in a batch, over all workers.

    Raises:
        ConfigError: For an index not below the count, or a batch that can't be shared evenly.
    """
    index, count = shard
    if not 0 <= index < count:
        raise ConfigError(f"expected a shard (index, count) with 0 <= index < count, got {shard}.")
    if batch_size % count:
        raise ConfigError(
            f"expected a batch size that {count} workers can share evenly, got {batch_size}; "
            f"use a multiple of {count}, such as {-(-batch_size // count) * count}."
        )
    size = batch_size // count
    return slice(index * size, (index + 1) * size)


SHUFFLE_ROUNDS = 8


def permute(index: tf.Tensor, seed: int, epoch: int | tf.Tensor, num_samples: int) -> tf.Tensor:
    """Maps indices to their positions in an epoch's permutation of all samples.

    `tf.random.experimental.index_shuffle` has a fixed cipher of 4 rounds, with which the orders of
    neighbouring epochs are similar (rank correlation 0.9 for 60,000 samples).

    Args:
        index: `(batch,)` int64, below `num_samples`.
        seed: Non-negative int.
        epoch: Integer scalar.
        num_samples: Number of samples.

    Returns:
        `(batch,)` int64.
    """
    low, high = epoch % 2**32, epoch // 2**32
    key = tf.cast(tf.stack([tf.constant(seed, tf.int64), low, high]), tf.uint32)
    last = tf.constant(num_samples - 1, tf.int64)
    return tf.raw_ops.RandomIndexShuffle(
        index=index, seed=key, max_index=last, rounds=SHUFFLE_ROUNDS
    )


@contextlib.contextmanager
def convert_read_errors() -> Iterator[None]:
    """Converts TensorFlow's errors for bad data into `DataError`, inside of a `with` block.

    TensorFlow wraps errors of Python functions in an input pipeline into its own errors.
    """
    try:
        yield
    except tf.errors.OpError as error:
        data_error = re.search(r"\b(?:Data|Limit)Error: (.*)", error.message)
        image_error = re.search(r"[^\n]*(?:image|JPEG|PNG|GIF|BMP)[^\n]*", error.message)
        if data_error is not None:
            raise DataError(data_error[1]) from error
        if image_error is not None and isinstance(error, tf.errors.InvalidArgumentError):
            raise DataError(f"could not decode an image: {image_error[0]}") from error
        raise


def disable_autotuning(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Returns the dataset with a fixed parallelism.

    TensorFlow 2.21's autotuner sleeps for ever longer intervals (10 ms times 2^k), and the end of
    an iterator often waits for the end of an interval: `fit` hung for 5, 10 or 20 s.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def from_arrays(
    arrays: Any, batch_size: int, seed: int = 0, shuffle: bool = True
) -> tf.data.Dataset:
    """Makes step-addressed batches from arrays in memory.

    Args:
        arrays: Array, or tuple or dict of arrays of equal length, such as samples and labels.
        batch_size, seed, shuffle: As in `step_addressed`.

    Returns:
        A dataset of batches with the structure of the arrays.
    """
    with tf.device("CPU"):  # a GPU may have less memory than the arrays
        tensors = tf.nest.map_structure(tf.convert_to_tensor, arrays)
        all_rows = tf.data.Dataset.from_tensors(tensors).repeat()

    def gather(indices, tensors):  # as a constant of this function they would stay in memory
        return tf.nest.map_structure(lambda tensor: rows(tensor, indices), tensors)

    def rows(tensor, indices):
        return tf.ensure_shape(tf.gather(tensor, indices), [*indices.shape, *tensor.shape[1:]])

    count = len(tf.nest.flatten(tensors)[0])
    return step_addressed(
        lambda indices: tf.data.Dataset.zip(indices, all_rows).map(gather),
        count,
        batch_size,
        seed,
        shuffle,
        read_all=lambda: tensors,
    )


def fill_batches(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Fills smaller batches of a dataset up with samples of the previous batch.

    Then all steps have the same shapes, and XLA compiles once. Usually only the last batch of an
    epoch is smaller.

    Args:
        dataset: A `tf.data.Dataset` of batches.

    Example:

    >>> import tensorflow as tf
    >>> from keras_gan.batches import fill_batches
    >>> [batch.numpy().tolist() for batch in fill_batches(tf.data.Dataset.range(5).batch(3))]
    [[0, 1, 2], [3, 4, 0]]
    """
    shapes = [spec.shape for spec in tf.nest.flatten(dataset.element_spec)]
    if not all(shape.rank and None not in shape[1:] for shape in shapes):
        return dataset
    if all(shape[0] is not None for shape in shapes):
        return dataset

    def fill(batch, previous):
        missing = tf.maximum(tf.shape(previous)[0] - tf.shape(batch)[0], 0)
        return tf.concat([batch, previous[:missing]], axis=0)

    def fill_all(previous, batch):
        full_batch = tf.nest.map_structure(fill, batch, previous)
        return full_batch, full_batch

    empty = tf.nest.map_structure(
        lambda spec: tf.zeros((0, *spec.shape[1:]), spec.dtype), dataset.element_spec
    )
    return dataset.scan(empty, fill_all)


def check_finite(samples: np.ndarray, where: str = "") -> None:
    """Raises `DataError` if samples contain NaN or infinity.

    Args:
        samples: `(count, ...)` array of floats.
        where: Origin of the samples for the error message, such as `" in x.npy"`.
    """
    finite = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"expected finite samples{where}, got NaN or infinity in {int((~finite).sum())} of "
            f"{len(samples)}, the first at index {int(np.argmin(finite))}; remove or repair them."
        )
