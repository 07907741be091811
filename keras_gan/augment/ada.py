"""ADA: transformations with a probability that adapts to the discriminator's overfitting.

Source: Karras, Aittala, Hellsten, Laine, Lehtinen and Aila, "Training Generative Adversarial
Networks with Limited Data", NeurIPS 2020.
"""

from collections.abc import Mapping, Sequence

from keras_gan import noise
from keras_gan.augment import matrices
from keras_gan.augment.augment import Augment, apply_to_colors, draw_numbers, select
from keras_gan.augment.diff_augment import cutout
from keras_gan.augment.matrices import compose, gate
from keras_gan.augment.resample import interpolate, recolor, resample
from keras_gan.checks import check_integer, check_number, check_positive
from keras_gan.errors import unknown

import keras
import numpy as np
import tensorflow as tf
from keras import ops

# Transformation -> its operations, in the order in which they are applied.
OPERATIONS = {
    "blit": ("mirror", "quarter_turn", "whole_shift"),
    "geometry": ("scaling", "rotation", "stretching", "shift"),
    "color": ("brightness", "contrast", "luma_flip", "hue", "saturation"),
    "cutout": ("cutout",),
}

# Random matrices: `(images, uniform, normal, p)`, with seven uniform and four standard normal
# numbers `(batch,)`, and the probability of each operation by name. The first uniform numbers
# select what to apply.


def select_samples(
    draws: Sequence[tf.Tensor], p: Mapping[str, tf.Tensor], names: Sequence[str]
) -> list[tf.Tensor]:
    """Returns which samples each of some operations changes: `(batch,)` bools."""
    return [draw < p[name] for draw, name in zip(draws, names, strict=True)]


def random_blit(
    images: tf.Tensor,
    uniform: Sequence[tf.Tensor],
    normal: Sequence[tf.Tensor],
    p: Mapping[str, tf.Tensor],
) -> tf.Tensor:
    """Draws a mirroring, a quarter turn and a shift by whole pixels: `(batch, 3, 3)`."""
    masks = select_samples(uniform[:3], p, OPERATIONS["blit"])
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
    p: Mapping[str, tf.Tensor],
) -> tf.Tensor:
    """Draws a scaling, rotation, stretching, rotation and subpixel shift: `(batch, 3, 3)`.

    Two rotations allow stretching in any direction. Each is applied with probability
    1 - sqrt(1 - p), so that at least one is applied with probability p.
    """
    p = {**p, "rotation": 1.0 - ops.sqrt(1.0 - p["rotation"])}
    order = ("scaling", "rotation", "stretching", "rotation", "shift")
    masks = select_samples(uniform[:5], p, order)
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
    p: Mapping[str, tf.Tensor],
) -> tf.Tensor:
    """Draws brightness, contrast, luma flip, hue and saturation: `(batch, 4, 4)`."""
    masks = select_samples(uniform[:5], p, OPERATIONS["color"])
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


def random_cutout(
    images: tf.Tensor, uniform: Sequence[tf.Tensor], p: Mapping[str, tf.Tensor]
) -> tf.Tensor:
    """Sets a rectangle of half the height and width to zero, centred anywhere in the image."""
    selection, row, column = uniform[:3]

    def side(draw, size):
        edges = [ops.ceil(draw * size + share * size - 0.5) for share in (-0.25, 0.25)]
        first, end = (ops.cast(edge, "int32") for edge in edges)
        return first, ops.where(selection < p["cutout"], end - first, 0)

    (top, height), (left, width) = map(side, (row, column), images.shape[1:3])
    return cutout(images, top, left, height, width)


SPATIAL = {"blit": random_blit, "geometry": random_geometry}


@keras.saving.register_keras_serializable(package="keras_gan")
class ADA(Augment):
    """Adaptive discriminator augmentation: as strong as needed to prevent overfitting.

    Each operation is applied to each sample with probability `p`, times its factor.

    - Blit: `mirror`; `quarter_turn`; `whole_shift`, by whole pixels up to 1/8.
    - Geometry: `scaling`, `rotation`, `stretching`, and `shift` by parts of a pixel. Images are
      mirrored at the border.
    - Colour: `brightness`, `contrast`, `luma_flip`, `hue`, `saturation`. Grey images use the first
      three, and an alpha channel keeps its values.
    - Cutout: `cutout` sets a rectangle of half the height and width to zero.

    Spatial operations are composed into one resampling, those of colour into one matrix. An alpha
    channel is resampled with the colours, without weighting them. Mixed values at an edge only
    reach the discriminator, for real and generated images alike.

    Order and distributions are the paper's, and so is resampling: images are upsampled twice,
    transformed and downsampled by the filter of the wavelet sym6. Unlike the paper's program, this
    one copies pixels where blit alone changes an image (there, a mirrored image is filtered), and
    mirrors images as far as needed (there, once to either side). Without `"geometry"`, quarter
    turns of images whose sides differ by an odd number are bilinear. Image-space filtering and
    noise, which the paper's recommended settings don't use, are left out.

    The controller measures r = E[sign(D(real))], which approaches 1 as the discriminator memorizes
    the training set. Every `interval` steps it changes p by interval * batch / images towards less
    (r < target) or more (r > target) augmentation.

    Args:
        transforms: Some of `"blit"`, `"geometry"`, `"color"` and `"cutout"`; applied in this order.
        p: Initial probability, from 0 to 1.
        target: Target value of r, from -1 to 1, or None to leave p to the caller.
        interval: Number of steps between two updates of p, at least 1.
        images: Number of images in which p can rise from 0 to 1.
        factors: Name of a transformation or of an operation -> factor of p, from 0 to 1. That of an
            operation replaces its transformation's; without either it is 1.
        name: Name of the layer.

    Attributes:
        p: The probability, a weight.
        r: The last r, a weight; 0 before the first `interval`.

    Raises:
        ConfigError: For an unknown transformation or operation, or a value out of range.

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
    >>> half = augment.ADA(("color", "cutout"), p=0.6, factors={"color": 0.5})  # colours at p = 0.3
    """

    choices = tuple(OPERATIONS)

    def __init__(
        self,
        transforms: Sequence[str] = ("blit", "geometry", "color"),
        p: float = 0.0,
        target: float | None = 0.6,
        interval: int = 4,
        images: int = 500_000,
        factors: Mapping[str, float] | None = None,
        name: str | None = None,
    ):
        super().__init__(transforms, p, name)
        if target is not None:
            check_number("target", target, -1, 1)
        self.initial_p, self.target = p, target
        self.interval = check_integer("interval", interval)
        self.images = check_positive("images", images)
        self.factors = check_factors(factors or {})
        self.r = self.add_state("r")
        self.signs = self.add_state("signs")
        self.logits = self.add_state("logits")
        self.steps = self.add_state("steps")

    def transform(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Applies all spatial operations in one resampling and those of colour in one product."""
        uniform = draw_numbers(noise.uniform, noise.fold_in(key, 0), self.choices, 7, images)
        normal = draw_numbers(noise.normal, noise.fold_in(key, 1), (*SPATIAL, "color"), 4, images)
        p = {
            name: self.p * self.factors.get(name, self.factors.get(group, 1.0))
            for group, names in OPERATIONS.items()
            for name in names
        }
        spatial = [
            random(images, uniform[name], normal[name], p)
            for name, random in SPATIAL.items()
            if name in self.transforms
        ]
        if spatial:
            matrix = compose(*spatial)
            way = resample if "geometry" in self.transforms else interpolate
            images = select(matrices.differs_from_identity(matrix), way(images, matrix), images)
        if "color" in self.transforms:
            matrix = random_color(images, uniform["color"], normal["color"], p)
            recolored = apply_to_colors(lambda colors: recolor(colors, matrix), images)
            images = select(matrices.differs_from_identity(matrix), recolored, images)
        if "cutout" in self.transforms:
            images = random_cutout(images, uniform["cutout"], p)
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
            "factors": dict(self.factors),
        }


def check_factors(factors: Mapping[str, float]) -> dict[str, float]:
    """Returns factors of p by name; raises `ConfigError` for unknown names or bad values."""
    known = [*OPERATIONS, *(name for names in OPERATIONS.values() for name in names)]
    for name, factor in factors.items():
        if name not in known:
            raise unknown("operation", name, known)
        check_number(f"the factor of {name}", factor, maximum=1)
    return dict(factors)
