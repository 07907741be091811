"""Previews of samples during training, at the same latents each time."""

import numbers
import os
import pathlib

from keras_gan import media, pictures
from keras_gan.callbacks.pictures import Pictures
from keras_gan.checks import check_integer, is_number
from keras_gan.datasets import Source
from keras_gan.errors import ConfigError
from keras_gan.files.atomic import check_path
from keras_gan.metrics.evaluate import read_batches

import keras
import numpy as np


class SampleGrid(Pictures):
    """Writes a preview of samples of the averaged generator as `<step>.png`.

    Images are shown as a grid, other media by their previews: sound as waveforms and spectrograms,
    video as frames. The latents are the same in every preview, so that each sample can be followed
    through training. For a class-conditional generator, each column shows one class. In a notebook
    the newest preview and the curves of the losses are redrawn in the cell.

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
        super().__init__(folder, every, last)
        self.rows, self.columns, self.seed = rows, columns, seed

    def draw(self, path: pathlib.Path) -> None:
        """Writes a preview."""
        samples, columns = preview_of(self.model, self.rows, self.columns, self.seed)
        pictures.save_png(self.model.medium.preview(samples, columns), path)


def preview_of(
    model: keras.Model, rows: int | None = None, columns: int | None = None, seed: int = 0
) -> tuple[np.ndarray, int]:
    """Returns `(samples, columns)` of a game's `preview`.

    Args:
        model: An `AdversarialModel`.
        rows, columns, seed: As in its `preview`.

    Raises:
        ConfigError: If `preview` returns anything else.
    """
    preview = model.preview(rows, columns, seed)
    is_pair = isinstance(preview, tuple | list) and len(preview) == 2
    if not is_pair or not getattr(preview[0], "shape", None) or not is_count(preview[1]):
        kind = type(preview).__name__
        received = f"{type(preview[0]).__name__} and {preview[1]!r}" if is_pair else f"a {kind}"
        raise ConfigError(
            f"expected {type(model).__name__}.preview to return (samples, columns), an array and "
            f"an integer >= 1, got {received}."
        )
    return preview


def is_count(value: object) -> bool:
    """Returns whether a value is an integer from 1."""
    return is_number(value, numbers.Integral) and value >= 1


class PointsBesideData(Pictures):
    """Draws points of the averaged generator to the right of data, as `<step>.png`.

    All pictures have the limits and the points of the data, so that they can be combined to a
    film. For points of a known distribution, `DensityPlot` shows more.

    Args:
        folder: Folder of the pictures; created if needed.
        source: `keras_gan.datasets.Source` of the data.
        every: Steps between pictures; once per epoch by default.
        count: Maximum number of points of each side.
        seed: Seed of the latents, and of the choice of data.
        last: Step at which training ends, which gets a picture whatever `every` is.

    Raises:
        ConfigError: For a count below 1, or a source of another medium than points.

    Example:

        source = kg.datasets.open_source("measurements.npy")
        film = [kg.callbacks.PointsBesideData("samples", source, every=100),
                kg.callbacks.LearningGIF("samples", "learning.gif")]
        gan.fit(source.to_dataset(), epochs=5, callbacks=film)
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        source: Source,
        every: int | None = None,
        count: int = 2_000,
        seed: int = 0,
        last: int | None = None,
    ) -> None:
        super().__init__(folder, every, last)
        if not isinstance(source.medium, media.Points):
            raise ConfigError(f"expected points, got {source.medium.noun}; use SampleGrid.")
        self.source, self.seed = source, seed
        self.count = min(check_integer("count", count), len(source))
        indices = np.random.default_rng(seed).permutation(len(source))[: self.count]
        (self.data,) = read_batches(source, indices, self.count)

    def draw(self, path: pathlib.Path) -> None:
        """Draws the points beside the data."""
        samples = self.model.sampler(self.source)(self.count, self.seed)
        pictures.save_png(self.source.medium.beside(samples, self.data), path)


class LearningGIF(keras.callbacks.Callback):
    """Combines the pictures in another callback's folder to a film at the end of training.

    Args:
        folder: Folder of a `SampleGrid`, `PointsBesideData` or `DensityPlot`.
        path: GIF file to write.
        max_frames: Maximum number of frames, evenly spaced; the last preview is always included.
    """

    def __init__(
        self, folder: str | os.PathLike, path: str | os.PathLike, max_frames: int = 100
    ) -> None:
        super().__init__()
        self.folder, self.path = check_path(folder), check_path(path)
        self.max_frames = max_frames

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Writes the GIF, if there are previews."""
        frames = sorted(self.folder.glob("*.png"))
        if not frames:
            return
        count = min(len(frames), self.max_frames)
        indices = np.linspace(0, len(frames) - 1, count).round().astype(int)
        pictures.save_gif([frames[index] for index in indices], self.path)
