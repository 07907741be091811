"""Warm-up requests, which TF Serving runs before a version accepts clients."""

import pathlib
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from keras_gan.errors import ConfigError, missing_extra
from keras_gan.export.interface import draws_images

import keras
import numpy as np
import tensorflow as tf

if TYPE_CHECKING:
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

FILE = "tf_serving_warmup_requests"  # the name that TF Serving expects
BATCH_SIZES = (1, 16, 64)


def write_warm_up(model: keras.Model, folder: pathlib.Path, name: str) -> None:
    """Writes `tf_serving_warmup_requests`, a TFRecord file of `PredictionLog` messages.

    Args:
        model: A model with signatures.
        folder: The version's `assets.extra`; it is created.
        name: Name of the model on the server.

    Raises:
        ConfigError: If tensorflow-serving-api isn't installed.
    """
    logs = [request_log(name, signature, inputs) for signature, inputs in requests(model)]
    folder.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for log in logs:
            writer.write(log.SerializeToString())


def requests(model: keras.Model) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yields `(signature, inputs)` for all signatures at several batch sizes."""
    for size in BATCH_SIZES:
        for name, signature in model.signatures().items():
            yield name, signature.example_inputs(size, seed=0)
        if draws_images(model):
            scalars = {"count": np.int32(size), "seed": np.int64(0), "truncation": np.float32(1)}
            if model.conditional:
                scalars["label"] = np.int32(-1)
            yield "sample", scalars
            yield "sample_png", scalars


def request_log(name: str, signature: str, inputs: Mapping[str, np.ndarray]) -> "PredictionLog":
    """Returns the `PredictionLog` of one request."""
    apis = import_apis()
    log = apis.prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = name, signature
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return log


def import_apis() -> types.ModuleType:
    """Imports tensorflow-serving-api; raises `ConfigError` if it isn't installed."""
    try:
        from tensorflow_serving import apis
        from tensorflow_serving.apis import prediction_log_pb2  # noqa: F401 - fills apis
    except ImportError as error:
        raise ConfigError(missing_extra("serving", "to write warm-up requests", error)) from error
    return apis
