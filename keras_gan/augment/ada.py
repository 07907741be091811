"""ADA: many transformations, applied as often as the discriminator overfits.

Source: Karras, Aittala, Hellsten, Laine, Lehtinen and Aila, "Training Generative Adversarial
Networks with Limited Data", NeurIPS 2020.
"""

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
# numbers `(batch,)`. The first uniform ones decide, each with probability p, what is applied.


def random_blit(images, uniform, normal, p):
    """Mirroring, a quarter turn, a shift by whole pixels: `(batch, 3, 3)`."""
    chosen = [draw < p for draw in uniform[:3]]
    mirror, quarter, right, down = uniform[3:]
    _, height, width, _ = images.shape
    one = ops.ones_like(mirror)
    return compose(
        gate(chosen[0], matrices.scaling(ops.where(mirror < 0.5, -one, one), one)),
        gate(chosen[1], matrices.quarter_turns(ops.floor(4.0 * quarter))),
        gate(chosen[2], matrices.translation(shift(right, width), shift(down, height))),
    )


def shift(draw, size):
    """Whole pixels, up to an eighth of the size to either side."""
    return ops.round((0.25 * draw - 0.125) * size)


def random_geometry(images, uniform, normal, p):
    """Scaling, rotation, stretching, rotation, a shift by parts of pixels: `(batch, 3, 3)`.

    Two rotations, so that the stretching has any direction. Each is applied with probability
    1 - sqrt(1 - p): that of any rotation at all is p.
    """
    p_rotation = 1.0 - ops.sqrt(1.0 - p)
    p_each = (p, p_rotation, p, p_rotation, p)
    chosen = [draw < p_one for draw, p_one in zip(uniform[:5], p_each, strict=True)]
    before, after = (np.pi * (2.0 * draw - 1.0) for draw in uniform[5:])
    size, stretch = (log_normal(draw, 0.2) for draw in normal[:2])
    right, down = normal[2:]
    _, height, width, _ = images.shape
    return compose(
        gate(chosen[0], matrices.scaling(size, size)),
        gate(chosen[1], matrices.rotation(before)),
        gate(chosen[2], matrices.scaling(stretch, 1.0 / stretch)),
        gate(chosen[3], matrices.rotation(after)),
        gate(chosen[4], matrices.translation(0.125 * width * right, 0.125 * height * down)),
    )


def random_color(images, uniform, normal, p):
    """Brightness, contrast, luma flip, hue, saturation: `(batch, 4, 4)`."""
    chosen = [draw < p for draw in uniform[:5]]
    flip, angle = uniform[5:]
    light, lights, colors, _ = normal
    return compose(
        gate(chosen[0], matrices.brightness(0.2 * light)),
        gate(chosen[1], matrices.contrast(log_normal(lights, 0.5))),
        gate(chosen[2], matrices.luma_flip(ops.cast(flip < 0.5, "float32"))),
        gate(chosen[3], matrices.hue(np.pi * (2.0 * angle - 1.0))),
        gate(chosen[4], matrices.saturation(log_normal(colors, 1.0))),
    )


def log_normal(draw, octaves):
    """2^(octaves * draw): a factor whose logarithm is normal."""
    return ops.exp2(octaves * draw)


SPATIAL = {"blit": random_blit, "geometry": random_geometry}


@keras.saving.register_keras_serializable(package="keras_gan")
class ADA(Augment):
    """Adaptive discriminator augmentation: as much as it takes to keep the discriminator unsure.

    Each transformation is applied to each sample with probability `p`. Blit: mirroring, quarter
    turns, shifts by whole pixels up to 1/8. Geometry: scaling, rotation, stretching, shifts by
    parts of pixels; beyond its border the image is mirrored. Color: brightness, contrast, luma
    flip, hue, saturation; grey images have the first three, and an alpha channel is left out. All
    spatial ones are composed and the image is resampled once; so is all of colour. An alpha channel
    moves with the colours, unweighted: what resampling mixes at an edge is seen by the
    discriminator alone, of real and generated images alike.

    Order and distributions are the paper's. Simpler than there: resampling is bilinear, without
    wavelet filters around it; image-space filtering and corruptions, which the paper's recommended
    settings don't use, don't exist.

    The controller measures r = E[sign(D(real))], which nears 1 as the discriminator learns the
    training set by heart, and every `interval` steps moves p by interval * batch / images towards
    less (r < target) or more (r > target) augmentation.

    Args:
        transforms: Some of `"blit"`, `"geometry"` and `"color"`; applied in this order.
        p: Probability at the start, from 0 to 1.
        target: The r to hold, from -1 to 1; None leaves p to whoever assigns it.
        interval: Steps between two moves of p, at least 1.
        images: So many images take p from 0 to 1, at the fastest.
        name: Name of the layer.

    Attributes:
        p: The probability, a weight.
        r: The last r, a weight; 0 before the first `interval`.

    Raises:
        ConfigError: For a transformation that isn't known, or a value out of range.

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

    known = (*SPATIAL, "color")

    def __init__(
        self,
        transforms=("blit", "geometry", "color"),
        p=0.0,
        target=0.6,
        interval=4,
        images=500_000,
        name=None,
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

    def change(self, images, key):
        """All spatial transformations in one resampling, then all of colour in one product."""
        uniform = draw_numbers(noise.uniform, noise.fold_in(key, 0), self.known, 7, images)
        normal = draw_numbers(noise.normal, noise.fold_in(key, 1), self.known, 4, images)
        spatial = [
            random(images, uniform[name], normal[name], self.p)
            for name, random in SPATIAL.items()
            if name in self.transforms
        ]
        if spatial:
            matrix = compose(*spatial)
            changed = resample(images, matrix)
            images = select(matrices.differs_from_identity(matrix), changed, images)
        if "color" in self.transforms:
            matrix = random_color(images, uniform["color"], normal["color"], self.p)
            changed = apply_to_colors(lambda colors: recolor(colors, matrix), images)
            images = select(matrices.differs_from_identity(matrix), changed, images)
        return images

    def update(self, real_logits):
        """Counts the signs of a batch; every `interval` steps moves p.

        p <- clip(p + sign(r - target) * logits / images, 0, 1), where r is the mean sign of the
        `interval * batch` logits since the last move.

        Args:
            real_logits: `(batch,)` logits of the augmented real samples.
        """
        real_logits = ops.cast(real_logits, "float32")
        # first added up, then read: under tf.distribute the sums are then means over the replicas
        self.signs.assign_add(ops.sum(ops.sign(real_logits)))
        self.logits.assign_add(ops.cast(ops.size(real_logits), "float32"))
        self.steps.assign_add(1.0)
        due = self.steps >= self.interval
        self.r.assign(ops.where(due, self.signs / self.logits, self.r))
        if self.target is not None:
            seen = self.logits * tf.distribute.get_strategy().num_replicas_in_sync
            moved = self.p + ops.sign(self.r - self.target) * seen / self.images
            self.p.assign(ops.where(due, ops.clip(moved, 0.0, 1.0), self.p))
        for total in (self.signs, self.logits, self.steps):
            total.assign(ops.where(due, 0.0, total))

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "p": self.initial_p,
            "target": self.target,
            "interval": self.interval,
            "images": self.images,
        }
