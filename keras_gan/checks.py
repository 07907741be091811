"""Checks of single arguments: each returns the value, or raises an error that names it."""

import math
import numbers
from typing import Any

from keras_gan.errors import ConfigError, DataError, KerasGanError, abbreviate

import numpy as np


def check_integer(name: str, value: Any, minimum: int = 1, maximum: int | None = None) -> int:
    """Returns a value as an int, such as a number of samples.

    Args:
        name: Name of the argument, for the error.
        value: An int or a NumPy integer, not a bool or a float.
        minimum, maximum: Bounds, inclusive; None for no upper bound.

    Raises:
        ConfigError: For anything else.

    Example:

    >>> check_integer("k", 3)
    3
    """
    fits = is_number(value, numbers.Integral) and minimum <= value
    if not fits or (maximum is not None and value > maximum):
        bounds = f">= {minimum:,}" if maximum is None else f"from {minimum:,} to {maximum:,}"
        raise ConfigError(f"expected an integer {name} {bounds}, got {abbreviate(value)}.")
    return int(value)


def check_seed(seed: Any, bits: int = 31) -> int:
    """Returns a seed as an int.

    Args:
        seed: An int or a NumPy integer, at least 0.
        bits: Number of bits; the seed must be below `2**bits`.

    Raises:
        ConfigError: For anything else.
    """
    if not is_number(seed, numbers.Integral) or not 0 <= seed < 2**bits:
        bounds = f"from 0 to 2**{bits} - 1"
        raise ConfigError(f"expected an integer seed {bounds}, got {abbreviate(seed)}.")
    return int(seed)


def check_number(name: str, value: Any, minimum: float = 0, maximum: float = math.inf) -> float:
    """Returns a finite number within bounds, such as a probability.

    Args:
        name: Name of the argument, for the error.
        value: A number, such as a float.
        minimum, maximum: Bounds, inclusive.

    Raises:
        ConfigError: For a number out of bounds, NaN, infinity, or a value that isn't a number.
    """
    if not is_number(value) or not minimum <= value <= maximum or math.isinf(value):
        bounds = f">= {minimum:g}" if maximum == math.inf else f"from {minimum:g} to {maximum:g}"
        raise ConfigError(f"expected {name} {bounds}, got {abbreviate(value)}.")
    return value


def check_positive(name: str, value: Any) -> float:
    """Returns a finite number above 0.

    Args:
        name: Name of the argument, for the error.
        value: A number, such as a standard deviation.

    Raises:
        ConfigError: For 0, less, NaN, infinity, or a value that isn't a number.
    """
    if not is_number(value) or not 0 < value < math.inf:
        raise ConfigError(f"expected {name} > 0, got {abbreviate(value)}.")
    return value


def check_bool(name: str, value: Any) -> bool:
    """Returns a bool.

    Args:
        name: Name of the argument, for the error.
        value: True or False.

    Raises:
        ConfigError: For anything else, such as the string "no", which counts as true in Python.
    """
    if not isinstance(value, bool | np.bool_):
        raise ConfigError(f"expected {name} as True or False, got {abbreviate(value)}.")
    return bool(value)


def check_labels(
    labels: np.ndarray, num_classes: int, error: type[KerasGanError] = DataError
) -> None:
    """Raises `error` unless labels are integers from 0 to `num_classes - 1`."""
    integers = np.issubdtype(labels.dtype, np.integer)
    if not integers or labels.min() < 0 or labels.max() >= num_classes:
        values = f"{labels.min()} to {labels.max()}" if integers else str(labels.dtype)
        raise error(f"expected labels as integers from 0 to {num_classes - 1}, got {values}.")


def is_number(value: object, kind: type = numbers.Real) -> bool:
    """Returns whether a value is a number of a kind, and not a bool."""
    return isinstance(value, kind) and not isinstance(value, bool)
