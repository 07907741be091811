"""Checks of single arguments: each returns the value, or raises an error that names it."""

import math
import numbers

from keras_gan.errors import ConfigError, DataError, abbreviate

import numpy as np


def check_integer(name: str, value, minimum: int = 1, maximum: int | None = None) -> int:
    """Returns a value as an int, such as a number of samples.

    Args:
        name: The argument's name, for the error.
        value: An int or a NumPy integer; no bool and no float.
        minimum, maximum: Its bounds, which it may reach; no upper one by default.

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


def check_seed(seed, bits: int = 31) -> int:
    """Returns a seed as an int.

    Args:
        seed: An int or a NumPy integer, at least 0.
        bits: It has to be below 2**bits.

    Raises:
        ConfigError: For anything else.
    """
    if not is_number(seed, numbers.Integral) or not 0 <= seed < 2**bits:
        bounds = f"from 0 to 2**{bits} - 1"
        raise ConfigError(f"expected an integer seed {bounds}, got {abbreviate(seed)}.")
    return int(seed)


def check_number(name: str, value, minimum: float = 0, maximum: float = math.inf):
    """Returns a finite number that lies within bounds, such as a probability.

    Args:
        name: The argument's name, for the error.
        value: A number, such as a float.
        minimum, maximum: Its bounds, which it may reach.

    Raises:
        ConfigError: For a number out of bounds, NaN, infinity, or what is no number.
    """
    if not is_number(value) or not minimum <= value <= maximum or math.isinf(value):
        bounds = f">= {minimum:g}" if maximum == math.inf else f"from {minimum:g} to {maximum:g}"
        raise ConfigError(f"expected {name} {bounds}, got {abbreviate(value)}.")
    return value


def check_positive(name: str, value):
    """Returns a finite number above 0.

    Args:
        name: The argument's name, for the error.
        value: A number, such as a standard deviation.

    Raises:
        ConfigError: For 0, less, NaN, infinity, or what is no number.
    """
    if not is_number(value) or not 0 < value < math.inf:
        raise ConfigError(f"expected {name} > 0, got {abbreviate(value)}.")
    return value


def check_labels(labels, num_classes, error=DataError):
    """Raises `error` unless labels are whole numbers from 0 to `num_classes - 1`."""
    integers = np.issubdtype(labels.dtype, np.integer)
    if not integers or labels.min() < 0 or labels.max() >= num_classes:
        found = f"{labels.min()} to {labels.max()}" if integers else str(labels.dtype)
        raise error(f"expected labels as whole numbers from 0 to {num_classes - 1}, got {found}.")


def is_number(value, kind=numbers.Real) -> bool:
    """Returns whether a value is a number of a kind; bools aren't."""
    return isinstance(value, kind) and not isinstance(value, bool)
