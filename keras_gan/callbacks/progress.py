"""A single progress bar for all epochs."""

import time

from keras_gan.callbacks.periodic import Periodic
from keras_gan.progress import progress_bar


class Progress(Periodic):
    """Shows a progress bar over all steps, with the remaining time, samples per second and logs.

    Args:
        steps: Step at which training ends.
        every: Steps between updates of the logs.
    """

    def __init__(self, steps: int, every: int = 10) -> None:
        super().__init__(every)
        self.steps = steps
        self._bar = None

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Starts the bar at the model's step."""
        super().on_train_begin(logs)
        self._bar = progress_bar(
            self.steps, "step", initial=int(self.model.step), delay=0, leave=True
        )
        self._noun = self.model.medium.noun
        self._images, self._time = int(self.model.images_seen), time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Advances the bar."""
        super().on_train_batch_end(batch, logs)
        self._bar.update(int(self.model.step) - self._bar.n)

    def act(self, logs: dict[str, float]) -> None:
        """Updates the logs."""
        images, now = int(self.model.images_seen), time.monotonic()
        rate = (images - self._images) / max(now - self._time, 1e-9)
        self._images, self._time = images, now
        text = "  ".join(f"{name} {value:.2f}" for name, value in logs.items())
        self._bar.set_postfix_str(f"{rate:.0f} {self._noun}/s  {text}", refresh=False)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Closes the bar."""
        self.close()

    def close(self) -> None:
        """Closes the bar; also to be called when training was interrupted."""
        if self._bar is not None:
            self._bar.close()
