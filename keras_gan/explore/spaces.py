"""Spaces in which inversion searches: latents or styles."""

import dataclasses

from keras_gan.errors import ConfigError
from keras_gan.explore.checks import labels_for
from keras_gan.explore.styles import has_styles, repeat_styles, require_styles, styles_of
from keras_gan.options import SPACES
from keras_gan.sampling import Sampling

import keras
import numpy as np
import tensorflow as tf
from keras import ops

POINTS = 2_000  # latents that estimate the mean and the spread of w


@dataclasses.dataclass(frozen=True)
class Space:
    """A space of codes, each `(..., size)`, that a generator decodes to images.

    Args:
        name: Name of the space, one of `SPACES`.
        middle: Mean code.
        spread: Standard deviation of the codes' entries.
        box: Whether codes lie in [-1, 1], as uniform latents do, rather than near a sphere.
    """

    name: str
    middle: np.ndarray
    spread: float
    box: bool = False

    def codes(self, gan: Sampling, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Returns the codes of latents, `(count, ...)` float32."""
        if self.name == "z":
            return latents
        styles = styles_of(gan.moving_average, latents, labels)
        return np.broadcast_to(styles[:, None], (len(styles), *self.middle.shape)).copy()

    def decode(
        self, generator: keras.Model, codes: tf.Tensor, labels: tf.Tensor | None
    ) -> tf.Tensor:
        """Decodes codes to images, differentiably."""
        if self.name == "z":
            images = generator(codes if labels is None else [codes, labels], training=False)
        else:
            images = generator.synthesis(repeat_styles(generator, codes), training=False)
        return ops.cast(images, "float32")

    def pull(self, codes: tf.Tensor) -> tf.Tensor:
        """Computes each code's penalty for its distance from typical codes, `(count,)`.

        With u the code's entries in standard deviations from the middle, it is
        `(mean(u^2) - 1)^2`, which is 0 on the sphere near which normal latents of many dimensions
        lie. In a box it is `mean(max(|u| - 1, 0)^2)`.
        """
        axes = tuple(range(1, len(codes.shape)))
        if self.box:
            return ops.mean(ops.square(ops.relu(ops.abs(codes) - 1.0)), axis=axes)
        deviations = ops.square((codes - self.middle) / self.spread)
        return ops.square(ops.mean(deviations, axis=axes) - 1.0)


def space_of(
    gan: Sampling, name: str | None = None, seed: int = 0, labels: np.ndarray | str | None = None
) -> Space:
    """Returns a model's space by name: latents `"z"`, styles `"w"`, or a style per layer `"w+"`.

    Args:
        gan: The model.
        name: One of `SPACES`; by default `"w"` for generators with a mapping network, else `"z"`.
        seed: Seed of the latents whose styles are averaged.
        labels: Classes of the images, `(count,)` ints; None or a str for all classes.

    Raises:
        ConfigError: For an unknown name, or a space of styles for a generator without styles.
    """
    generator = gan.moving_average
    name = name or ("w" if has_styles(generator) else "z")
    if name not in SPACES:
        raise ConfigError(f"expected a space of {', '.join(SPACES)}, got {name!r}.")
    if name == "z":
        uniform = gan.latent_distribution == "uniform"
        return Space("z", np.zeros(gan.latent_dim, "float32"), 1.0, box=uniform)
    require_styles(generator)
    if gan.conditional:
        labels = labels_for(
            gan, POINTS, None if isinstance(labels, str) else np.resize(labels, POINTS)
        )
    styles = styles_of(generator, gan.latents(POINTS, seed), labels)
    middle = styles.mean(axis=0)[None]
    layers = 1 if name == "w" else generator.num_styles
    return Space(name, np.repeat(middle, layers, axis=0), float(styles.std(axis=0).mean()))
