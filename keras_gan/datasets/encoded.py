"""EncodedSource: the base of sources whose images are decoded when they are read."""

import os
from collections.abc import Sequence

from keras_gan.datasets.channels import parse_color, to_channels
from keras_gan.datasets.fitting import PAD, WHOLE, check_whole, fit_image
from keras_gan.datasets.image_files import open_image
from keras_gan.datasets.image_shapes import FILES_AT_ONCE
from keras_gan.datasets.source import Source, flip
from keras_gan.files.image_headers import size_of
from keras_gan.options import CROP

import numpy as np
import tensorflow as tf

READERS = 2
PIXELS_AT_ONCE = 2**23


class EncodedSource(Source):
    """Base class of sources whose images are stored encoded and decoded when they are read.

    Attributes:
        own_size: Height and width of the stored images, if they are image files of one size that
            become samples unchanged; None otherwise.
        channels_are_equal: Whether all stored images are known to have the samples' channels,
            without alpha.
    """

    own_size = None
    channels_are_equal = False

    def _set_fitting(self, fit, background, subject):
        """Sets how images are fitted, and the background of padding and of transparent pixels.

        A note tells of transparent pixels. `subject` is its beginning, such as `"3 of 9 images
        have"` (an alpha channel); None if no image has one.
        """
        self._background = parse_color(background)
        if subject is not None or fit == PAD:
            self.background = background
        if subject is not None and self.sample_shape[2] != 4:
            self.own_size = None
            self.notes = (
                *self.notes,
                f"{subject} an alpha channel and are composited on {background}. For another "
                "colour: background (--background); to learn alpha: channels=4 (--channels 4).",
            )
        self._set_fit(fit)

    def read(self, indices: np.ndarray) -> tuple[list[bytes], np.ndarray]:
        """Reads encoded images and their labels.

        Args:
            indices: `(batch,)` int64 array.

        Returns:
            `(contents, labels)`: a list of bytes and an int32 array.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no read.")

    def open(self, content: bytes, what: object) -> bytes:
        """Opens an image file, upright; raises `DataError` for one that isn't as the set's are."""
        content = open_image(content, what).content
        if self.fit == WHOLE:
            check_whole(*size_of(content)[:2], self.sample_shape[:2], what)
        return content

    def contents(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Returns single `(content, label, is_mirrored)` for a data set of `(batch,)` indices."""

        def read(index):
            row, is_mirrored = self._split(index)
            contents, labels = tf.numpy_function(self.read, [row], (tf.string, tf.int32))
            contents = tf.ensure_shape(contents, index.shape)
            return contents, tf.ensure_shape(labels, index.shape), is_mirrored

        parts = indices.unbatch().batch(self._files_at_once())
        return parts.map(read, num_parallel_calls=READERS, deterministic=True).unbatch()

    def _files_at_once(self):
        """Returns how many files to read at once: they may be uncompressed."""
        sizes = np.zeros((0, 2)) if self._sizes is None else np.asarray(self._sizes[0], "int64")
        pixels = sizes.prod(axis=1).max(initial=1)
        return int(np.clip(PIXELS_AT_ONCE // pixels, 1, FILES_AT_ONCE))

    def decode(self, content: tf.Tensor) -> tf.Tensor:
        """Decodes a content to a uint8 image `(height, width, channels)`."""
        return tf.io.decode_image(content, expand_animations=False)

    def fetch_stored(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Decodes batches of images on all cores, cropped and resized; see `Source.fetch_stored`.

        Images that become samples unchanged stay uint8.
        """

        def sample(content, label, is_mirrored):
            image = self.decode(content)
            if self.own_size == self.sample_shape[:2] and self.channels_are_equal:
                image = tf.ensure_shape(image, self.sample_shape)
            else:
                image = to_sample(image, self.sample_shape, self._background, self.fit)
            return flip(image, is_mirrored) if self.mirror else image, label

        batch_size = indices.element_spec.shape[0]
        samples = self.contents(indices).map(sample, num_parallel_calls=os.cpu_count())
        return samples.batch(batch_size, drop_remainder=True)


def to_sample(
    image: tf.Tensor, sample_shape: Sequence[int], background: Sequence[float], fit: str = CROP
) -> tf.Tensor:
    """Converts a uint8 image of any size to a float32 sample in [-1, 1].

    Args:
        image: `(height, width, 1 to 4)`.
        sample_shape: `(height, width, channels)`.
        background: Red, green and blue in [-1, 1].
        fit: As in `fit_image`.
    """
    *size, channels = sample_shape
    image = to_channels(tf.cast(image, tf.float32) / 127.5 - 1.0, channels, background)
    image = tf.ensure_shape(image, (None, None, channels))
    return tf.ensure_shape(fit_image(image, size, fit, background), sample_shape)
