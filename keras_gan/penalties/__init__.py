"""Penalties that regularize the discriminator or the generator.

A penalty on the discriminator is called as `(discriminator, real, fake, key) -> scalar`, where
`discriminator` maps samples to logits and `key` determines the random numbers, if any. A penalty on
the generator is called as `(generator, latents, labels, key) -> scalar`. Each has a weight and an
interval.
"""

from keras_gan.penalties.gradients import DRAGAN, R1, R2, GradientPenalty, ZeroCentered
from keras_gan.penalties.logits import Consistency, Drift, LeCam, WeightClipping
from keras_gan.penalties.path_length import PathLength
from keras_gan.penalties.penalty import Penalty

__all__ = [
    "DRAGAN",
    "R1",
    "R2",
    "Consistency",
    "Drift",
    "GradientPenalty",
    "LeCam",
    "PathLength",
    "Penalty",
    "WeightClipping",
    "ZeroCentered",
]
