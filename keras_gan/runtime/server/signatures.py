"""What can be asked of a model: the signatures of the SavedModel beside it."""

import dataclasses

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
    """An input or output.

    Args:
        dtype: As TensorFlow's enumeration calls it.
        shape: -1 for any size.
        default: What an input is where it isn't given; None where it has to be.
    """

    dtype: str
    shape: tuple
    default: float | None = None


@dataclasses.dataclass(frozen=True)
class Signature:
    """Inputs and outputs, name -> `Tensor`."""

    inputs: dict
    outputs: dict


def signatures_of(model):
    """Name -> `Signature` of a `Model`."""
    latents = {"latents": Tensor("DT_FLOAT", (-1, model.generator.latent_size))}
    labels = {"labels": Tensor("DT_INT32", (-1,))} if model.num_classes else {}
    output = {model.generator.output: Tensor("DT_FLOAT", (-1, *model.shape))}
    found = {"serving_default": Signature(latents | labels, output)}
    if model.is_images:
        inputs = {
            "count": Tensor("DT_INT32", ()),
            "seed": Tensor("DT_INT64", (), 0),
            "truncation": Tensor("DT_FLOAT", (), 1.0),
        }
        if model.num_classes:
            inputs["label"] = Tensor("DT_INT32", (), -1)
        images = {"images": Tensor("DT_UINT8", (-1, *model.shape))}
        found["sample"] = Signature(inputs, images)
        found["sample_png"] = Signature(inputs, {"png_bytes": Tensor("DT_STRING", ())})
    return found


def metadata_of(model, name):
    """TF Serving's metadata of a model, in protobuf's JSON."""
    definitions = {
        key: {
            "inputs": {n: info(t, f"{key}_{n}:0") for n, t in signature.inputs.items()},
            "outputs": {
                n: info(t, "StatefulPartitionedCall:0") for n, t in signature.outputs.items()
            },
            "method_name": "tensorflow/serving/predict",
            "defaults": {
                n: constant(t) for n, t in signature.inputs.items() if t.default is not None
            },
        }
        for key, signature in model.signatures.items()
    }
    return {
        "model_spec": {"name": name, "signature_name": "", "version": str(model.version)},
        "metadata": {"signature_def": {"signature_def": definitions}},
    }


def info(tensor, name):
    """A `TensorInfo`."""
    sizes = [{"size": str(size), "name": ""} for size in tensor.shape]
    shape = {"dim": sizes, "unknown_rank": False}
    return {"dtype": tensor.dtype, "tensor_shape": shape, "name": name}


def constant(tensor):
    """A `TensorProto` of a scalar."""
    field = {"DT_FLOAT": "float_val", "DT_INT32": "int_val", "DT_INT64": "int64_val"}[tensor.dtype]
    value = str(tensor.default) if tensor.dtype == "DT_INT64" else tensor.default
    shape = {"dim": [], "unknown_rank": False}
    return {"dtype": tensor.dtype, "tensor_shape": shape, field: [value]}
