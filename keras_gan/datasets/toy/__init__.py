"""Known distributions to learn: D is given exactly, so D' can be compared with it exactly.

The points come in the papers' units, neither shifted nor scaled, so that one unit holds everywhere:
for the data, `gan.sample`, `gan.judge`, the measures, the pictures and the exported generator.
Scaling is the networks' matter: `gaussians25`, which spans 8 units, is learnt in fewer steps by
networks that multiply what they generate by 4 and divide what they judge by 4
(`keras.layers.Rescaling`); the weight of R1 and R2 is then 16 times that for divided points.
"""

from keras_gan.datasets.toy.distributions import DISTRIBUTIONS
from keras_gan.datasets.toy.mixture import GaussianMixture
from keras_gan.datasets.toy.sources import PointSource, StackedDigits
from keras_gan.errors import DataError, unknown

__all__ = ["DISTRIBUTIONS", "GaussianMixture", "PointSource", "StackedDigits", "open_toy"]


def open_toy(name, image_size=None):
    """`toy:NAME`: a known distribution's points, or the stacked digits.

    Raises:
        DataError: For an unknown name, or points that are to be resized.
    """
    toy = name.partition(":")[2]
    if toy == "stacked_digits":
        return StackedDigits(name, image_size)
    if toy not in DISTRIBUTIONS:
        raise DataError(str(unknown("toy", toy, [*DISTRIBUTIONS, "stacked_digits"])))
    return PointSource(name, DISTRIBUTIONS[toy](), image_size)
