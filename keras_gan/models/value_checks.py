"""Checks of the values of samples and labels, of arrays at once and of data sets batch by batch."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from keras_gan.batches import check_finite
from keras_gan.errors import DataError

import keras
import numpy as np
import tensorflow as tf

FIRST_BATCHES = 4  # whose values are all checked


def check_finite_numbers(x: Any) -> None:
    """Raises `DataError` unless an array holds integers or finite floating-point numbers."""
    x = np.asarray(x)
    if np.issubdtype(x.dtype, np.integer):
        return
    if not np.issubdtype(x.dtype, np.floating):
        raise DataError(f"expected numbers as samples, got {x.dtype}; convert them.")
    check_finite(x)


class ValueCheck:
    """A check of the values of batches as they are read.

    The first batches are checked whole, of the others the labels: to look at every pixel would take
    longer than a step of a GPU.

    Args:
        whole: Function of a batch of arrays that raises `DataError` for values that a game can't be
            trained on.
        labels: The same for the labels of a batch alone.
    """

    def __init__(self, whole: Callable[[Any], None], labels: Callable[[Any], None]) -> None:
        self.whole, self.labels = whole, labels
        self.numbers = itertools.count()

    def __call__(self, batch: Any) -> None:
        """Checks the next batch."""
        (self.whole if next(self.numbers) < FIRST_BATCHES else self.labels)(batch)

    def of_generator(self, batches: Iterator) -> Iterator:
        """Yields batches, each of which is checked."""
        for batch in batches:
            self(batch)
            yield batch

    def of_dataset(self, dataset: tf.data.Dataset) -> tf.data.Dataset:
        """Returns a data set of the same batches, each of which is checked when it is read."""
        spec = dataset.element_spec
        if not all(isinstance(part, tf.TensorSpec) for part in tf.nest.flatten(spec)):
            return dataset

        def check(*parts):
            self(tf.nest.pack_sequence_as(spec, parts))

        def check_when_read(*parts):
            batch = parts if isinstance(spec, tuple) else parts[0]
            with tf.control_dependencies([tf.numpy_function(check, tf.nest.flatten(batch), [])]):
                return tf.nest.map_structure(tf.identity, batch)

        return dataset.map(check_when_read)


class CheckedDataset(keras.utils.PyDataset):
    """A `PyDataset` of the same batches, each of which is checked when it is read.

    Args:
        data: The data; processes of its own would need a copy of the game, so it has none.
        check: The check.
    """

    def __init__(self, data: keras.utils.PyDataset, check: ValueCheck) -> None:
        super().__init__(workers=data.workers, max_queue_size=data.max_queue_size)
        self.data, self.check = data, check

    def __getitem__(self, index: int) -> Any:
        """Returns a batch."""
        batch = self.data[index]
        self.check(batch)
        return batch

    @property
    def num_batches(self) -> int | None:
        """Number of batches in an epoch; None for endless data."""
        return self.data.num_batches

    def on_epoch_begin(self) -> None:
        """Tells the data."""
        self.data.on_epoch_begin()

    def on_epoch_end(self) -> None:
        """Tells the data."""
        self.data.on_epoch_end()
