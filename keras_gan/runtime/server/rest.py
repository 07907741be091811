"""TF Serving's predict requests and responses in JSON.

The row format has `instances`, a list with an item per sample, and the response `predictions`. The
columnar format has `inputs`, a tensor for each name, and the response `outputs`.
"""

import base64
from collections.abc import Sequence

from keras_gan.runtime.server.errors import RequestError, invalid
from keras_gan.runtime.server.signatures import Signature
from keras_gan.runtime.server.tensors import describe, to_array, to_json
from keras_gan.runtime.server.versions import Model

import numpy as np
import orjson

DEFAULT_SIGNATURE = "serving_default"


def parse(body: bytes) -> tuple[dict, str]:
    """Parses a request's body; returns the JSON object and the name of the signature."""
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from None
    if not isinstance(content, dict):
        raise invalid(f"JSON Value: {describe(content)} Is not object")
    name = content.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {describe(content)} not formatted correctly. 'signature_name' key must "
            "be a string value."
        )
    return content, name or DEFAULT_SIGNATURE


def find_signature(model: Model, name: str) -> Signature:
    """Returns a model's signature by name."""
    if name not in model.signatures:
        raise invalid(f'Serving signature name: "{name}" not found in signature def')
    return model.signatures[name]


def read_inputs(content: dict, signature: Signature) -> tuple[dict[str, np.ndarray], bool]:
    """Reads a request's inputs; returns name -> array, and whether they are in row format."""
    if "instances" in content and "inputs" in content:
        raise invalid(
            f"JSON Value: {describe(content)} Not formatted correctly expecting only one of "
            "'inputs' or 'instances' keys to exist "
        )
    if "instances" in content:
        arrays = read_rows(content, signature)
    elif "inputs" in content:
        arrays = read_columns(content["inputs"], signature)
    else:
        raise invalid("Missing 'inputs' or 'instances' key")
    for name, array in arrays.items():
        check_shape(name, array, signature.inputs[name].shape)
    return arrays, "instances" in content


def read_columns(inputs: object, signature: Signature) -> dict[str, np.ndarray]:
    """Reads the columnar format: an object, or the tensor itself if there is only one input."""
    if not isinstance(inputs, dict):
        if len(signature.inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                "required as per tensorinfo_map"
            )
        inputs = dict.fromkeys(signature.inputs, inputs)
    arrays = {}
    for name, tensor in signature.inputs.items():
        value = inputs.get(name, tensor.default)
        if name not in inputs and value is None:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
        arrays[name] = to_array(value, tensor.dtype)
    return arrays


def read_rows(content: dict, signature: Signature) -> dict[str, np.ndarray]:
    """Reads the row format: a list of objects, or of tensors if there is only one input."""
    rows = content["instances"]
    if not isinstance(rows, list):
        raise invalid(f"JSON Value: {describe(content)} Excepting 'instances' to be an list/array")
    if not rows:
        raise invalid(f"JSON Value: {describe(content)} No values in 'instances' array")
    if not isinstance(rows[0], dict) and len(signature.inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map"
        )
    has_names = isinstance(rows[0], dict)
    for index, row in enumerate(rows):
        check_row(index, row, has_names, signature)
    if has_names:
        columns = {name: [row[name] for row in rows] for name in signature.inputs}
    else:
        columns = {next(iter(signature.inputs)): rows}
    return {
        name: read_column(name, values, signature.inputs[name].dtype, has_names)
        for name, values in columns.items()
    }


def check_row(index: int, row: object, has_names: bool, signature: Signature) -> None:
    """Raises `RequestError` if a row differs in kind from the first, or has other names."""
    if not has_names and isinstance(row, dict):
        raise invalid(f"Expecting value/list but got object at item {index} of input list")
    if has_names and not isinstance(row, dict):
        raise invalid(f"Expecting object but got list at item {index} of input list")
    if not has_names or row.keys() == signature.inputs.keys():
        return
    failed = f"Failed to process element: {index}"
    for name in row.keys() - signature.inputs.keys():
        raise invalid(
            f"{failed} key: {name} of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does "
            f"not have named input: {name}"
        )
    raise invalid(
        f"{failed} of 'instances' list. JSON object: {describe(row)} keys must be equal to: "
        f"{','.join(sorted(signature.inputs))}"
    )


def read_column(name: str, values: list, dtype: str, has_names: bool) -> np.ndarray:
    """Reads one input of all rows; errors name the row."""
    try:
        return to_array(values, dtype)
    except RequestError:
        key, first = f" key: {name}" if has_names else "", None
        for index, value in enumerate(values):
            prefix = f"Failed to process element: {index}{key} of 'instances' list. Error: "
            try:
                shape = to_array(value, dtype).shape
            except RequestError as error:
                raise invalid(f"{prefix}INVALID_ARGUMENT: {error.message}") from None
            first = shape if first is None else first
            if shape != first:
                message = f"Expecting shape {brackets(first)} but got: {brackets(shape)}"
                raise invalid(f"{prefix}INVALID_ARGUMENT: {message}") from None
        raise


def check_shape(name: str, array: np.ndarray, shape: Sequence[int]) -> None:
    """Raises `RequestError` if an array doesn't fit a shape; -1 is any size but 0."""
    pairs = zip(array.shape, shape, strict=False)
    fits = len(shape) == array.ndim and all(bound in (size, -1) and size for size, bound in pairs)
    if not fits:
        raise invalid(f"expected {name} of shape {brackets(shape)}, got {brackets(array.shape)}.")


def brackets(shape: Sequence[int]) -> str:
    """Returns a shape in the notation of TF Serving."""
    return f"[{','.join(map(str, shape))}]"


def respond(array: np.ndarray, rows: bool) -> bytes:
    """Returns the response with an output array, in row or columnar format."""
    return b'{"predictions":%b}' % to_json(array) if rows else b'{"outputs":%b}' % to_json(array)


def respond_bytes(content: bytes) -> bytes:
    """Returns the response with an output of bytes, in columnar format."""
    return b'{"outputs":{"b64":"%b"}}' % base64.b64encode(content)
