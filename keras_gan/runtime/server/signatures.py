"""The signatures of a model, which are those of its SavedModel."""

import dataclasses
from collections.abc import Mapping

from keras_gan.runtime.generator import Generator

import numpy as np

TYPES = {
    "DT_FLOAT": ("float", np.float32),
    "DT_INT32": ("int32", np.int32),
    "DT_INT64": ("int64", np.int64),
    "DT_UINT8": ("uint8", np.uint8),
    "DT_STRING": ("string", None),
}


@dataclasses.dataclass(frozen=True)
class Tensor:
    """Description of an input or output.

    Attributes:
        dtype: Name of its type in TensorFlow's enumeration.
        shape: Its shape, with -1 for any size.
        default: Default of an input; None if it is required.
    """

    dtype: str
    shape: tuple[int, ...]
    default: float | None = None


@dataclasses.dataclass(frozen=True)
class Signature:
    """Inputs and outputs, name -> `Tensor`."""

    inputs: dict[str, Tensor]
    outputs: dict[str, Tensor]


def make_signatures(
    generator: Generator, shape: tuple[int, ...], is_conditional: bool, is_images: bool
) -> dict[str, Signature]:
    """Makes the signatures of a model, by name.

    Args:
        generator: The `Generator`.
        shape: Shape of one sample.
        is_conditional: Whether the generator has classes.
        is_images: Whether the samples are images.
    """
    latents = {"latents": Tensor("DT_FLOAT", (-1, generator.latent_size))}
    labels = {"labels": Tensor("DT_INT32", (-1,))} if is_conditional else {}
    output = {generator.output: Tensor("DT_FLOAT", (-1, *shape))}
    signatures = {"serving_default": Signature(latents | labels, output)}
    if is_images:
        inputs = {
            "count": Tensor("DT_INT32", ()),
            "seed": Tensor("DT_INT64", (), 0),
            "truncation": Tensor("DT_FLOAT", (), 1.0),
        }
        if is_conditional:
            inputs["label"] = Tensor("DT_INT32", (), -1)
        images = {"images": Tensor("DT_UINT8", (-1, *shape))}
        signatures["sample"] = Signature(inputs, images)
        signatures["sample_png"] = Signature(inputs, {"png_bytes": Tensor("DT_STRING", ())})
    return signatures


def make_metadata(signatures: Mapping[str, Signature], name: str, version: int) -> dict:
    """Makes TF Serving's metadata of a model, in the JSON of its protobuf message.

    Args:
        signatures: Name -> `Signature`.
        name: Name of the model.
        version: Number of its version.
    """
    definitions = {
        key: {
            "inputs": {n: tensor_info(t, f"{key}_{n}:0") for n, t in signature.inputs.items()},
            "outputs": {
                n: tensor_info(t, "StatefulPartitionedCall:0") for n, t in signature.outputs.items()
            },
            "method_name": "tensorflow/serving/predict",
            "defaults": {
                n: tensor_proto(t) for n, t in signature.inputs.items() if t.default is not None
            },
        }
        for key, signature in signatures.items()
    }
    return {
        "model_spec": {"name": name, "signature_name": "", "version": str(version)},
        "metadata": {"signature_def": {"signature_def": definitions}},
    }


def tensor_info(tensor: Tensor, name: str) -> dict:
    """Makes a `TensorInfo`."""
    sizes = [{"size": str(size), "name": ""} for size in tensor.shape]
    shape = {"dim": sizes, "unknown_rank": False}
    return {"dtype": tensor.dtype, "tensor_shape": shape, "name": name}


def tensor_proto(tensor: Tensor) -> dict:
    """Makes the `TensorProto` of a scalar's default."""
    field = {"DT_FLOAT": "float_val", "DT_INT32": "int_val", "DT_INT64": "int64_val"}[tensor.dtype]
    value = str(tensor.default) if tensor.dtype == "DT_INT64" else tensor.default
    shape = {"dim": [], "unknown_rank": False}
    return {"dtype": tensor.dtype, "tensor_shape": shape, field: [value]}
