"""Base class of periodic callbacks."""

from keras_gan.checks import check_integer

import keras


class Periodic(keras.callbacks.Callback):
    """Base class of callbacks that act every `every` steps of the model, or once per epoch.

    It uses the counter of the model, so a resumed training keeps the schedule.

    Args:
        every: Steps, or images, between actions; None for once per epoch.
        counter: Name of the model's counter, `"step"` or `"images_seen"`.
        last: Count at which the whole training ends, where it acts in any case; None for no such
            count. An interrupted training doesn't reach it, so it acts as an uninterrupted one.
    """

    def __init__(
        self, every: int | None = None, counter: str = "step", last: int | None = None
    ) -> None:
        super().__init__()
        if every is not None:
            check_integer("every", every)
        if last is not None:
            check_integer("last", last)
        self.every, self.counter, self.last = every, counter, last
        self._previous = 0

    def act(self, logs: dict[str, float]) -> None:
        """Performs the action; implemented by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} defines no act.")

    def _count(self):
        return int(getattr(self.model, self.counter))

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Stores the counter at the beginning of training."""
        self._previous = self._count()

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Acts if the counter has reached a multiple of `every`, or `last`."""
        count = self._count()
        is_due = self.every is not None and count // self.every > self._previous // self.every
        if is_due or count == self.last:
            self.act(logs or {})
        self._previous = count

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Acts if `every` is None."""
        if self.every is None:
            self.act(logs or {})
