"""Search: Adam on the codes of many images at once."""

import dataclasses
from collections.abc import Callable

from keras_gan import gradients, optimizers
from keras_gan.checks import check_integer, check_number
from keras_gan.explore.distance import Distance, ramp
from keras_gan.explore.spaces import Space
from keras_gan.progress import progress_bar

import keras
import numpy as np
import tensorflow as tf
from keras import ops

STEPS_AT_ONCE = 20


@dataclasses.dataclass(frozen=True)
class SearchOptions:
    """Options of the search for latents.

    Attributes:
        candidates: Number of random latents; the nearest ones to each image are its starts.
        starts: Number of starting points per image, the mean among them.
        steps: Number of Adam steps.
        learning_rate: Adam's learning rate, in standard deviations of a latent.
        pull: Weight of the prior that pulls codes to where latents lie; see `Space.pull`.
        extractor: Feature extractor that adds a perceptual distance, `"digits"` or a Keras model;
            None for the pixels' squared error only.
        feature_weight: Weight of the mean squared difference of the features.
        batch_size: Images per forward pass.
    """

    candidates: int = 2_048
    starts: int = 4
    steps: int = 200
    learning_rate: float = 0.1
    pull: float = 0.01
    extractor: object = None
    feature_weight: float = 0.01
    batch_size: int = 64

    def __post_init__(self):
        for name in ("candidates", "starts", "steps", "batch_size"):
            check_integer(name, getattr(self, name))
        for name in ("learning_rate", "pull", "feature_weight"):
            check_number(name, getattr(self, name))


def search_all(
    generator: keras.Model,
    space: Space,
    images: np.ndarray,
    starts: np.ndarray,
    labels: np.ndarray | None,
    search: SearchOptions,
    distance: Distance,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Searches for the codes whose images are nearest to given images.

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
    size = max(1, search.batch_size // starts.shape[1])
    groups = [slice(start, start + size) for start in range(0, len(images), size)]
    total = len(groups) * (search.steps + 1)
    results = []
    with progress_bar(total, "step", "inverting") as bar:
        for group in groups:
            classes = None if labels is None else labels[group]
            descent = Descent(
                generator, space, images[group], starts[group], classes, search, distance
            )
            results.append(descent.run(bar.update))
    codes, best_labels = zip(*results, strict=True)
    return np.concatenate(codes), None if labels is None else np.concatenate(best_labels)


class Descent:
    """Gradient descent for the images of one batch; arguments as in `search_all`."""

    def __init__(
        self,
        generator: keras.Model,
        space: Space,
        images: np.ndarray,
        starts: np.ndarray,
        labels: np.ndarray | None,
        search: SearchOptions,
        distance: Distance,
    ) -> None:
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

    def run(self, report: Callable[[int], object]) -> tuple[np.ndarray, np.ndarray | None]:
        """Runs all steps and returns each image's best code and its label.

        Args:
            report: Function called with the number of steps since its last call.
        """
        advance = tf.function(self.advance)
        last = self.search.steps + 1  # the last one has a learning rate of 0 and only measures
        for step in range(0, last, STEPS_AT_ONCE):
            count = min(STEPS_AT_ONCE, last - step)
            advance(tf.constant(step), tf.constant(step + count))
            report(count)
        count, each = self.starts.shape[:2]
        indices = np.arange(count), np.asarray(self.least).reshape(count, each).argmin(axis=1)
        best = np.asarray(self.best).reshape(self.starts.shape)[indices]
        return best, None if self.labels is None else self.labels[indices]

    def advance(self, first: tf.Tensor, last: tf.Tensor) -> None:
        """Runs the steps from `first` up to, but not including, `last`."""
        for step in tf.range(first, last):
            with gradients.Recording([self.codes]) as recording:
                total, distances = self.objective()
            grads = recording.gradients(total)
            self.keep_best(distances)
            self.optimizer.learning_rate.assign(self.rate(step / self.search.steps))
            self.optimizer.apply(grads, [self.codes])

    def objective(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the sum of distances and pulls, and the distances `(count,)`."""
        codes = ops.convert_to_tensor(self.codes)
        distances = self.distance(self.space.decode(self.generator, codes, self.flat_labels))
        return ops.sum(distances + self.search.pull * self.space.pull(codes)), distances

    def keep_best(self, distances: tf.Tensor) -> None:
        """Stores the codes whose images are nearer than the best so far."""
        better = distances < self.least
        ones = [1] * (len(self.codes.shape) - 1)
        self.best.assign(ops.where(ops.reshape(better, (-1, *ones)), self.codes, self.best))
        self.least.assign(ops.where(better, distances, self.least))

    def rate(self, time: tf.Tensor) -> tf.Tensor:
        """Returns Adam's learning rate at a time from 0 to 1."""
        return self.search.learning_rate * self.space.spread * ramp(time)
