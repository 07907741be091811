"""Networks that translate images: the residual network of CycleGAN and the U-Net of pix2pix.

Both are convolutional, so that a network translates images of any height and width that are
multiples of its `side_factor`.

Source: Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
Networks", ICCV 2017; Isola et al., "Image-to-Image Translation with Conditional Adversarial
Networks", CVPR 2017.
"""

from collections.abc import Sequence
from typing import Any

from keras_gan.checks import check_integer
from keras_gan.layers import (
    BatchNormalization,
    Conv2D,
    Conv2DTranspose,
    InstanceNormalization,
    LeakyReLU,
    ReflectionPadding2D,
)
from keras_gan.networks.network import Network, check_choice, resolve_policy

import keras

NORMALIZATIONS = ("instance", "batch")
KERNEL_INIT = keras.initializers.RandomNormal(stddev=0.02)
SCALE_INIT = keras.initializers.RandomNormal(mean=1.0, stddev=0.02)
WIDENING = 8
DROPOUT_STAGES = 3


def images_input(channels: int) -> keras.KerasTensor:
    """Makes the input of images `(batch, height, width, channels)` of any size."""
    return keras.Input((None, None, check_integer("channels", channels, 1, 4)), name="images")


class Parts:
    """Makes the layers of one kind of normalization and one precision policy.

    Convolutions have a bias if their maps aren't shifted by BatchNorm.

    Args:
        kind: `"instance"` or `"batch"`.
        policy: Precision policy.
    """

    def __init__(self, kind: str, policy: keras.DTypePolicy) -> None:
        check_choice("normalization", kind, NORMALIZATIONS)
        self.kind = kind
        self.options = {"dtype": policy}
        self.weights = {**self.options, "kernel_initializer": KERNEL_INIT}

    def convolution(self, filters: int, side: int, **options: Any) -> Conv2D:
        """Makes a convolution without padding."""
        defaults = {"padding": "valid", "use_bias": self.kind == "instance", **self.weights}
        return Conv2D(filters, side, **defaults | options)

    def transposed(self, filters: int, side: int, **options: Any) -> Conv2DTranspose:
        """Makes a transposed convolution of stride 2."""
        defaults = {"padding": "same", "use_bias": self.kind == "instance", **self.weights}
        return Conv2DTranspose(filters, side, strides=2, **defaults | options)

    def normalization(self) -> keras.layers.Layer:
        """Makes a normalization; BatchNorm has scale and shift."""
        if self.kind == "instance":
            return InstanceNormalization(**self.options)
        return BatchNormalization(
            momentum=0.9, epsilon=1e-5, gamma_initializer=SCALE_INIT, **self.options
        )

    def rectify(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Adds a normalization and ReLU."""
        return keras.layers.ReLU(**self.options)(self.normalization()(x))

    def reflect(self, x: keras.KerasTensor, padding: int) -> keras.KerasTensor:
        """Adds reflected pixels at the edges."""
        return ReflectionPadding2D(padding, **self.options)(x)


@keras.saving.register_keras_serializable(package="keras_gan")
class ResNetTranslator(Network):
    """Translator of CycleGAN: two strided convolutions, residual blocks, two transposed ones.

    With 3 channels and width 64 it has 11,378,179 weights with 9 blocks, for images of 256 pixels,
    and 7,837,699 with 6, for smaller ones.

    Args:
        channels: Number of channels of the images, 1 to 4.
        output_channels: Number of channels of the translated images; by default the same.
        width: Number of channels of the first convolution.
        blocks: Number of residual blocks.
        normalization: `"instance"` or `"batch"`.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For numbers out of range, or an unknown normalization.

    Example:

    >>> import keras_gan as kg
    >>> translator = kg.networks.ResNetTranslator(blocks=6)
    >>> translator.output_shape, translator.count_params()
    ((None, None, None, 3), 7837699)
    """

    side_factor = 4

    def __init__(
        self,
        channels: int = 3,
        output_channels: int | None = None,
        width: int = 64,
        blocks: int = 9,
        normalization: str = "instance",
        dtype: str | None = None,
        name: str = "resnet_translator",
    ):
        check_integer("width", width)
        check_integer("blocks", blocks)
        output_channels = check_output(channels, output_channels)
        policy = resolve_policy(dtype)
        parts = Parts(normalization, policy)
        images = images_input(channels)
        x = parts.rectify(parts.convolution(width, 7)(parts.reflect(images, 3)))
        for filters in (2 * width, 4 * width):
            x = keras.layers.ZeroPadding2D(1, dtype=policy)(x)
            x = parts.rectify(parts.convolution(filters, 3, strides=2)(x))
        for _ in range(blocks):
            x = add_residual_block(parts, x)
        for filters in (2 * width, width):
            x = parts.rectify(enlarge(parts, x, filters))
        x = parts.convolution(output_channels, 7, use_bias=True)(parts.reflect(x, 3))
        outputs = keras.layers.Activation("tanh", dtype="float32", name="translated")(x)
        config = {
            "channels": channels,
            "output_channels": output_channels,
            "width": width,
            "blocks": blocks,
            "normalization": normalization,
        }
        super().__init__(images, outputs, config, policy, name)


def check_output(channels: int, output_channels: int | None) -> int:
    """Returns the number of channels of translated images, by default that of the images."""
    if output_channels is None:
        return channels
    return check_integer("output_channels", output_channels, 1, 4)


def add_residual_block(parts: Parts, x: keras.KerasTensor) -> keras.KerasTensor:
    """Adds two convolutions of 3x3 to their input; there is no activation after the sum."""
    hidden = parts.rectify(parts.convolution(x.shape[-1], 3)(parts.reflect(x, 1)))
    hidden = parts.normalization()(parts.convolution(x.shape[-1], 3)(parts.reflect(hidden, 1)))
    return keras.layers.Add(**parts.options)([x, hidden])


def enlarge(parts: Parts, x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Doubles the size by a transposed convolution of 3x3, placed as PyTorch's with padding 1."""
    x = parts.transposed(filters, 3, padding="valid")(x)
    return keras.layers.Cropping2D(((1, 0), (1, 0)), **parts.options)(x)


@keras.saving.register_keras_serializable(package="keras_gan")
class UNetTranslator(Network):
    """U-Net of pix2pix: strided convolutions down to few pixels and up, with skip connections.

    With 3 channels, width 64 and 8 stages it has 54,413,955 weights; 256 pixels become one. Skips
    are taken before the activation, and the innermost convolution has no normalization, as
    BatchNorm of one pixel at batch size 1 would be zero.

    Args:
        channels, output_channels, width: As in `ResNetTranslator`.
        stages: Number of halvings; height and width are multiples of `2**stages`.
        dropout: Rate after the first three enlargements, which is the only noise; see the game.
        normalization: `"batch"` or `"instance"`.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For numbers out of range, or an unknown normalization.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.UNetTranslator(width=8, stages=5).output_shape
    (None, None, None, 3)
    """

    @property
    def side_factor(self) -> int:
        """Number of which height and width are multiples."""
        return 2 ** self._config["stages"]

    def __init__(
        self,
        channels: int = 3,
        output_channels: int | None = None,
        width: int = 64,
        stages: int = 8,
        dropout: float = 0.5,
        normalization: str = "batch",
        dtype: str | None = None,
        name: str = "unet_translator",
    ):
        check_integer("width", width)
        check_integer("stages", stages, 2)
        output_channels = check_output(channels, output_channels)
        policy = resolve_policy(dtype)
        parts = Parts(normalization, policy)
        widths = [width * min(2**stage, WIDENING) for stage in range(stages)]
        images = images_input(channels)
        *skips, x = encode(parts, images, widths)
        for stage, filters in enumerate(widths[-2::-1]):
            x = parts.transposed(filters, 4)(keras.layers.ReLU(dtype=policy)(x))
            x = parts.normalization()(x)
            if stage < DROPOUT_STAGES:
                x = keras.layers.Dropout(dropout, dtype=policy)(x)
            x = keras.layers.Concatenate(dtype=policy)([skips.pop(), x])
        x = keras.layers.ReLU(dtype=policy)(x)
        x = parts.transposed(output_channels, 4, use_bias=True)(x)
        outputs = keras.layers.Activation("tanh", dtype="float32", name="translated")(x)
        config = {
            "channels": channels,
            "output_channels": output_channels,
            "width": width,
            "stages": stages,
            "dropout": dropout,
            "normalization": normalization,
        }
        super().__init__(images, outputs, config, policy, name)


def encode(
    parts: Parts, images: keras.KerasTensor, widths: Sequence[int]
) -> list[keras.KerasTensor]:
    """Adds the strided convolutions of a U-Net; returns their maps, before the activation."""
    maps = []
    for stage, filters in enumerate(widths):
        is_inner = 0 < stage < len(widths) - 1
        x = LeakyReLU(0.2, **parts.options)(maps[-1]) if maps else images
        x = parts.convolution(filters, 4, strides=2, padding="same")(x)
        maps.append(parts.normalization()(x) if is_inner else x)
    return maps


@keras.saving.register_keras_serializable(package="keras_gan")
class PatchDiscriminator(Network):
    """Discriminator that judges patches: a map of logits, each of a square of the image.

    A logit sees 16 pixels a side with 1 layer, 34 with 2, 70 with 3, 142 with 4 and 286 with 5, and
    one pixel with 0. With 3 layers and width 64 it has 2,764,737 weights for 3 channels and
    instance normalization, and 2,768,705 for 6 channels, image and condition, and BatchNorm.

    Args:
        channels: Number of channels of the images, with those of a condition.
        layers: Number of halvings.
        width: Number of channels of the first convolution.
        normalization: `"instance"` or `"batch"`, in all but the first and last convolution.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For numbers out of range, or an unknown normalization.

    Source: Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", CVPR
    2017.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> discriminator = kg.networks.PatchDiscriminator(width=8)
    >>> discriminator(np.zeros((1, 64, 64, 3), "float32")).shape
    TensorShape([1, 6, 6, 1])
    """

    def __init__(
        self,
        channels: int = 3,
        layers: int = 3,
        width: int = 64,
        normalization: str = "instance",
        dtype: str | None = None,
        name: str = "patch_discriminator",
    ):
        check_integer("width", width)
        check_integer("layers", layers, 0)
        policy = resolve_policy(dtype)
        parts = Parts(normalization, policy)
        images = keras.Input((None, None, check_integer("channels", channels)), name="images")
        options = {"name": "logits", "dtype": "float32"}
        if layers:
            x = patch_features(parts, images, width, layers)
            logits = judge(parts, x, 1, 4, use_bias=True, **options)
        else:
            logits = judge(parts, pixel_features(parts, images, width), 1, 1, **options)
        config = {
            "channels": channels,
            "layers": layers,
            "width": width,
            "normalization": normalization,
        }
        super().__init__(images, logits, config, policy, name)


def judge(
    parts: Parts, x: keras.KerasTensor, filters: int, side: int, **options: Any
) -> keras.KerasTensor:
    """Adds a convolution; one of 4x4 has a pixel of zeros at each edge."""
    x = keras.layers.ZeroPadding2D(1, **parts.options)(x) if side == 4 else x
    return parts.convolution(filters, side, **options)(x)


def patch_features(
    parts: Parts, images: keras.KerasTensor, width: int, layers: int
) -> keras.KerasTensor:
    """Adds the convolutions of a discriminator of patches, all but the last."""
    x = judge(parts, images, width, 4, strides=2, use_bias=True)
    for layer in range(1, layers + 1):
        x = LeakyReLU(0.2, **parts.options)(x)
        strides = 2 if layer < layers else 1
        x = judge(parts, x, width * min(2**layer, WIDENING), 4, strides=strides)
        x = parts.normalization()(x)
    return LeakyReLU(0.2, **parts.options)(x)


def pixel_features(parts: Parts, images: keras.KerasTensor, width: int) -> keras.KerasTensor:
    """Adds the convolutions of a discriminator of single pixels, all but the last."""
    x = LeakyReLU(0.2, **parts.options)(judge(parts, images, width, 1, use_bias=True))
    x = parts.normalization()(judge(parts, x, 2 * width, 1))
    return LeakyReLU(0.2, **parts.options)(x)
