"""SavedModel, laid out as TF Serving reads it."""

import pathlib

from keras_gan import pictures
from keras_gan.export.parity import (
    Exported,
    call,
    check_parity,
    float32_generator,
    output_name,
    work_folder,
)

import tensorflow as tf

TOLERANCE = 1e-6
MAX_PNG_COUNT = 1024


def to_saved_model(gan, folder) -> Exported:
    """Writes the averaged generator, in float32, as the next version below a folder.

    Signatures: `serving_default`, `latents (batch, latent_dim) float32 [, labels (batch,) int32] ->
    images` float32 in [-1, 1] (`samples` where they are no images); for images also `sample_png`,
    `count () int32, seed () int64 -> png_bytes () string`: a grid for clients without numpy, of the
    samples of `gan.sample(count, seed=seed)`, classes in turn where the generator has any.

    Args:
        gan: A `GAN`.
        folder: The model's folder; `1`, `2`, ... are made in it.

    Returns:
        An `Exported` with the version folder.

    Raises:
        ExportError: If it can't be written, or differs from the Keras generator by more than
            1e-6. Then nothing is left.

    Example:

        kg.export.to_saved_model(gan, "saved_models/digits").path  # saved_models/digits/1
    """
    folder = pathlib.Path(folder)
    generator = float32_generator(gan)
    with work_folder(folder) as work:
        write(gan, generator, work / "model")
        loaded = tf.saved_model.load(str(work / "model"))
        serve = loaded.signatures["serving_default"]

        def run(inputs):
            return serve(**{name: tf.constant(value) for name, value in inputs.items()})[
                output_name(gan)
            ]

        difference = check_parity(gan, generator, run, TOLERANCE, "SavedModel")
        version = folder / str(next_version(folder))
        (work / "model").rename(version)
    return Exported(version, difference)


def next_version(folder):
    """One more than the newest version in the folder."""
    versions = [int(entry.name) for entry in folder.iterdir() if entry.name.isdigit()]
    return max(versions, default=0) + 1


def write(gan, generator, path):
    """Writes the SavedModel, unchecked.

    `tf.saved_model.save` rather than Keras's `ExportArchive`, which stores each weight twice.
    """
    latents = tf.TensorSpec((None, gan.latent_dim), tf.float32, name="latents")
    labels = [tf.TensorSpec((None,), tf.int32, name="labels")] if gan.conditional else []
    name = output_name(gan)

    def serve(latents, *labels):
        return {name: call(generator, latents, *labels)}

    signatures = {"serving_default": tf.function(serve).get_concrete_function(latents, *labels)}
    if name == "images":
        signatures["sample_png"] = tf.function(
            sample_png_function(gan, generator)
        ).get_concrete_function(count=tf.TensorSpec((), tf.int32), seed=tf.TensorSpec((), tf.int64))
    module = tf.Module()
    module.weights = [variable.value for variable in generator.variables]
    try:
        tf.saved_model.save(module, str(path), signatures=signatures)
    except tf.errors.OpError as error:
        raise OSError(error.message) from error


def sample_png_function(gan, generator):
    """`(count, seed) -> {"png_bytes": PNG}` of a grid of samples.

    TF Serving's REST API sends strings whose name ends in `_bytes` as base64.
    """

    def sample_png(count, seed):
        limited = tf.clip_by_value(count, 1, MAX_PNG_COUNT)
        latents = gan.latents(limited, seed)
        labels = (tf.range(limited) % (gan.num_classes or 1),) if gan.conditional else ()
        images = call(generator, latents, *labels)
        return {"png_bytes": pictures.png(pictures.grid(images))}

    return sample_png
