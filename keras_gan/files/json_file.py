"""JSON files, validated when they are read."""

import json
import math
import os
from collections.abc import Iterator
from typing import Any

from keras_gan.errors import DataError, KerasGanError, abbreviate
from keras_gan.files import limits


def read_json(
    path: str | os.PathLike, shape: Any, error: type[KerasGanError] = DataError, advice: str = ""
) -> Any:
    """Reads and validates a JSON file.

    Args:
        path: The file.
        shape: Expected structure; see `mismatch`.
        error: Class of the error to raise.
        advice: Sentence that says what to do about an error.

    Returns:
        The content: dicts, lists, strings and numbers.

    Raises:
        KerasGanError: Of class `error`, if the file is missing, isn't JSON, or has another
            structure.
        LimitError: If the file exceeds `keras_gan.files.limits`.
    """
    with limits.reading("JSON", path, error, advice):
        content = parse(limits.read_text(path))
        difference = mismatch(content, shape)
        if difference:
            raise ValueError(difference)
    return content


def parse(text: str) -> Any:
    """Parses JSON; numbers that aren't finite become None, as in browsers.

    Raises:
        ValueError: For invalid JSON, or nesting deeper than `limits.MAX_DEPTH`.
    """
    try:
        content = json.loads(
            text, parse_float=finite_float, parse_int=finite_int, parse_constant=finite_float
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    check_depth(content)
    return content


def finite_float(text: str) -> float | None:
    """Converts text to a float; returns None if it isn't finite."""
    number = float(text)
    return number if math.isfinite(number) else None


def finite_int(text: str) -> int | None:
    """Converts text to an int; returns None if it exceeds the range of floats."""
    return None if finite_float(text) is None else int(text)


def check_depth(content: Any, depth: int = 0) -> None:
    """Raises `ValueError` for lists and objects nested deeper than `limits.MAX_DEPTH`."""
    if depth > limits.MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {limits.MAX_DEPTH}")
    inner = content.values() if isinstance(content, dict) else content
    if isinstance(content, (dict, list)):
        for value in inner:
            check_depth(value, depth + 1)


def mismatch(value: Any, shape: Any, at: str = "it") -> str | None:
    """Describes the first difference of a value from a shape; returns None if there is none.

    Args:
        value: Parsed JSON.
        shape: A type; None; a tuple of alternatives; `[shape]` for a list of such items;
            `{"name": shape}` for an object with these keys, or `{str: shape}` for any keys.
        at: Path of the value, for the description.

    Example:

    >>> mismatch({"parts": [{"name": "data"}, {"name": 3}]}, {"parts": [{"name": str}]})
    "it['parts'][1]['name'] is 3, not str"
    """
    if isinstance(shape, tuple):
        differences = [mismatch(value, option, at) for option in shape]
        return None if None in differences else differences[-1]
    kind = type(shape) if isinstance(shape, (dict, list)) else shape
    if not (value is None if kind is None else type(value) is kind):
        return f"{at} is {abbreviate(value)}, not {getattr(kind, '__name__', kind)}"
    return None if kind is shape else next(filter(None, mismatches(value, shape, at)), None)


def mismatches(value: dict | list, shape: dict | list, at: str) -> Iterator[str | None]:
    """Yields `mismatch` of each item of a list or an object."""
    if isinstance(shape, list):
        inner = [(index, entry, shape[0]) for index, entry in enumerate(value)]
    elif str in shape:
        inner = [(name, entry, shape[str]) for name, entry in value.items()]
    else:
        yield next((f"{at} lacks {name!r}" for name in shape if name not in value), None)
        inner = [(name, value[name], part) for name, part in shape.items() if name in value]
    for name, entry, part in inner:
        yield mismatch(entry, part, f"{at}[{name!r}]")
