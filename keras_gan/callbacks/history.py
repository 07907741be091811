"""The history of a training as a table."""

import time

from keras_gan.callbacks.table import PeriodicTable

from keras import ops


class HistoryCSV(PeriodicTable):
    """Writes a row of the step, the images seen and every log.

    The logs are Keras's means since the epoch began; with `every` they are means since the last
    row, as the metrics are then reset after each. A training that goes on appends to the file, and
    means that were begun before it was saved go on: the file is the same, byte for byte, as that
    of a training that was never interrupted.

    Args:
        path: The file; its folder is made.
        every: Steps between two rows; once an epoch by default.
    """

    def on_epoch_begin(self, epoch, logs=None):
        """Goes on with the means that were saved with the model, which Keras has just reset."""
        if self.every is not None:
            self.model.resume_means()

    def act(self, logs):
        """Adds a row; what wasn't measured since the last one, as a lazy penalty, stays empty."""
        if self.every is None:
            self.table.add(self.model, logs)
            return
        empty = {
            metric.name for metric in self.model.metrics if not ops.convert_to_numpy(metric.count)
        }
        self.table.add(self.model, {n: value for n, value in logs.items() if n not in empty})
        self.model.reset_metrics()


class TimesCSV(PeriodicTable):
    """Writes a row of the step, the images seen and the seconds of training so far.

    Times are never the same twice, so they have a file of their own, beside the history.

    Args:
        path: The file; its folder is made.
        every: Steps between two rows; once an epoch by default.
    """

    def on_train_begin(self, logs=None):
        """Reads the rows up to the model's step, and goes on with their clock."""
        super().on_train_begin(logs)
        before = float(self.table.rows[-1].get("seconds") or 0.0) if self.table.rows else 0.0
        self._start = time.monotonic() - before

    def act(self, logs):
        """Adds a row."""
        self.table.add(self.model, {"seconds": round(time.monotonic() - self._start, 2)})
