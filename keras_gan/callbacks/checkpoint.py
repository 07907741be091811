"""Checkpoints that are whole or not there."""

import pathlib
import time

from keras_gan.saving import save_whole

import keras


class Checkpoint(keras.callbacks.Callback):
    """Saves the whole model to one file, replaced at once, every so many seconds and at the end.

    Args:
        path: The `.keras` file; its folder is made.
        seconds: Time between two checkpoints.
    """

    def __init__(self, path, seconds=60.0):
        super().__init__()
        self.path, self.seconds = pathlib.Path(path), seconds

    def on_train_begin(self, logs=None):
        """Starts the clock."""
        self._saved = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        """Saves where it is time."""
        if time.monotonic() - self._saved >= self.seconds:
            self.save()

    def on_train_end(self, logs=None):
        """Saves what the training came to."""
        self.save()

    def save(self):
        """Saves to a new file, which then takes the old one's place."""
        save_whole(self.model, self.path)
        self._saved = time.monotonic()
