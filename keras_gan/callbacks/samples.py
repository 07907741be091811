"""The same latents, again and again, while the generator learns."""

import pathlib

from keras_gan import pictures
from keras_gan.callbacks.periodic import Periodic

import keras
import numpy as np


class SampleGrid(Periodic):
    """Writes a preview of samples of the averaged generator as `<step>.png`.

    Images are shown as a grid, other samples as their medium shows them: sound by its waves and
    spectrograms, clips by their frames. The latents are the same in every preview, so that one sees
    each sample become what it is. Of a class-conditional generator every column shows one class.

    Args:
        folder: Where to write; it is made.
        every: Steps between two previews; once an epoch by default.
        rows, columns: Size of the grid; what suits the medium by default, such as 10 by 10 images,
            and one column a class.
        seed: Decides the latents.

    Example:

        gan.fit(dataset, epochs=5, callbacks=[kg.callbacks.SampleGrid("samples")])
    """

    def __init__(self, folder, every=None, rows=None, columns=None, seed=0):
        super().__init__(every)
        self.folder = pathlib.Path(folder)
        self.rows, self.columns, self.seed = rows, columns, seed

    def on_train_begin(self, logs=None):
        """Shows where the learning begins."""
        super().on_train_begin(logs)
        if self.model.step == 0:
            self.act({})

    def act(self, logs):
        """Writes a preview."""
        samples, columns = self.model.preview(self.rows, self.columns, self.seed)
        path = self.folder / f"{int(self.model.step):08d}.png"
        pictures.save_png(self.model.medium.preview(samples, columns), path)


class LearningGIF(keras.callbacks.Callback):
    """Makes the film of the learning from a `SampleGrid`'s folder when the training ends.

    Args:
        folder: The `SampleGrid`'s folder.
        path: The GIF to write.
        max_frames: At most so many grids, evenly chosen; the last one is always among them.
    """

    def __init__(self, folder, path, max_frames=100):
        super().__init__()
        self.folder, self.path = pathlib.Path(folder), pathlib.Path(path)
        self.max_frames = max_frames

    def on_train_end(self, logs=None):
        """Writes the GIF, where there are grids."""
        frames = sorted(self.folder.glob("*.png"))
        if not frames:
            return
        count = min(len(frames), self.max_frames)
        chosen = np.linspace(0, len(frames) - 1, count).round().astype(int)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        pictures.save_gif([frames[index] for index in chosen], self.path)
