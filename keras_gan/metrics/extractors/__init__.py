"""Extractors of features and class probabilities, by which metrics compare samples."""

import functools
import pathlib
from collections.abc import Callable

from keras_gan.errors import ConfigError, unknown
from keras_gan.files.keras_file import load_model
from keras_gan.metrics.extractors.extractor import Extractor, Reading
from keras_gan.metrics.extractors.generic import Function, KerasExtractor, Stacked, Values
from keras_gan.metrics.extractors.i3d import I3D
from keras_gan.metrics.extractors.inception import Inception
from keras_gan.metrics.extractors.shipped import Digits, Photos
from keras_gan.metrics.published import weights
from keras_gan.metrics.published.inception import CLASSES

import keras

__all__ = [
    "EXTRACTORS",
    "I3D",
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
    "inception_clean": lambda: Inception("clean"),
    "inception_pytorch": lambda: Inception("pytorch"),
    "i3d": I3D,
    "photos": Photos,
    "values": Values,
    "stacked_digits": lambda: Stacked(open_named("digits")),
}


def get(identifier: ExtractorLike) -> Extractor:
    """Returns an extractor by name, or makes one from a model or a function.

    Args:
        identifier: `digits` (28x28 grey digits), `stacked_digits` (28x28x3, each channel a digit),
            `photos` (small photographs), `inception` (images; fetched once), `inception_clean` and
            `inception_pytorch` (the same, images resized as by clean-fid and pytorch-fid), `i3d`
            (videos; fetched once), `values` (the samples' values, for any medium), an `Extractor`,
            a Keras model or the path of a `.keras` file (its output, averaged over spatial axes),
            or a callable `samples -> (count, features)`.

    Returns:
        An `Extractor`; for a name the same object each time.

    Raises:
        ConfigError: For an unknown name, or an object that can't be an extractor.
        DataError: If weights aren't in the cache and can't be fetched; see `keras-gan fetch`.

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
    """Returns the name of a default extractor, or of `photos` where Inception isn't fetched.

    Args:
        name: Name of the extractor that suits the samples.
        tell: Function to call with a line if it is replaced.

    Example:

    >>> from keras_gan.metrics import extractors
    >>> extractors.available("digits", print)
    'digits'
    """
    if name != "inception" or weights.weights_path(name).exists():
        return name
    tell(
        "Measured by photos, which is part of the package, as Inception isn't fetched; "
        "`keras-gan fetch inception` downloads it once, about 90 MB."
    )
    return "photos"


def classifies(name: str) -> bool:
    """Whether an extractor of a name gives class probabilities, as far as is known before use.

    The weights of Inception include its classifier only if they are TensorFlow's own.

    Example:

    >>> from keras_gan.metrics import extractors
    >>> extractors.classifies("digits")
    True
    """
    is_inception = name.partition("_")[0] == "inception"
    return not is_inception or weights.has("inception", CLASSES)


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
