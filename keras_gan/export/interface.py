"""What an exported generator takes and gives, and what it says about itself."""

import dataclasses
import importlib.metadata
import json

from keras_gan import media, networks, pictures
from keras_gan.errors import ConfigError

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Interface:
    """Inputs and outputs of an ONNX generator; latents in, float32 images out by default.

    Attributes:
        seeded: Whether latents are drawn inside, from the inputs `count () int32` and
            `seed () int64`, instead of the input `latents (batch, latent_dim) float32`. They are
            those of `GAN.latents`. Needs opset 18.
        truncation: Whether there is an input `truncation () float32`, as of `GAN.sample`.
        uint8: Whether images come as uint8 from 0 to 255, instead of float32 in [-1, 1].
        channels_first: Whether images come as `(batch, channels, height, width)`.

    Example:

        kg.export.to_onnx(gan, "app.onnx", interface=kg.export.Interface(seeded=True, uint8=True))
    """

    seeded: bool = False
    truncation: bool = False
    uint8: bool = False
    channels_first: bool = False


@dataclasses.dataclass(frozen=True)
class Card:
    """What is known of a generator beside its numbers.

    Attributes:
        recipe: Name of the recipe it was trained by.
        classes: Names of the classes, label 0 first; by default the labels' numbers.
        licence: What may be done with it, such as `"CC BY 4.0"`.
    """

    recipe: str | None = None
    classes: tuple[str, ...] | None = None
    licence: str | None = None


def output_name(gan):
    """Returns what the exports call their output, such as `images` or `audio`."""
    return media.of_model(gan).tensor


def makes_images(gan) -> bool:
    """Returns whether a model's samples are images."""
    return isinstance(media.of_model(gan), media.Image)


def check_interface(gan, interface):
    """Raises `ConfigError` for pixels of what is no image."""
    if (interface.uint8 or interface.channels_first) and not makes_images(gan):
        raise ConfigError(
            f"expected samples that are images {media.Image.form} for uint8 or channels first, got "
            f"samples of {gan.sample_shape}."
        )


def call(generator, latents, *labels, truncation=None):
    """Samples of a generator with or without labels and truncation."""
    if truncation is not None:
        return networks.truncated(generator, [latents, *labels], truncation)
    return generator([latents, *labels] if labels else latents, training=False)


def served_interface(gan):
    """That of the files which are served and drawn on a page: what these need to truncate."""
    return Interface(truncation=networks.truncates_itself(gan.moving_average))


def call_through(generator, interface, inputs):
    """Samples of a generator as an interface gives them.

    Args:
        generator: A Keras model.
        interface: An `Interface`.
        inputs: Name -> tensor: `latents`, and where they are taken `labels` and `truncation`.
    """
    labels = [inputs["labels"]] if "labels" in inputs else []
    samples = call(generator, inputs["latents"], *labels, truncation=inputs.get("truncation"))
    if interface.uint8:
        samples = pictures.to_uint8(samples)
    return tf.transpose(samples, [0, 3, 1, 2]) if interface.channels_first else samples


def facts(gan, card, interface):
    """Metadata that an app can read, name -> text.

    Args:
        gan: A `GAN`.
        card: A `Card`.
        interface: An `Interface`.
    """
    classes = card.classes
    if classes is None and gan.num_classes:
        classes = [str(label) for label in range(gan.num_classes)]
    known = {
        "keras_gan_version": importlib.metadata.version("keras_gan"),
        "latent_size": str(gan.latent_dim),
        "latent_distribution": gan.latent_distribution,
        "truncation": "network" if networks.truncates_itself(gan.moving_average) else None,
        "range": "0 255" if interface.uint8 else "-1 1",
        "layout": "NCHW" if interface.channels_first else "NHWC",
        "classes": json.dumps(list(classes)) if classes else None,
        "recipe": card.recipe,
        "licence": card.licence,
    }
    medium = media.of_model(gan)
    if not makes_images(gan):
        known["medium"] = json.dumps(medium.to_config())
        del known["layout"]
    if medium.range is None:
        del known["range"]
    return {name: fact for name, fact in known.items() if fact}
