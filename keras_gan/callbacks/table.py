"""Tables of figures by step, stored as CSV files."""

import csv
import io
import math
import os

from keras_gan.callbacks.periodic import Periodic
from keras_gan.errors import RunError
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write, check_path

import keras

COUNTERS = ("step", "images_seen")


class Table:
    """Rows of figures in a CSV file, which each new row replaces atomically.

    A resumed training appends to the file. Rows after the step at which it resumes are dropped,
    so that no row appears twice.

    Args:
        path: The file; its folder is created if needed.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = check_path(path)
        self.rows = []

    def open(self, step: int) -> None:
        """Reads the rows up to `step`."""
        self.rows = []
        if self.path.exists():
            self.rows = [row for row in read_rows(self.path) if float(row["step"]) <= step]

    def add(self, model: keras.Model, figures: dict[str, float]) -> None:
        """Adds a row of the model's step, its number of images seen, and figures.

        Args:
            model: An `AdversarialModel`.
            figures: Dict of names to numbers.
        """
        row = {
            "step": int(model.step),
            "images_seen": int(model.images_seen),
            **{name: f"{value:.6g}" for name, value in figures.items()},
        }
        self.rows.append(row)
        self._write()

    def _write(self):
        text = {"encoding": "utf-8", "newline": ""}
        with atomic_write(self.path) as new, new.open("w", **text) as file:
            names = list(dict.fromkeys(name for row in self.rows for name in row))
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)


class PeriodicTable(Periodic):
    """Base class of callbacks that add rows to a table periodically.

    Args:
        path: File of the table; its folder is created if needed.
        every, counter: As in `Periodic`.
    """

    def __init__(
        self, path: str | os.PathLike, every: int | None = None, counter: str = "step"
    ) -> None:
        super().__init__(every, counter)
        self.table = Table(path)

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Reads the rows up to the model's step."""
        super().on_train_begin(logs)
        self.table.open(int(self.model.step))


def read_table(path: str | os.PathLike) -> list[dict]:
    """Reads the rows of a table as numbers; returns an empty list if there is no file.

    Args:
        path: CSV file written by a `Table`.

    Raises:
        RunError: For a file that isn't such a table.
    """
    path = check_path(path)
    return [numbers(row) for row in read_rows(path)] if path.exists() else []


def read_rows(path: str | os.PathLike) -> list[dict]:
    """Reads the rows of a table as text.

    Raises:
        RunError: For a file that isn't such a table.
    """
    with limits.reading("a table of figures by step", path, RunError, "Remove it."):
        rows = list(csv.DictReader(io.StringIO(limits.read_text(path), newline="")))
        for row in rows:
            if not all(math.isfinite(numbers(row).get(name, math.nan)) for name in COUNTERS):
                raise ValueError(f"a row lacks one of {', '.join(COUNTERS)}")
    return rows


def numbers(row: dict[str, str]) -> dict[str, float]:
    """Converts a row's figures to floats, without empty ones."""
    return {name: float(value) for name, value in row.items() if value}
