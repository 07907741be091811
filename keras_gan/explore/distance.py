"""Distance: how far generated pictures are from given ones, by pixels and by features."""

from keras_gan.metrics import extractors

import numpy as np
import tensorflow as tf
from keras import ops

GREY_LEVELS = 127.5  # of 1 in images in [-1, 1]


class Distance:
    """The mean squared error of the pixels and, with an extractor, of its features.

    Args:
        extractor: See `Extractor.tensors`; None for the pixels alone.
        weight: Of the features' error.

    Raises:
        ConfigError: For an extractor through which no gradients flow.

    Example:

    >>> distance = Distance().to(np.zeros((2, 8, 8, 1), "float32"))
    >>> distance(np.full((2, 8, 8, 1), 0.5, "float32")).numpy().tolist()
    [0.25, 0.25]
    """

    def __init__(self, extractor=None, weight=0.01):
        self.extractor = None if extractor is None else extractors.get(extractor)
        self.weight = weight

    def to(self, images):
        """The function `made -> (count,)`, whose features of `images` are computed once."""
        wanted = None if self.extractor is None else self.extractor.tensors(images)

        def distance(made):
            found = mean_squares(made - images)
            if wanted is None:
                return found
            return found + self.weight * mean_squares(self.extractor.tensors(made) - wanted)

        return distance


def mean_squares(values):
    """The mean square of each, `(count,)`."""
    return ops.mean(ops.square(values), axis=tuple(range(1, len(values.shape))))


def root_mean_squares(made, images):
    """Root mean squared errors in grey levels from 0 to 255, `(count,)` float64.

    Args:
        made, images: `(count, height, width, channels)` floats in [-1, 1].
    """
    difference = (np.asarray(made, "float64") - images).reshape(len(images), -1)
    return GREY_LEVELS * np.sqrt(np.square(difference).mean(axis=1))


def ramp(time, up=0.05, down=0.25):
    """The share of the learning rate at a time from 0 to 1: up in a line, down along a cosine.

    Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020,
    appendix D.

    Example:

    >>> [round(float(ramp(time)), 3) for time in (0.0, 0.025, 0.5, 0.875, 1.0)]
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    time = tf.cast(time, tf.float32)
    falling = 0.5 - 0.5 * tf.cos(np.pi * tf.minimum(1.0, (1.0 - time) / down))
    return falling * tf.minimum(1.0, time / up)
