"""ADA: transformations with a probability that adapts to the discriminator's overfitting.

Source: Karras, Aittala, Hellsten, Laine, Lehtinen and Aila, "Training Generative Adversarial
Networks with Limited Data", NeurIPS 2020.
"""

from collections.abc import Sequence

from keras_gan import noise
from keras_gan.augment import matrices
from keras_gan.augment.augment import Augment, apply_to_colors, draw_numbers, select
from keras_gan.augment.matrices import compose, gate
from keras_gan.augment.resample import recolor, resample
from keras_gan.checks import check_integer, check_number, check_positive

import keras
import numpy as np
import tensorflow as tf
from keras import ops

# Random matrices: `(images, uniform, normal, p)`, with seven uniform and four standard normal
# numbers `(batch,)`. The first uniform numbers select what to apply, each with probability p.


def random_blit(
    images: tf.Tensor,
    uniform: Sequence[tf.Tensor],
    normal: Sequence[tf.Tensor],
    p: float | tf.Tensor,
) -> tf.Tensor:
    """Draws a mirroring, a quarter turn and a shift by whole pixels: `(batch, 3, 3)`."""
    masks = [draw < p for draw in uniform[:3]]
    mirror, quarter, right, down = uniform[3:]
    _, height, width, _ = images.shape
    one = ops.ones_like(mirror)
    return compose(
        gate(masks[0], matrices.scaling(ops.where(mirror < 0.5, -one, one), one)),
        gate(masks[1], matrices.quarter_turns(ops.floor(4.0 * quarter))),
        gate(masks[2], matrices.translation(shift(right, width), shift(down, height))),
    )


def shift(draw: tf.Tensor, size: int) -> tf.Tensor:
    """Returns a shift in whole pixels, up to an eighth of the size to either side."""
    return ops.round((0.25 * draw - 0.125) * size)


def random_geometry(
    images: tf.Tensor,
    uniform: Sequence[tf.Tensor],
    normal: Sequence[tf.Tensor],
    p: float | tf.Tensor,
) -> tf.Tensor:
    """Draws a scaling, rotation, stretching, rotation and subpixel shift: `(batch, 3, 3)`.

    Two rotations allow stretching in any direction. Each is applied with probability
    1 - sqrt(1 - p), so that at least one is applied with probability p.
    """
    p_rotation = 1.0 - ops.sqrt(1.0 - p)
    p_each = (p, p_rotation, p, p_rotation, p)
    masks = [draw < p_one for draw, p_one in zip(uniform[:5], p_each, strict=True)]
    before, after = (np.pi * (2.0 * draw - 1.0) for draw in uniform[5:])
    size, stretch = (log_normal(draw, 0.2) for draw in normal[:2])
    right, down = normal[2:]
    _, height, width, _ = images.shape
    return compose(
        gate(masks[0], matrices.scaling(size, size)),
        gate(masks[1], matrices.rotation(before)),
        gate(masks[2], matrices.scaling(stretch, 1.0 / stretch)),
        gate(masks[3], matrices.rotation(after)),
        gate(masks[4], matrices.translation(0.125 * width * right, 0.125 * height * down)),
    )


def random_color(
    images: tf.Tensor,
    uniform: Sequence[tf.Tensor],
    normal: Sequence[tf.Tensor],
    p: float | tf.Tensor,
) -> tf.Tensor:
    """Draws brightness, contrast, luma flip, hue and saturation: `(batch, 4, 4)`."""
    masks = [draw < p for draw in uniform[:5]]
    flip, angle = uniform[5:]
    light, lights, colors, _ = normal
    return compose(
        gate(masks[0], matrices.brightness(0.2 * light)),
        gate(masks[1], matrices.contrast(log_normal(lights, 0.5))),
        gate(masks[2], matrices.luma_flip(ops.cast(flip < 0.5, "float32"))),
        gate(masks[3], matrices.hue(np.pi * (2.0 * angle - 1.0))),
        gate(masks[4], matrices.saturation(log_normal(colors, 1.0))),
    )


def log_normal(draw: tf.Tensor, octaves: float) -> tf.Tensor:
    """Returns the log-normal factor 2^(octaves * draw)."""
    return ops.exp2(octaves * draw)


SPATIAL = {"blit": random_blit, "geometry": random_geometry}


@keras.saving.register_keras_serializable(package="keras_gan")
class ADA(Augment):
    """Adaptive discriminator augmentation: as strong as needed to prevent overfitting.

    Each transformation is applied to each sample with probability `p`.

    - Blit: mirroring, quarter turns, shifts by whole pixels up to 1/8.
    - Geometry: scaling, rotation, stretching, subpixel shifts. Images are mirrored at the border.
    - Colour: brightness, contrast, luma flip, hue, saturation. Grey images use the first three, and
      an alpha channel keeps its values.

    Spatial transformations are composed into one resampling, those of colour into one matrix.
    An alpha channel is resampled with the colours, without weighting them. Mixed values at an edge
    only reach the discriminator, for real and generated images alike.

    Order and distributions are the paper's. Unlike the paper's, resampling is bilinear without
    wavelet filters. Image-space filtering and corruptions, which the paper's recommended settings
    don't use, are left out.

    The controller measures r = E[sign(D(real))], which approaches 1 as the discriminator memorizes
    the training set. Every `interval` steps it changes p by interval * batch / images towards less
    (r < target) or more (r > target) augmentation.

    Args:
        transforms: Some of `"blit"`, `"geometry"` and `"color"`; applied in this order.
        p: Initial probability, from 0 to 1.
        target: Target value of r, from -1 to 1, or None to leave p to the caller.
        interval: Number of steps between two updates of p, at least 1.
        images: Number of images in which p can rise from 0 to 1.
        name: Name of the layer.

    Attributes:
        p: The probability, a weight.
        r: The last r, a weight; 0 before the first `interval`.

    Raises:
        ConfigError: For an unknown transformation or a value out of range.

    Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
    2020, sections 2 and 3 and appendix B.

    Example:

    >>> import numpy as np
    >>> from keras_gan import augment, noise
    >>> ada = augment.ADA(interval=1, images=64)
    >>> images = np.zeros((16, 8, 8, 3), "float32")
    >>> ada(images, noise.make_key(seed=0)).shape
    TensorShape([16, 8, 8, 3])
    >>> ada.update(np.ones(16, "float32"))  # D is sure of every real image
    >>> float(ada.r), float(ada.p)
    (1.0, 0.25)
    """

    choices = (*SPATIAL, "color")

    def __init__(
        self,
        transforms: Sequence[str] = ("blit", "geometry", "color"),
        p: float = 0.0,
        target: float | None = 0.6,
        interval: int = 4,
        images: int = 500_000,
        name: str | None = None,
    ):
        super().__init__(transforms, p, name)
        if target is not None:
            check_number("target", target, -1, 1)
        self.initial_p, self.target = p, target
        self.interval = check_integer("interval", interval)
        self.images = check_positive("images", images)
        self.r = self.add_state("r")
        self.signs = self.add_state("signs")
        self.logits = self.add_state("logits")
        self.steps = self.add_state("steps")

    def transform(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Applies all spatial transformations in one resampling and all colours in one product."""
        uniform = draw_numbers(noise.uniform, noise.fold_in(key, 0), self.choices, 7, images)
        normal = draw_numbers(noise.normal, noise.fold_in(key, 1), self.choices, 4, images)
        spatial = [
            random(images, uniform[name], normal[name], self.p)
            for name, random in SPATIAL.items()
            if name in self.transforms
        ]
        if spatial:
            matrix = compose(*spatial)
            resampled = resample(images, matrix)
            images = select(matrices.differs_from_identity(matrix), resampled, images)
        if "color" in self.transforms:
            matrix = random_color(images, uniform["color"], normal["color"], self.p)
            recolored = apply_to_colors(lambda colors: recolor(colors, matrix), images)
            images = select(matrices.differs_from_identity(matrix), recolored, images)
        return images

    def update(self, real_logits: tf.Tensor) -> None:
        """Counts the signs of a batch and updates p every `interval` steps.

        p <- clip(p + sign(r - target) * logits / images, 0, 1), where r is the mean sign of the
        `interval * batch` logits since the last update.

        Args:
            real_logits: `(batch,)` logits of the augmented real samples.
        """
        real_logits = ops.cast(real_logits, "float32")
        # read after the sums: under tf.distribute the variables then hold means over the replicas
        self.signs.assign_add(ops.sum(ops.sign(real_logits)))
        self.logits.assign_add(ops.cast(ops.size(real_logits), "float32"))
        self.steps.assign_add(1.0)
        is_due = self.steps >= self.interval
        self.r.assign(ops.where(is_due, self.signs / self.logits, self.r))
        if self.target is not None:
            count = self.logits * tf.distribute.get_strategy().num_replicas_in_sync
            p = self.p + ops.sign(self.r - self.target) * count / self.images
            self.p.assign(ops.where(is_due, ops.clip(p, 0.0, 1.0), self.p))
        for total in (self.signs, self.logits, self.steps):
            total.assign(ops.where(is_due, 0.0, total))

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "p": self.initial_p,
            "target": self.target,
            "interval": self.interval,
            "images": self.images,
        }
