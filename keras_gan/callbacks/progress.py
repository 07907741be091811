"""A single progress bar for all epochs."""

import contextlib
import math
import time

from keras_gan.callbacks.periodic import Periodic
from keras_gan.progress import progress_bar, ticking

LAYOUT = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
SMALLEST_BAR = 8  # characters, for which the logs leave room
SEPARATOR = ", "  # that of tqdm


class Progress(Periodic):
    """Shows a progress bar over all steps, with the remaining time, samples per second and logs.

    The losses come first; further logs are shown as far as the terminal is wide. Until the first
    step has ended, the bar says that it is being compiled, and its clock runs.

    Args:
        steps: Step at which training ends.
        every: Steps between updates of the logs.
    """

    def __init__(self, steps: int, every: int = 10) -> None:
        super().__init__(every)
        self.steps = steps
        self._bar, self._waiting = None, contextlib.ExitStack()

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Starts the bar at the model's step."""
        super().on_train_begin(logs)
        self._bar = progress_bar(
            self.steps,
            "step",
            initial=int(self.model.step),
            delay=0,
            leave=True,
            bar_format=LAYOUT,
            postfix="compiling the first step",
        )
        self._waiting.enter_context(ticking(self._bar))
        self._noun = self.model.medium.noun
        self._images, self._time = None, 0.0

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Advances the bar; the samples per second don't count the first step, which compiles."""
        if self._images is None:
            self._waiting.close()
            self._skip_first_step()
            self._images, self._time = int(self.model.images_seen), time.monotonic()
            self._bar.set_postfix_str(self._fitting([], logs or {}), refresh=False)
        super().on_train_batch_end(batch, logs)
        self._bar.update(int(self.model.step) - self._bar.n)

    def _skip_first_step(self):
        """Starts the clock anew after the first step, whose compiling would count as its speed."""
        bar = self._bar
        bar.n = bar.initial = bar.last_print_n = int(self.model.step)
        bar.start_t = bar.last_print_t = bar._time()

    def act(self, logs: dict[str, float]) -> None:
        """Updates the logs."""
        images, now = int(self.model.images_seen), time.monotonic()
        rates = []
        if images > self._images:
            rates = [f"{(images - self._images) / max(now - self._time, 1e-9):.0f} {self._noun}/s"]
        self._images, self._time = images, now
        self._bar.set_postfix_str(self._fitting(rates, logs), refresh=False)

    def _fitting(self, rates, logs):
        """Returns the rates and as many logs, losses first, as fit beside the bar."""
        names = sorted(logs, key=lambda name: not name.endswith("loss"))
        texts = [*rates, *(f"{name} {logs[name]:.2f}" for name in names)]
        room = self._room()
        while len(SEPARATOR.join(["", *texts])) > room:
            texts.pop()
        return SEPARATOR.join(texts)

    def _room(self):
        """Returns the number of characters beside the bar; infinity without a terminal."""
        state = self._bar.format_dict
        if state["ncols"] is None:
            return math.inf
        layout = LAYOUT.replace("{bar}", " " * SMALLEST_BAR)
        rest = {**state, "bar_format": layout, "ncols": None, "postfix": None}
        return max(state["ncols"] - len(self._bar.format_meter(**rest)), 0)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Closes the bar."""
        self.close()

    def close(self) -> None:
        """Closes the bar; also to be called when training was interrupted."""
        self._waiting.close()
        if self._bar is not None:
            self._bar.close()
