"""Pivotal tuning: fine-tunes a copy of a generator to reconstruct given images.

Source: Roich et al., "Pivotal Tuning for Latent-based Editing of Real Images", 2021, section 3.2.
"""

from keras_gan import gradients, optimizers
from keras_gan.explore.distance import Distance
from keras_gan.explore.spaces import Space
from keras_gan.networks.copies import copy_network
from keras_gan.progress import progress_bar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

LEARNING_RATE = 3e-4
STEPS_AT_ONCE, BATCH_SIZE = 10, 16


def tune(
    generator: keras.Model,
    space: Space,
    images: np.ndarray,
    codes: np.ndarray,
    labels: np.ndarray | None,
    steps: int,
    distance: Distance,
) -> keras.Model:
    """Fine-tunes a copy of a generator with Adam, so that it decodes the codes to the images.

    Args:
        generator: The generator, which doesn't change.
        space: The `Space` of the codes.
        images: `(count, *sample_shape)`.
        codes: `(count, ...)`, the pivots.
        labels: `(count,)`, or None.
        steps: Number of steps, each on the next 16 images in turn.
        distance: A `Distance`.

    Returns:
        The copy.
    """
    copy = copy_network(generator)
    copy.trainable = True
    weights = (copy if space.name == "z" else copy.synthesis).trainable_weights
    optimizer = optimizers.Adam(LEARNING_RATE)
    optimizer.build(weights)
    images, codes = tf.constant(images), tf.constant(codes)
    size = min(BATCH_SIZE, len(images))

    def gradients_at(step):
        indices = tf.math.floormod(step * size + tf.range(size), len(images))
        classes = None if labels is None else tf.gather(labels, indices)
        errors = distance.to(tf.gather(images, indices))

        with gradients.Recording(weights) as recording:
            loss = ops.mean(errors(space.decode(copy, tf.gather(codes, indices), classes)))
        return recording.gradients(loss)

    @tf.function
    def advance(first, last):
        for step in tf.range(first, last):
            optimizer.apply(gradients_at(step), weights)

    with progress_bar(steps, "step", "tuning") as bar:
        for step in range(0, steps, STEPS_AT_ONCE):
            last = min(step + STEPS_AT_ONCE, steps)
            advance(tf.constant(step), tf.constant(last))
            bar.update(last - step)
    return copy
