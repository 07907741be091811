"""Requests that TF Serving answers to itself before a version opens, so that no client waits."""

from keras_gan.errors import ConfigError
from keras_gan.export.interface import draws_images

import numpy as np
import tensorflow as tf

FILE = "tf_serving_warmup_requests"  # TF Serving looks for this name
BATCH_SIZES = (1, 16, 64)


def write_warm_up(model, folder, name):
    """Writes `tf_serving_warmup_requests`, a TFRecord file of `PredictionLog`.

    Args:
        model: A game.
        folder: The version's `assets.extra`; it is made.
        name: The model's name.

    Raises:
        ConfigError: Without tensorflow-serving-api.
    """
    logs = [request_log(name, signature, inputs) for signature, inputs in requests(model)]
    folder.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / FILE)) as writer:
        for log in logs:
            writer.write(log.SerializeToString())


def requests(model):
    """Yields signatures with inputs, name -> array, for all signatures and some batch sizes."""
    for size in BATCH_SIZES:
        for name, signature in model.signatures().items():
            yield name, signature.example_inputs(size, seed=0)
        if draws_images(model):
            scalars = {"count": np.int32(size), "seed": np.int64(0), "truncation": np.float32(1)}
            if model.conditional:
                scalars["label"] = np.int32(-1)
            yield "sample", scalars
            yield "sample_png", scalars


def request_log(name, signature, inputs):
    """A `PredictionLog` of one request."""
    apis = import_apis()
    log = apis.prediction_log_pb2.PredictionLog()
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = name, signature
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return log


def import_apis():
    """tensorflow-serving-api, or an error that names the extra."""
    try:
        from tensorflow_serving import apis
        from tensorflow_serving.apis import prediction_log_pb2  # noqa: F401 - fills apis
    except ImportError as error:
        raise ConfigError(
            'expected tensorflow-serving-api for warm-up; pip install "keras_gan[serving]".'
        ) from error
    return apis
