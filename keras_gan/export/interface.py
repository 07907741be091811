"""What an exported generator takes and gives, and what it says about itself."""

import dataclasses
import importlib.metadata
import json

from keras_gan import media, networks, pictures
from keras_gan.errors import ConfigError
from keras_gan.sampling import Sampling, require_sampling

import tensorflow as tf

SAMPLER, TRANSLATOR = "sampler", "translator"  # kinds of exported networks


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


def check_interface(model, signature, interface):
    """Raises `ConfigError` for an interface that a signature can't have."""
    pixels = interface.uint8 or interface.channels_first
    if pixels and not isinstance(signature.medium, media.Image):
        raise ConfigError(
            f"expected samples that are images {media.Image.form} for uint8 or channels first, got "
            f"samples of {signature.sample_shape}."
        )
    if interface.seeded or interface.truncation:
        require_sampling(model, "latents drawn inside, or truncation")


def draws_images(model) -> bool:
    """Returns whether a model makes images from a seed, as the signature `sample` does."""
    return isinstance(model, Sampling) and isinstance(model.medium, media.Image)


def served_interface(model):
    """Returns the interface of files that a server or a page samples: with truncation if needed."""
    own = isinstance(model, Sampling) and networks.truncates_itself(model.moving_average)
    return Interface(truncation=own)


def call_through(signature, interface, inputs):
    """Returns the samples of a signature as an interface gives them.

    Args:
        signature: A `Signature`.
        interface: An `Interface`.
        inputs: Name -> tensor: the signature's, and where it is taken `truncation`.
    """
    if "truncation" in inputs:
        values, truncation = signature.values(inputs), inputs["truncation"]
        samples = networks.truncated(signature.network, values, truncation)
    else:
        samples = signature(inputs)
    if interface.uint8:
        samples = pictures.to_uint8(samples)
    return tf.transpose(samples, [0, 3, 1, 2]) if interface.channels_first else samples


def metadata(model, signature, card, interface):
    """Returns the metadata that an app can read, name -> text.

    Args:
        model: A game.
        signature: A `Signature` of it.
        card: A `Card`.
        interface: An `Interface`.
    """
    medium = signature.medium
    known = {
        "keras_gan_version": importlib.metadata.version("keras_gan"),
        **(sampling_metadata(model, card) if isinstance(model, Sampling) else {"kind": TRANSLATOR}),
        "range": "0 255" if interface.uint8 else "-1 1",
        "layout": "NCHW" if interface.channels_first else "NHWC",
        "recipe": card.recipe,
        "licence": card.licence,
    }
    if not isinstance(medium, media.Image):
        known["medium"] = json.dumps(medium.to_config())
        del known["layout"]
    if medium.range is None:
        del known["range"]
    return {name: text for name, text in known.items() if text}


def sampling_metadata(model, card):
    """Returns what an app has to know to sample from latents, name -> text or None."""
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
