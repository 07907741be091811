"""ProGAN: networks that grow from 4x4 pixels, for square images of 8 to 1024 pixels.

Source: Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
ICLR 2018, section 2 and table 2.
"""

import math

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
    SMALLEST_MAP,
    Network,
    check_num_classes,
    check_power_of_two,
    label_input,
    resolve_policy,
    stage_widths,
)

import keras
from keras import ops

SLOPE = 0.2
GAIN = 2.0**0.5  # He et al.'s


class GrowingNetwork(Network):
    """Base of networks with all sizes from 4x4 on, and a level up to which they have grown.

    Level s is the network of 4 * 2^s pixels; from s - 1 to s its last stage fades in. The network
    itself takes or makes images of the final size at every level. `at` gives a single stage.

    Args:
        stages: Layers of the network.
        config, dtype, name: As in `Network`.
    """

    def __init__(self, stages, config, dtype, name):
        inputs = stages.inputs(stages.last)
        outputs = stages.connect(inputs, stages.last, fading=range(1, stages.last + 1))
        super().__init__(inputs, outputs, config, dtype, name)
        self._stages = stages

    @property
    def last_stage(self) -> int:
        """Stage of the final size, counted from 0 for 4x4."""
        return self._stages.last

    @property
    def level(self):
        """Variable of the level, from 0 to `last_stage`; a new network is fully grown."""
        return self._stages.fade.level

    def at(self, stage):
        """Returns the network of one stage, which fades in, for images of 4 * 2^stage pixels.

        Args:
            stage: From 0 to `last_stage`.

        Returns:
            A `keras.Model` with shared weights, the same object at each call.
        """
        return self._stages.model(stage, fading=range(max(stage, 1), stage + 1))


@keras.saving.register_keras_serializable(package="keras_gan")
class ProgressiveGenerator(GrowingNetwork):
    """ProGAN generator: a dense layer to 4x4, then stages of 2x upsampling and two convolutions.

    Each layer has LeakyReLU 0.2 and pixel norm. A linear 1x1 convolution makes the image of a
    stage; smaller images are enlarged by repeating pixels. The paper's network for 1024x1024:
    `width=16, latent_dim=512`; maps of 4x4x512, 8x8x512, 16x16x512, 32x32x512, 64x64x256,
    128x128x128, 256x256x64, 512x512x32, 1024x1024x16; 23,086,795 weights, 23.1 million as
    published.

    Args:
        image_shape: `(size, size, channels)`, size a power of two from 8 to 1024.
        latent_dim: Size of the latent vector; 512 in the paper.
        width: Number of channels at the image's size; inwards they double, up to `max_width`.
        num_classes: Number of classes, for a class-conditional generator; an embedding of the size
            of the latents is concatenated to them.
        max_width: Number of channels of the widest stage, at least `width`; 512 in the paper.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape.

    Example:

    >>> import keras_gan as kg
    >>> generator = kg.networks.ProgressiveGenerator((32, 32, 3), latent_dim=16, width=8)
    >>> generator.output_shape, generator.at(0).output_shape
    ((None, 32, 32, 3), (None, 4, 4, 3))
    """

    tolerance = 1e-4  # of exports: pixel norm amplifies the rounding of short vectors

    def __init__(
        self,
        image_shape=(32, 32, 3),
        latent_dim=128,
        width=64,
        num_classes=None,
        max_width=512,
        dtype=None,
        name="progressive_generator",
    ):
        policy = resolve_policy(dtype)
        stages = GeneratorStages(image_shape, width, max_width, num_classes, policy, latent_dim)
        config = {
            "image_shape": list(image_shape),
            "latent_dim": latent_dim,
            "width": width,
            "num_classes": num_classes,
            "max_width": max_width,
        }
        super().__init__(stages, config, policy, name)

    def for_export(self):
        """Returns an equal `keras.Model`, on these weights, of the layers used at this level."""
        level = float(self.level)
        stage = math.ceil(level)
        model = self._stages.model(stage, fading=[stage] if level < stage else [])
        factor = 2 ** (self.last_stage - stage)
        if factor == 1:
            return model
        images = NearestUpsample2D(factor, dtype="float32")(model.output)
        return keras.Model(model.input, images)


@keras.saving.register_keras_serializable(package="keras_gan")
class ProgressiveDiscriminator(GrowingNetwork):
    """ProGAN discriminator: an input layer for each size, then stages down to one logit.

    Each stage has two convolutions with LeakyReLU 0.2 and 2x2 average pooling. At 4x4 the minibatch
    standard deviation is appended. The paper's network for 1024x1024: `width=16`; maps of
    1024x1024x16, 512x512x32, 256x256x64, 128x128x128, 64x64x256, 32x32x512, 16x16x512, 8x8x512,
    4x4x512; 23,087,249 weights, 23.1 million as published.

    Args:
        image_shape: `(size, size, channels)`, size a power of two from 8 to 1024.
        width: Channels at the image's size; inwards they double, up to `max_width`.
        num_classes: Number of classes, for a class-conditional discriminator; the inner product of
            the last features and the class's embedding is added to the logit.
        max_width: Channels of the widest stage, or `width` where that is more; 512 in the paper.
        group_size: Number of samples in a group of the minibatch standard deviation.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.ProgressiveDiscriminator((32, 32, 3), width=8).at(1).input_shape
    (None, 8, 8, 3)
    """

    def __init__(
        self,
        image_shape=(32, 32, 3),
        width=64,
        num_classes=None,
        max_width=512,
        group_size=4,
        dtype=None,
        name="progressive_discriminator",
    ):
        policy = resolve_policy(dtype)
        stages = DiscriminatorStages(image_shape, width, max_width, num_classes, policy, group_size)
        config = {
            "image_shape": list(image_shape),
            "width": width,
            "num_classes": num_classes,
            "max_width": max_width,
            "group_size": group_size,
        }
        super().__init__(stages, config, policy, name)


class Stages:
    """Base of the layers of a network by stage, and of the graphs that connect them.

    It is neither a layer nor a container, so that Keras saves each layer once, with the network.

    Args:
        image_shape, width, num_classes, max_width: As in the networks.
        policy: Precision policy.
        fade_dtype: Dtype in which stages are mixed.
    """

    def __init__(self, image_shape, width, max_width, num_classes, policy, fade_dtype):
        check_power_of_two(image_shape, smallest=2 * SMALLEST_MAP)
        check_num_classes(num_classes)
        self.widths = stage_widths(image_shape[0], width, max_width)[::-1]
        self.sizes = [SMALLEST_MAP << stage for stage in range(len(self.widths))]
        self.last = len(self.widths) - 1
        self.channels = image_shape[-1]
        self.num_classes, self.policy = num_classes, policy
        self.fade = FadeIn(float(self.last), dtype=fade_dtype, name="fade")
        self._models = {}

    def model(self, stage, fading):
        """Returns the graph of `connect` as a `keras.Model`."""
        key = stage, tuple(fading)
        if key not in self._models:
            inputs = self.inputs(stage)
            self._models[key] = keras.Model(inputs, self.connect(inputs, stage, fading))
        return self._models[key]

    def with_labels(self, inputs):
        """Returns the inputs, with labels for a conditional network."""
        return inputs if self.num_classes is None else [inputs, label_input()]

    def convolution(self, filters, name, kernel_size=3, gain=GAIN, padding="same"):
        """Makes a convolution with equalized learning rate."""
        return EqualizedConv2D(
            filters, kernel_size, padding, gain=gain, dtype=self.policy, name=name
        )

    def activation(self):
        """Makes a LeakyReLU 0.2 layer."""
        return LeakyReLU(SLOPE, dtype=self.policy)

    def embedding(self, size, dtype):
        """Makes an embedding layer, of variance 1, for one-hot labels."""
        return EqualizedDense(
            size, gain=self.num_classes**0.5, use_bias=False, dtype=dtype, name="embedding"
        )


class GeneratorStages(Stages):
    """Layers of the generator; `latent_dim` as in `ProgressiveGenerator`."""

    def __init__(self, image_shape, width, max_width, num_classes, policy, latent_dim):
        super().__init__(image_shape, width, max_width, num_classes, policy, "float32")
        self.latent_dim = latent_dim
        if num_classes is not None:
            self.embed = self.embedding(latent_dim, policy)
        self.blocks = [self.first_block(), *map(self.block, range(1, self.last + 1))]
        self.to_rgb = [
            self.convolution(self.channels, f"to_rgb_{size}", 1, gain=1.0) for size in self.sizes
        ]
        self.enlarge = NearestUpsample2D(dtype="float32", name="enlarge")
        self.images = keras.layers.Activation("linear", dtype="float32", name="images")

    def first_block(self):
        """Makes the layers from latents to 4x4; the first gain is that of a 4x4 convolution."""
        width, pixels = self.widths[0], SMALLEST_MAP**2
        return [
            PixelNormalization(dtype=self.policy),
            EqualizedDense(
                pixels * width, gain=GAIN * pixels**-0.5, dtype=self.policy, name="dense_4"
            ),
            keras.layers.Reshape((SMALLEST_MAP, SMALLEST_MAP, width), dtype=self.policy),
            *self.activation_and_norm(),
            self.convolution(width, "conv_4"),
            *self.activation_and_norm(),
        ]

    def block(self, stage):
        """Makes the layers of a stage: 2x upsampling and two convolutions."""
        width, size = self.widths[stage], self.sizes[stage]
        layers = [NearestUpsample2D(dtype=self.policy)]
        for place in ("first", "second"):
            layers += [self.convolution(width, f"{place}_conv_{size}"), *self.activation_and_norm()]
        return layers

    def activation_and_norm(self):
        """Makes the layers after each convolution."""
        return [self.activation(), PixelNormalization(dtype=self.policy)]

    def inputs(self, stage):
        """Returns the latents, with labels for a conditional network."""
        return self.with_labels(keras.Input((self.latent_dim,), name="latents"))

    def connect(self, inputs, stage, fading):
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
    """Layers of the discriminator; `group_size` as in `ProgressiveDiscriminator`."""

    def __init__(self, image_shape, width, max_width, num_classes, policy, group_size):
        super().__init__(image_shape, width, max_width, num_classes, policy, policy)
        self.from_rgb = [
            [self.convolution(width, f"from_rgb_{size}", 1), self.activation()]
            for width, size in zip(self.widths, self.sizes, strict=True)
        ]
        self.blocks = [self.last_block(group_size), *map(self.block, range(1, self.last + 1))]
        self.shrink = keras.layers.AveragePooling2D(2, dtype="float32", name="shrink")
        self.logits = EqualizedDense(1, dtype="float32", name="linear")
        if num_classes is not None:
            self.embed = self.embedding(self.widths[0], "float32")
        self.add = keras.layers.Add(dtype="float32", name="logits")

    def block(self, stage):
        """Makes the layers of a stage: two convolutions and 2x2 average pooling."""
        size = self.sizes[stage]
        return [
            self.convolution(self.widths[stage], f"first_conv_{size}"),
            self.activation(),
            self.convolution(self.widths[stage - 1], f"second_conv_{size}"),
            self.activation(),
            keras.layers.AveragePooling2D(2, dtype=self.policy),
        ]

    def last_block(self, group_size):
        """Makes the layers from 4x4 to a vector."""
        return [
            MinibatchStandardDeviation(group_size, dtype=self.policy),
            self.convolution(self.widths[0], "conv_4"),
            self.activation(),
            self.convolution(self.widths[0], "dense_4", SMALLEST_MAP, padding="valid"),
            self.activation(),
            keras.layers.Flatten(dtype="float32"),
        ]

    def inputs(self, stage):
        """Returns images of a stage's size, with labels for a conditional network."""
        shape = (self.sizes[stage], self.sizes[stage], self.channels)
        return self.with_labels(keras.Input(shape, name="images"))

    def connect(self, inputs, stage, fading):
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


def apply_layers(x, layers):
    """Applies layers in order."""
    for layer in layers:
        x = layer(x)
    return x
