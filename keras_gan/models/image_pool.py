"""ImagePool: past translations, so that a discriminator doesn't forget them."""

from collections.abc import Sequence
from typing import Any

from keras_gan import noise
from keras_gan.checks import check_integer

import keras
import tensorflow as tf

REPLACED = 0.5  # probability that a full pool returns one of its images


@keras.saving.register_keras_serializable(package="keras_gan")
class ImagePool(keras.layers.Layer):
    """Keeps images of past steps, and gives some of them in place of new ones.

    Images come one by one. Until the pool is full, each is kept and returned. From then on, with
    probability 1/2, a random one of the pool is returned, and the new one takes its place. The
    images are state of the game: saved with it, and restored by a resume.

    Args:
        size: Number of images; with 0 the new ones are returned.
        image_shape: Shape of an image.
        **kwargs: As in `keras.layers.Layer`.

    Source: Shrivastava et al., "Learning from Simulated and Unsupervised Images through Adversarial
    Training", CVPR 2017, section 2.3.

    Example:

    >>> import numpy as np, tensorflow as tf
    >>> from keras_gan import noise
    >>> from keras_gan.models.image_pool import ImagePool
    >>> pool = ImagePool(2, (1, 1, 1))
    >>> images = tf.reshape(tf.range(4.0), (4, 1, 1, 1))
    >>> [float(image[0, 0, 0]) for image in pool(images, noise.make_key(3))][:2]
    [0.0, 1.0]
    """

    def __init__(self, size: int, image_shape: Sequence[int], **kwargs: Any):
        super().__init__(trainable=False, dtype="float32", **kwargs)
        self.size = check_integer("size of the pool", size, 0)
        shape = (self.size, *image_shape)
        self.images = self.add_weight(shape, "zeros", trainable=False, name="images")
        self.count = self.add_weight((), "zeros", "int32", trainable=False, name="count")
        self.built = True

    def call(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Returns as many images, new and kept ones, and keeps new ones.

        Args:
            images: `(batch, height, width, channels)` float32.
            key: A `keras_gan.noise` key.
        """
        if not self.size:
            return images
        draws = noise.uniform((tf.shape(images)[0], 2), key)
        return tf.map_fn(
            lambda each: self._exchange(*each),
            (images, draws),
            parallel_iterations=1,
            fn_output_signature=tf.TensorSpec(images.shape[1:]),
        )

    def _exchange(self, image, draws):
        """Returns the image or one of the pool; `draws` are two uniform numbers."""
        pool, count = self.images.value, self.count.value
        is_full = count >= self.size
        chosen = tf.minimum(tf.cast(draws[1] * self.size, "int32"), self.size - 1)
        place = tf.where(is_full, chosen, count)
        kept = tf.gather(pool, place)
        replaces = tf.logical_and(is_full, draws[0] < REPLACED)
        is_stored = tf.logical_or(replaces, tf.logical_not(is_full))
        new = tf.where(is_stored, image, kept)
        pool.scatter_update(tf.IndexedSlices(new[None], place[None]))
        self.count.assign(tf.minimum(count + 1, self.size))
        return tf.where(replaces, kept, image)
