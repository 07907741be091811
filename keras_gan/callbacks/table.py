"""A table of rows by step, kept as a CSV file."""

import csv
import io
import math
import pathlib

from keras_gan.callbacks.periodic import Periodic
from keras_gan.errors import RunError
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write

COUNTERS = ("step", "images_seen")


class Table:
    """Rows of figures in a CSV file, which is replaced whole by each new row.

    A training that goes on appends to the file; rows from beyond the step at which it goes on are
    dropped, so that none is there twice.

    Args:
        path: The file; its folder is made.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.rows = []

    def open(self, step):
        """Reads the rows up to `step`."""
        self.rows = []
        if self.path.exists():
            self.rows = [row for row in read_rows(self.path) if float(row["step"]) <= step]

    def add(self, model, figures):
        """Adds a row: the model's step, the images seen, the figures.

        Args:
            model: An `AdversarialModel`.
            figures: Name -> number.
        """
        row = {
            "step": int(model.step),
            "images_seen": int(model.images_seen),
            **{name: f"{value:.6g}" for name, value in figures.items()},
        }
        self.rows.append(row)
        self._write()

    def _write(self):
        with atomic_write(self.path) as new, new.open("w", newline="") as file:
            names = list(dict.fromkeys(name for row in self.rows for name in row))
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)


class PeriodicTable(Periodic):
    """Base of the callbacks that add a row to a table every so often.

    Args:
        path: The table's file; its folder is made.
        every, counter: As in `Periodic`.
    """

    def __init__(self, path, every=None, counter="step"):
        super().__init__(every, counter)
        self.table = Table(path)

    def on_train_begin(self, logs=None):
        """Reads the rows up to the model's step."""
        super().on_train_begin(logs)
        self.table.open(int(self.model.step))


def read_table(path) -> list[dict]:
    """The rows of a table as numbers; none where there is no file.

    Args:
        path: CSV file that a `Table` wrote.

    Raises:
        RunError: For another file.
    """
    path = pathlib.Path(path)
    return [numbers(row) for row in read_rows(path)] if path.exists() else []


def read_rows(path) -> list[dict]:
    """The rows of a table as text, which says numbers.

    Raises:
        RunError: For a file that is no such table.
    """
    with limits.reading("a table of figures by step", path, RunError, "Remove it."):
        rows = list(csv.DictReader(io.StringIO(limits.read_text(path), newline="")))
        for row in rows:
            if not all(math.isfinite(numbers(row).get(name, math.nan)) for name in COUNTERS):
                raise ValueError(f"a row lacks one of {', '.join(COUNTERS)}")
    return rows


def numbers(row):
    """A row's figures; what is empty is left out."""
    return {name: float(value) for name, value in row.items() if value}
