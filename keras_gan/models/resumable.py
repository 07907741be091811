"""Resumable: a `keras.Model` that continues from a save as if it had never stopped."""

import contextlib
from typing import Any

from keras_gan import batches, memory, replicas
from keras_gan.checks import check_seed
from keras_gan.device_arrays import (
    AUTO,
    DeviceArrays,
    IndexedData,
    belongs_on_device,
    can_hold,
)
from keras_gan.errors import ConfigError, DataError
from keras_gan.models.callback_checks import check_callbacks, restore_backups, with_guard
from keras_gan.models.checks import check_compiled, check_keras_options
from keras_gan.models.data_checks import NO_BATCH, check_dataset, check_rows, is_array_nest
from keras_gan.models.loadable import check_loadable
from keras_gan.models.replicated import check_replicas
from keras_gan.models.savable import Savable
from keras_gan.models.value_checks import ValueCheck, check_finite_numbers
from keras_gan.tf32 import allow_tf32

import keras
import numpy as np
import tensorflow as tf

CHECKED_ROWS = 256  # rows of an array whose range is checked


class Resumable(Savable):
    """Base of `AdversarialModel` that reads data by step, and checks them.

    Args:
        seed: Non-negative int. With the step it determines the order of arrays.
        name: Name of the model.
    """

    def __init__(self, seed: int = 0, name: str | None = None):
        super().__init__(name)
        self.seed = check_seed(seed)
        self._device_arrays, self._gathers = None, False

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        steps_per_epoch: int | None = None,
        shuffle: bool = True,
        data_on_device: bool | str = AUTO,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Trains as `keras.Model.fit` does, continuing with the batch of the model's step.

        Arrays and datasets of `keras_gan.datasets.load` are addressed by step: batch k is a
        function of (seed, k), so `fit` after `load_model` continues bit for bit. Any other dataset
        is read from its beginning, so a resumed training gets other batches than an uninterrupted
        one. Its smaller batches are filled up with samples of the previous batch, so that the step
        is compiled once.

        Args:
            x: Samples as an array `(count, *sample_shape)`, a tuple or dict of arrays of equal
                length, a `tf.data.Dataset` of batches, or a generator or `keras.utils.PyDataset`.
            y: Labels `(count,)`, for arrays and conditional networks.
            batch_size: Batch size for arrays; 32 by default, as in Keras.
            steps_per_epoch: Number of batches in an epoch; all of the data by default.
            shuffle: Whether to permute arrays in each epoch.
            data_on_device: Whether to copy all of the data to the device, where each step gathers
                its batch; the batches are the same. `"auto"` does so on a GPU if the data take less
                than a quarter of its memory.
            **kwargs: As in `keras.Model.fit`. A `keras_gan.callbacks.StopOnNaN` is added to the
                callbacks, unless they are a `keras.callbacks.CallbackList`.

        Returns:
            A `keras.callbacks.History`.

        Raises:
            ConfigError: Before `compile`, if `steps_per_execution` doesn't divide an epoch, for
                data that can't lie on the device, or for weights of samples or classes and a
                `validation_split`, which no game uses.
            ConfigError: For callbacks of Keras that can't work with a game, and before training for
                a callback that saves a model which couldn't be loaded again.
            DataError: For data that don't fit the networks or are damaged.
            NotFiniteError: For losses, gradients or penalties of NaN or infinity.
            OutOfMemoryError: If a step needs more memory than the device has.
        """
        check_compiled(self, "fit")
        check_keras_options(batch_size=batch_size, steps_per_epoch=steps_per_epoch, **kwargs)
        kwargs = self._check_options(kwargs, batch_size or 32)
        self.check_trained()
        self.check_averages()
        if is_array_nest(x):
            self.check_arrays(x, y)
            x = batches.from_arrays(join(x, y), batch_size or 32, self.seed, shuffle)
            y = batch_size = None
        x = check_dataset(x, self._value_check(), y, batch_size)
        on_device = self._data_on_device(x, data_on_device)
        restore_backups(self, kwargs["callbacks"])
        if hasattr(x, "from_step"):
            steps_per_epoch = steps_per_epoch or x.steps_per_epoch
            self._check_executions(steps_per_epoch)
            x = self._from_own_step(x if on_device is None else on_device.indices)
        elif isinstance(x, tf.data.Dataset):
            x = batches.fill_batches(x)
        if self.replicated:
            check_replicas(self)
        options = {"steps_per_epoch": steps_per_epoch, "shuffle": False, **kwargs}
        step = int(self.step)
        remedy = memory.name_remedy(memory.IN_TRAINING)
        with batches.convert_read_errors(), remedy, self._holding(on_device):
            history = super().fit(x, y, **options)
        if history.epoch and int(self.step) == step:
            raise DataError(NO_BATCH)
        return history

    @memory.name_remedy(memory.IN_INFERENCE)
    @allow_tf32(False)
    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, **kwargs: Any
    ) -> Any:
        """Evaluates as `keras.Model.evaluate` does; `x` may be a tuple or dict of arrays, too.

        Raises:
            ConfigError: Before `compile`, for a batch size that isn't an integer from 1, or for
                weights of samples.
            DataError: For data of the kinds that `fit` refuses.
        """
        check_compiled(self, "evaluate")
        check_keras_options(batch_size=batch_size, **kwargs)
        if "_use_cached_eval_dataset" not in kwargs:  # else `fit` has checked them
            x, y, batch_size = self._in_order(x, y, batch_size), None, None
        with batches.convert_read_errors():
            results = super().evaluate(x, y, batch_size=batch_size, **kwargs)
        if not any(tracker.count.numpy() for tracker in self._trackers.values()):
            raise DataError(NO_BATCH)
        return results

    def _check_options(self, options, batch_size):
        """Returns Keras's options of `fit` with checked callbacks and validation data."""
        batch_size = options.get("validation_batch_size") or batch_size
        validation = self._check_validation(options.get("validation_data"), batch_size)
        callbacks = with_guard(options.get("callbacks"))
        check_callbacks(self, callbacks, bool(validation), lambda: check_loadable(self))
        return {**options, **validation, "callbacks": callbacks}

    def _check_validation(self, data, batch_size):
        """Returns `fit`'s `validation_data`; raises errors for what `evaluate` can't read."""
        if data is None:
            return {}
        x, y, weights = keras.utils.unpack_x_y_sample_weight(data)
        check_keras_options(sample_weight=weights)
        if not is_array_nest(x):
            return {"validation_data": self._in_order(x, y)}
        return {"validation_data": self._in_order(x, y, batch_size), "validation_batch_size": None}

    def _in_order(self, x, y, batch_size=None):
        """Returns the checked data of an evaluation, batch by batch."""
        if not is_array_nest(x):
            return check_dataset(x, self._value_check(), y, batch_size)
        self.check_arrays(x, y)
        return tf.data.Dataset.from_tensor_slices(join(x, y)).batch(batch_size or 32)

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: None = None,
        class_weight: None = None,
        return_dict: bool = False,
    ) -> Any:
        """Trains on a batch as `keras.Model.train_on_batch` does, but without weights.

        Args:
            x: Samples `(batch, *sample_shape)`, or a tuple or dict of arrays.
            y: Labels `(batch,)`, for conditional networks.
            sample_weight, class_weight: None.
            return_dict: Whether to return a dict of logs instead of a list.

        Returns:
            The logs of the step.

        Raises:
            ConfigError: Before `compile`, or for weights.
            DataError: For a batch that doesn't fit the networks.
        """
        check_compiled(self, "train_on_batch")
        check_keras_options(sample_weight=sample_weight, class_weight=class_weight)
        self.check_values(join(x, y))
        self.check_trained()
        return super().train_on_batch(x, y, return_dict=return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: None = None, return_dict: bool = False
    ) -> Any:
        """Evaluates a batch as `keras.Model.test_on_batch` does; see `train_on_batch`."""
        check_compiled(self, "test_on_batch")
        check_keras_options(sample_weight=sample_weight)
        self.check_values(join(x, y))
        return super().test_on_batch(x, y, return_dict=return_dict)

    def _from_own_step(self, dataset):
        """Returns the dataset from the model's step on, distributed over the replicas."""
        step = int(self.step)
        if not self.replicated:
            return dataset.from_step(step)
        check_replicas(self, dataset.batch_size)
        return replicas.distribute(self.distribute_strategy, dataset, step)

    def _data_on_device(self, x, choice) -> IndexedData | None:
        """Returns the data that should lie on the device, or None; see `belongs_on_device`."""
        if self.replicated and choice is True:
            raise ConfigError(
                "expected data_on_device=False or 'auto' on several replicas, got True; each reads "
                "its own rows."
            )
        data = None if self.replicated else getattr(x, "indexed", None)
        return data if belongs_on_device(data, choice) else None

    @contextlib.contextmanager
    def _holding(self, data):
        """Holds `IndexedData` on the device in a `with` block; None for none."""
        arrays = None if data is None else data.read()
        if not can_hold(self._device_arrays, arrays):
            self._device_arrays = None if data is None else DeviceArrays(arrays)
            self.train_function = None  # it refers to the former arrays
        if data is None:
            yield
            return
        self._device_arrays.fill(arrays)
        self._gathers = True
        try:
            yield
        finally:
            self._gathers = False
            self._device_arrays.clear()

    def gather(self, data: Any) -> Any:
        """Returns the batch of a step: rows of the data on the device, or `data` itself."""
        return self._device_arrays.gather(data) if self._gathers else data

    def _check_executions(self, steps_per_epoch):
        steps = self.steps_per_execution
        if steps_per_epoch % steps:
            raise ConfigError(
                f"expected steps_per_epoch as a multiple of steps_per_execution = {steps}, got "
                f"{steps_per_epoch}; Keras would run past the epoch's end. Pass another "
                f"steps_per_epoch, such as {max(1, steps_per_epoch // steps) * steps}."
            )

    def check_arrays(self, x: Any, y: Any) -> None:
        """Raises `DataError` for arrays that the model can't be trained on.

        Args:
            x: Array of samples, or a nest of arrays.
            y: Labels or None.
        """
        arrays = keras.tree.flatten(x)
        for array in arrays:
            check_rows(array)
            check_finite_numbers(array)
        counts = [len(array) for array in arrays]
        if len(set(counts)) > 1:
            raise DataError(
                f"expected arrays of one length, got {counts}; for sets of different lengths use "
                "keras_gan.datasets.pair."
            )
        if y is not None:
            check_rows(y, "labels")
            if len(y) != counts[0]:
                raise DataError(
                    f"expected as many labels as samples, got {len(y)} and {counts[0]}."
                )
        spread = np.linspace(0, counts[0] - 1, min(counts[0], CHECKED_ROWS)).astype(int)
        self.check_batch(keras.tree.map_structure(lambda rows: rows_at(rows, spread), join(x, y)))
        self.check_labels(join(x, y))

    def _value_check(self):
        """Returns a new `ValueCheck` of batches of this game."""
        return ValueCheck(self.check_values, self.check_labels)

    def check_values(self, data: Any) -> None:
        """Raises `DataError` for a batch whose values the model can't be trained on.

        Args:
            data: A batch of arrays, as a data set has them.
        """
        self.check_batch(data)
        for array in keras.tree.flatten(data):
            if array is not None:
                check_finite_numbers(array)
        self.check_labels(data)

    def check_labels(self, data: Any) -> None:
        """Raises `DataError` for labels that aren't classes of the model; no labels by default.

        Args:
            data: A batch of arrays, or all data.
        """


def rows_at(array: Any, indices: np.ndarray) -> np.ndarray:
    """Returns rows of an array or a tensor."""
    return np.asarray(tf.gather(array, indices) if tf.is_tensor(array) else array[indices])


def join(x: Any, y: Any) -> Any:
    """Returns the data of `fit(x, y)` as a data set has them: `(x, y)`, or `x` without labels."""
    return x if y is None else (x, y)


def batch_of(data: Any) -> Any:
    """Returns the data of a step as a data set has them, also those of `train_on_batch`.

    Args:
        data: A batch of a data set, or Keras's `(x, y, None)` for `train_on_batch(x, y)`.
    """
    is_unweighted = isinstance(data, tuple) and len(data) == 3 and data[2] is None
    return join(*data[:2]) if is_unweighted else data
