"""Inception v3 of 2015, the network with which published FIDs are computed."""

import re
from typing import BinaryIO

from keras_gan.files.limits import read_bounded
from keras_gan.metrics.published.readers import Arrays, read_graph, read_torchscript
from keras_gan.metrics.published.units import Units, numbered

import keras
import tensorflow as tf

SIDE = 299
MAX_GRAPH_BYTES = 200 * 2**20
CLASSES = "softmax/weights"  # of the classifier, which not all of the sources have
PARTS = {
    "conv2d_params": "kernel",
    "batchnorm/beta": "beta",
    "batchnorm/moving_mean": "mean",
    "batchnorm/moving_variance": "variance",
}
TORCH_PARTS = {"weight": "kernel", "beta": "beta", "mean": "mean", "var": "variance"}


def build_inception(weights: Arrays, dtype: str = "float32") -> keras.Model:
    """Builds the network with its weights.

    Args:
        weights: Arrays of `read_archive` or of `read_wheel`.
        dtype: Data type policy; see `Units`.

    Returns:
        A Keras model that maps images `(batch, 299, 299, 3)`, scaled by `scale_images`, to features
        `(batch, 2048)`, which the graph of 2015 calls `pool_3`.

    Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016.
    The graph differs from the paper's and from Keras's in its padding, in averages over the border
    and in a maximum in the last block.
    """
    unit = Units(weights, dtype)
    images = keras.Input((SIDE, SIDE, 3))
    x = unit(images, "conv", 2, "valid")
    x = unit(unit(x, "conv_1", 1, "valid"), "conv_2")
    x = unit(unit(halve(x), "conv_3", 1, "valid"), "conv_4", 1, "valid")
    x = halve(x)
    for index in range(3):
        x = add_block(unit, x, numbered("mixed", index), 2, 3)  # with 5x5 and 3x3, at 35x35
    x = shrink_to_17(unit, x, "mixed_3")
    for index in range(4, 8):
        x = add_block(unit, x, f"mixed_{index}", 3, 5)  # with 1x7 and 7x1, at 17x17
    x = shrink_to_8(unit, x, "mixed_8")
    x = add_last_block(unit, x, "mixed_9", keras.layers.AveragePooling2D)
    x = add_last_block(unit, x, "mixed_10", keras.layers.MaxPooling2D)
    x = keras.layers.GlobalAveragePooling2D(name="pool_3", dtype="float32")(x)
    return keras.Model(images, x, name="inception")


def halve(x: keras.KerasTensor) -> keras.KerasTensor:
    """Takes maxima of 3x3, half as many."""
    return keras.layers.MaxPooling2D(3, 2)(x)


def average(x: keras.KerasTensor) -> keras.KerasTensor:
    """Takes averages of 3x3, as many; at the border of the values inside."""
    return keras.layers.AveragePooling2D(3, 1, "same")(x)


def join(*branches: keras.KerasTensor) -> keras.KerasTensor:
    """Joins the channels of branches."""
    return keras.layers.Concatenate()(branches)


def add_block(
    unit: Units, x: keras.KerasTensor, name: str, first: int, second: int
) -> keras.KerasTensor:
    """Adds a block of 1x1, two towers and an average, which keeps the size.

    Args:
        unit: The `Units`.
        x: Tensor `(batch, height, width, channels)`.
        name: Name of the block.
        first, second: Numbers of convolutions of the towers.
    """
    return join(
        unit(x, f"{name}/conv"),
        unit.chain(x, f"{name}/tower", first),
        unit.chain(x, f"{name}/tower_1", second),
        unit.chain(average(x), f"{name}/tower_2", 1),
    )


def shrink_to_17(unit: Units, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Adds the block that reduces 35x35 to 17x17."""
    shrinking = 2, "valid"
    tower = unit.chain(x, f"{name}/tower", 3, shrinking)
    return join(unit(x, f"{name}/conv", *shrinking), tower, halve(x))


def shrink_to_8(unit: Units, x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    """Adds the block that reduces 17x17 to 8x8."""
    shrinking = 2, "valid"
    towers = (
        unit.chain(x, f"{name}/{tower}", count, shrinking)
        for tower, count in (("tower", 2), ("tower_1", 4))
    )
    return join(*towers, halve(x))


def add_last_block(
    unit: Units, x: keras.KerasTensor, name: str, pooling: type[keras.layers.Layer]
) -> keras.KerasTensor:
    """Adds a block whose towers end in 1x3 beside 3x1, at 8x8."""
    ends = []
    for tower, count in (("tower", 1), ("tower_1", 2)):
        hidden = unit.chain(x, f"{name}/{tower}", count)
        ends += [unit(hidden, f"{name}/{tower}/mixed/{end}") for end in ("conv", "conv_1")]
    pooled = unit.chain(pooling(3, 1, "same")(x), f"{name}/tower_2", 1)
    return join(unit(x, f"{name}/conv"), *ends, pooled)


def resize_as_tensorflow(images: tf.Tensor) -> tf.Tensor:
    """Resizes images as the graph of 2015: bilinear from the corner, without anti-aliasing."""
    size = (SIDE, SIDE)
    return tf.raw_ops.ResizeBilinear(images=images, size=size, half_pixel_centers=False)


def resize_as_pytorch(images: tf.Tensor) -> tf.Tensor:
    """Resizes images as pytorch-fid: bilinear from pixels' centres, without anti-aliasing."""
    return tf.image.resize(images, (SIDE, SIDE), antialias=False)


def resize_cleanly(images: tf.Tensor) -> tf.Tensor:
    """Resizes images as clean-fid, by Pillow's bicubic filter: with anti-aliasing."""
    resized = tf.image.resize(images, (SIDE, SIDE), "bicubic", antialias=True)
    return tf.clip_by_value(resized, 0.0, 255.0)


def read_archive(file: BinaryIO) -> Arrays:
    """Reads the weights from the graph of TensorFlow's archive, with the classifier's."""
    arrays = read_graph(read_bounded(file, MAX_GRAPH_BYTES, "the graph"))
    found = {CLASSES: arrays[CLASSES]}
    for name in arrays:
        unit, separator, _ = name.partition("/conv2d_params")
        if separator:
            found |= {f"{unit}/{new}": arrays[f"{unit}/{old}"] for old, new in PARTS.items()}
    return found


def read_wheel(file: BinaryIO) -> Arrays:
    """Reads the weights from StyleGAN3's translation of the graph, a TorchScript archive."""
    found = {}
    for path, array in read_torchscript(file).items():
        unit, _, part = path.removeprefix("net/layers/").rpartition("/")
        unit = re.sub(r"(tower(?:_\d)?)_(mixed_)?(conv)", split_name, unit)
        array = array.transpose(2, 3, 1, 0) if array.ndim == 4 else array
        found[f"{unit}/{TORCH_PARTS[part]}"] = array
    return found


def split_name(match: re.Match) -> str:
    """Returns `tower_1/mixed/conv` for a match of `tower_1_mixed_conv`."""
    tower, mixed, conv = match.groups()
    return f"{tower}/{'mixed/' if mixed else ''}{conv}"
