"""Extractor: what looks at samples so that two sets of them can be compared."""

import dataclasses

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, DataError

import numpy as np


@dataclasses.dataclass(frozen=True)
class Reading:
    """What one extractor saw of some samples, in one pass.

    It may stand wherever that extractor takes samples; so several metrics share the pass.

    Args:
        extractor: The `Extractor` that saw them.
        features: `(count, features)` floats.
        probabilities: `(count, classes)` floats, or None from an extractor that doesn't classify.
    """

    extractor: "Extractor"
    features: np.ndarray
    probabilities: np.ndarray | None


class Extractor:
    """What an extractor has to offer: features of samples, and classes where it knows any.

    Args:
        name: Stands beside every figure, as in `frechet[digits]`.
        provenance: Which file the extractor came from, where it is no part of this package.
        batch_size: Samples a pass; bounds the memory.
    """

    def __init__(self, name, provenance=None, batch_size=256):
        self.name = name
        self.provenance = provenance
        self.batch_size = check_integer("batch_size", batch_size)

    @property
    def identity(self):
        """What makes two extractors the same; of equal ones, one pass serves all metrics."""
        return type(self), self.name, self.provenance

    def __eq__(self, other):
        return isinstance(other, Extractor) and self.identity == other.identity

    def __hash__(self):
        return hash(self.identity)

    def describe(self) -> str:
        """Name and provenance, such as `inception(sha256 1234abcd5678)`."""
        return self.name if self.provenance is None else f"{self.name}({self.provenance})"

    def features(self, samples):
        """Features of samples.

        Args:
            samples: `(count, *sample_shape)` floats, images in [-1, 1]; or a `Reading` of them.

        Returns:
            `(count, features)` floats.

        Raises:
            DataError: For samples that aren't finite, or that this extractor can't read.
        """
        return self.read(samples).features

    def probabilities(self, samples):
        """Probabilities of the classes, `(count, classes)`; arguments as in `features`.

        Raises:
            ConfigError: For an extractor that doesn't classify.
        """
        probabilities = self.read(samples).probabilities
        if probabilities is None:
            raise ConfigError(
                f"expected an extractor that classifies, but {self.name} has no classes; use "
                "'digits', 'photos' or 'inception', or a subclass of Extractor that gives "
                "probabilities."
            )
        return probabilities

    def read(self, samples) -> Reading:
        """Features and probabilities in one pass, batch by batch; arguments as in `features`."""
        if isinstance(samples, Reading):
            return self._own(samples)
        samples = self.check(check_finite(samples))
        starts = range(0, len(samples), self.batch_size)
        parts = [self.measure(samples[i : i + self.batch_size]) for i in starts]
        features, probabilities = zip(*parts, strict=True)
        return Reading(
            self,
            np.concatenate(features),
            None if probabilities[0] is None else np.concatenate(probabilities),
        )

    def _own(self, reading):
        """The reading, where it is this extractor's."""
        if reading.extractor != self:
            raise ConfigError(
                f"expected a reading of {self.describe()}, got one of "
                f"{reading.extractor.describe()}."
            )
        return reading

    def check(self, samples):
        """The samples, where the extractor can read them; by default it reads all."""
        return samples

    def tensors(self, samples):
        """Features `(count, features)` as a tensor, through which gradients flow to the samples.

        Args:
            samples: A float tensor `(count, *sample_shape)`.

        Raises:
            ConfigError: For an extractor through which none flow.
        """
        raise ConfigError(
            f"expected an extractor through which gradients flow, but {self.name} is none; take "
            "'digits', 'photos' or a Keras model."
        )

    def measure(self, samples):
        """`(features, probabilities or None)` of one batch: what an extractor defines."""
        raise NotImplementedError(f"{type(self).__name__} defines no measure.")


def check_finite(samples):
    """The samples as an array of floats, at least one and all finite."""
    try:
        samples = np.asarray(samples)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"expected samples as an array of floats, outside tf.function; {error}."
        ) from error
    if samples.ndim < 2 or len(samples) == 0:
        raise DataError(f"expected samples (count, ...), at least one, got {samples.shape}.")
    if samples.dtype.kind not in "fV":  # V: bfloat16, which is no type of NumPy's own
        raise DataError(
            f"expected samples as floats, got {samples.dtype}; bring uint8 images to [-1, 1] by "
            "samples / 127.5 - 1."
        )
    finite = np.isfinite(samples).reshape(len(samples), -1).all(axis=1)
    if not finite.all():
        raise DataError(
            f"expected finite samples, got NaN or infinity in {(~finite).sum()} of {len(samples)}."
        )
    return samples


def check_images(samples, name, wanted, shape):
    """The samples, where they are images of the wanted shape in [-1, 1].

    What a generator without a tanh puts outside is left; what looks like 0 to 255 is an error.

    Args:
        samples: Floats.
        name: Of the extractor, for the error.
        wanted: In words, for the error, such as `"(28, 28, 1)"`.
        shape: `(height, width, allowed numbers of channels)`; None is any height or width.
    """
    height, width, channels = shape
    right = (
        samples.ndim == 4
        and height in (None, samples.shape[1])
        and width in (None, samples.shape[2])
        and samples.shape[3] in channels
    )
    if not right:
        raise DataError(f"expected images of {wanted} for {name}, got {samples.shape[1:]}.")
    if samples.min() >= 0 and samples.max() > 2:
        raise DataError(
            f"expected images in [-1, 1] for {name}, got {samples.min():g} to {samples.max():g}; "
            "bring images from 0 to 255 there by samples / 127.5 - 1."
        )
    return samples
