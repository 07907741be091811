"""Step-addressed batches: batch k of a run is a function of (seed, k) and of nothing else.

A run that stops at step k goes on with batch k, without reading what came before. Every epoch is
a new permutation of the samples; the last samples of an epoch that don't fill a batch wait for
the next one.
"""

import contextlib
import re

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, DataError

import numpy as np
import tensorflow as tf


def step_addressed(fetch, num_samples, batch_size, seed=0, shuffle=True, prefetch=2):
    """Makes a `tf.data.Dataset` whose batches can also be asked for by step.

    Args:
        fetch: `(indices dataset of (batch,) int64) -> dataset of batches`.
        num_samples: Number of samples.
        batch_size: Samples a batch, at most `num_samples`.
        seed: Non-negative int; decides the order.
        shuffle: Whether to permute the samples, anew in each epoch.
        prefetch: Batches that are made ahead; it changes no batch.

    Returns:
        A dataset of one epoch, reshuffled each time it is iterated, with three attributes:
        `from_step(step, shard=(0, 1))`, the endless dataset that begins with that step's batch,
        `steps_per_epoch` and `batch_size`. `AdversarialModel.fit` uses them to resume exactly.

        `shard=(index, count)` gives a worker its part of every batch, rows `index * b / count` to
        `(index + 1) * b / count`, and reads nothing else. Sources are read by index, so this takes
        the place of dealing out files: all workers together have the very batches that one would
        have, however many they are, which files dealt out could not give.

    Raises:
        ConfigError: For a prefetch below 1; from `from_step`, for a shard that isn't there or
            workers among whom a batch can't be divided.
        DataError: If there are fewer samples than a batch.
    """
    read = make_reader(fetch, num_samples, batch_size, seed, shuffle)
    return from_reader(read, num_samples // batch_size, batch_size, seed, prefetch)


def make_reader(fetch, num_samples, batch_size, seed=0, shuffle=True):
    """Returns `(dataset of steps, rows) -> dataset of their batches`; arguments as above.

    The rows are a slice of each batch.
    """
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


def from_reader(read, steps, batch_size, seed=0, prefetch=2):
    """Makes a step-addressed data set of a `reader`.

    Args:
        read: `(dataset of steps, rows) -> dataset of their batches`.
        steps: Steps an epoch.
        batch_size, seed, prefetch: As in `step_addressed`; the seed decides which epoch is given
            each time the data set is iterated.

    Returns:
        As `step_addressed`.
    """
    check_integer("prefetch", prefetch)

    def from_step(step, shard=(0, 1)):
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


def zip_readers(*readers):
    """Returns the reader of tuples of several readers' batches."""
    return lambda steps, rows: tf.data.Dataset.zip(tuple(read(steps, rows) for read in readers))


def shard_rows(shard, batch_size):
    """The rows of each batch that are a worker's.

    Args:
        shard: `(index, count)`: which of how many workers.
        batch_size: Samples a batch of all workers.

    Raises:
        ConfigError: For an index that isn't below the count, or a batch that can't be divided.
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


def permute(index, seed, epoch, num_samples):
    """Where the indices lie in an epoch's permutation of all samples.

    `tf.random.experimental.index_shuffle` has the 4 rounds of its cipher fixed, with which the
    orders of neighbouring epochs resemble each other (rank correlation 0.9 for 60,000 samples).

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
def convert_read_errors():
    """Raises a `DataError` for one that a source raised while it was read, or a torn image.

    TensorFlow wraps what the Python functions of an input pipeline raise into an error of its own.
    """
    try:
        yield
    except tf.errors.OpError as error:
        found = re.search(r"\b(?:Data|Limit)Error: (.*)", error.message)
        undecodable = re.search(r"[^\n]*(?:image|JPEG|PNG|GIF|BMP)[^\n]*", error.message)
        if found is not None:
            raise DataError(found[1]) from error
        if undecodable is not None and isinstance(error, tf.errors.InvalidArgumentError):
            raise DataError(f"could not decode an image: {undecodable[0]}") from error
        raise


def disable_autotuning(dataset):
    """The data set with a fixed parallelism.

    TensorFlow 2.21's autotuner sleeps in ever longer naps (10 ms times 2^k) and often lets the end
    of an iterator wait for the end of a nap: `fit` was seen to hang for 5, 10 or 20 s.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def from_arrays(arrays, batch_size, seed=0, shuffle=True):
    """Makes step-addressed batches of arrays that lie in memory.

    Args:
        arrays: An array, or a tuple or dict of arrays of one length, such as samples and labels.
        batch_size, seed, shuffle: See `step_addressed`.

    Returns:
        A dataset of batches of the arrays' structure.
    """
    tensors = tf.nest.map_structure(tf.convert_to_tensor, arrays)

    def rows(tensor, indices):
        return tf.ensure_shape(tf.gather(tensor, indices), [*indices.shape, *tensor.shape[1:]])

    def gather(indices):
        return tf.nest.map_structure(lambda tensor: rows(tensor, indices), tensors)

    count = len(tf.nest.flatten(tensors)[0])
    return step_addressed(lambda indices: indices.map(gather), count, batch_size, seed, shuffle)


def fill_batches(dataset):
    """A data set whose smaller batches are filled up with samples of the batch before.

    A step's shapes are then always the same, and XLA compiles it once. Usually it is an epoch's
    last batch that is smaller.

    Args:
        dataset: A `tf.data.Dataset` of batches.

    Example:

    >>> import tensorflow as tf
    >>> from keras_gan.batches import fill_batches
    >>> [batch.numpy().tolist() for batch in fill_batches(tf.data.Dataset.range(5).batch(3))]
    [[0, 1, 2], [3, 4, 0]]
    """
    shapes = [spec.shape for spec in tf.nest.flatten(dataset.element_spec)]
    if all(shape[0] is not None for shape in shapes) or any(None in shape[1:] for shape in shapes):
        return dataset

    def fill(batch, before):
        missing = tf.maximum(tf.shape(before)[0] - tf.shape(batch)[0], 0)
        return tf.concat([batch, before[:missing]], axis=0)

    def fill_all(before, batch):
        filled = tf.nest.map_structure(fill, batch, before)
        return filled, filled

    nothing = tf.nest.map_structure(
        lambda spec: tf.zeros((0, *spec.shape[1:]), spec.dtype), dataset.element_spec
    )
    return dataset.scan(nothing, fill_all)


def check_finite(samples, where=""):
    """Raises `DataError` where floating-point samples are NaN or infinite.

    Args:
        samples: `(count, ...)` array of floats.
        where: Where they are from, for the error, such as `" in x.npy"`.
    """
    finite = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"expected finite samples{where}, got NaN or infinity in {int((~finite).sum())} of "
            f"{len(samples)}, the first at index {int(np.argmin(finite))}; remove or mend them."
        )
