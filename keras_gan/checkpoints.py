"""The checkpoints of a training: one file a step, the last few kept, the newest whole one found."""

import pathlib
import re
import warnings

from keras_gan.errors import NotFiniteError, RunError
from keras_gan.files.keras_file import is_intact, load_model, save_model
from keras_gan.models.adversarial import AdversarialModel

import keras
import numpy as np

NAME = re.compile(r"\d+\.keras")
OWN_NAME = re.compile(r"\d+(\.new(\.saved)?)?\.keras")  # also what a killed process left


class Checkpoints:
    """Files `<step>.keras` in a folder, each with all that a training needs to go on.

    A file is written beside, synced, then renamed, and holds the SHA-256 of its bytes: after a
    crash, of the process or of the machine, the newest whole one is found again.

    Args:
        folder: Where they lie; it is made at the first save.
        keep: How many of the newest stay.

    Example:

    >>> import tempfile, numpy as np, keras_gan as kg
    >>> gan = kg.recipes.build("toy1d", (1,), width=8)
    >>> checkpoints = kg.checkpoints.Checkpoints(tempfile.mkdtemp())
    >>> checkpoints.save(gan)
    >>> [path.name for path in checkpoints.paths()]
    ['00000000.keras']
    >>> gan = checkpoints.load()
    """

    def __init__(self, folder, keep=3):
        self.folder, self.keep = pathlib.Path(folder), keep

    def paths(self) -> list[pathlib.Path]:
        """The files, whole or not, by rising step."""
        return sorted(self._files(NAME), key=step_of)

    def _files(self, name):
        return [path for path in self.folder.glob("*.keras") if name.fullmatch(path.name)]

    def newest(self) -> pathlib.Path | None:
        """The newest whole file; None where there is none.

        Raises:
            RunError: Where there are files, but none is whole.
        """
        paths = self.paths()
        for path in reversed(paths):
            if is_intact(path):
                return path
            warnings.warn(
                f"The checkpoint {path} is damaged, its bytes aren't those that were saved: "
                "the one before it is taken.",
                stacklevel=2,
            )
        if paths:
            raise RunError(
                f"expected a whole checkpoint in {self.folder}, but all {len(paths)} are damaged; "
                "remove them to begin again, and have the disk checked."
            )
        return None

    def load(self) -> keras.Model:
        """The game as the newest whole file has it.

        Raises:
            RunError: If there is none, or it can't be read.
        """
        path = self.newest()
        if path is None:
            raise RunError(f"expected a checkpoint in {self.folder}, but none was saved yet.")
        return load_game(path)

    def save(self, gan):
        """Saves the game under its step, and removes what is no longer kept.

        A file of a later step is of a future that isn't this game's, such as a damaged one, and
        goes as well.

        Raises:
            NotFiniteError: If a weight is NaN or infinite; nothing is written or removed.
        """
        check_finite_state(gan)
        step = int(gan.step)
        save_model(gan, self.folder / f"{step:08d}.keras")
        kept = [path for path in self.paths() if step_of(path) <= step][-self.keep :]
        for path in set(self._files(OWN_NAME)) - set(kept):
            path.unlink(missing_ok=True)


def step_of(path) -> int:
    """The step that a checkpoint's name says."""
    return int(path.stem)


def load_game(path) -> keras.Model:
    """The game in a `.keras` file, by stated limits and without any code in it.

    Raises:
        DataError: If no model can be read from it.
        RunError: If the model is no game.
    """
    model = load_model(path)
    if not isinstance(model, AdversarialModel):
        raise RunError(f"expected a game in {path}, got a {type(model).__name__}.")
    return model


def check_finite_state(gan):
    """Raises `NotFiniteError`, with the tensor's name, where the game's state isn't finite."""
    broken = not_finite(gan)
    if broken:
        raise NotFiniteError(
            f"expected a finite state to save at step {int(gan.step)}, got NaN or infinity in "
            f"{', '.join(broken[:3])}{', ...' if broken[3:] else ''}; the last checkpoint stays."
        )


def not_finite(gan) -> list[str]:
    """Names of the variables of a game and its optimizers that have NaN or infinity."""
    optimizers = [getattr(gan, f"{player}_optimizer") for player in gan.players]
    variables = {v.path: v for owner in (gan, *optimizers) for v in owner.variables}
    return [
        name
        for name, variable in variables.items()
        if keras.backend.is_float_dtype(variable.dtype)
        and not np.isfinite(keras.ops.convert_to_numpy(variable).sum(dtype="float64"))
    ]
