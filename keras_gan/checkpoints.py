"""Checkpoints of a training: one file per step, of which the newest ones are kept."""

import contextlib
import os
import pathlib
import re
import warnings

from keras_gan.errors import NotFiniteError, RunError
from keras_gan.files.atomic import check_path
from keras_gan.files.keras_file import is_intact, load_model, save_model
from keras_gan.finite import not_finite
from keras_gan.models.adversarial import AdversarialModel

import keras

NAME = re.compile(r"\d+\.keras")
ANY_NAME = re.compile(r"\d+(\.new(\.saved)?)?\.keras")  # with temporary files of a killed process


class Checkpoints:
    """Files `<step>.keras` in a folder, each with the complete state of a training.

    Files are written atomically and contain the SHA-256 of their bytes, so that the newest intact
    one can be found after a crash of the process or the machine.

    Args:
        folder: Folder of the checkpoints; created at the first save.
        keep: Number of newest checkpoints to keep.

    Example:

    >>> import tempfile, numpy as np, keras_gan as kg
    >>> gan = kg.recipes.build("toy1d", (1,), width=8)
    >>> checkpoints = kg.checkpoints.Checkpoints(tempfile.mkdtemp())
    >>> checkpoints.save(gan)
    >>> [path.name for path in checkpoints.paths()]
    ['00000000.keras']
    >>> gan = checkpoints.load()
    """

    def __init__(self, folder: str | os.PathLike, keep: int = 3) -> None:
        self.folder, self.keep = check_path(folder), keep

    def paths(self) -> list[pathlib.Path]:
        """Returns the files, intact or not, in order of their steps."""
        return sorted(self._files(NAME), key=step_of)

    def _files(self, name):
        return [path for path in self.folder.glob("*.keras") if name.fullmatch(path.name)]

    def newest(self) -> pathlib.Path | None:
        """Returns the newest intact file; None if there are no files.

        Raises:
            RunError: If there are files, but none is intact.
        """
        paths = self.paths()
        for path in reversed(paths):
            if is_intact(path):
                return path
            warnings.warn(
                f"The checkpoint {path} is damaged: its checksum doesn't match. The one before "
                "it is used instead.",
                stacklevel=2,
            )
        if paths:
            raise RunError(
                f"expected an intact checkpoint in {self.folder}, but all {len(paths)} are damaged;"
                " remove them to start again, and check the disk."
            )
        return None

    def load(self) -> keras.Model:
        """Loads the model from the newest intact file.

        Raises:
            RunError: If there is none, or it can't be read.
        """
        return load_checkpoint(self.require_newest())

    def require_newest(self) -> pathlib.Path:
        """Returns the newest intact file; raises `RunError` if there is none."""
        path = self.newest()
        if path is None:
            raise RunError(f"expected a checkpoint in {self.folder}, but none was saved yet.")
        return path

    def save(self, model: AdversarialModel) -> None:
        """Saves a model under its step, and removes old files.

        It also removes files of later steps: these can only belong to another history, such as
        damaged files.

        Raises:
            NotFiniteError: If a weight is NaN or infinite; nothing is written or removed.
        """
        check_finite_state(model)
        step = int(model.step)
        save_model(model, self.folder / f"{step:08d}.keras")
        newest = [path for path in self.paths() if step_of(path) <= step][-self.keep :]
        for path in set(self._files(ANY_NAME)) - set(newest):
            # Windows removes no file that another program reads; the next save does
            with contextlib.suppress(PermissionError):
                path.unlink(missing_ok=True)


def step_of(path: pathlib.Path) -> int:
    """Returns the step in a checkpoint's name."""
    return int(path.stem)


def load_checkpoint(path: str | os.PathLike) -> keras.Model:
    """Loads an adversarial model from a `.keras` file; see `keras_gan.load_model`.

    Raises:
        DataError: If no model can be read from the file.
        RunError: If the model isn't an `AdversarialModel`.
    """
    model = load_model(path)
    if not isinstance(model, AdversarialModel):
        raise RunError(
            f"expected an adversarial model, such as a GAN, in {path}, got a "
            f"{type(model).__name__}."
        )
    return model


def check_finite_state(model: AdversarialModel) -> None:
    """Raises `NotFiniteError`, with the variables' names, if a model's state isn't finite."""
    broken = not_finite(model)
    if broken:
        raise NotFiniteError(
            f"expected a finite state to save at step {int(model.step)}, got NaN or infinity in "
            f"{', '.join(broken[:3])}{', ...' if broken[3:] else ''}; the last checkpoint is kept."
        )
