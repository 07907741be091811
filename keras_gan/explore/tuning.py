"""Pivotal tuning: a copy of a generator that makes given pictures of given latents.

Source: Roich et al., "Pivotal Tuning for Latent-based Editing of Real Images", 2021, section 3.2.
"""

from keras_gan import gradients, optimizers
from keras_gan.progress import progress_bar

import tensorflow as tf
from keras import ops

LEARNING_RATE = 3e-4
STEPS_AT_ONCE, BATCH_SIZE = 10, 16


def tuned(generator, space, images, codes, labels, steps, distance):
    """A copy of the generator, moved by Adam so that the codes' images are these.

    Args:
        generator: The generator, which stays as it is.
        space: The `Space` of the codes.
        images: `(count, *sample_shape)`.
        codes: `(count, ...)`, the pivots.
        labels: `(count,)`, or None.
        steps: How many; each takes the next 16 pictures, in turn.
        distance: A `Distance`.

    Returns:
        The copy.
    """
    copy = type(generator).from_config(generator.get_config())
    copy.set_weights(generator.get_weights())
    weights = (copy if space.name == "z" else copy.synthesis).trainable_weights
    optimizer = optimizers.Adam(LEARNING_RATE)
    optimizer.build(weights)
    images, codes = tf.constant(images), tf.constant(codes)
    size = min(BATCH_SIZE, len(images))

    def gradients_at(step):
        places = tf.math.floormod(step * size + tf.range(size), len(images))
        own = None if labels is None else tf.gather(labels, places)
        far = distance.to(tf.gather(images, places))

        with gradients.Recording(weights) as recording:
            loss = ops.mean(far(space.decode(copy, tf.gather(codes, places), own)))
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
