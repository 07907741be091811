"""ProGAN: networks that grow from 4x4 pixels, for square images of 8 to 1024 pixels.

Source: Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
ICLR 2018, section 2 and table 2.
"""

import math
from collections.abc import Sequence

from keras_gan.layers import NearestUpsample2D
from keras_gan.networks.network import Network, resolve_policy
from keras_gan.networks.progressive_stages import DiscriminatorStages, GeneratorStages, Stages

import keras


class GrowingNetwork(Network):
    """Base of networks with all sizes from 4x4 on, and a level up to which they have grown.

    Level s is the network of 4 * 2^s pixels; from s - 1 to s its last stage fades in. The network
    itself takes or makes images of the final size at every level. `at` gives a single stage.

    Args:
        stages: Layers of the network.
        config, dtype, name: As in `Network`.
    """

    def __init__(self, stages: Stages, config: dict, dtype: keras.DTypePolicy, name: str):
        inputs = stages.inputs(stages.last)
        outputs = stages.connect(inputs, stages.last, fading=range(1, stages.last + 1))
        super().__init__(inputs, outputs, config, dtype, name)
        self._stages = stages

    @property
    def last_stage(self) -> int:
        """Stage of the final size, counted from 0 for 4x4."""
        return self._stages.last

    @property
    def level(self) -> keras.Variable:
        """Variable of the level, from 0 to `last_stage`; a new network is fully grown."""
        return self._stages.fade.level

    def at(self, stage: int) -> keras.Model:
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
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15 and k >= 1, up to 1024 a side.
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
        image_shape: Sequence[int] = (32, 32, 3),
        latent_dim: int = 128,
        width: int = 64,
        num_classes: int | None = None,
        max_width: int = 512,
        dtype: str | None = None,
        name: str = "progressive_generator",
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

    def for_export(self) -> keras.Model:
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

    Each stage has two convolutions with LeakyReLU 0.2 and 2x2 average pooling, before the second
    activation as in the authors' program, or after it as in the paper's table. At 4x4 the minibatch
    standard deviation is appended. The paper's network for 1024x1024: `width=16`; maps of
    1024x1024x16, 512x512x32, 256x256x64, 128x128x128, 64x64x256, 32x32x512, 16x16x512, 8x8x512,
    4x4x512; 23,087,249 weights, 23.1 million as published.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15 and k >= 1, up to 1024 a side.
        width: Channels at the image's size; inwards they double, up to `max_width`.
        num_classes: Number of classes, for a class-conditional discriminator; the inner product of
            the last features and the class's embedding is added to the logit.
        max_width: Channels of the widest stage, or `width` where that is more; 512 in the paper.
        group_size: Number of samples in a group of the minibatch standard deviation.
        pool_first: Whether to pool before the activation; False in networks that were saved before
            this argument existed.
        dtype: Precision policy; Keras's global one by default.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape.

    Example:

    >>> import keras_gan as kg
    >>> kg.networks.ProgressiveDiscriminator((32, 32, 3), width=8).at(1).input_shape
    (None, 8, 8, 3)
    """

    earlier = {"pool_first": False}

    def __init__(
        self,
        image_shape: Sequence[int] = (32, 32, 3),
        width: int = 64,
        num_classes: int | None = None,
        max_width: int = 512,
        group_size: int = 4,
        pool_first: bool = True,
        dtype: str | None = None,
        name: str = "progressive_discriminator",
    ):
        policy = resolve_policy(dtype)
        options = {"group_size": group_size, "pool_first": pool_first}
        stages = DiscriminatorStages(image_shape, width, max_width, num_classes, policy, **options)
        config = {
            "image_shape": list(image_shape),
            "width": width,
            "num_classes": num_classes,
            "max_width": max_width,
            **options,
        }
        super().__init__(stages, config, policy, name)
