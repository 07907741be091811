"""Inputs, outputs and metadata of exported generators."""

import dataclasses
import importlib.metadata
import json

from keras_gan import media, networks, pictures
from keras_gan.errors import ConfigError
from keras_gan.sampling import Sampling, require_sampling
from keras_gan.signature import Signature

import keras
import tensorflow as tf

SAMPLER, TRANSLATOR = "sampler", "translator"  # kinds of networks, for the metadata


@dataclasses.dataclass(frozen=True)
class Interface:
    """Inputs and outputs of an ONNX generator; latents to float32 images by default.

    Attributes:
        seeded: Whether to draw latents in the graph, from the inputs `count () int32` and
            `seed () int64`, instead of the input `latents (batch, latent_dim) float32`. They equal
            those of `GAN.latents`. Needs opset 18.
        truncation: Whether to add an input `truncation () float32`, as in `GAN.sample`.
        uint8: Whether to return images as uint8 from 0 to 255, instead of float32 in [-1, 1].
        channels_first: Whether to return images as `(batch, channels, height, width)`.

    Example:

        kg.export.to_onnx(gan, "app.onnx", interface=kg.export.Interface(seeded=True, uint8=True))
    """

    seeded: bool = False
    truncation: bool = False
    uint8: bool = False
    channels_first: bool = False


@dataclasses.dataclass(frozen=True)
class Card:
    """A description of a generator, for the metadata of its files.

    Attributes:
        recipe: Name of the recipe with which it was trained.
        classes: Names of the classes, label 0 first; the label numbers by default.
        licence: Licence of the generator, such as `"CC BY 4.0"`.
    """

    recipe: str | None = None
    classes: tuple[str, ...] | None = None
    licence: str | None = None


def check_interface(model: keras.Model, signature: Signature, interface: Interface) -> None:
    """Raises `ConfigError` if the signature doesn't support the interface."""
    for_images = interface.uint8 or interface.channels_first
    if for_images and not isinstance(signature.medium, media.Image):
        raise ConfigError(
            f"expected samples that are images {media.Image.form} for uint8 or channels first, got "
            f"samples of {signature.sample_shape}."
        )
    if interface.seeded or interface.truncation:
        require_sampling(model, "latents drawn in the graph, or truncation")


def draws_images(model: keras.Model) -> bool:
    """Returns whether a model draws images from a seed."""
    return isinstance(model, Sampling) and isinstance(model.medium, media.Image)


def served_interface(model: keras.Model) -> Interface:
    """Returns the interface for servers and pages: with truncation if latents can't be scaled."""
    truncates = isinstance(model, Sampling) and networks.truncates_itself(model.moving_average)
    return Interface(truncation=truncates)


def call_through(
    signature: Signature, interface: Interface, inputs: dict[str, tf.Tensor]
) -> tf.Tensor:
    """Calls a signature and returns the samples in the form of an interface.

    Args:
        signature: A `Signature`.
        interface: An `Interface`.
        inputs: Name -> tensor: inputs of the signature, optionally with `truncation`.
    """
    if "truncation" in inputs:
        values, truncation = signature.values(inputs), inputs["truncation"]
        samples = networks.truncated(signature.network, values, truncation)
    else:
        samples = signature(inputs)
    if interface.uint8:
        samples = pictures.to_uint8(samples)
    return tf.transpose(samples, [0, 3, 1, 2]) if interface.channels_first else samples


def metadata(
    model: keras.Model, signature: Signature, card: Card, interface: Interface
) -> dict[str, str]:
    """Returns the metadata for apps, as name -> text.

    Args:
        model: A model.
        signature: One of its signatures.
        card: A `Card`.
        interface: An `Interface`.
    """
    medium = signature.medium
    entries = {
        "keras_gan_version": importlib.metadata.version("keras_gan"),
        **(sampling_metadata(model, card) if isinstance(model, Sampling) else {"kind": TRANSLATOR}),
        "range": "0 255" if interface.uint8 else "-1 1",
        "layout": "NCHW" if interface.channels_first else "NHWC",
        "recipe": card.recipe,
        "licence": card.licence,
    }
    if not isinstance(medium, media.Image):
        entries["medium"] = json.dumps(medium.to_config())
        del entries["layout"]
    if medium.range is None:
        del entries["range"]
    return {name: text for name, text in entries.items() if text}


def sampling_metadata(model: Sampling, card: Card) -> dict[str, str | None]:
    """Returns the metadata that an app needs to draw samples, as name -> text or None."""
    classes = card.classes
    if classes is None and model.num_classes:
        classes = [str(label) for label in range(model.num_classes)]
    return {
        "kind": SAMPLER,
        "latent_size": str(model.latent_dim),
        "latent_distribution": model.latent_distribution,
        "truncation": "network" if networks.truncates_itself(model.moving_average) else None,
        "classes": json.dumps(list(classes)) if classes else None,
    }
