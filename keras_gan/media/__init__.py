"""Media: kinds of samples, and how each is checked, saved, shown, measured and named.

By default the medium follows from the rank of a sample: `of((28, 28, 1))` is an `Image`. Properties
that the shape doesn't determine, such as a sample rate or a vocabulary, are set by the source or by
the generator's attribute `medium`.

TensorFlow is imported only when samples are drawn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_gan.errors import ConfigError, abbreviate, unknown
from keras_gan.media.image import Image
from keras_gan.media.medium import Medium
from keras_gan.media.points import Points
from keras_gan.media.sound import Sound
from keras_gan.media.table import Table
from keras_gan.media.tokens import Tokens
from keras_gan.media.video import Video

if TYPE_CHECKING:
    import keras

__all__ = [
    "MEDIA",
    "Image",
    "Medium",
    "Points",
    "Sound",
    "Table",
    "Tokens",
    "Video",
    "from_config",
    "get",
    "of",
    "of_network",
]

MEDIA = {each.name: each for each in (Points, Sound, Image, Video, Tokens, Table)}
BY_RANK = {each.rank: each for each in (Points, Sound, Image, Video)}


def of(shape: Sequence[int]) -> Medium:
    """Returns the medium of samples of a shape: points, sound, image or video, by rank.

    Args:
        shape: Shape of a sample. Shapes that don't fit the medium of their rank, such as an image
            of 7 channels, are `Points`.

    Example:

    >>> from keras_gan import media
    >>> media.of((28, 28, 1)), media.of((2,)), media.of((8, 8, 7))
    (Image(), Points(), Points())
    """
    shape = tuple(shape)
    medium = BY_RANK.get(len(shape), Points)()
    return medium if medium.fits(shape) else Points()


def of_network(network: keras.Model) -> Medium:
    """Returns the medium of a generator, from its attribute `medium` or its samples' shape.

    Args:
        network: A generator. For a model such as a GAN, use its property `medium` instead.

    Example:

    >>> import keras_gan as kg
    >>> generator = kg.networks.MLPGenerator((64, 1), latent_dim=2, units=(4,))
    >>> generator.medium = kg.media.Sound(rate=8_000)
    >>> kg.media.of_network(generator)
    Sound(rate=8000)
    """
    return getattr(network, "medium", None) or of(network.output_shape[1:])


def get(identifier: str | Medium | None) -> Medium | None:
    """Returns a medium by name; returns a `Medium` or None unchanged.

    Args:
        identifier: `"points"`, `"image"`, `"sound"` or `"sound:RATE"` in Hz, `"video"` or
            `"video:FRAMES"` per second; a `Medium`; or None.

    Raises:
        ConfigError: For another name or number, or a medium that needs more than a name.

    Example:

    >>> from keras_gan import media
    >>> media.get("sound:8000")
    Sound(rate=8000)
    """
    if identifier is None or isinstance(identifier, Medium):
        return identifier
    name, colon, number = str(identifier).partition(":")
    if name not in MEDIA:
        raise unknown("medium", name, [each.name for each in BY_RANK.values()])
    medium = MEDIA[name]
    if medium not in BY_RANK.values():
        raise ConfigError(
            f"expected the name of a medium without options, got {name!r}; make a "
            f"keras_gan.media.{medium.__name__} with its {dataclasses.fields(medium)[0].name}."
        )
    if not colon:
        return medium()
    if not (number.isascii() and number.isdecimal() and dataclasses.fields(medium)):
        raise ConfigError(
            f"expected a medium such as sound:16000 (Hz) or video:10 (frames per second), got "
            f"{identifier!r}."
        )
    return medium(int(number))


def from_config(config: dict) -> Medium:
    """Makes a medium from the output of `Medium.to_config`, which is validated.

    Args:
        config: `{"name": str, ...}`, plain data from JSON.

    Raises:
        ConfigError: For anything else.

    Example:

    >>> from keras_gan import media
    >>> media.from_config({"name": "video", "frames_per_second": 12})
    Video(frames_per_second=12)
    """
    if not isinstance(config, dict) or not isinstance(config.get("name"), str):
        raise ConfigError(f"expected a medium as an object with a name, got {abbreviate(config)}.")
    arguments = {key: tuples(value) for key, value in config.items() if key != "name"}
    if config["name"] not in MEDIA:
        raise unknown("medium", config["name"], MEDIA)
    medium = MEDIA[config["name"]]
    names = [field.name for field in dataclasses.fields(medium)]
    if sorted(arguments) != sorted(names):
        raise ConfigError(
            f"expected a medium {medium.name} with {', '.join(names) or 'nothing else'}, got "
            f"{', '.join(arguments) or 'nothing else'}."
        )
    return medium(**arguments)


def tuples(value: object) -> object:
    """Converts lists, also nested ones, to tuples; returns other values unchanged."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value
