"""SavedModel, laid out as TF Serving reads it."""

import contextlib
import functools
import logging
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence

from keras_gan import pictures
from keras_gan.export.conversion import name_layer
from keras_gan.export.interface import Interface, call_through, draws_images
from keras_gan.export.parity import Exported, check_parity, float32_signatures, work_folder
from keras_gan.export.warm_up import write_warm_up
from keras_gan.files.atomic import check_path, replace
from keras_gan.networks.graph import one_or_all
from keras_gan.sampling import Sampling
from keras_gan.signature import SERVING_DEFAULT, Signature

import keras
import numpy as np
import tensorflow as tf

TOLERANCE, XLA_TOLERANCE = 1e-6, 1e-5
MAX_COUNT = 1024
EXTRA = "assets.extra"  # a folder for files that TF Serving ignores


def to_saved_model(
    model: keras.Model,
    folder: str | os.PathLike,
    jit_compile: bool = False,
    warm_up: bool = False,
    beside: Sequence[str | os.PathLike] = (),
) -> Exported:
    """Writes a model's averaged networks, in float32, as the next version in a folder.

    It has the model's signatures; the first one is also named `serving_default`. For a GAN these
    are:

    - `serving_default`: `latents (batch, latent_dim) float32 [, labels (batch,) int32] -> images`
      float32 in [-1, 1] (`samples`, `audio` and so on for other media);
    - `sample`, for images: `count () int32, seed () int64, truncation () float32 [, label () int32]
      -> images (count, height, width, channels) uint8`, equal to `gan.sample(count, seed)`. With
      label -1 a class-conditional generator cycles through its classes. The defaults are seed 0,
      truncation 1 and label -1; counts are clipped to 1 to 1,024;
    - `sample_png`: the same inputs `-> png_bytes () string`, a grid for clients without NumPy.

    Args:
        model: A model with signatures, such as a `GAN`.
        folder: The model's folder, which holds the versions `1`, `2`, ...
        jit_compile: Whether the server compiles the networks with XLA, once for each batch size; a
            server on a CPU has to enable XLA.
        warm_up: Whether to write warm-up requests, which TF Serving runs before it accepts clients.
            Needs the extra serving.
        beside: Files to copy into the version's `assets.extra`, which TF Serving ignores, such as
            the same generator in ONNX for `keras-gan serve`.

    Returns:
        An `Exported` with the version folder.

    Raises:
        ConfigError: If warm-up is requested without its extra.
        ExportError: If it can't be written, or differs from the Keras network by more than
            1e-6 (1e-5 with XLA). Nothing is left then.

    Example:

        kg.export.to_saved_model(gan, "saved_models/digits").path  # saved_models/digits/1
    """
    folder = check_path(folder)
    signatures = float32_signatures(model)
    with work_folder(folder) as work:
        new = work / "model"
        write(model, signatures, new, jit_compile)
        if warm_up:
            write_warm_up(model, new / EXTRA, folder.name)
        for path in beside:
            (new / EXTRA).mkdir(exist_ok=True)
            shutil.copyfile(path, new / EXTRA / pathlib.Path(path).name)
        differences = compare(signatures, new, jit_compile)
        version = folder / str(next_version(folder))
        replace(new, version)
    return Exported(version, *differences)


def next_version(folder: pathlib.Path) -> int:
    """Returns the number of the next version in the folder."""
    versions = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()]
    return max(versions, default=0) + 1


def write(
    model: keras.Model,
    signatures: Mapping[str, Signature],
    path: str | os.PathLike,
    jit_compile: bool,
) -> None:
    """Writes the SavedModel without comparing it.

    It uses `tf.saved_model.save`, as Keras's `ExportArchive` stores each weight twice.

    Args:
        model: The model.
        signatures: Its signatures in float32.
        path: The folder to write.
        jit_compile: As in `to_saved_model`.
    """
    runs = {name: runner(signature, jit_compile) for name, signature in signatures.items()}
    functions = {name: serving_function(signatures[name], run) for name, run in runs.items()}
    functions.setdefault(SERVING_DEFAULT, next(iter(functions.values())))
    if draws_images(model):
        run = runs[SERVING_DEFAULT]
        functions["sample"] = sample_function(model, run, to_pixels)
        functions["sample_png"] = sample_function(model, run, to_png)
    module = tf.Module()
    networks = [signature.network for signature in signatures.values()]
    module.weights = [variable.value for network in networks for variable in network.variables]
    first = networks[0]
    with name_layer(first, save_part, "a SavedModel", "make what it holds weights (add_weight)"):
        try:
            with without_notes():
                tf.saved_model.save(module, str(path), signatures=functions)
        except tf.errors.OpError as error:
            raise OSError(error.message) from error


def save_part(network: keras.Model) -> None:
    """Writes a network as a SavedModel and removes it, to find a layer that can't be."""
    specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in network.inputs]
    module = tf.Module()
    module.weights = [variable.value for variable in network.variables]
    module.serve = tf.function(lambda *inputs: network(one_or_all(inputs)), input_signature=specs)
    with tempfile.TemporaryDirectory() as folder, without_notes():
        tf.saved_model.save(module, folder)


@contextlib.contextmanager
def without_notes() -> Iterator[None]:
    """Silences TensorFlow's notes, which name temporary folders, but not its warnings."""
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel(max(level, logging.WARNING))
    try:
        yield
    finally:
        logger.setLevel(level)


def runner(signature: Signature, jit_compile: bool) -> Callable:
    """Returns the function `(inputs, truncation) -> samples`, compiled once for all its uses."""

    @tf.function(jit_compile=jit_compile)
    def run(inputs, truncation=None):
        options = {} if truncation is None else {"truncation": truncation}
        return call_through(signature, Interface(), inputs | options)

    return run


def serving_function(signature: Signature, run: Callable) -> Callable:
    """Returns the signature as a function of named tensors, for any batch size."""
    serve = tf.function(lambda **inputs: {signature.output: run(inputs)})
    return serve.get_concrete_function(**signature.inputs)


def sample_function(gan: Sampling, run: Callable, finish: Callable) -> Callable:
    """Returns the function `count, seed, truncation [, label] -> finish(images)`, with defaults."""
    num_classes = gan.require_classes() if gan.conditional else None

    def sample(count, seed, truncation, label=None):
        count = tf.clip_by_value(count, 1, MAX_COUNT)
        inputs = {"latents": gan.latents(count, seed)}
        if label is not None:
            cycle = tf.range(count) % num_classes
            inputs["labels"] = tf.where(label < 0, cycle, label)
        return finish(run(inputs, truncation))

    with tf.device(None):
        seed, truncation = tf.constant(0, tf.int64), tf.constant(1.0)
        label = tf.constant(-1)
    if gan.conditional:

        def signature(count, seed=seed, truncation=truncation, label=label):
            return sample(count, seed, truncation, label)

    else:

        def signature(count, seed=seed, truncation=truncation):
            return sample(count, seed, truncation)

    kinds = [tf.int32, tf.int64, tf.float32, tf.int32][: 3 + gan.conditional]
    return tf.function(signature, input_signature=[tf.TensorSpec((), kind) for kind in kinds])


def to_pixels(images: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns the images as uint8."""
    return {"images": pictures.to_uint8(images)}


def to_png(images: tf.Tensor) -> dict[str, tf.Tensor]:
    """Returns a grid of the images as PNG.

    TF Serving's REST API encodes strings whose name ends in `_bytes` as base64.
    """
    return {"png_bytes": pictures.png(pictures.grid(images))}


def compare(
    signatures: Mapping[str, Signature], path: str | os.PathLike, jit_compile: bool
) -> tuple[float, float]:
    """Computes the largest and the mean difference of the SavedModel from the Keras networks."""
    loaded = tf.saved_model.load(str(path))
    tolerance = XLA_TOLERANCE if jit_compile else TOLERANCE
    differences = [
        check_parity(
            signature,
            signature,
            functools.partial(serve, loaded.signatures[name], signature.output),
            (tolerance, np.inf),
            "SavedModel",
        )
        for name, signature in signatures.items()
    ]
    largest, means = zip(*differences, strict=True)
    return max(largest), sum(means) / len(means)


def serve(function: Callable, output: str, inputs: Mapping[str, np.ndarray]) -> tf.Tensor:
    """Calls a loaded signature with arrays and returns its samples."""
    tensors = {name: tf.constant(value) for name, value in inputs.items()}
    return function(**tensors)[output]
