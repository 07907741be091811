"""Media: what samples are, and so how they are checked, saved, shown, measured and named.

A sample's rank tells its medium: `of((28, 28, 1))` is an `Image`. What the rank can't tell, such as
a rate or a vocabulary, a source says, or a generator's attribute `medium`.

Nothing here imports TensorFlow before samples are drawn.
"""

import dataclasses

from keras_gan.errors import ConfigError, abbreviate, unknown
from keras_gan.media.image import Image
from keras_gan.media.medium import Medium
from keras_gan.media.points import Points
from keras_gan.media.sound import Sound
from keras_gan.media.table import Table
from keras_gan.media.tokens import Tokens
from keras_gan.media.video import Video

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


def of(shape) -> Medium:
    """Returns the medium of samples of a shape: points, sound, image or video, by rank.

    Args:
        shape: Shape of a sample. One that fits no medium of its rank, such as an image of 7
            channels, makes `Points`.

    Example:

    >>> from keras_gan import media
    >>> media.of((28, 28, 1)), media.of((2,)), media.of((8, 8, 7))
    (Image(), Points(), Points())
    """
    shape = tuple(shape)
    medium = BY_RANK.get(len(shape), Points)()
    return medium if medium.fits(shape) else Points()


def of_network(network) -> Medium:
    """Returns the medium of what a network makes: what it says, else by its samples' shape.

    Args:
        network: A generator. Of a whole game, ask its `medium`.

    Example:

    >>> import keras_gan as kg
    >>> generator = kg.networks.MLPGenerator((64, 1), latent_dim=2, units=(4,))
    >>> generator.medium = kg.media.Sound(rate=8_000)
    >>> kg.media.of_network(generator)
    Sound(rate=8000)
    """
    return getattr(network, "medium", None) or of(network.output_shape[1:])


def get(identifier) -> Medium | None:
    """Returns a medium by name, or the medium itself; None for None.

    Args:
        identifier: `"points"`, `"image"`, `"sound"` or `"sound:RATE"` in Hz, `"video"` or
            `"video:FRAMES"` a second; a `Medium`; or None.

    Raises:
        ConfigError: For another name, or a medium that a name doesn't describe.

    Example:

    >>> from keras_gan import media
    >>> media.get("sound:8000")
    Sound(rate=8000)
    """
    if identifier is None or isinstance(identifier, Medium):
        return identifier
    name, _, number = str(identifier).partition(":")
    if name not in MEDIA:
        raise unknown("medium", name, MEDIA)
    medium = MEDIA[name]
    if medium in (Tokens, Table):
        raise ConfigError(
            f"expected a medium that a name describes, got {name!r}; make a "
            f"keras_gan.media.{medium.__name__} with its {dataclasses.fields(medium)[0].name}."
        )
    if not number:
        return medium()
    if not number.isdecimal() or not dataclasses.fields(medium):
        raise ConfigError(
            f"expected a medium such as sound:16000 (Hz) or video:10 (frames a second), got "
            f"{identifier!r}."
        )
    return medium(int(number))


def from_config(config) -> Medium:
    """Returns the medium that `Medium.to_config` described, checked as others may have written it.

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


def tuples(value):
    """Returns JSON's lists, also those inside each other, as tuples; anything else as it is."""
    return tuple(map(tuples, value)) if isinstance(value, list) else value
