"""Lower precision of ONNX files: float16 weights, int8."""

import contextlib
import logging
import pathlib
import types
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keras_gan.errors import ConfigError
from keras_gan.options import PRECISIONS

import numpy as np

if TYPE_CHECKING:
    import onnx

MIN_SIZE = 64  # tensors with fewer values stay in float32


def check_precision(precision: str) -> None:
    """Raises `ConfigError` for an unknown precision."""
    if precision not in PRECISIONS:
        raise ConfigError(f"expected a precision of {', '.join(PRECISIONS)}, got {precision!r}.")


def lower(path: pathlib.Path, precision: str, calibration: list[dict[str, np.ndarray]]) -> None:
    """Rewrites an ONNX file in a lower precision.

    - `"float16"`: weights are stored in 16 bits and computed with in float32.
    - `"int8"`: weights and activations have 8 bits, with calibrated scales (static).
    - `"int8_dynamic"`: only matrix products have 8 bits; each call computes the scales of its
      activations.

    Args:
        path: The file.
        precision: One of `PRECISIONS`.
        calibration: Inputs with which `"int8"` is calibrated, name -> array.
    """
    import onnx

    if precision == "float16":
        model = onnx.load(path)
        store_weights_in_float16(model)
        onnx.save(model, path)
    elif precision != "float32":
        with quiet_quantization() as quantization:
            quantize(quantization, path, precision, calibration)


def store_weights_in_float16(model: "onnx.ModelProto") -> None:
    """Stores large float32 constants as float16, followed by a cast to float32."""
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


def quantize(
    quantization: types.ModuleType, path: pathlib.Path, precision: str, calibration: list[dict]
) -> None:
    """Quantizes a file in place with onnxruntime's tools."""
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
def quiet_quantization() -> Iterator[types.ModuleType]:
    """Yields onnxruntime's quantization module with its log of advice silenced."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnxruntime import quantization

        level = logging.root.manager.disable
        logging.disable(logging.WARNING)
        try:
            yield quantization
        finally:
            logging.disable(level)
