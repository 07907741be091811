"""Savable: a `keras.Model` with counters and running means, and one file for all of its state."""

import os
import pathlib
from collections.abc import Sequence
from typing import Any

from keras_gan import replicas
from keras_gan.errors import ConfigError, DataError, KerasGanError, reason_of
from keras_gan.files.atomic import check_file, check_path
from keras_gan.models.loadable import check_loadable
from keras_gan.models.refused_methods import RefusedMethods
from keras_gan.models.replicated import Counter, Replicated, RunningMean

import keras
import numpy as np
from keras import ops

OTHER_STATE, RUNNING_MEAN = "other_state_", "running_mean_"
WEIGHTS = ".weights.h5", ".weights.json"


class Savable(Replicated, RefusedMethods, keras.Model):
    """Base of `Resumable` that counts, logs, and saves and loads all its state.

    Args:
        name: Name of the model.

    Attributes:
        step, images_seen, roll_backs: int64 counters that are saved with the model.
        images_before: Another one, of the images that transferred weights have seen.
    """

    def __init__(self, name: str | None = None):
        super().__init__(name=name)
        self.step = Counter("step")
        self.images_seen = Counter("images_seen")
        self.images_before = Counter("images_before")
        self.roll_backs = Counter("roll_backs")
        self._trackers = {}
        self._saved_means = {}

    # Metrics: as in Keras, means since the start of the epoch.

    def track(self, names: Sequence[str]) -> None:
        """Creates the running means of `log`, in this order.

        Raises:
            ConfigError: For a name that occurs twice.
        """
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(
                f"expected different names of logs, got {', '.join(twice)} twice; give each Duel a "
                "name of its own."
            )
        self._trackers = {name: RunningMean(name=name) for name in names}

    def log(self, logs: dict, weights: dict | None = None) -> None:
        """Adds scalars to their running means.

        Args:
            logs: Name -> scalar.
            weights: Name -> 0 or 1, for values that not every step computes.
        """
        for name, value in replicas.average_scalars(logs).items():
            self._trackers[name].update_state(value, (weights or {}).get(name))

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Running means, which Keras resets at each epoch."""
        return list(self._trackers.values())

    def resume_means(self) -> None:
        """Restores the running means that were saved with the model, once."""
        for name, saved_values in self._saved_means.items():
            for variable, value in zip(self._trackers[name].variables, saved_values, strict=True):
                variable.assign(value)
        self._saved_means = {}

    # Saving and loading all state.

    def save(
        self,
        filepath: str | os.PathLike,
        overwrite: bool = True,
        zipped: bool | None = None,
        **kwargs: Any,
    ) -> None:
        """Saves the model with all of its state as a `.keras` file, as `keras.Model.save` does.

        Args:
            filepath: The `.keras` file; its folder is created if needed.
            overwrite, zipped, **kwargs: As in `keras.Model.save`.

        Raises:
            ConfigError: For another suffix, as other formats lack a part of the state, a path where
                no file can be, or a model with parts that aren't registered, so that it couldn't be
                loaded again.
        """
        path, is_remote = check_path(filepath), "://" in os.fspath(filepath)
        if path.suffix != ".keras":
            raise ConfigError(
                f"expected a file that ends in .keras, got {path}: other formats lack a part of "
                "the state."
            )
        if zipped is not False and not is_remote:
            check_file(path)
        check_loadable(self)
        if not is_remote:
            path.parent.mkdir(parents=True, exist_ok=True)
        super().save(filepath if is_remote else path, overwrite, zipped, **kwargs)

    def other_state(self) -> list[keras.Variable]:
        """Returns variables that Keras doesn't save, such as the state of seed generators."""
        saved = {id(variable) for variable in self.weights}
        return [variable for variable in self.variables if id(variable) not in saved]

    def save_own_variables(self, store: Any) -> None:
        """Saves the counters, all random state, the state of the rules, and the running means."""
        super().save_own_variables(store)
        for index, variable in enumerate(self.other_state()):
            store[f"{OTHER_STATE}{index}"] = variable
        for name, tracker in self._trackers.items():
            store[RUNNING_MEAN + name] = np.stack(
                [ops.convert_to_numpy(v) for v in tracker.variables]
            )

    def load_own_variables(self, store: Any) -> None:
        """Loads the variables of `save_own_variables`."""
        keys = list(store.keys())
        prefixes = (OTHER_STATE, RUNNING_MEAN)
        super().load_own_variables({k: store[k] for k in keys if not k.startswith(prefixes)})
        for index, variable in enumerate(self.other_state()):
            variable.assign(store[f"{OTHER_STATE}{index}"])
        self._saved_means = {
            name: np.array(store[RUNNING_MEAN + name])
            for name in self._trackers
            if RUNNING_MEAN + name in keys
        }

    def save_weights(
        self, filepath: str | os.PathLike, overwrite: bool = True, max_shard_size: Any = None
    ) -> None:
        """Saves all weights and state as `keras.Model.save_weights` does, and creates the folder.

        Args:
            filepath: A file that ends in `.weights.h5`, or `.weights.json` for shards.
            overwrite, max_shard_size: As in `keras.Model.save_weights`.

        Raises:
            ConfigError: For another suffix, or a path where no file can be.
        """
        path = check_weights_path(filepath)
        check_file(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        super().save_weights(path, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(
        self, filepath: str | os.PathLike, skip_mismatch: bool = False, **options: Any
    ) -> None:
        """Loads what `save_weights` has saved, into an equal model that is compiled equally.

        Args:
            filepath: The file.
            skip_mismatch, **options: As in `keras.Model.load_weights`.

        Raises:
            ConfigError: For a file of another kind.
            DataError: For a file that doesn't exist, or that another model has saved.
        """
        path = check_weights_path(filepath, *WEIGHTS, ".keras")
        if not path.exists():
            raise DataError(f"expected a file of weights, got {path}, which doesn't exist.")
        try:
            super().load_weights(path, skip_mismatch=skip_mismatch, **options)
        except (KerasGanError, OSError):  # Keras's BackupAndRestore catches an OSError itself
            raise
        except Exception as error:  # Keras and h5py raise errors of many kinds
            raise DataError(
                f"expected weights of this {type(self).__name__} in {path}: {reason_of(error)}. "
                "Load them into a model of the same networks, compiled with the same arguments."
            ) from error


def check_weights_path(path: str | os.PathLike, *suffixes: str) -> pathlib.Path:
    """Returns a path that ends in one of the suffixes; raises `ConfigError` for another."""
    path, suffixes = check_path(path), suffixes or WEIGHTS
    if not path.name.endswith(suffixes):
        raise ConfigError(
            f"expected a file of weights that ends in {' or '.join(suffixes)}, got {path}; use "
            "save(path) for a .keras file with everything."
        )
    return path
