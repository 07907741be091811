"""The history of a training as a table."""

from keras_gan.callbacks.periodic import Periodic
from keras_gan.callbacks.table import Table


class HistoryCSV(Periodic):
    """Writes a row of the step, the images seen, the seconds and every log.

    The logs are Keras's means since the epoch began; with `every` they are means since the last
    row, as the metrics are then reset after each. A training that goes on appends to the file.

    Args:
        path: The file; its folder is made.
        every: Steps between two rows; once an epoch by default.
    """

    def __init__(self, path, every=None):
        super().__init__(every)
        self.table = Table(path)

    def on_train_begin(self, logs=None):
        """Reads the rows up to the model's step."""
        super().on_train_begin(logs)
        self.table.open(int(self.model.step))

    def act(self, logs):
        """Adds a row; what wasn't measured since the last one, as a lazy penalty, stays empty."""
        if self.every is None:
            self.table.add(self.model, logs)
            return
        empty = {metric.name for metric in self.model.metrics if float(metric.count) == 0}
        self.table.add(self.model, {n: value for n, value in logs.items() if n not in empty})
        self.model.reset_metrics()
