"""Tables: rows of named columns."""

import csv
import dataclasses
import pathlib
from collections.abc import Sequence
from typing import ClassVar

from keras_gan.errors import ConfigError, abbreviate
from keras_gan.media.medium import Medium, check_words
from keras_gan.media.text import draw_lines
from keras_gan.media.tokens import INTEGERS

import numpy as np


@dataclasses.dataclass(frozen=True)
class Table(Medium):
    """Rows `(columns,)` of numbers in arbitrary units and of indices of categories.

    Args:
        columns: Names of the columns.
        categories: For each column its categories, index 0 first, or None for a column of numbers;
            by default all columns are numbers. Generated values are rounded to the nearest
            category.

    Example:

    >>> import numpy as np
    >>> from keras_gan import media
    >>> table = media.Table(("age", "pet"), (None, ("cat", "dog")))
    >>> table.cells(np.array([[31.5, 0.9]]))
    [['31.5', 'dog']]
    """

    columns: tuple[str, ...]
    categories: tuple[tuple[str, ...] | None, ...] = ()

    name: ClassVar = "table"
    noun: ClassVar = "rows"
    tensor: ClassVar = "rows"
    form: ClassVar = "(columns,)"
    rank: ClassVar = 1
    has_units: ClassVar = True
    integers: ClassVar = INTEGERS
    suffixes: ClassVar = (".csv",)
    has_tiles: ClassVar = False
    grid: ClassVar = (20, 1)

    def __post_init__(self):
        check_words("columns", self.columns)
        counts = (0, len(self.columns))
        if not isinstance(self.categories, tuple) or len(self.categories) not in counts:
            raise ConfigError(
                f"expected categories, or None, for each of {len(self.columns)} columns, got "
                f"{abbreviate(self.categories)}."
            )
        for words in self.categories:
            if words is not None:
                check_words("categories", words)

    def __str__(self):
        return f"a table of {len(self.columns):,} columns"

    def fits(self, shape: Sequence[int]) -> bool:
        """Returns whether a sample may have this shape, one value per column."""
        return tuple(shape) == (len(self.columns),)

    def cells(self, samples: np.ndarray) -> list[list[str]]:
        """Formats rows as text, numbers with seven digits."""
        categories = self.categories or (None,) * len(self.columns)
        return [list(map(cell, row, categories)) for row in self.check_samples(samples)]

    def lines(self, samples: np.ndarray) -> list[str]:
        """Formats the names of the columns and the rows, one line each."""
        return ["  ".join(row) for row in [self.columns, *self.cells(samples)]]

    def preview(self, samples: np.ndarray, columns: int | None = None) -> np.ndarray:
        """Draws the names of the columns and the rows, one line each."""
        return draw_lines(self.lines(samples))

    def write(self, samples: np.ndarray, path: pathlib.Path) -> None:
        """Writes the names of the columns and the rows as CSV."""
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([self.columns, *self.cells(samples)])


def cell(value: float, words: tuple[str, ...] | None) -> str:
    """Formats a value: the nearest category, or the number."""
    if words is None:
        return f"{value:.7g}"
    return words[int(np.clip(np.rint(value), 0, len(words) - 1))]
