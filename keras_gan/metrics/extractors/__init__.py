"""Extractors of features and class probabilities, by which metrics compare samples."""

import functools
import pathlib
from collections.abc import Callable

from keras_gan.errors import ConfigError, unknown
from keras_gan.files.keras_file import load_model
from keras_gan.metrics.extractors.extractor import Extractor, Reading
from keras_gan.metrics.extractors.generic import Function, KerasExtractor, Stacked, Values
from keras_gan.metrics.extractors.inception import Inception, archive_path
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
    "available",
    "get",
]

ExtractorLike = str | Extractor | keras.Model | Callable  # see `get`
EXTRACTORS = {
    "digits": Digits,
    "inception": Inception,
    "photos": Photos,
    "values": Values,
    "stacked_digits": lambda: Stacked(open_named("digits")),
}


def get(identifier: ExtractorLike) -> Extractor:
    """Returns an extractor by name, or makes one from a model or a function.

    Args:
        identifier: `digits` (28x28 grey digits), `stacked_digits` (28x28x3, each channel a digit),
            `photos` (small photographs), `inception` (images; downloaded once), `values` (the
            samples' values, for any medium), an `Extractor`, a Keras model or the path of a
            `.keras` file (its output, averaged over spatial axes), or a callable
            `samples -> (count, features)`.

    Returns:
        An `Extractor`; for a name the same object each time.

    Raises:
        ConfigError: For an unknown name, or an object that can't be an extractor.
        DataError: If `inception` isn't in the cache and can't be downloaded.

    Example:

    >>> from keras_gan.metrics import extractors
    >>> extractors.get("digits").describe()
    'digits'
    """
    if isinstance(identifier, Extractor):
        return identifier
    if isinstance(identifier, str):
        if identifier.endswith(".keras"):
            return open_file(identifier)
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


def available(name: str, tell: Callable[[str], object]) -> str:
    """Returns the name of a default extractor, or of `photos` where Inception isn't downloaded.

    Args:
        name: Name of the extractor that suits the samples.
        tell: Function to call with a line if it is replaced.

    Example:

    >>> from keras_gan.metrics import extractors
    >>> extractors.available("digits", print)
    'digits'
    """
    if name != "inception" or archive_path().exists():
        return name
    tell(
        "Measured by photos, which is part of the package, as Inception isn't downloaded; the "
        "extractor inception (--extractor inception) downloads it once, about 90 MB."
    )
    return "photos"


@functools.cache
def open_named(name: str) -> Extractor:
    """Returns the extractor of a name, made once."""
    return EXTRACTORS[name]()


@functools.cache
def open_file(path: str) -> KerasExtractor:
    """Returns the extractor of a `.keras` file, named after the file.

    Raises:
        DataError: If no model can be read from the file.
    """
    return KerasExtractor(load_model(path), name=pathlib.Path(path).stem)
