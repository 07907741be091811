"""The history of a training run as tables."""

import time

from keras_gan.callbacks.table import PeriodicTable

from keras import ops


class HistoryCSV(PeriodicTable):
    """Writes rows of the step, the number of images seen, and all logs to a CSV file.

    The logs are Keras's means since the beginning of the epoch. With `every` they are means since
    the last row, as the metrics are reset after each row. A resumed training appends to the file
    and continues the means of the row that was interrupted, so that the file equals, byte for
    byte, that of an uninterrupted training.

    Args:
        path: The file; its folder is created if needed.
        every: Steps between rows; once per epoch by default.
    """

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Restores the means that were saved with the model, which Keras has just reset."""
        if self.every is not None:
            self.model.resume_means()

    def act(self, logs: dict[str, float]) -> None:
        """Adds a row; logs without values since the last row, as of lazy penalties, stay empty."""
        if self.every is None:
            self.table.add(self.model, logs)
            return
        empty = {
            metric.name for metric in self.model.metrics if not ops.convert_to_numpy(metric.count)
        }
        self.table.add(self.model, {n: value for n, value in logs.items() if n not in empty})
        self.model.reset_metrics()


class TimesCSV(PeriodicTable):
    """Writes rows of the step, the number of images seen, and the seconds of training so far.

    Times aren't reproducible, so they have a separate file from the history.

    Args:
        path: The file; its folder is created if needed.
        every: Steps between rows; once per epoch by default.
    """

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Reads the rows up to the model's step, and continues their clock."""
        super().on_train_begin(logs)
        before = float(self.table.rows[-1].get("seconds") or 0.0) if self.table.rows else 0.0
        self._start = time.monotonic() - before

    def act(self, logs: dict[str, float]) -> None:
        """Adds a row."""
        self.table.add(self.model, {"seconds": round(time.monotonic() - self._start, 2)})
