"""What happens every so many steps."""

from keras_gan.checks import check_integer

import keras


class Periodic(keras.callbacks.Callback):
    """Base of the callbacks that act every so many steps of the model, or once an epoch.

    The model's own counter counts, so a training that goes on keeps the rhythm.

    Args:
        every: Steps, or images, between two actions; None for once an epoch.
        counter: What is counted: `"step"` or `"images_seen"`.
    """

    def __init__(self, every=None, counter="step"):
        super().__init__()
        if every is not None:
            check_integer("every", every)
        self.every, self.counter = every, counter
        self._last = 0

    def act(self, logs):
        """What a subclass does."""
        raise NotImplementedError(f"{type(self).__name__} defines no act.")

    def _count(self):
        return int(getattr(self.model, self.counter))

    def on_train_begin(self, logs=None):
        """Notes where the training begins."""
        self._last = self._count()

    def on_train_batch_end(self, batch, logs=None):
        """Acts where a multiple of `every` was reached."""
        count = self._count()
        if self.every is not None and count // self.every > self._last // self.every:
            self.act(logs or {})
        self._last = count

    def on_epoch_end(self, epoch, logs=None):
        """Acts where there is no `every`."""
        if self.every is None:
            self.act(logs or {})
