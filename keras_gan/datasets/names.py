"""Compact storage of many names."""

from __future__ import annotations

import collections.abc
import os
from collections.abc import Iterable

import numpy as np


class Names(collections.abc.Sequence):
    """A sorted sequence of names, stored in one `bytes` object with 8 extra bytes per name.

    A list of Python strings would take some 100 bytes per name.

    Args:
        names: Strings in any order.

    Example:

    >>> list(Names(["b.png", "a.png"]))
    ['a.png', 'b.png']
    """

    def __init__(self, names: Iterable[str]) -> None:
        encoded = sorted(os.fsencode(name) for name in names)
        self._letters = b"".join(encoded)
        self._ends = np.cumsum([0, *map(len, encoded)], dtype="int64")

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[position] for position in range(len(self))[index]]
        position = range(len(self))[index]
        first, last = self._ends[position : position + 2]
        return os.fsdecode(self._letters[first:last])

    def where(self, mask: np.ndarray) -> Names:
        """Returns the names at which a boolean array is true."""
        if mask.all():
            return self
        return Names(name for name, keep in zip(self, mask, strict=True) if keep)
