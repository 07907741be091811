"""JSON values as arrays, by TF Serving's rules of shapes and types, in its words.

A tensor is a scalar or evenly nested lists. Whole numbers are floats where a float32 holds them
exactly; a decimal, `3.0` too, is no integer; true and false are no numbers.
"""

import itertools

from keras_gan.runtime.server.errors import invalid, shorten
from keras_gan.runtime.server.signatures import TYPES

import numpy as np
import orjson

MAX_RANK = 32
MAX_WHOLE = 2**24 - 1
MAX_FLOAT = float(np.finfo(np.float32).max)
RANGES = {"DT_INT32": 2**31, "DT_INT64": 2**63}
KINDS = {int: "Number", float: "Number", str: "String", dict: "Object", type(None): "Null"}


def to_array(value, dtype):
    """A JSON value as an array.

    Args:
        value: As `orjson` parsed it.
        dtype: As TensorFlow's enumeration calls it.

    Raises:
        RequestError: 400 where it is no such tensor.
    """
    shape = shape_of(value)
    if len(shape) > MAX_RANK:
        raise invalid(f"expected lists nested at most {MAX_RANK} deep, got {len(shape)}.")
    items = [value]
    for level, size in enumerate(shape):
        items = list(itertools.chain.from_iterable(lists(items, size, level, len(shape))))
    check_items(items, dtype, len(shape))
    return np.array(items, TYPES[dtype][1]).reshape(shape)


def shape_of(value):
    """The shape that the first of each list's items says."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return shape


def lists(items, size, level, rank):
    """The items, which must all be lists of a size."""
    for item in items:
        if not isinstance(item, list):
            raise invalid(
                f"JSON Value: {tell(item)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {rank}"
            )
        if len(item) != size:
            raise invalid(
                f"Encountered list at unexpected size: {len(item)} at level: {level} "
                f"expected size: {size}"
            )
    return items


def check_items(items, dtype, rank):
    """Raises `RequestError` for items that aren't all of a type and in its range."""
    kinds = set(map(type, items))
    if list in kinds:
        raise invalid(f"Encountered list at unexpected level: {rank} expected < {rank}")
    wanted = {int, float} if dtype == "DT_FLOAT" else {int}
    for item in items if kinds - wanted else ():
        if type(item) not in wanted:
            raise wrong_type(item, dtype)
    for item in find_outside(items, kinds, dtype):
        if dtype == "DT_FLOAT":
            told = f"Cannot convert JSON value: {tell(item)} to float without loss of precision."
            raise invalid(told)
        raise wrong_type(item, dtype)


def find_outside(items, kinds, dtype):
    """The items that the type can't hold."""
    if dtype != "DT_FLOAT":
        high = RANGES[dtype]
        return [item for item in items if not -high <= item < high]
    limits = {int: MAX_WHOLE, float: MAX_FLOAT}
    return [item for item in items if abs(item) > limits[type(item)]] if kinds else []


def wrong_type(item, dtype):
    """The error for an item of another type."""
    kind = str(item) if isinstance(item, bool) else KINDS[type(item)]
    return invalid(
        f"JSON Value: {tell(item)} Type: {kind} is not of expected type: {TYPES[dtype][0]}"
    )


def tell(item):
    """A JSON value for a message."""
    try:
        return shorten(orjson.dumps(item).decode())
    except orjson.JSONEncodeError:  # nested deeper than it writes, though not than it reads
        return "..."


def to_json(array):
    """An array as JSON, in parts, between which Python's other threads have their turn."""
    if array.ndim == 0:
        return orjson.dumps(array.item())
    parts = (orjson.dumps(part, option=orjson.OPT_SERIALIZE_NUMPY) for part in array)
    return b"[" + b",".join(parts) + b"]"
