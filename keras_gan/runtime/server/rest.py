"""TF Serving's predict request and response: JSON <-> arrays.

Row format has `instances`, a list with an item for each sample, and is answered by `predictions`;
columnar format has `inputs`, a tensor for each name, and is answered by `outputs`.
"""

import base64

from keras_gan.runtime.server.errors import RequestError, invalid
from keras_gan.runtime.server.tensors import tell, to_array, to_json

import orjson

DEFAULT_SIGNATURE = "serving_default"


def parse(body):
    """A request's body as `(JSON object, signature's name)`."""
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from None
    if not isinstance(content, dict):
        raise invalid(f"JSON Value: {tell(content)} Is not object")
    name = content.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {tell(content)} not formatted correctly. 'signature_name' key must be a "
            "string value."
        )
    return content, name or DEFAULT_SIGNATURE


def find_signature(model, name):
    """A model's signature by name."""
    if name not in model.signatures:
        raise invalid(f'Serving signature name: "{name}" not found in signature def')
    return model.signatures[name]


def read_inputs(content, signature):
    """Name -> array of a request's inputs, and whether they come in rows."""
    if "instances" in content and "inputs" in content:
        raise invalid(
            f"JSON Value: {tell(content)} Not formatted correctly expecting only one of 'inputs' "
            "or 'instances' keys to exist "
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


def read_columns(inputs, signature):
    """Columnar format: an object, or the tensor itself where there is one input."""
    if not isinstance(inputs, dict):
        if len(signature.inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors "
                "required as per tensorinfo_map"
            )
        inputs = dict.fromkeys(signature.inputs, inputs)
    found = {}
    for name, tensor in signature.inputs.items():
        value = inputs.get(name, tensor.default)
        if name not in inputs and value is None:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
        found[name] = to_array(value, tensor.dtype)
    return found


def read_rows(content, signature):
    """Row format: a list of objects, or of tensors where there is one input."""
    rows = content["instances"]
    if not isinstance(rows, list):
        raise invalid(f"JSON Value: {tell(content)} Excepting 'instances' to be an list/array")
    if not rows:
        raise invalid(f"JSON Value: {tell(content)} No values in 'instances' array")
    if not isinstance(rows[0], dict) and len(signature.inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors "
            "required as per tensorinfo_map"
        )
    named = isinstance(rows[0], dict)
    for index, row in enumerate(rows):
        check_row(index, row, named, signature)
    (first, *_) = signature.inputs
    columns = {n: [row[n] for row in rows] for n in signature.inputs} if named else {first: rows}
    return {n: read_column(n, v, signature.inputs[n].dtype, named) for n, v in columns.items()}


def check_row(index, row, named, signature):
    """Raises `RequestError` for a row of another kind than the first, or with other names."""
    if not named and isinstance(row, dict):
        raise invalid(f"Expecting value/list but got object at item {index} of input list")
    if named and not isinstance(row, dict):
        raise invalid(f"Expecting object but got list at item {index} of input list")
    if not named or row.keys() == signature.inputs.keys():
        return
    failed = f"Failed to process element: {index}"
    for name in row.keys() - signature.inputs.keys():
        raise invalid(
            f"{failed} key: {name} of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does "
            f"not have named input: {name}"
        )
    raise invalid(
        f"{failed} of 'instances' list. JSON object: {tell(row)} keys must be equal to: "
        f"{','.join(sorted(signature.inputs))}"
    )


def read_column(name, values, dtype, named):
    """One input of all rows; the error names the row."""
    try:
        return to_array(values, dtype)
    except RequestError:
        key, shape = f" key: {name}" if named else "", None
        for index, value in enumerate(values):
            failed = f"Failed to process element: {index}{key} of 'instances' list. Error: "
            try:
                found = to_array(value, dtype).shape
            except RequestError as error:
                raise invalid(f"{failed}INVALID_ARGUMENT: {error.message}") from None
            shape = found if shape is None else shape
            if found != shape:
                told = f"Expecting shape {brackets(shape)} but got: {brackets(found)}"
                raise invalid(f"{failed}INVALID_ARGUMENT: {told}") from None
        raise


def check_shape(name, array, shape):
    """Raises `RequestError` for another shape than the signature's; -1 is any size but 0."""
    pairs = zip(array.shape, shape, strict=False)
    fits = len(shape) == array.ndim and all(wanted in (size, -1) and size for size, wanted in pairs)
    if not fits:
        raise invalid(f"expected {name} of shape {brackets(shape)}, got {brackets(array.shape)}.")


def brackets(shape):
    """A shape as TF Serving writes it."""
    return f"[{','.join(map(str, shape))}]"


def respond(array, rows):
    """The response of the one output that every signature has."""
    return b'{"predictions":%b}' % to_json(array) if rows else b'{"outputs":%b}' % to_json(array)


def respond_bytes(content):
    """The response of an output of bytes, in columnar format."""
    return b'{"outputs":{"b64":"%b"}}' % base64.b64encode(content)
