"""JSON files, which others may have written: checked before they are used."""

import json
import math
import os

from keras_gan.errors import DataError, abbreviate
from keras_gan.files import limits


def read_json(path: str | os.PathLike, shape, error=DataError, advice: str = ""):
    """Reads a JSON file and checks what it holds.

    Args:
        path: The file.
        shape: What it must hold, as `mismatch` takes it.
        error: The class of the error.
        advice: What to do where it doesn't, a sentence.

    Returns:
        Its content: dicts, lists, strings and numbers.

    Raises:
        KerasGanError: Of the class `error`, if it isn't there, is no JSON or holds something else.
        LimitError: If it is larger than `keras_gan.files.limits` allow.
    """
    with limits.reading("JSON", path, error, advice):
        content = parse(limits.read_text(path))
        difference = mismatch(content, shape)
        if difference:
            raise ValueError(difference)
    return content


def parse(text):
    """Parses JSON as a browser reads it too: numbers that aren't finite become None.

    Raises:
        ValueError: For what is no JSON, or nested deeper than `limits.MAX_DEPTH`.
    """
    try:
        content = json.loads(
            text, parse_float=finite_float, parse_int=finite_int, parse_constant=finite_float
        )
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    check_depth(content)
    return content


def finite_float(text):
    """Returns the number that a text says, None where no float holds it."""
    number = float(text)
    return number if math.isfinite(number) else None


def finite_int(text):
    """Returns the integer that a text says, None where no float holds it."""
    return None if finite_float(text) is None else int(text)


def check_depth(content, depth=0):
    """Raises `ValueError` for lists and objects deeper than `limits.MAX_DEPTH`."""
    if depth > limits.MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {limits.MAX_DEPTH}")
    inner = content.values() if isinstance(content, dict) else content
    if isinstance(content, (dict, list)):
        for value in inner:
            check_depth(value, depth + 1)


def mismatch(value, shape, at="it"):
    """Describes where data differ from a shape; returns None where they don't.

    Args:
        value: What JSON holds.
        shape: A type; None; a tuple of alternatives; `[shape]` of all in a list;
            `{"name": shape}` of those in an object, or `{str: shape}` of all in it.
        at: Where the value stands.

    Example:

    >>> mismatch({"parts": [{"name": "data"}, {"name": 3}]}, {"parts": [{"name": str}]})
    "it['parts'][1]['name'] is 3, no str"
    """
    if isinstance(shape, tuple):
        differences = [mismatch(value, option, at) for option in shape]
        return None if None in differences else differences[-1]
    wanted = type(shape) if isinstance(shape, (dict, list)) else shape
    if not (value is None if wanted is None else type(value) is wanted):
        return f"{at} is {abbreviate(value)}, no {getattr(wanted, '__name__', wanted)}"
    return None if wanted is shape else next(filter(None, mismatches(value, shape, at)), None)


def mismatches(value, shape, at):
    """Yields `mismatch` of everything in a list or an object."""
    if isinstance(shape, list):
        inner = [(index, entry, shape[0]) for index, entry in enumerate(value)]
    elif str in shape:
        inner = [(name, entry, shape[str]) for name, entry in value.items()]
    else:
        yield next((f"{at} lacks {name!r}" for name in shape if name not in value), None)
        inner = [(name, value[name], part) for name, part in shape.items() if name in value]
    for name, entry, part in inner:
        yield mismatch(entry, part, f"{at}[{name!r}]")
