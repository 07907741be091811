"""The history of a training as a table."""

import csv
import pathlib
import time

from keras_gan.callbacks.periodic import Periodic


class HistoryCSV(Periodic):
    """Writes a row of the step, the images seen, the seconds and every log.

    The logs are Keras's means since the epoch began; with `every` they are means since the last
    row, as the metrics are then reset after each.

    A training that goes on appends to the file; rows from beyond the step at which it goes on are
    dropped, so that none is there twice. Each change replaces the file whole.

    Args:
        path: The file; its folder is made.
        every: Steps between two rows; once an epoch by default.
    """

    def __init__(self, path, every=None):
        super().__init__(every)
        self.path = pathlib.Path(path)
        self._rows = []

    def on_train_begin(self, logs=None):
        """Reads the rows up to the model's step."""
        super().on_train_begin(logs)
        self._rows = []
        if self.path.exists():
            with self.path.open(newline="") as file:
                rows = list(csv.DictReader(file))
            self._rows = [row for row in rows if int(row["step"]) <= int(self.model.step)]
        before = float(self._rows[-1]["seconds"]) if self._rows else 0.0
        self._start = time.monotonic() - before

    def act(self, logs):
        """Adds a row."""
        row = {
            "step": int(self.model.step),
            "images_seen": int(self.model.images_seen),
            "seconds": f"{time.monotonic() - self._start:.2f}",
            **{name: f"{value:.6g}" for name, value in logs.items()},
        }
        self._rows.append(row)
        self._write()
        if self.every is not None:
            self.model.reset_metrics()

    def _write(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_name(self.path.name + ".new")
        with new.open("w", newline="") as file:
            names = list(dict.fromkeys(name for row in self._rows for name in row))
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self._rows)
        new.replace(self.path)
