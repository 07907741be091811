"""The same latents, again and again, while the generator learns."""

import pathlib

from keras_gan import pictures
from keras_gan.callbacks.periodic import Periodic
from keras_gan.errors import ConfigError

import keras
import numpy as np


class SampleGrid(Periodic):
    """Writes a grid of samples of the averaged generator as `<step>.png`.

    The latents are the same in every grid, so that one sees each picture become what it is. Of a
    class-conditional generator every column shows one class.

    Args:
        folder: Where to write; it is made.
        every: Steps between two grids; once an epoch by default.
        rows, columns: Size of the grid; one column a class by default, else 10.
        seed: Decides the latents.

    Raises:
        ConfigError: At the start of training, for a model whose samples are no images.

    Example:

        gan.fit(dataset, epochs=5, callbacks=[kg.callbacks.SampleGrid("samples")])
    """

    def __init__(self, folder, every=None, rows=10, columns=None, seed=0):
        super().__init__(every)
        self.folder = pathlib.Path(folder)
        self.rows, self.columns, self.seed = rows, columns, seed

    def on_train_begin(self, logs=None):
        """Checks the model and shows where the learning begins."""
        shape = self.model.sample_shape
        if len(shape) != 3 or not 1 <= shape[2] <= 4:
            raise ConfigError(f"expected a model of images for a sample grid, got samples {shape}.")
        super().on_train_begin(logs)
        if self.model.step == 0:
            self.act({})

    def act(self, logs):
        """Writes a grid."""
        classes = self.model.num_classes if self.model.conditional else None
        columns = self.columns or classes or 10
        count = self.rows * columns
        labels = None if classes is None else np.arange(count) % classes
        images = self.model.sample(count, seed=self.seed, labels=labels)
        path = self.folder / f"{int(self.model.step):08d}.png"
        pictures.save_grid(images, path, columns)


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
