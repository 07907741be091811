"""SavedModel, laid out as TF Serving reads it."""

import pathlib
import shutil

from keras_gan import pictures
from keras_gan.export.interface import call, makes_images, output_name
from keras_gan.export.parity import Exported, check_parity, float32_generator, work_folder
from keras_gan.export.warm_up import write_warm_up

import numpy as np
import tensorflow as tf

TOLERANCE, XLA_TOLERANCE = 1e-6, 1e-5
MAX_COUNT = 1024
EXTRA = "assets.extra"  # where TF Serving looks for no assets of its own


def to_saved_model(gan, folder, jit_compile=False, warm_up=False, beside=()) -> Exported:
    """Writes the averaged generator, in float32, as the next version below a folder.

    Signatures:

    - `serving_default`: `latents (batch, latent_dim) float32 [, labels (batch,) int32] -> images`
      float32 in [-1, 1] (`samples` where they are no images);
    - `sample`, of images: `count () int32, seed () int64, truncation () float32 [, label () int32]
      -> images (count, height, width, channels) uint8`: those of `gan.sample(count, seed)`. Where
      the generator has classes, label -1 takes them in turn. Seed 0, truncation 1 and label -1
      are the signature's defaults; a count is brought into 1 to 1,024;
    - `sample_png`: the same inputs `-> png_bytes () string`, a grid for clients without numpy.

    Args:
        gan: A `GAN`.
        folder: The model's folder; `1`, `2`, ... are made in it.
        jit_compile: Whether the generator is compiled by XLA, once for each batch size, where it
            runs; a server on a processor has to allow it.
        warm_up: Whether to write requests that TF Serving answers to itself before it opens, so
            that the first client doesn't wait. Needs `pip install "keras_gan[serving]"`.
        beside: Files to copy into the version's `assets.extra`, which TF Serving passes over, such
            as the same generator in ONNX for `keras-gan serve`.

    Returns:
        An `Exported` with the version folder.

    Raises:
        ConfigError: For warm-up without its extra.
        ExportError: If it can't be written, or differs from the Keras generator by more than
            1e-6 (compiled by XLA, 1e-5). Then nothing is left.

    Example:

        kg.export.to_saved_model(gan, "saved_models/digits").path  # saved_models/digits/1
    """
    folder = pathlib.Path(folder)
    generator = float32_generator(gan)
    with work_folder(folder) as work:
        model = work / "model"
        write(gan, generator, model, jit_compile)
        if warm_up:
            write_warm_up(gan, model / EXTRA, folder.name)
        for path in beside:
            (model / EXTRA).mkdir(exist_ok=True)
            shutil.copyfile(path, model / EXTRA / pathlib.Path(path).name)
        found = compare(gan, generator, model, jit_compile)
        version = folder / str(next_version(folder))
        model.rename(version)
    return Exported(version, *found)


def next_version(folder):
    """One more than the newest version in the folder."""
    versions = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()]
    return max(versions, default=0) + 1


def write(gan, generator, path, jit_compile):
    """Writes the SavedModel, unchecked.

    `tf.saved_model.save` rather than Keras's `ExportArchive`, which stores each weight twice.
    """

    @tf.function(jit_compile=jit_compile)
    def run(latents, *labels, truncation=None):
        return call(generator, latents, *labels, truncation=truncation)

    signatures = {"serving_default": serving_function(gan, run)}
    if makes_images(gan):
        signatures["sample"] = sample_function(gan, run, lambda x: {"images": pictures.to_uint8(x)})
        signatures["sample_png"] = sample_function(gan, run, png_of)
    module = tf.Module()
    module.weights = [variable.value for variable in generator.variables]
    try:
        tf.saved_model.save(module, str(path), signatures=signatures)
    except tf.errors.OpError as error:
        raise OSError(error.message) from error


def serving_function(gan, run):
    """`latents [, labels] -> samples` for any batch."""
    latents = tf.TensorSpec((None, gan.latent_dim), tf.float32, name="latents")
    labels = [tf.TensorSpec((None,), tf.int32, name="labels")] if gan.conditional else []
    name = output_name(gan)
    serve = tf.function(lambda latents, *labels: {name: run(latents, *labels)})
    return serve.get_concrete_function(latents, *labels)


def sample_function(gan, run, finish):
    """`count, seed, truncation [, label] -> finish(images)`, with defaults."""

    def sample(count, seed, truncation, label=None):
        count = tf.clip_by_value(count, 1, MAX_COUNT)
        inputs = [gan.latents(count, seed)]
        if label is not None:
            in_turn = tf.range(count) % (gan.num_classes or 1)
            inputs.append(tf.where(label < 0, in_turn, label))
        return finish(run(*inputs, truncation=truncation))

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


def png_of(images):
    """The grid of images as PNG.

    TF Serving's REST API sends strings whose name ends in `_bytes` as base64.
    """
    return {"png_bytes": pictures.png(pictures.grid(images))}


def compare(gan, generator, path, jit_compile):
    """Largest and mean difference of the SavedModel's samples from the Keras generator's."""
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def run(inputs):
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        return serve(**tensors)[output_name(gan)]

    def expected(inputs):
        return call(generator, *inputs.values())

    tolerance = XLA_TOLERANCE if jit_compile else TOLERANCE
    return check_parity(gan, expected, run, (tolerance, np.inf), "SavedModel")
