"""Tables: rows of named columns."""

import csv
import dataclasses
from typing import ClassVar

from keras_gan.errors import ConfigError, abbreviate
from keras_gan.media.medium import Medium, check_words
from keras_gan.media.text import draw_lines
from keras_gan.media.tokens import WHOLE

import numpy as np


@dataclasses.dataclass(frozen=True)
class Table(Medium):
    """Rows `(columns,)`: numbers in units of their own, and categories by number.

    Args:
        columns: The columns' names.
        categories: For each column its categories, number 0 first, or None for one of numbers;
            none by default. A generated value stands for the nearest category.

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
    integers: ClassVar = WHOLE
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

    def fits(self, shape):
        """Returns whether a sample has a value for each column."""
        return tuple(shape) == (len(self.columns),)

    def cells(self, samples) -> list[list[str]]:
        """Returns the rows as text, numbers to seven digits."""
        categories = self.categories or (None,) * len(self.columns)
        return [list(map(cell, row, categories)) for row in np.asarray(samples)]

    def lines(self, samples):
        """Returns the names and the rows, a line each."""
        return ["  ".join(row) for row in [self.columns, *self.cells(samples)]]

    def preview(self, samples, columns=None):
        """Returns the names and the rows, a line each."""
        return draw_lines(self.lines(samples))

    def write(self, samples, path):
        """Writes the names and the rows as CSV."""
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([self.columns, *self.cells(samples)])


def cell(value, words):
    """Returns a value as text: the nearest category's, or the number."""
    if words is None:
        return f"{value:.7g}"
    return words[int(np.clip(np.rint(value), 0, len(words) - 1))]
