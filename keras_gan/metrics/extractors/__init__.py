"""What looks at samples so that two sets of them can be compared: features and classes."""

import functools
import pathlib

from keras_gan.errors import ConfigError, unknown
from keras_gan.files.keras_file import load_model
from keras_gan.metrics.extractors.extractor import Extractor, Reading
from keras_gan.metrics.extractors.generic import Function, KerasExtractor, Stacked, Values
from keras_gan.metrics.extractors.inception import Inception
from keras_gan.metrics.extractors.shipped import Digits, Photos

import keras

__all__ = [
    "EXTRACTORS",
    "Digits",
    "Extractor",
    "Function",
    "Inception",
    "KerasExtractor",
    "Photos",
    "Reading",
    "Stacked",
    "Values",
    "get",
]

EXTRACTORS = {
    "digits": Digits,
    "inception": Inception,
    "photos": Photos,
    "values": Values,
    "stacked_digits": lambda: Stacked(open_named("digits")),
}


def get(identifier) -> Extractor:
    """An extractor by name, or what can be made one.

    Args:
        identifier: `digits` (28x28 grey digits), `stacked_digits` (28x28x3, each channel a digit),
            `photos` (small photographs), `inception` (images; fetched once), `values` (the samples
            themselves, also points), an `Extractor`, a Keras model or the path of one's `.keras`
            file (its output, averaged over the picture where that has spatial axes), or a callable
            `samples -> (count, features)`.

    Returns:
        An `Extractor`; the same one each time for a name.

    Raises:
        ConfigError: For an unknown name, or something that is no extractor.
        DataError: Where `inception` lies not here and can't be fetched.

    Example:

    >>> from keras_gan.metrics import extractors
    >>> extractors.get("digits").describe()
    'digits'
    """
    if isinstance(identifier, Extractor):
        return identifier
    if isinstance(identifier, str):
        if identifier.endswith(".keras"):
            return of_file(identifier)
        if identifier not in EXTRACTORS:
            raise unknown("extractor", identifier, EXTRACTORS)
        return open_named(identifier)
    if isinstance(identifier, keras.Model):
        return KerasExtractor(identifier)
    if callable(identifier):
        return Function(identifier)
    raise ConfigError(
        "expected an extractor's name, a keras_gan.metrics.extractors.Extractor, a Keras model or "
        f"a callable, got {identifier!r}."
    )


@functools.cache
def open_named(name):
    """The one extractor of this name."""
    return EXTRACTORS[name]()


@functools.cache
def of_file(path):
    """The extractor that a `.keras` file holds, by the file's name.

    Raises:
        DataError: Where no model can be read from it.
    """
    return KerasExtractor(load_model(path), name=pathlib.Path(path).stem)
