"""Conversion between JSON values and arrays, with TF Serving's rules and error messages.

A tensor is a scalar or evenly nested lists. Integers are valid floats if float32 represents them
exactly. Decimals such as `3.0` aren't valid integers, and booleans aren't valid numbers.
"""

import itertools
from collections.abc import Iterator

from keras_gan.runtime.server.errors import RequestError, invalid, shorten
from keras_gan.runtime.server.signatures import TYPES

import numpy as np
import orjson

MAX_RANK = 32
MAX_INTEGER = 2**24 - 1  # of those that float32 represents exactly
MAX_FLOAT = float(np.finfo(np.float32).max)
RANGES = {"DT_INT32": 2**31, "DT_INT64": 2**63}
KINDS = {int: "Number", float: "Number", str: "String", dict: "Object", type(None): "Null"}


def to_array(value: object, dtype: str) -> np.ndarray:
    """Converts a JSON value to an array.

    Args:
        value: Value as parsed by `orjson`.
        dtype: Name of a type in TensorFlow's enumeration.

    Raises:
        RequestError: 400 if the value isn't a tensor of this type.
    """
    shape = shape_of(value)
    if len(shape) > MAX_RANK:
        raise invalid(f"expected lists nested at most {MAX_RANK} deep, got {len(shape)}.")
    items = [value]
    for level, size in enumerate(shape):
        check_lists(items, size, level, len(shape))
        items = list(itertools.chain.from_iterable(items))
    check_items(items, dtype, len(shape))
    return np.array(items, TYPES[dtype][1]).reshape(shape)


def shape_of(value: object) -> list[int]:
    """Returns the shape of nested lists, from the first item of each."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def check_lists(items: list, size: int, level: int, rank: int) -> None:
    """Raises `RequestError` unless all items are lists of a size."""
    for item in items:
        if not isinstance(item, list):
            raise invalid(
                f"JSON Value: {describe(item)} found at incorrect level: {level + 1} in the JSON "
                f"DOM. Expected at level: {rank}"
            )
        if len(item) != size:
            raise invalid(
                f"Encountered list at unexpected size: {len(item)} at level: {level} "
                f"expected size: {size}"
            )


def check_items(items: list, dtype: str, rank: int) -> None:
    """Raises `RequestError` unless all items have a type and are in its range."""
    types = set(map(type, items))
    if list in types:
        raise invalid(f"Encountered list at unexpected level: {rank} expected < {rank}")
    valid_types = {int, float} if dtype == "DT_FLOAT" else {int}
    for item in items if types - valid_types else ():
        if type(item) not in valid_types:
            raise wrong_type(item, dtype)
    for item in out_of_range(items, dtype):
        if dtype == "DT_FLOAT":
            value = describe(item)
            raise invalid(f"Cannot convert JSON value: {value} to float without loss of precision.")
        raise wrong_type(item, dtype)


def out_of_range(items: list, dtype: str) -> Iterator[float]:
    """Yields the items that the type can't represent."""
    if dtype == "DT_FLOAT":
        limits = {int: MAX_INTEGER, float: MAX_FLOAT}
        return (item for item in items if abs(item) > limits[type(item)])
    high = RANGES[dtype]
    return (item for item in items if not -high <= item < high)


def wrong_type(item: object, dtype: str) -> RequestError:
    """Makes the error for an item of another type."""
    kind = str(item) if isinstance(item, bool) else KINDS[type(item)]
    return invalid(
        f"JSON Value: {describe(item)} Type: {kind} is not of expected type: {TYPES[dtype][0]}"
    )


def describe(item: object) -> str:
    """Returns a JSON value as text, for a message."""
    try:
        return shorten(orjson.dumps(item).decode())
    except orjson.JSONEncodeError:  # orjson reads deeper nesting than it writes
        return "..."


def to_json(array: np.ndarray) -> bytes:
    """Converts an array to JSON, in parts, so that other threads can run in between."""
    if array.ndim == 0:
        return orjson.dumps(array.item())
    parts = (orjson.dumps(part, option=orjson.OPT_SERIALIZE_NUMPY) for part in array)
    return b"[" + b",".join(parts) + b"]"
