"""Known distributions to learn: D is given exactly, so D' can be compared with it exactly.

The points are in the papers' units, neither shifted nor scaled. The same units apply to the data,
`gan.sample`, `gan.judge`, the metrics, the plots and the exported generator. Scaling is up to the
networks. For example, `gaussians25` spans 8 units and is learned in fewer steps by networks that
multiply the generator's output and divide the discriminator's input by 4
(`keras.layers.Rescaling`); the weight of R1 and R2 is then 16 times that for scaled points.
"""

from keras_gan.datasets.source import Source
from keras_gan.datasets.toy.distributions import DISTRIBUTIONS
from keras_gan.datasets.toy.mixture import GaussianMixture
from keras_gan.datasets.toy.sources import PointSource, StackedDigits
from keras_gan.errors import DataError, unknown

__all__ = ["DISTRIBUTIONS", "GaussianMixture", "PointSource", "StackedDigits", "open_toy"]


def open_toy(name: str) -> Source:
    """Opens `toy:NAME`: points of a known distribution, or the stacked digits.

    Raises:
        DataError: For an unknown name.
    """
    toy = name.partition(":")[2]
    if toy == "stacked_digits":
        return StackedDigits(name)
    if toy not in DISTRIBUTIONS:
        raise DataError(str(unknown("toy", toy, [*DISTRIBUTIONS, "stacked_digits"])))
    return PointSource(name, DISTRIBUTIONS[toy]())
