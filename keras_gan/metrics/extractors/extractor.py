"""Extractor: the base class of feature extractors."""

import dataclasses

from keras_gan import memory
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, DataError
from keras_gan.tf32 import allow_tf32

import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import ArrayLike


@dataclasses.dataclass(frozen=True)
class Reading:
    """Features and class probabilities of samples, from one pass of an extractor.

    The extractor accepts it in place of the samples, so that several metrics share the pass.

    Args:
        extractor: The `Extractor` that computed it.
        features: `(count, features)` floats.
        probabilities: `(count, classes)` floats, or None for an extractor that doesn't classify.
    """

    extractor: "Extractor"
    features: np.ndarray
    probabilities: np.ndarray | None


class Extractor:
    """Base class of extractors, which compute features and possibly class probabilities.

    Args:
        name: Name of the extractor, part of every figure's name, as in `frechet[digits]`.
        provenance: Description of the extractor's file, if it isn't part of this package.
        batch_size: Samples per pass, to bound the memory.

    Attributes:
        is_slow: Whether it takes so long that what it reads from real samples is worth storing.
    """

    is_slow = False

    def __init__(self, name: str, provenance: str | None = None, batch_size: int = 256) -> None:
        self.name = name
        self.provenance = provenance
        self.batch_size = check_integer("batch_size", batch_size)

    @property
    def identity(self) -> tuple:
        """Key by which extractors are compared; metrics of equal extractors share a pass."""
        return type(self), self.name, self.provenance

    def __eq__(self, other):
        return isinstance(other, Extractor) and self.identity == other.identity

    def __hash__(self):
        return hash(self.identity)

    def describe(self) -> str:
        """Returns name and provenance, such as `inception(sha256 1234abcd5678)`."""
        return self.name if self.provenance is None else f"{self.name}({self.provenance})"

    def features(self, samples: np.ndarray | Reading) -> np.ndarray:
        """Computes features of samples.

        Args:
            samples: `(count, *sample_shape)` floats, images in [-1, 1]; or a `Reading` of them.

        Returns:
            `(count, features)` floats.

        Raises:
            DataError: For samples that aren't finite, or that the extractor doesn't accept.
        """
        return self.read(samples).features

    def probabilities(self, samples: np.ndarray | Reading) -> np.ndarray:
        """Computes class probabilities `(count, classes)`; arguments as in `features`.

        Raises:
            ConfigError: For an extractor that doesn't classify.
        """
        probabilities = self.read(samples).probabilities
        if probabilities is None:
            raise ConfigError(
                f"expected an extractor that classifies, but {self.name} has no classes; use "
                "'digits', 'photos', 'inception' with the weights of TensorFlow's archive, or a "
                "subclass of Extractor that returns probabilities."
            )
        return probabilities

    @memory.name_remedy(memory.IN_INFERENCE)
    @allow_tf32(False)
    def read(self, samples: np.ndarray | Reading) -> Reading:
        """Computes features and probabilities in one pass; arguments as in `features`."""
        if isinstance(samples, Reading):
            return self._check_reading(samples)
        samples = self.check(check_finite(samples))
        starts = range(0, len(samples), self.batch_size)
        parts = [self.measure(samples[i : i + self.batch_size]) for i in starts]
        features, probabilities = zip(*parts, strict=True)
        return Reading(
            self,
            np.concatenate(features),
            None if probabilities[0] is None else np.concatenate(probabilities),
        )

    def _check_reading(self, reading):
        """Returns a reading; raises `ConfigError` for one of another extractor."""
        if reading.extractor != self:
            raise ConfigError(
                f"expected a reading of {self.describe()}, got one of "
                f"{reading.extractor.describe()}."
            )
        return reading

    def check(self, samples: np.ndarray) -> np.ndarray:
        """Returns samples; raises `DataError` for samples that the extractor doesn't accept."""
        return samples

    def tensors(self, samples: tf.Tensor) -> tf.Tensor:
        """Computes features as a tensor `(count, features)`, differentiably.

        Args:
            samples: A float tensor `(count, *sample_shape)`.

        Raises:
            ConfigError: For an extractor that isn't differentiable.
        """
        raise ConfigError(
            f"expected a differentiable extractor, got {self.name}; use 'digits', 'photos' or a "
            "Keras model."
        )

    def measure(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Computes `(features, probabilities or None)` of one batch; for subclasses."""
        raise NotImplementedError(f"{type(self).__name__} defines no measure.")


def check_finite(samples: ArrayLike) -> np.ndarray:
    """Returns samples as an array of finite floats; raises `DataError` for anything else."""
    try:
        samples = np.asarray(samples)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"expected samples as an array of floats, outside tf.function; {error}."
        ) from error
    if samples.ndim < 2 or len(samples) == 0:
        raise DataError(f"expected samples (count, ...), at least one, got {samples.shape}.")
    if samples.dtype.kind not in "fV":  # V: bfloat16, which isn't a type of NumPy
        raise DataError(
            f"expected samples as floats, got {samples.dtype}; scale uint8 images to [-1, 1] by "
            "samples / 127.5 - 1."
        )
    finite = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"expected finite samples, got NaN or infinity in {(~finite).sum()} of {len(samples)}."
        )
    return samples


def in_colour(images: tf.Tensor) -> tf.Tensor:
    """Returns images or videos of one or three channels as float32 of three."""
    images = ops.cast(images, "float32")
    return ops.repeat(images, 3 // images.shape[-1], axis=-1)


def check_images(samples: np.ndarray, name: str, form: str, shape: tuple) -> np.ndarray:
    """Returns samples; raises `DataError` unless they are images of a shape in [-1, 1].

    Values slightly outside, as from generators without tanh, are accepted; images that appear to
    be scaled from 0 to 255 are not.

    Args:
        samples: Array of floats.
        name: Name of the extractor, for the error.
        form: Expected shape in words, for the error, such as `"(28, 28, 1)"`.
        shape: `(height, width, allowed numbers of channels)`; None for any height or width.
    """
    height, width, channels = shape
    fits = (
        samples.ndim == 4
        and height in (None, samples.shape[1])
        and width in (None, samples.shape[2])
        and samples.shape[3] in channels
    )
    if not fits:
        raise DataError(f"expected images of {form} for {name}, got {samples.shape[1:]}.")
    if samples.min() >= 0 and samples.max() > 2:
        raise DataError(
            f"expected images in [-1, 1] for {name}, got {samples.min():g} to {samples.max():g}; "
            "scale images from 0 to 255 by samples / 127.5 - 1."
        )
    return samples
