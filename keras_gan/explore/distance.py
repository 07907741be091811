"""Distance between generated and target images, in pixels and in features."""

from collections.abc import Callable

from keras_gan.metrics import extractors

import numpy as np
import tensorflow as tf
from keras import ops

GREY_LEVELS = 127.5  # grey levels per unit of an image in [-1, 1]


class Distance:
    """Mean squared error of the pixels plus, with an extractor, of its features.

    Args:
        extractor: An extractor with `Extractor.tensors`; None to compare pixels only.
        weight: Weight of the features' error.

    Raises:
        ConfigError: For an extractor through which no gradients flow.

    Example:

    >>> distance = Distance().to(np.zeros((2, 8, 8, 1), "float32"))
    >>> distance(np.full((2, 8, 8, 1), 0.5, "float32")).numpy().tolist()
    [0.25, 0.25]
    """

    def __init__(
        self, extractor: extractors.ExtractorLike | None = None, weight: float = 0.01
    ) -> None:
        self.extractor = None if extractor is None else extractors.get(extractor)
        self.weight = weight

    def to(self, images: np.ndarray) -> Callable[[tf.Tensor], tf.Tensor]:
        """Returns a function `samples -> (count,)`; features of `images` are computed once."""
        targets = None if self.extractor is None else self.extractor.tensors(images)

        def distance(samples):
            errors = mean_squares(samples - images)
            if targets is None:
                return errors
            return errors + self.weight * mean_squares(self.extractor.tensors(samples) - targets)

        return distance


def mean_squares(values: tf.Tensor) -> tf.Tensor:
    """Computes the mean square of each item, `(count,)`."""
    return ops.mean(ops.square(values), axis=tuple(range(1, len(values.shape))))


def root_mean_squares(samples: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Computes root mean squared errors in grey levels from 0 to 255, `(count,)` float64.

    Args:
        samples, images: `(count, height, width, channels)` floats in [-1, 1].
    """
    difference = (np.asarray(samples, "float64") - images).reshape(len(images), -1)
    return GREY_LEVELS * np.sqrt(np.square(difference).mean(axis=1))


def ramp(time: float | tf.Tensor, up: float = 0.05, down: float = 0.25) -> tf.Tensor:
    """Computes the learning rate's factor at a time from 0 to 1: linear warm-up, cosine decay.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020,
    appendix D.

    Example:

    >>> [round(float(ramp(time)), 3) for time in (0.0, 0.025, 0.5, 0.875, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    time = tf.cast(time, tf.float32)
    falling = 0.5 - 0.5 * tf.cos(np.pi * tf.minimum(1.0, (1.0 - time) / down))
    return falling * tf.minimum(1.0, time / up)
