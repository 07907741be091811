"""One progress line for a whole run."""

import time

from keras_gan.callbacks.periodic import Periodic
from keras_gan.progress import progress_bar


class Progress(Periodic):
    """A progress bar over all steps, with time left, samples a second and the newest logs.

    Args:
        steps: Step at which the training ends.
        every: Steps between two updates of the logs.
    """

    def __init__(self, steps, every=10):
        super().__init__(every)
        self.steps = steps
        self._bar = None

    def on_train_begin(self, logs=None):
        """Starts the bar where the training goes on."""
        super().on_train_begin(logs)
        self._bar = progress_bar(
            self.steps, "step", initial=int(self.model.step), delay=0, leave=True
        )
        self._noun = self.model.medium.noun
        self._images, self._time = int(self.model.images_seen), time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        """Advances the bar."""
        super().on_train_batch_end(batch, logs)
        self._bar.update(int(self.model.step) - self._bar.n)

    def act(self, logs):
        """Shows the newest logs."""
        images, now = int(self.model.images_seen), time.monotonic()
        rate = (images - self._images) / max(now - self._time, 1e-9)
        self._images, self._time = images, now
        told = "  ".join(f"{name} {value:.2f}" for name, value in logs.items())
        self._bar.set_postfix_str(f"{rate:.0f} {self._noun}/s  {told}", refresh=False)

    def on_train_end(self, logs=None):
        """Ends the bar."""
        self.close()

    def close(self):
        """Ends the bar, also where the training was broken off."""
        if self._bar is not None:
            self._bar.close()
