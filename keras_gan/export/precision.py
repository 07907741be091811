"""Smaller numbers in an ONNX file: float16 weights, int8."""

import contextlib
import logging
import warnings

from keras_gan.errors import ConfigError
from keras_gan.options import PRECISIONS

import numpy as np

MIN_SIZE = 64  # smaller tensors stay as they are


def check_precision(precision):
    """Raises `ConfigError` for a precision that isn't known."""
    if precision not in PRECISIONS:
        raise ConfigError(f"expected a precision of {', '.join(PRECISIONS)}, got {precision!r}.")


def lower(path, precision, calibration):
    """Rewrites an ONNX file in a lower precision.

    - `"float16"`: weights are stored in 16 bits; all is computed in float32.
    - `"int8"`: weights and activations in 8 bits, by scales that calibration finds (static).
    - `"int8_dynamic"`: weights of matrix products in 8 bits, activations by scales of each call.

    Args:
        path: The file.
        precision: One of `PRECISIONS`.
        calibration: List of inputs of the file, dicts of arrays; for `"int8"`.
    """
    import onnx

    if precision == "float16":
        model = onnx.load(path)
        store_weights_in_float16(model)
        onnx.save(model, path)
    elif precision != "float32":
        with quiet_quantization() as quantization:
            quantize(quantization, path, precision, calibration)


def store_weights_in_float16(model):
    """Stores large float32 constants as float16, each with a cast back."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for entry in model.graph.initializer:
        weights = numpy_helper.to_array(entry)
        if weights.dtype == np.float32 and weights.size >= MIN_SIZE:
            name, half = entry.name, f"{entry.name}_float16"
            limits = np.finfo(np.float16)
            narrow = np.clip(weights, limits.min, limits.max).astype(np.float16)
            entry.CopyFrom(numpy_helper.from_array(narrow, half))
            casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def quantize(quantization, path, precision, calibration):
    """Quantises a file in place by onnxruntime's tools."""
    kind = quantization.QuantType.QInt8
    if precision == "int8_dynamic":
        quantization.quantize_dynamic(path, path, weight_type=kind, per_channel=True)
        return
    reader = iter(calibration)

    class Reader(quantization.CalibrationDataReader):
        def get_next(self):
            return next(reader, None)

    quantization.quantize_static(
        path, path, Reader(), per_channel=True, weight_type=kind, activation_type=kind
    )


@contextlib.contextmanager
def quiet_quantization():
    """onnxruntime's quantisation without its log of advice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnxruntime import quantization

        before = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield quantization
        finally:
            logging.disable(before)
