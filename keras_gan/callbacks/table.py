"""A table of rows by step, kept as a CSV file."""

import csv
import pathlib

from keras_gan.saving import taking_place_of


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
            with self.path.open(newline="") as file:
                rows = list(csv.DictReader(file))
            self.rows = [row for row in rows if int(row["step"]) <= step]

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
        with taking_place_of(self.path) as new, new.open("w", newline="") as file:
            names = list(dict.fromkeys(name for row in self.rows for name in row))
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(self.rows)


def read_table(path) -> list[dict]:
    """The rows of a table as numbers; none where there is no file.

    Args:
        path: CSV file that a `Table` wrote.
    """
    path = pathlib.Path(path)
    if not path.exists():
        return []
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: float(value) for name, value in row.items() if value} for row in rows]
