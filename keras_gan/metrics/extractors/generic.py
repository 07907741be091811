"""Generic extractors: the samples' values, callables, Keras models, stacked channels."""

import functools
from collections.abc import Callable

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics.extractors.extractor import Extractor, check_images

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import ArrayLike


class Values(Extractor):
    """Extractor of the samples' values, flattened, in float64; for points, sound, small images.

    Example:

    >>> import numpy as np
    >>> from keras_gan.metrics import extractors
    >>> extractors.get("values").features(np.zeros((5, 4, 4, 3), "float32")).shape
    (5, 48)
    """

    def __init__(self):
        super().__init__("values")

    def measure(self, samples: np.ndarray) -> tuple[np.ndarray, None]:
        """Flattens one batch."""
        return samples.reshape(len(samples), -1).astype("float64"), None


class Function(Extractor):
    """Extractor that calls a function.

    Args:
        function: Function `samples -> (count, features)`, called with at most `batch_size` samples.
        name: Name of the extractor; by default the function's name.
        batch_size: Samples per call.

    Example:

    >>> import numpy as np
    >>> from keras_gan.metrics import extractors
    >>> brightness = extractors.Function(lambda x: x.mean(axis=(1, 2)), name="brightness")
    >>> brightness.features(np.ones((3, 8, 8, 1), "float32")).tolist()
    [[1.0], [1.0], [1.0]]
    """

    def __init__(
        self,
        function: Callable[[np.ndarray], ArrayLike],
        name: str | None = None,
        batch_size: int = 256,
    ) -> None:
        name = name or getattr(function, "__name__", type(function).__name__)
        super().__init__(name, batch_size=batch_size)
        self.function = function

    @property
    def identity(self) -> tuple:
        """Key by which extractors are compared, with the function."""
        return *super().identity, id(self.function)

    def measure(self, samples: np.ndarray) -> tuple[np.ndarray, None]:
        """Calls the function on one batch."""
        features = np.asarray(self.function(samples))
        if features.ndim != 2 or len(features) != len(samples):
            raise DataError(
                f"expected features of shape ({len(samples)}, features) from {self.name}, "
                f"got {features.shape}."
            )
        return features, None


class KerasExtractor(Extractor):
    """Extractor of the output of a Keras model, averaged over spatial axes.

    Args:
        model: A model with one input and one output `(batch, ..., features)`. It gets the samples
            unchanged, so a model for another range has to include rescaling. For a model of colour
            images, grey images are repeated to three channels.
        name: Name of the extractor; by default the model's name.
        batch_size: Samples per pass.

    Raises:
        ConfigError: For a model of several inputs or outputs.
    """

    def __init__(self, model: keras.Model, name: str | None = None, batch_size: int = 256) -> None:
        super().__init__(name or model.name, batch_size=batch_size)
        self.model = model
        for what in ("inputs", "outputs"):
            if len(getattr(model, what, None) or [1]) != 1:
                raise ConfigError(f"expected a model of one output and one input, got its {what}.")

    @property
    def identity(self) -> tuple:
        """Key by which extractors are compared, with the model."""
        return *super().identity, id(self.model)

    @property
    def in_colour(self) -> bool:
        """Whether the model takes images of three channels."""
        expected = getattr(self.model, "input_shape", None)
        return expected is not None and len(expected) == 4 and expected[-1] == 3

    def check(self, samples: np.ndarray) -> np.ndarray:
        """Returns samples; raises `DataError` unless they fit the model's input.

        Grey images also fit a model of colour images.
        """
        expected, shape = getattr(self.model, "input_shape", None), samples.shape
        if self.in_colour and shape[-1] == 1:
            shape = (*shape[:-1], 3)
        if expected is not None and not (
            len(expected) == len(shape)
            and all(axis in (None, size) for axis, size in zip(expected, shape, strict=True))
        ):
            raise DataError(
                f"expected samples of shape {expected[1:]} for {self.name}, got "
                f"{samples.shape[1:]}."
            )
        return samples

    def measure(self, samples: np.ndarray) -> tuple[np.ndarray, None]:
        """Computes the features of one batch."""
        return ops.convert_to_numpy(self.tensors(samples)), None

    def tensors(self, samples: tf.Tensor) -> tf.Tensor:
        """Computes the features of one batch as a tensor."""
        samples = ops.convert_to_tensor(samples)
        if self.in_colour and samples.shape[-1] == 1:
            samples = ops.repeat(samples, 3, axis=-1)
        output = self.model(samples, training=False)
        if not keras.ops.is_tensor(output) or len(output.shape) < 2:
            raise DataError(
                f"expected one output (batch, ..., features) from {self.name}, got {output!r}."
            )
        pooled = ops.mean(output, axis=tuple(range(1, len(output.shape) - 1)))
        return ops.cast(pooled, "float32")


class Stacked(Extractor):
    """Extractor that reads each channel of an image as a separate grey image.

    The features of the channels are concatenated. The classes are all combinations of the
    channels' classes, the first channel's first: with three channels of digits there are 1,000
    classes, and the probability of 247 is P(2) P(4) P(7).

    Args:
        extractor: An `Extractor` of grey images.
        channels: Number of channels, at least 1.

    Source: Stacked MNIST, as in Metz et al., "Unrolled Generative Adversarial Networks",
    ICLR 2017, section 3.3.1.

    Example:

    >>> import numpy as np
    >>> import keras_gan as kg
    >>> from keras_gan.metrics import extractors
    >>> digits = kg.datasets.open_source("digits")
    >>> images, labels = zip(digits[2500], digits[4500], digits[7500])
    >>> stacked = extractors.Stacked(extractors.get("digits"))
    >>> probabilities = stacked.probabilities(np.concatenate(images, axis=-1)[None])
    >>> int(probabilities.argmax()), labels
    (247, (2, 4, 7))
    """

    def __init__(self, extractor: Extractor, channels: int = 3) -> None:
        if not isinstance(extractor, Extractor):
            raise ConfigError(
                f"expected an Extractor, got {extractor!r}; make one by "
                "keras_gan.metrics.extractors.get."
            )
        self.extractor = extractor
        self.channels = check_integer("channels", channels)
        super().__init__(f"stacked_{self.extractor.name}", self.extractor.provenance)

    @property
    def identity(self) -> tuple:
        """Key by which extractors are compared, with the channels' extractor."""
        return *super().identity, self.extractor, self.channels

    def check(self, samples: np.ndarray) -> np.ndarray:
        """Returns samples; raises `DataError` unless they are images of `channels` channels."""
        form = f"(height, width, {self.channels})"
        return check_images(samples, self.name, form, (None, None, {self.channels}))

    def measure(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Computes features and probabilities of one batch, channel by channel."""
        channels = np.split(samples, self.channels, axis=-1)
        readings = [self.extractor.read(channel) for channel in channels]
        features = np.concatenate([reading.features for reading in readings], axis=1)
        probabilities = [reading.probabilities for reading in readings]
        if probabilities[0] is None:
            return features, None
        return features, functools.reduce(joint, probabilities)


def joint(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Computes the joint probabilities of two independent tables, `(count, m * n)`."""
    return (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)
