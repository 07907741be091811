"""Previews of samples during training, at the same latents each time."""

import os
import pathlib

from keras_gan import pictures
from keras_gan.callbacks.periodic import Periodic

import keras
import numpy as np


class SampleGrid(Periodic):
    """Writes a preview of samples of the averaged generator as `<step>.png`.

    Images are shown as a grid, other media by their previews: sound as waveforms and spectrograms,
    video as frames. The latents are the same in every preview, so that each sample can be followed
    through training. For a class-conditional generator, each column shows one class.

    Args:
        folder: Folder of the previews; created if needed.
        every: Steps between previews; once per epoch by default.
        rows, columns: Size of the grid; by default it suits the medium, such as 10 by 10 images,
            with one column per class.
        seed: Seed of the latents.
        last: Step at which training ends, which gets a preview whatever `every` is.

    Example:

        gan.fit(dataset, epochs=5, callbacks=[kg.callbacks.SampleGrid("samples")])
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        every: int | None = None,
        rows: int | None = None,
        columns: int | None = None,
        seed: int = 0,
        last: int | None = None,
    ) -> None:
        super().__init__(every, last=last)
        self.folder = pathlib.Path(folder)
        self.rows, self.columns, self.seed = rows, columns, seed

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Writes a preview of the initial state."""
        super().on_train_begin(logs)
        if self.model.step == 0:
            self.act({})

    def act(self, logs: dict[str, float]) -> None:
        """Writes a preview."""
        samples, columns = self.model.preview(self.rows, self.columns, self.seed)
        path = self.folder / f"{int(self.model.step):08d}.png"
        pictures.save_png(self.model.medium.preview(samples, columns), path)


class LearningGIF(keras.callbacks.Callback):
    """Combines the previews in a `SampleGrid`'s folder to a film at the end of training.

    Args:
        folder: The `SampleGrid`'s folder.
        path: GIF file to write.
        max_frames: Maximum number of frames, evenly spaced; the last preview is always included.
    """

    def __init__(
        self, folder: str | os.PathLike, path: str | os.PathLike, max_frames: int = 100
    ) -> None:
        super().__init__()
        self.folder, self.path = pathlib.Path(folder), pathlib.Path(path)
        self.max_frames = max_frames

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Writes the GIF, if there are previews."""
        frames = sorted(self.folder.glob("*.png"))
        if not frames:
            return
        count = min(len(frames), self.max_frames)
        indices = np.linspace(0, len(frames) - 1, count).round().astype(int)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        pictures.save_gif([frames[index] for index in indices], self.path)
