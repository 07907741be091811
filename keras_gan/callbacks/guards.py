"""Callbacks that end training early."""

import time

import keras


class EndAt(keras.callbacks.Callback):
    """Ends training after the first step that finishes past a deadline.

    Args:
        deadline: Time in seconds on the clock of `time.monotonic`.

    Example:

        gan.fit(digits, epochs=100, callbacks=[kg.callbacks.EndAt(time.monotonic() + 3600)])
    """

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Ends training once the deadline has passed."""
        if time.monotonic() >= self.deadline:
            self.model.stop_training = True
