"""Methods of `keras.Model` that mean something else for a game, or nothing."""

import os
import pathlib
from typing import Any

from keras_gan.errors import ConfigError, DataError, KerasGanError, reason_of
from keras_gan.files.atomic import check_file, check_path

WEIGHTS = ".weights.h5", ".weights.json"


class KerasMethods:
    """Mixin of games: methods that Keras has for a model with one loss and one optimizer."""

    def export(self, *arguments: Any, **options: Any) -> None:
        """Raises `ConfigError`: `keras_gan.export` exports games, and compares what it wrote."""
        raise ConfigError(
            "expected an export of keras_gan; use keras_gan.export.to_saved_model(model, folder), "
            "to_onnx, to_litert or to_web, which compare the export with the model."
        )

    def quantize(self, *arguments: Any, **options: Any) -> None:
        """Raises `ConfigError`: quantized layers can't be trained."""
        raise ConfigError(
            "expected a game in floating point, as its players train; use "
            "keras_gan.export.to_onnx(model, path, precision='int8') for a small file."
        )

    def compute_loss(self, *arguments: Any, **options: Any) -> None:
        """Raises `ConfigError`: each player has an objective of its own."""
        raise ConfigError(
            "expected the objective of a player, as a game has no single loss; use "
            "duels[0].discriminator_objective or duels[0].generator_objective."
        )

    def add_loss(self, loss: Any) -> None:
        """Raises `ConfigError`: a game has penalties instead."""
        raise ConfigError(
            "expected no add_loss, as a game has a loss for each player; pass a "
            "keras_gan.penalties.Penalty to compile()."
        )

    def get_state_tree(self, *arguments: Any, **options: Any) -> None:
        """Raises `ConfigError`: the tree has a place for one optimizer only."""
        raise ConfigError(
            "expected a file for all state, as a game has an optimizer for each player; use "
            "save(path), or get_weights() for the weights alone."
        )

    def set_state_tree(self, state_tree: Any) -> None:
        """Raises `ConfigError`; see `get_state_tree`."""
        raise ConfigError(
            "expected a file for all state, as a game has an optimizer for each player; use "
            "keras_gan.load_model(path), or set_weights(weights) for the weights alone."
        )

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
                f"expected weights of this {type(self).__name__} in {path}: {reason_of(error)} "
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
