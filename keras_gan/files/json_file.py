"""JSON files, which others may have written: checked before they are used."""

import json
import math

from keras_gan.errors import DataError
from keras_gan.files import limits


def read_json(path, shape, error=DataError, advice=""):
    """The content of a JSON file.

    Args:
        path: The file.
        shape: What it must hold, as `misfit` takes it.
        error: The class of the error.
        advice: What to do where it doesn't, a sentence.

    Raises:
        KerasGanError: Of the class `error`, if it isn't there, is no JSON or holds something else.
        LimitError: If it is larger than `keras_gan.files.limits` allow.
    """
    with limits.reading("JSON", path, error, advice):
        content = parse(limits.read_text(path))
        difference = misfit(content, shape)
        if difference:
            raise ValueError(difference)
    return content


def parse(text):
    """JSON as a browser reads it too: numbers that aren't finite are None.

    Raises:
        ValueError: For what is no JSON, or nested deeper than `limits.MAX_DEPTH`.
    """
    try:
        content = json.loads(text, parse_float=finite, parse_int=whole, parse_constant=finite)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    check_depth(content)
    return content


def finite(text):
    """The number that a text says, None where no float holds it."""
    number = float(text)
    return number if math.isfinite(number) else None


def whole(text):
    """Likewise, of a whole number."""
    return None if finite(text) is None else int(text)


def check_depth(content, depth=0):
    """Raises `ValueError` for lists and objects deeper than `limits.MAX_DEPTH`."""
    if depth > limits.MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {limits.MAX_DEPTH}")
    inner = content.values() if isinstance(content, dict) else content
    if isinstance(content, (dict, list)):
        for value in inner:
            check_depth(value, depth + 1)


def misfit(value, shape, at="it"):
    """Where data differ from a shape, in words; None where they don't.

    Args:
        value: What JSON holds.
        shape: A type; None; a tuple of alternatives; `[shape]` of all in a list;
            `{"name": shape}` of those in an object, or `{str: shape}` of all in it.
        at: Where the value stands.

    Example:

    >>> misfit({"parts": [{"name": "data"}, {"name": 3}]}, {"parts": [{"name": str}]})
    "it['parts'][1]['name'] is 3, no str"
    """
    if isinstance(shape, tuple):
        found = [misfit(value, option, at) for option in shape]
        return None if None in found else found[-1]
    wanted = type(shape) if isinstance(shape, (dict, list)) else shape
    if not (value is None if wanted is None else type(value) is wanted):
        return f"{at} is {brief(value)}, no {getattr(wanted, '__name__', wanted)}"
    return None if wanted is shape else next(filter(None, misfits(value, shape, at)), None)


def misfits(value, shape, at):
    """`misfit` of everything in a list or an object, None for what fits."""
    if isinstance(shape, list):
        inner = [(index, entry, shape[0]) for index, entry in enumerate(value)]
    elif str in shape:
        inner = [(name, entry, shape[str]) for name, entry in value.items()]
    else:
        yield next((f"{at} lacks {name!r}" for name in shape if name not in value), None)
        inner = [(name, value[name], part) for name, part in shape.items() if name in value]
    for name, entry, part in inner:
        yield misfit(entry, part, f"{at}[{name!r}]")


def brief(value):
    """A value for an error, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "..."
