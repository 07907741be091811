"""Base class of callbacks that draw pictures during training."""

import os
import pathlib

from keras_gan import notebook
from keras_gan.callbacks.periodic import Periodic
from keras_gan.files.atomic import check_path


class Pictures(Periodic):
    """Base class of callbacks that write `<step>.png` periodically, from the initial state on.

    In a notebook the newest picture and the curves of the losses are redrawn in the cell.

    Args:
        folder: Folder of the pictures; created if needed.
        every, last: As in `Periodic`.

    Example:

        class Sevens(kg.callbacks.Pictures):
            def draw(self, path):
                kg.pictures.save_png(self.model.show(16, labels=7), path)
    """

    def __init__(
        self, folder: str | os.PathLike, every: int | None = None, last: int | None = None
    ) -> None:
        super().__init__(every, last=last)
        self.folder = check_path(folder)
        self._figure = notebook.Figure()

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Draws the initial state."""
        super().on_train_begin(logs)
        self._figure = notebook.Figure()  # in the cell that runs now
        if self.model.step == 0:
            self.act({})

    def act(self, logs: dict[str, float]) -> None:
        """Writes a picture, and shows it in a notebook."""
        step = int(self.model.step)
        path = self.folder / f"{step:08d}.png"
        self.draw(path)
        self._figure.show(path, step, logs)

    def draw(self, path: pathlib.Path) -> None:
        """Writes a picture of the model's state as a PNG file; implemented by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} defines no draw.")
