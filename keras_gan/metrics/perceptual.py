"""LPIPS: the perceptual distance of two images."""

import functools

from keras_gan.errors import DataError, unknown
from keras_gan.metrics.extractors.extractor import check_finite, check_images, in_colour
from keras_gan.metrics.published import lpips as network, weights

import keras
import numpy as np
import tensorflow as tf
from keras import ops
from numpy.typing import ArrayLike

NETS = ("alex", "vgg")
BATCH = 32


class Lpips:
    """Learned perceptual image patch similarity, a distance of images; differentiable.

    Args:
        net: `alex`, which agrees best with people and with which published figures are computed, or
            `vgg`, which is used as a loss.

    Raises:
        ConfigError: For an unknown network.
        DataError: If the weights can't be fetched; see `keras-gan fetch lpips`.

    Source: Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric",
    CVPR 2018.
    """

    def __init__(self, net: str = "alex") -> None:
        if net not in NETS:
            raise unknown("network", net, NETS)
        self.net = net
        self._network, self._heads = network.build_lpips(weights.load("lpips"), net)

    def __call__(self, images: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """Computes the distance of each image to the other in its place.

        Args:
            images, others: `(batch, height, width, 1 or 3)` floats in [-1, 1], of equal shapes;
                sides of at least 31 for `alex` and 16 for `vgg`.

        Returns:
            Distances `(batch,)`, from 0 for equal images to about 1.
        """
        images, others = (in_colour(tensor) for tensor in (images, others))
        return network.compare(self._network, self._heads, images, others)


@functools.cache
def open_lpips(net: str) -> Lpips:
    """Returns the distance of a network, made once."""
    return Lpips(net)


def lpips(images: ArrayLike, others: ArrayLike, net: str = "alex") -> np.ndarray:
    """Computes the perceptual distance of each image to the other in its place.

    Args:
        images, others: `(count, height, width, 1 or 3)` floats in [-1, 1], of equal shapes; sides
            of at least 31 for `alex` and 16 for `vgg`.
        net: As in `Lpips`.

    Returns:
        Distances `(count,)`, from 0 for equal images to about 1.

    Raises:
        ConfigError: For an unknown network.
        DataError: For images of other shapes, or weights that can't be fetched.

    Example:

        distances = kg.metrics.lpips(generated, real)
    """
    images, others = np.asarray(images), np.asarray(others)
    least = network.LEAST_SIDES.get(net, 0)
    fits = images.ndim == 4 and images.shape == others.shape and images.shape[-1] in (1, 3)
    if not fits or min(images.shape[1:3]) < least:
        hint = "; add an axis for the batch, as in image[None]" if images.ndim == 3 else ""
        raise DataError(
            f"expected two equal shapes (count, height, width, 1 or 3), sides of at least {least}, "
            f"got {images.shape} and {others.shape}{hint}."
        )
    for each in (images, others):
        check_images(check_finite(each), "lpips", "(height, width, 1 or 3)", (None, None, {1, 3}))
    compare = open_lpips(net)
    parts = range(0, len(images), BATCH)
    distances = [compare(images[i : i + BATCH], others[i : i + BATCH]) for i in parts]
    return keras.ops.convert_to_numpy(ops.concatenate(distances))
