"""DCGAN: networks of strided convolutions, for images of 8 to 256 pixels a side.

Source: Radford, Metz and Chintala, "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks", ICLR 2016.
"""

import math
from collections.abc import Sequence

from keras_gan.layers import (
    BatchNormalization,
    ConditionalBatchNormalization,
    Conv2D,
    Conv2DTranspose,
    LeakyReLU,
    SpectralNormalization,
)
from keras_gan.networks.network import (
    CONDITIONINGS,
    INIT,
    Network,
    check_choice,
    check_num_classes,
    concatenate_one_hot,
    discriminator_inputs,
    discriminator_outputs,
    generator_inputs,
    resolve_policy,
)
from keras_gan.networks.sizes import map_size_and_doublings

import keras

LARGEST_IMAGE = 256
MAX_WIDENING = 8


@keras.saving.register_keras_serializable(package="keras_gan")
class DCGANGenerator(Network):
    """DCGAN generator: a dense layer to a small map, then transposed convolutions.

    Each stage doubles the size and halves the channels, with BatchNorm and ReLU; the last one ends
    with tanh. Maps for 64x64 and width 64: 4x4x512, 8x8x256, 16x16x128, 32x32x64, 64x64xC; for
    28x28: 7x7x128, 14x14x64, 28x28xC.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15 and k >= 1, up to 256 a side, and 1 to 4 channels.
        latent_dim: Size of the latent vector.
        width: Number of channels of the last stage before the image.
        num_classes: Number of classes, for a class-conditional generator.
        conditioning: `"concatenation"` of the one-hot label to the latents, or `"batch_norm"` with
            scales and shifts for each class.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.DCGANGenerator((28, 28, 1), latent_dim=16, width=8).output_shape
    (None, 28, 28, 1)
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (28, 28, 1),
        latent_dim: int = 128,
        width: int = 64,
        num_classes: int | None = None,
        conditioning: str = "concatenation",
        dtype: str | None = None,
        name: str = "dcgan_generator",
    ):
        start, stages = map_size_and_doublings(image_shape, 1, LARGEST_IMAGE)
        check_num_classes(num_classes)
        check_choice("conditioning", conditioning, ("concatenation", "batch_norm"))
        policy = resolve_policy(dtype)
        latents, inputs = generator_inputs(latent_dim, num_classes)
        concatenates = num_classes is not None and conditioning == "concatenation"
        x = concatenate_one_hot(*inputs, num_classes) if concatenates else latents

        def normalize(x):
            if num_classes is None or concatenates:
                return BatchNormalization(momentum=0.9, dtype=policy)(x)
            return ConditionalBatchNormalization(num_classes, dtype=policy)([x, inputs[1]])

        channels = stage_channels(width, stages)[::-1]
        units = math.prod(start) * channels[0]
        x = keras.layers.Dense(units, use_bias=False, kernel_initializer=INIT, dtype=policy)(x)
        x = keras.layers.Reshape((*start, channels[0]), dtype=policy)(x)
        for filters in channels[1:]:
            x = enlarge(keras.layers.ReLU(dtype=policy)(normalize(x)), filters, policy)
        x = keras.layers.ReLU(dtype=policy)(normalize(x))
        x = enlarge(x, image_shape[-1], policy, use_bias=True)
        images = keras.layers.Activation("tanh", dtype="float32", name="images")(x)
        config = {
            "image_shape": list(image_shape),
            "latent_dim": latent_dim,
            "width": width,
            "num_classes": num_classes,
            "conditioning": conditioning,
        }
        super().__init__(inputs, images, config, policy, name)


@keras.saving.register_keras_serializable(package="keras_gan")
class DCGANDiscriminator(Network):
    """DCGAN discriminator: strided convolutions down to a small map, then one logit.

    Each stage halves the size and doubles the channels, with LeakyReLU 0.2. Unlike the network of
    2015 it has no BatchNorm by default, as gradient penalties are defined for single samples.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15 and k >= 1, up to 256 a side, and 1 to 4 channels.
        width: Number of channels of the first stage.
        num_classes: Number of classes, for a class-conditional discriminator.
        conditioning: `"projection"` of the features on the label's embedding, `"concatenation"` of
            the one-hot label to every pixel, or an `"auxiliary"` classifier with its own logits.
        normalization: None, `"batch"` for BatchNorm in all but the first stage, as in 2015, or
            `"spectral"` for spectral normalization of every weight.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.DCGANDiscriminator((28, 28, 1), width=8).output_shape
    (None, 1)
    """

    def __init__(
        self,
        image_shape: Sequence[int] = (28, 28, 1),
        width: int = 64,
        num_classes: int | None = None,
        conditioning: str = "projection",
        normalization: str | None = None,
        dtype: str | None = None,
        name: str = "dcgan_discriminator",
    ):
        _, stages = map_size_and_doublings(image_shape, 1, LARGEST_IMAGE)
        check_num_classes(num_classes)
        check_choice("conditioning", conditioning, CONDITIONINGS)
        check_choice("normalization", normalization, (None, "batch", "spectral"))
        policy = resolve_policy(dtype)
        wrap = SpectralNormalization if normalization == "spectral" else lambda layer: layer
        images = keras.Input(tuple(image_shape), name="images")
        inputs = discriminator_inputs(images, num_classes, conditioning)
        concatenates = num_classes is not None and conditioning == "concatenation"
        x = concatenate_one_hot(*inputs, num_classes) if concatenates else images
        for stage, filters in enumerate(stage_channels(width, stages)):
            convolution = Conv2D(
                filters, 4, strides=2, padding="same", kernel_initializer=INIT, dtype=policy
            )
            x = wrap(convolution)(x)
            if normalization == "batch" and stage > 0:
                x = BatchNormalization(momentum=0.9, dtype=policy)(x)
            x = LeakyReLU(0.2, dtype=policy)(x)
        x = keras.layers.Flatten(dtype=policy)(x)
        x = wrap(keras.layers.Dense(FEATURES, kernel_initializer=INIT, dtype=policy))(x)
        features = LeakyReLU(0.2, dtype="float32")(x)
        outputs = discriminator_outputs(features, inputs, num_classes, conditioning, wrap)
        config = {
            "image_shape": list(image_shape),
            "width": width,
            "num_classes": num_classes,
            "conditioning": conditioning,
            "normalization": normalization,
        }
        super().__init__(inputs, outputs, config, policy, name)


FEATURES = 128


def enlarge(
    x: keras.KerasTensor, filters: int, policy: keras.DTypePolicy, use_bias: bool = False
) -> keras.KerasTensor:
    """Doubles the size of maps by a transposed 4x4 convolution."""
    convolution = Conv2DTranspose(
        filters,
        4,
        strides=2,
        padding="same",
        use_bias=use_bias,
        kernel_initializer=INIT,
        dtype=policy,
    )
    return convolution(x)


def stage_channels(width: int, stages: int) -> list[int]:
    """Returns the channels of the stages from the image inwards, doubling up to 8 times `width`."""
    return [width * min(2**stage, MAX_WIDENING) for stage in range(stages)]
