"""Callbacks that end training early."""

import math
import time

from keras_gan.checkpoints import not_finite
from keras_gan.errors import NotFiniteError

import keras


class StopOnNaN(keras.callbacks.Callback):
    """Raises `NotFiniteError` as soon as any log, not only `loss`, is NaN or infinite.

    The logs are losses, gradient norms and penalties. The error names the step, the logs and the
    weights that aren't finite. Keras's `TerminateOnNaN` reads only `logs["loss"]`, which a GAN
    doesn't have. `fit` has one of these without being asked.
    """

    async_safe = True  # so that Keras needn't wait for each step of a GPU

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Checks every log of the step."""
        broken = [name for name, value in (logs or {}).items() if not math.isfinite(value)]
        if broken:
            raise NotFiniteError(
                f"expected finite losses, got {', '.join(f'{n} = {logs[n]}' for n in broken)} at "
                f"step {int(self.model.step)}, with {self._weights()}; "
                "lower the learning rates, add a penalty such as R1, or check the data for "
                "broken samples."
            )

    def _weights(self):
        broken = not_finite(self.model)
        if not broken:
            return "finite weights"
        return f"NaN or infinity in {', '.join(broken[:3])}{', ...' if broken[3:] else ''}"


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
