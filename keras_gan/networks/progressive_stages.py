"""Layers of ProGAN's networks by stage, and the graphs that connect them."""

import math
from collections.abc import Sequence

from keras_gan.layers import (
    EqualizedConv2D,
    EqualizedDense,
    FadeIn,
    LeakyReLU,
    MinibatchStandardDeviation,
    NearestUpsample2D,
    PixelNormalization,
)
from keras_gan.networks.network import (
    check_num_classes,
    label_input,
)
from keras_gan.networks.sizes import map_size_and_doublings, stage_widths

import keras
from keras import ops

SLOPE = 0.2
GAIN = 2.0**0.5  # He et al.'s


class Stages:
    """Base of the layers of a network by stage, and of the graphs that connect them.

    It is neither a layer nor a container, so that Keras saves each layer once, with the network.

    Args:
        image_shape, width, num_classes, max_width: As in the networks.
        policy: Precision policy.
        fade_dtype: Dtype in which stages are mixed.
    """

    def __init__(
        self,
        image_shape: Sequence[int],
        width: int,
        max_width: int,
        num_classes: int | None,
        policy: keras.DTypePolicy,
        fade_dtype: str | keras.DTypePolicy,
    ):
        (height, columns), self.last = map_size_and_doublings(image_shape, least_doublings=1)
        check_num_classes(num_classes)
        self.widths = stage_widths(self.last, width, max_width)[::-1]
        self.sizes = [(height << stage, columns << stage) for stage in range(self.last + 1)]
        self.channels = image_shape[-1]
        self.num_classes, self.policy = num_classes, policy
        self.fade = FadeIn(float(self.last), dtype=fade_dtype, name="fade")
        self._models = {}

    def model(self, stage: int, fading: Sequence[int]) -> keras.Model:
        """Returns the graph of `connect` as a `keras.Model`."""
        key = stage, tuple(fading)
        if key not in self._models:
            inputs = self.inputs(stage)
            self._models[key] = keras.Model(inputs, self.connect(inputs, stage, fading))
        return self._models[key]

    def with_labels(self, inputs: keras.KerasTensor) -> keras.KerasTensor | list:
        """Returns the inputs, with labels for a conditional network."""
        return inputs if self.num_classes is None else [inputs, label_input()]

    def convolution(
        self,
        filters: int,
        name: str | None,
        kernel_size: int = 3,
        gain: float = GAIN,
    ) -> keras.layers.Layer:
        """Makes a convolution with equalized learning rate."""
        return EqualizedConv2D(filters, kernel_size, gain=gain, dtype=self.policy, name=name)

    def activation(self) -> keras.layers.Layer:
        """Makes a LeakyReLU 0.2 layer."""
        return LeakyReLU(SLOPE, dtype=self.policy)

    def embedding(self, size: int, dtype: keras.DTypePolicy | str) -> keras.layers.Layer:
        """Makes an embedding layer, of variance 1, for one-hot labels."""
        return EqualizedDense(
            size, gain=self.num_classes**0.5, use_bias=False, dtype=dtype, name="embedding"
        )


class GeneratorStages(Stages):
    """Layers of the generator; `latent_dim` as in `ProgressiveGenerator`."""

    def __init__(
        self,
        image_shape: Sequence[int],
        width: int,
        max_width: int,
        num_classes: int | None,
        policy: keras.DTypePolicy,
        latent_dim: int,
    ):
        super().__init__(image_shape, width, max_width, num_classes, policy, "float32")
        self.latent_dim = latent_dim
        if num_classes is not None:
            self.embed = self.embedding(latent_dim, policy)
        self.blocks = [self.first_block(), *map(self.block, range(1, self.last + 1))]
        self.to_rgb = [
            self.convolution(self.channels, f"to_rgb_{rows}", 1, gain=1.0) for rows, _ in self.sizes
        ]
        self.enlarge = NearestUpsample2D(dtype="float32", name="enlarge")
        self.images = keras.layers.Activation("linear", dtype="float32", name="images")

    def first_block(self) -> list[keras.layers.Layer]:
        """Makes the layers from latents to the first map, with the gain of a convolution to it."""
        width, pixels = self.widths[0], math.prod(self.sizes[0])
        return [
            PixelNormalization(dtype=self.policy),
            EqualizedDense(
                pixels * width, gain=GAIN * pixels**-0.5, dtype=self.policy, name="dense_4"
            ),
            keras.layers.Reshape((*self.sizes[0], width), dtype=self.policy),
            *self.activation_and_norm(),
            self.convolution(width, "conv_4"),
            *self.activation_and_norm(),
        ]

    def block(self, stage: int) -> list[keras.layers.Layer]:
        """Makes the layers of a stage: 2x upsampling and two convolutions."""
        width, (size, _) = self.widths[stage], self.sizes[stage]
        layers = [NearestUpsample2D(dtype=self.policy)]
        for place in ("first", "second"):
            layers += [self.convolution(width, f"{place}_conv_{size}"), *self.activation_and_norm()]
        return layers

    def activation_and_norm(self) -> list[keras.layers.Layer]:
        """Makes the layers after each convolution."""
        return [self.activation(), PixelNormalization(dtype=self.policy)]

    def inputs(self, stage: int) -> keras.KerasTensor | list:
        """Returns the latents, with labels for a conditional network."""
        return self.with_labels(keras.Input((self.latent_dim,), name="latents"))

    def connect(
        self, inputs: keras.KerasTensor | list, stage: int, fading: Sequence[int]
    ) -> keras.KerasTensor:
        """Connects inputs to the image of a stage, with the stages in `fading` fading in."""
        x = inputs
        if self.num_classes is not None:
            one_hot = ops.one_hot(inputs[1], self.num_classes)
            x = keras.layers.Concatenate(dtype=self.policy)([inputs[0], self.embed(one_hot)])
        image = None
        for k in range(stage + 1):
            previous, x = x, apply_layers(x, self.blocks[k])
            if k in fading:
                low = self.to_rgb[k - 1](previous) if image is None else image
                image = self.fade([self.enlarge(low), self.to_rgb[k](x)], stage=k)
        return self.images(self.to_rgb[stage](x) if image is None else image)


class DiscriminatorStages(Stages):
    """Layers of the discriminator; the last two arguments as in `ProgressiveDiscriminator`."""

    def __init__(
        self,
        image_shape: Sequence[int],
        width: int,
        max_width: int,
        num_classes: int | None,
        policy: keras.DTypePolicy,
        group_size: int,
        pool_first: bool,
    ):
        super().__init__(image_shape, width, max_width, num_classes, policy, policy)
        self.pool_first = pool_first
        self.from_rgb = [
            [self.convolution(width, f"from_rgb_{size}", 1), self.activation()]
            for width, (size, _) in zip(self.widths, self.sizes, strict=True)
        ]
        self.blocks = [self.last_block(group_size), *map(self.block, range(1, self.last + 1))]
        self.shrink = keras.layers.AveragePooling2D(2, dtype="float32", name="shrink")
        self.logits = EqualizedDense(1, dtype="float32", name="linear")
        if num_classes is not None:
            self.embed = self.embedding(self.widths[0], "float32")
        self.add = keras.layers.Add(dtype="float32", name="logits")

    def block(self, stage: int) -> list[keras.layers.Layer]:
        """Makes the layers of a stage: two convolutions and 2x2 average pooling."""
        size, _ = self.sizes[stage]
        end = [self.activation(), keras.layers.AveragePooling2D(2, dtype=self.policy)]
        return [
            self.convolution(self.widths[stage], f"first_conv_{size}"),
            self.activation(),
            self.convolution(self.widths[stage - 1], f"second_conv_{size}"),
            *(reversed(end) if self.pool_first else end),
        ]

    def last_block(self, group_size: int) -> list[keras.layers.Layer]:
        """Makes the layers from the smallest map to a vector."""
        return [
            MinibatchStandardDeviation(group_size, dtype=self.policy),
            self.convolution(self.widths[0], "conv_4"),
            self.activation(),
            keras.layers.Flatten(dtype=self.policy),
            EqualizedDense(self.widths[0], gain=GAIN, dtype=self.policy, name="dense_4"),
            LeakyReLU(SLOPE, dtype="float32"),
        ]

    def inputs(self, stage: int) -> keras.KerasTensor | list:
        """Returns images of a stage's size, with labels for a conditional network."""
        shape = (*self.sizes[stage], self.channels)
        return self.with_labels(keras.Input(shape, name="images"))

    def connect(
        self, inputs: keras.KerasTensor | list, stage: int, fading: Sequence[int]
    ) -> keras.KerasTensor:
        """Connects images of a stage to logits, with the stages in `fading` fading in."""
        images = inputs if self.num_classes is None else inputs[0]
        x = apply_layers(images, self.from_rgb[stage])
        for k in range(stage, 0, -1):
            x, images = apply_layers(x, self.blocks[k]), self.shrink(images)
            if k in fading:
                x = self.fade([apply_layers(images, self.from_rgb[k - 1]), x], stage=k)
        x = apply_layers(x, self.blocks[0])
        if self.num_classes is None:
            return self.logits(x)
        embedded = self.embed(ops.one_hot(inputs[1], self.num_classes))
        product = ops.sum(x * embedded, axis=-1, keepdims=True) * self.widths[0] ** -0.5
        return self.add([self.logits(x), product])


def apply_layers(x: keras.KerasTensor, layers: Sequence[keras.layers.Layer]) -> keras.KerasTensor:
    """Applies layers in order."""
    for layer in layers:
        x = layer(x)
    return x
