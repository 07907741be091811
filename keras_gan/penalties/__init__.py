"""What keeps the discriminator smooth, and the generator.

A penalty is called as `(discriminator, real, fake, key) -> scalar`, where `discriminator` maps
samples to logits and `key` decides its random numbers, if it draws any; one on the generator as
`(generator, latents, labels, key) -> scalar`. Its weight and its interval belong to it.
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
