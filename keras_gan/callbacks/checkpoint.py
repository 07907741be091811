"""Checkpoints by step."""

from keras_gan.callbacks.periodic import Periodic
from keras_gan.checkpoints import Checkpoints


class Checkpoint(Periodic):
    """Saves the whole game as `<step>.keras` every so many steps and at the end.

    Put it last among the callbacks, so that what they wrote of a step is there when the step is
    saved. `keras_gan.checkpoints.Checkpoints(folder).load()` is the game to go on with: on arrays
    and on data sets of `keras_gan.datasets.load`, `fit` then continues bit for bit. A
    `tf.data.Dataset` of your own can't be asked for the batch of a step, so it begins anew.

    Args:
        folder: Where to save; it is made.
        every: Steps between two checkpoints; once an epoch by default.
        keep: How many of the newest stay.

    Example:

        gan.fit(dataset, epochs=9, callbacks=[kg.callbacks.Checkpoint("checkpoints", every=500)])
    """

    def __init__(self, folder, every=None, keep=3):
        super().__init__(every)
        self.checkpoints = Checkpoints(folder, keep)

    def act(self, logs):
        """Saves."""
        self.checkpoints.save(self.model)
        self._saved = int(self.model.step)

    def on_train_begin(self, logs=None):
        """Notes where the training begins."""
        super().on_train_begin(logs)
        self._saved = None

    def on_train_end(self, logs=None):
        """Saves what the training came to."""
        if self._saved != int(self.model.step):
            self.act({})
