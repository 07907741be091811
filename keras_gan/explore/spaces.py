"""Spaces: what a picture is looked for in, latents or styles."""

import dataclasses

from keras_gan.errors import ConfigError
from keras_gan.explore.checks import labels_for
from keras_gan.explore.styles import has_styles, in_every_layer, require_styles, styles_of
from keras_gan.options import SPACES

import numpy as np
from keras import ops

POINTS = 2_000  # latents from which the middle and the spread of w are taken


@dataclasses.dataclass(frozen=True)
class Space:
    """A space of codes, each `(..., size)`, that a generator makes images of.

    Args:
        name: One of `SPACES`.
        middle: The mean code, of a code's shape.
        spread: Standard deviation of the codes' entries, one number.
        box: Whether codes lie in [-1, 1], as uniform latents do, rather than near a sphere.
    """

    name: str
    middle: np.ndarray
    spread: float
    box: bool = False

    def codes(self, gan, latents, labels):
        """The codes of latents, `(count, ...)` float32."""
        if self.name == "z":
            return latents
        styles = styles_of(gan.moving_average, latents, labels)
        return np.broadcast_to(styles[:, None], (len(styles), *self.middle.shape)).copy()

    def decode(self, generator, codes, labels):
        """The images of codes, through which gradients flow."""
        if self.name == "z":
            images = generator(codes if labels is None else [codes, labels], training=False)
        else:
            images = generator.synthesis(in_every_layer(generator, codes), training=False)
        return ops.cast(images, "float32")

    def pull(self, codes):
        """How far each code is from where codes lie, `(count,)`.

        `(mean(u^2) - 1)^2` of the entries u in standard deviations from the middle, which is 0 on
        the sphere where normal latents of many dimensions lie; in a box `mean(max(|u| - 1, 0)^2)`.
        """
        axes = tuple(range(1, len(codes.shape)))
        if self.box:
            return ops.mean(ops.square(ops.relu(ops.abs(codes) - 1.0)), axis=axes)
        deviations = ops.square((codes - self.middle) / self.spread)
        return ops.square(ops.mean(deviations, axis=axes) - 1.0)


def space_of(gan, name=None, seed=0, labels=None):
    """A game's space by name: latents `"z"`, styles `"w"`, or a style for each layer `"w+"`.

    Args:
        gan: The game.
        name: One of `SPACES`; `"w"` where the generator has a mapping network, else `"z"`.
        seed: Decides the latents whose styles are averaged.
        labels: The pictures' classes, `(count,)` ints; or None, or a word for any class.

    Raises:
        ConfigError: For an unknown name, or styles of a generator without.
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
