"""I3D: the network with which published Frechet video distances are computed."""

from keras_gan.errors import DataError
from keras_gan.metrics.extractors.extractor import Extractor, in_colour
from keras_gan.metrics.published import i3d, weights

import numpy as np
import tensorflow as tf
from keras import ops

LEAST_FRAMES = 9


class I3D(Extractor):
    """Extractor by I3D, with the 400 logits of Kinetics' classes of actions as features.

    Videos `(frames, height, width, 1 or 3)` in [-1, 1] of at least nine frames; grey ones are
    repeated to three channels, and frames resized to 224x224. Published figures are of 16 frames,
    with 2,048 real and generated videos; with fewer the distance is far higher.

    The weights are in Keras's cache, fetched there once if they aren't: `keras-gan fetch i3d`.

    Raises:
        DataError: If the weights can't be fetched, or aren't those of the published model.

    Source: Unterthiner et al., "Towards Accurate Generative Models of Video: A New Metric &
    Challenges", 2018.
    """

    is_slow = True

    def __init__(self):
        super().__init__("i3d", weights.describe("i3d"), batch_size=4)
        self._network = i3d.build_i3d(weights.load("i3d"))
        self._compute = tf.function(self.tensors, reduce_retracing=True)

    def check(self, samples: np.ndarray) -> np.ndarray:
        """Returns samples; raises `DataError` unless they are videos of enough frames."""
        shape = samples.shape[1:]
        if len(shape) != 4 or shape[0] < LEAST_FRAMES or shape[3] not in (1, 3):
            raise DataError(
                f"expected videos (frames, height, width, 1 or 3) of {LEAST_FRAMES} frames or more "
                f"for {self.name}, got {shape}."
            )
        return samples

    def tensors(self, samples: tf.Tensor) -> tf.Tensor:
        """Computes the features of one batch as a tensor."""
        samples = in_colour(samples)
        _, frames, height, width, _ = ops.shape(samples)
        pictures = tf.image.resize(tf.reshape(samples, (-1, height, width, 3)), (i3d.SIDE,) * 2)
        videos = tf.reshape(pictures, (-1, frames, i3d.SIDE, i3d.SIDE, 3))
        return self._network(videos, training=False)

    def measure(self, samples: np.ndarray) -> tuple[np.ndarray, None]:
        """Computes features of one batch."""
        return self._compute(in_colour(samples)).numpy(), None
