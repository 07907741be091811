"""Checkpoints by step."""

import os

from keras_gan.callbacks.periodic import Periodic
from keras_gan.checkpoints import Checkpoints


class Checkpoint(Periodic):
    """Saves the model as `<step>.keras` at regular steps and at the end of training.

    Put it last in the list of callbacks, so that the files the others write for a step exist when
    the step is saved. To resume, load the model with
    `keras_gan.checkpoints.Checkpoints(folder).load()` and call `fit` again. Training on arrays
    and on data sets of `keras_gan.datasets.load` continues bit for bit; any other
    `tf.data.Dataset` starts from its beginning, as it can't be read from a given step.

    Args:
        folder: Folder of the checkpoints; created if needed.
        every: Steps between checkpoints; once per epoch by default.
        keep: Number of newest checkpoints to keep.

    Example:

        gan.fit(dataset, epochs=9, callbacks=[kg.callbacks.Checkpoint("checkpoints", every=500)])
    """

    saves_model = True  # `fit` then checks that the model can be saved, before it trains

    def __init__(self, folder: str | os.PathLike, every: int | None = None, keep: int = 3) -> None:
        super().__init__(every)
        self.checkpoints = Checkpoints(folder, keep)

    def act(self, logs: dict[str, float]) -> None:
        """Saves a checkpoint."""
        self.checkpoints.save(self.model)
        self._saved = int(self.model.step)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Resets the step of the last checkpoint."""
        super().on_train_begin(logs)
        self._saved = None

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Saves the last step, unless it was saved already."""
        if self._saved != int(self.model.step):
            self.act({})
