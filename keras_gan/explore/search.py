"""Search: Adam on the codes of many pictures at once."""

from keras_gan import gradients, optimizers
from keras_gan.explore.distance import ramp
from keras_gan.progress import progress_bar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

STEPS_AT_ONCE = 20


def search_all(generator, space, images, starts, labels, search, distance):
    """The codes whose pictures are nearest, of all that were met.

    Args:
        generator: The averaged generator.
        space: A `Space`.
        images: `(count, *sample_shape)`.
        starts: Codes `(count, starts, ...)`.
        labels: `(count, starts)` int32, or None.
        search: `SearchOptions`.
        distance: A `Distance`.

    Returns:
        `(codes (count, ...), labels (count,) or None)`.
    """
    together = max(1, search.batch_size // starts.shape[1])
    groups = [slice(start, start + together) for start in range(0, len(images), together)]
    total = len(groups) * (search.steps + 1)
    found = []
    with progress_bar(total, "step", "inverting") as bar:
        for group in groups:
            own = None if labels is None else labels[group]
            descent = Descent(generator, space, images[group], starts[group], own, search, distance)
            found.append(descent.run(bar.update))
    codes, labels_found = zip(*found, strict=True)
    return np.concatenate(codes), None if labels is None else np.concatenate(labels_found)


class Descent:
    """The search for pictures that pass the generator together; arguments as of `search_all`."""

    def __init__(self, generator, space, images, starts, labels, search, distance):
        self.generator, self.space, self.search = generator, space, search
        self.starts, self.labels = starts, labels
        count, each = starts.shape[:2]
        self.codes = keras.Variable(starts.reshape(-1, *starts.shape[2:]), name="codes")
        self.best = keras.Variable(self.codes, name="best")
        self.least = keras.Variable(np.full(count * each, np.inf, "float32"), name="least")
        self.flat_labels = None if labels is None else tf.constant(labels.reshape(-1))
        self.distance = distance.to(np.repeat(images, each, axis=0))
        self.optimizer = optimizers.Adam(search.learning_rate * space.spread)
        self.optimizer.build([self.codes])

    def run(self, tell):
        """Takes all steps; gives each picture's best code and its label.

        Args:
            tell: Called with the number of steps that were taken.
        """
        advance = tf.function(self.advance)
        last = self.search.steps + 1  # the learning rate of the last one is 0: it only looks
        for step in range(0, last, STEPS_AT_ONCE):
            count = min(STEPS_AT_ONCE, last - step)
            advance(tf.constant(step), tf.constant(step + count))
            tell(count)
        count, each = self.starts.shape[:2]
        places = np.arange(count), np.asarray(self.least).reshape(count, each).argmin(axis=1)
        best = np.asarray(self.best).reshape(self.starts.shape)[places]
        return best, None if self.labels is None else self.labels[places]

    def advance(self, first, last):
        """Steps from `first` to before `last`."""
        for step in tf.range(first, last):
            with gradients.Recording([self.codes]) as recording:
                total, distances = self.objective()
            grads = recording.gradients(total)
            self.keep_best(distances)
            self.optimizer.learning_rate.assign(self.rate(step / self.search.steps))
            self.optimizer.apply(grads, [self.codes])

    def objective(self):
        """The summed distances and pulls, and each distance."""
        codes = ops.convert_to_tensor(self.codes)
        distances = self.distance(self.space.decode(self.generator, codes, self.flat_labels))
        return ops.sum(distances + self.search.pull * self.space.pull(codes)), distances

    def keep_best(self, distances):
        """Keeps the codes that are nearer than those before."""
        better = distances < self.least
        ones = [1] * (len(self.codes.shape) - 1)
        self.best.assign(ops.where(ops.reshape(better, (-1, *ones)), self.codes, self.best))
        self.least.assign(ops.where(better, distances, self.least))

    def rate(self, time):
        """Adam's learning rate at a time from 0 to 1."""
        return self.search.learning_rate * self.space.spread * ramp(time)
