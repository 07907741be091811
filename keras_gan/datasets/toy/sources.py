"""Sources of points with a known distribution, and of images with a known number of modes."""

from __future__ import annotations

from keras_gan.datasets.arrays import ArraySource
from keras_gan.datasets.files import open_digits
from keras_gan.datasets.source import Source
from keras_gan.datasets.toy.mixture import GaussianMixture

import numpy as np
import tensorflow as tf

NUM_SAMPLES, NUM_DIGITS = 100_000, 10_000
TRAINING_SEED = 0


class PointSource(ArraySource):
    """100,000 points of a known distribution, in its units, without labels.

    Args:
        name: Name of the source, as the user gave it.
        distribution: The distribution to learn, such as a `GaussianMixture`.

    Attributes:
        distribution: The distribution.

    Example:

    >>> import keras_gan as kg
    >>> source = kg.datasets.open_source("toy:gaussians25")
    >>> len(source), source.sample_shape, source.distribution.sigma
    (100000, (2,), 0.05)
    """

    def __init__(self, name: str, distribution: GaussianMixture) -> None:
        super().__init__(name, distribution.sample(NUM_SAMPLES, TRAINING_SEED))
        self.distribution = distribution


class StackedDigits(Source):
    """Colour images with three random digits as their channels: 1,000 about equally likely modes.

    There are 100,000 images of the 10,000 bundled digits, without labels. The combinations of
    digits are drawn once; the images are composed when they are read.

    Args:
        name: Name of the source, as the user gave it.

    Attributes:
        members: `(100000, 3)` int array, the index in `digits` of each channel's digit.

    Source: Metz et al., "Unrolled Generative Adversarial Networks", ICLR 2017, section 3.3.1
    (with MNIST's digits).

    Example:

    >>> import keras_gan as kg
    >>> kg.datasets.open_source("toy:stacked_digits").sample_shape
    (28, 28, 3)
    """

    def __init__(self, name: str) -> None:
        self._digits = open_digits("digits")
        super().__init__(name, NUM_SAMPLES, (*self._digits.sample_shape[:2], 3))
        self._sizes = self._digits._sizes[0], [NUM_SAMPLES]
        random = np.random.default_rng(TRAINING_SEED)
        self.members = random.integers(NUM_DIGITS, size=(NUM_SAMPLES, 3))

    def fingerprint(self) -> str:
        """Returns a fingerprint from the digits'; their combinations never change."""
        return f"stacked {self._digits.fingerprint()}"

    def resized(
        self, size: int | tuple[int, int], fit: str | None = None, background: str | None = None
    ) -> StackedDigits:
        """Returns the same source with images of another size; see `Source.resized`."""
        source = super().resized(size, fit, background)
        source._digits = self._digits.resized(size, fit, background)
        return source

    def mirrored(self) -> StackedDigits:
        """Returns a source of the same images, and each of them mirrored; see `Source.mirrored`."""
        source = super().mirrored()
        source._digits = self._digits.mirrored()
        return source

    def fetch_stored(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Composes batches of images; see `Source.fetch_stored`."""
        members = tf.constant(self.members)
        height, width, _ = self.sample_shape

        def compose(digits, _):
            stacks = tf.reshape(digits, [-1, 3, height, width])
            samples = tf.transpose(stacks, [0, 2, 3, 1])
            return samples, tf.zeros(samples.shape[:1], tf.int32)

        def members_of(index):
            row, is_mirrored = self._split(index)
            mirrored = NUM_DIGITS * tf.cast(is_mirrored, tf.int64)[:, None]
            return tf.reshape(tf.gather(members, row) + mirrored, [-1])

        return self._digits.fetch_stored(indices.map(members_of)).map(compose)
