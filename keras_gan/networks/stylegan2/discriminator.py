"""StyleGAN2's discriminator: residual blocks that each halve the size."""

from collections.abc import Sequence

from keras_gan.layers import (
    Downsample2D,
    EqualizedConv2D,
    EqualizedDense,
    MinibatchStandardDeviation,
    PixelNormalization,
    Smooth2D,
)
from keras_gan.networks.network import Network, discriminator_inputs, resolve_policy
from keras_gan.networks.sizes import map_size_and_doublings, stage_widths
from keras_gan.networks.stylegan2.generator import activate, check_arguments
from keras_gan.networks.stylegan2.mapping import GAIN, dense_layers

import keras
from keras import ops

HALF = 2**-0.5  # gain of both summands of a block


@keras.saving.register_keras_serializable(package="keras_gan")
class StyleGAN2Discriminator(Network):
    """StyleGAN2 discriminator: residual blocks, minibatch standard deviation and a dense layer.

    Networks of the paper:

    - 1024x1024: `width=32`; maps of 1024x1024x32, 512x512x64, 256x256x128, 128x128x256, 64x64x512,
      32x32x512, 16x16x512, 8x8x512, 4x4x512; 29,012,513 weights.
    - 256x256: `width=64`; 256x256x64, 128x128x128, 64x64x256, 32x32x512, 16x16x512, 8x8x512,
      4x4x512; 24,001,089 weights.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15, up to 1024 a side.
        width: Number of channels of the first stage; inwards they double, up to `max_width`.
        num_classes: Number of classes, for a class-conditional discriminator; the logit is the
            inner product of the image's features and the class's mapped embedding, divided by the
            root of their size.
        mapping_layers: Number of dense layers of that mapping.
        group_size: Number of samples in a group of the minibatch standard deviation.
        max_width: Number of channels of the widest stage, at least `width`.
        scale_biases: As in `StyleGAN2Generator`.
        dtype: Precision policy of the blocks; Keras's global one by default. The last layers, at
            4x4, use float32.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape or number.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.StyleGAN2Discriminator((8, 8, 3), width=4).output_shape
    (None, 1)
    """

    earlier = {"scale_biases": False}

    def __init__(
        self,
        image_shape: Sequence[int] = (256, 256, 3),
        width: int = 64,
        num_classes: int | None = None,
        mapping_layers: int = 8,
        group_size: int = 4,
        max_width: int = 512,
        scale_biases: bool = True,
        dtype: str | None = None,
        name: str = "stylegan2_discriminator",
    ):
        check_arguments(width, num_classes, mapping_layers)
        _, doublings = map_size_and_doublings(image_shape)
        widths = stage_widths(doublings, width, max_width)
        policy = resolve_policy(dtype)
        images = keras.Input(tuple(image_shape), name="images")
        inputs = discriminator_inputs(images, num_classes)
        options = {"gain": GAIN, "scale_bias": scale_biases}
        x = EqualizedConv2D(widths[0], 1, **options, dtype=policy)(images)
        x = activate(x, policy)
        for channels in widths[1:]:
            x = block(x, channels, scale_biases, policy)
        features = last_features(x, group_size, scale_biases)
        if num_classes is None:
            logits = EqualizedDense(1, dtype="float32", name="logits")(features)
        else:
            labels = map_labels(
                inputs[1], num_classes, features.shape[-1], mapping_layers, scale_biases
            )
            logits = projection(features, labels)
        config = {
            "image_shape": list(image_shape),
            "width": width,
            "num_classes": num_classes,
            "mapping_layers": mapping_layers,
            "group_size": group_size,
            "max_width": max_width,
            "scale_biases": scale_biases,
        }
        super().__init__(inputs, logits, config, policy, name)


def block(
    x: keras.KerasTensor, channels: int, scale_bias: bool, policy: keras.DTypePolicy
) -> keras.KerasTensor:
    """Applies (a(W2 a(W1 x)) + W3 x) / sqrt 2 at half the size: 3x3, 3x3 and 1x1.

    W2 is a convolution of stride 2 after the filter [1, 3, 3, 1]. Away from the edges it equals
    `Downsample2D` after the convolution, for a quarter of the work. The convolutions include the
    gains of LeakyReLU.
    """
    options = {"scale_bias": scale_bias, "dtype": policy}
    y = EqualizedConv2D(x.shape[-1], 3, gain=GAIN, **options)(x)
    y = Smooth2D(2, dtype=policy)(activate(y, policy))
    y = EqualizedConv2D(channels, 3, "valid", strides=2, gain=GAIN * HALF, **options)(y)
    y = activate(y, policy)
    skip = Downsample2D(dtype=policy)(x)
    skip = EqualizedConv2D(channels, 1, gain=HALF, use_bias=False, dtype=policy)(skip)
    return keras.layers.Add(dtype=policy)([y, skip])


def last_features(x: keras.KerasTensor, group_size: int, scale_bias: bool) -> keras.KerasTensor:
    """Computes a float32 vector from each smallest map."""
    policy = keras.dtype_policies.get("float32")
    options = {"gain": GAIN, "scale_bias": scale_bias, "dtype": policy}
    channels = x.shape[-1]
    x = MinibatchStandardDeviation(group_size, dtype=policy)(x)
    x = activate(EqualizedConv2D(channels, 3, **options)(x), policy)
    x = keras.layers.Flatten(dtype=policy)(x)
    return activate(EqualizedDense(channels, **options)(x), policy)


def map_labels(
    labels: keras.KerasTensor, num_classes: int, size: int, layers: int, scale_bias: bool
) -> keras.KerasTensor:
    """Maps labels `(batch,)` to vectors `(batch, size)`.

    Source: Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS
    2020.
    """
    mapped = EqualizedDense(size, dtype="float32")(ops.one_hot(labels, num_classes))
    for layer in [PixelNormalization(dtype="float32"), *dense_layers(size, layers, scale_bias)]:
        mapped = layer(mapped)
    return mapped


def projection(features: keras.KerasTensor, mapped: keras.KerasTensor) -> keras.KerasTensor:
    """Computes the projection <f(x), m(y)> / sqrt n of features on mapped labels.

    Source: Miyato and Koyama, "cGANs with Projection Discriminator", ICLR 2018.
    """
    size = features.shape[-1]
    features = EqualizedDense(size, dtype="float32")(features)
    product = ops.sum(features * mapped, axis=-1, keepdims=True) * size**-0.5
    return keras.layers.Activation("linear", dtype="float32", name="logits")(product)
