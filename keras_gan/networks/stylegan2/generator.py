"""StyleGAN2's generator: mapping and synthesis networks."""

import dataclasses
from collections.abc import Sequence

from keras_gan import noise
from keras_gan.checks import check_integer, check_number
from keras_gan.layers import (
    EqualizedDense,
    LeakyReLU,
    LearnedMap,
    ModulatedConv2D,
    PixelNoise,
    Upsample2D,
)
from keras_gan.networks.network import (
    Network,
    check_num_classes,
    generator_inputs,
    resolve_policy,
)
from keras_gan.networks.sizes import map_size_and_doublings, stage_widths
from keras_gan.networks.stylegan2.mapping import GAIN, SLOPE, Mapping

import keras
import tensorflow as tf
from keras import ops

MAX_ACTIVATION = 256.0  # in float16, which ends at 65,504


@keras.saving.register_keras_serializable(package="keras_gan")
class StyleGAN2Generator(Network):
    """StyleGAN2 generator: styles modulate the convolutions from a learned 4x4 map to images.

    Each stage doubles the size, applies two convolutions with noise, and adds its image to the
    enlarged image of the previous stage. There is no tanh. Networks of the paper:

    - 1024x1024: `width=32`; maps of 4x4x512, 8x8x512, 16x16x512, 32x32x512, 64x64x512,
      128x128x256, 256x256x128, 512x512x64, 1024x1024x32; 30,370,060 trainable weights, besides
      fixed maps of noise.
    - 256x256: `width=64`; 4x4x512, 8x8x512, 16x16x512, 32x32x512, 64x64x256, 128x128x128,
      256x256x64; 24,767,458 weights.

    Args:
        image_shape: `(height, width, channels)` of h 2^k x w 2^k pixels, where the smaller of h and
            w is 4 to 15, up to 1024 a side.
        latent_dim: Size of the latent vector, and of w.
        width: Number of channels of the last stage; inwards they double, up to `max_width`. The
            paper's networks have 32,768 / size from 512x512 on, and 16,384 / size below.
        num_classes: Number of classes, for a class-conditional generator; the class's embedding is
            concatenated to the latents.
        mapping_layers: Number of dense layers from latents to w; 2 are enough for small data sets.
        style_mixing: Fraction of the training samples with styles of two latents.
        max_width: Number of channels of the widest stage, at least `width`.
        scale_biases: Whether the gain sqrt 2 of LeakyReLU applies to biases and noise too, as
            published; False in networks that were saved before this argument existed.
        dtype: Precision policy of the synthesis, such as `"mixed_bfloat16"`; Keras's global one by
            default. Styles and the sum of images use float32.
        name: Name of the model.

    Raises:
        ConfigError: For an unsupported image shape or number.

    Example:

    >>> import keras_gan as kg
    >>> generator = kg.networks.StyleGAN2Generator((8, 8, 3), latent_dim=16, width=4)
    >>> styles = generator.mapping(kg.noise.normal((2, 16), kg.noise.make_key(0)))
    >>> styles.shape, generator.synthesis(styles).shape
    (TensorShape([2, 4, 16]), TensorShape([2, 8, 8, 3]))
    """

    tolerance = 1e-4  # of exports: rounding accumulates over many layers
    earlier = {"scale_biases": False}

    def __init__(
        self,
        image_shape: Sequence[int] = (256, 256, 3),
        latent_dim: int = 512,
        width: int = 64,
        num_classes: int | None = None,
        mapping_layers: int = 8,
        style_mixing: float = 0.9,
        max_width: int = 512,
        scale_biases: bool = True,
        dtype: str | None = None,
        name: str = "stylegan2_generator",
    ):
        check_arguments(width, num_classes, mapping_layers)
        check_number("style_mixing", style_mixing, maximum=1)
        size, doublings = map_size_and_doublings(image_shape)
        widths = stage_widths(doublings, width, max_width)[::-1]
        policy = resolve_policy(dtype)
        latents, inputs = generator_inputs(latent_dim, num_classes)
        mapping = Mapping(
            latent_dim,
            mapping_layers,
            2 * len(widths),
            num_classes,
            style_mixing,
            scale_biases,
            dtype="float32",
            name="mapping",
        )
        styles, key = mapping(inputs), NoiseKey(dtype="float32")(latents)
        maker = StyledConvolutions(styles, key, scale_biases, policy)
        images = maker.synthesize(widths, (*size, image_shape[-1]))
        config = {
            "image_shape": list(image_shape),
            "latent_dim": latent_dim,
            "width": width,
            "num_classes": num_classes,
            "mapping_layers": mapping_layers,
            "style_mixing": style_mixing,
            "max_width": max_width,
            "scale_biases": scale_biases,
        }
        super().__init__(inputs, images, config, policy, name)
        models = keras.Model(inputs, styles), keras.Model([styles, key], images)
        self.__dict__["_halves"] = lambda: models  # a function, as Keras would save a model twice

    @property
    def num_styles(self) -> int:
        """Number of layers with a style."""
        return self._halves()[0].output_shape[1]

    def mapping(self, inputs: tf.Tensor | Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Maps latents, or `[latents, labels]`, to styles `(batch, layers, latent_dim)`."""
        return self._halves()[0](inputs, training=training)

    def synthesis(
        self, styles: tf.Tensor, key: tf.Tensor | None = None, training: bool = False
    ) -> tf.Tensor:
        """Maps styles to float32 images.

        Args:
            styles: `(batch, layers, latent_dim)`; layers may have styles of different latents.
            key: A `keras_gan.noise` key for the noise in training.
            training: Whether to draw new noise instead of the fixed maps.
        """
        key = noise.make_key(0) if key is None else key
        styles = ops.convert_to_tensor(styles, "float32")
        return self._halves()[1]([styles, key], training=training)

    def truncated(self, inputs: Sequence[tf.Tensor], truncation: float | tf.Tensor) -> tf.Tensor:
        """Generates images from styles average + truncation (w - average).

        Args:
            inputs: `[latents]`, or `[latents, labels]`.
            truncation: From 0 to 1.

        Source: Karras et al., CVPR 2019, section B.
        """
        styles = self.mapping(inputs if len(inputs) > 1 else inputs[0])
        average = self.get_layer("mapping").average
        return self.synthesis(truncation * styles + (1.0 - truncation) * average)


def check_arguments(width: int, num_classes: int | None, mapping_layers: int) -> None:
    """Raises `ConfigError` for arguments that neither network supports."""
    check_num_classes(num_classes)
    check_integer("width", width)
    check_integer("mapping_layers", mapping_layers)


@dataclasses.dataclass(frozen=True)
class StyledConvolutions:
    """A builder of the functional graph from styles to images.

    Attributes:
        styles: `(batch, 2 stages, units)`.
        key: A `keras_gan.noise` key.
        scale_biases: As in `StyleGAN2Generator`.
        policy: Precision policy.
    """

    styles: keras.KerasTensor
    key: keras.KerasTensor
    scale_biases: bool
    policy: keras.DTypePolicy

    def synthesize(
        self, widths: Sequence[int], smallest: tuple[int, int, int]
    ) -> keras.KerasTensor:
        """Builds the graph.

        Args:
            widths: Numbers of channels of the stages, from the smallest map on.
            smallest: Shape of the smallest image, `(height, width, channels)`.
        """
        policy = self.policy
        x, images = LearnedMap(widths[0], smallest[:2], dtype=policy)(self.styles), None
        for stage, width in enumerate(widths):
            number = max(2 * stage - 1, 0)
            if stage:
                x = self.convolve(x, number, width, upsample=True)
                number += 1
            x = self.convolve(x, number, width)
            scales = style_scales(x, self.styles[:, number + 1])
            rgb = ModulatedConv2D(smallest[2], 1, demodulate=False, dtype=policy)([x, scales])
            rgb = keras.layers.Activation("linear", dtype="float32")(rgb)
            images = rgb if images is None else Upsample2D(dtype="float32")(images) + rgb
        return keras.layers.Activation("linear", dtype="float32", name="images")(images)

    def convolve(
        self, x: keras.KerasTensor, number: int, width: int, upsample: bool = False
    ) -> keras.KerasTensor:
        """Applies the `number`-th modulated 3x3 convolution, with noise and LeakyReLU.

        The convolution includes the gain sqrt 2 of LeakyReLU, which saves a pass over the map.
        """
        options = {"gain": GAIN, "scale_bias": self.scale_biases, "dtype": self.policy}
        scales = style_scales(x, self.styles[:, number])
        x = ModulatedConv2D(width, 3, upsample=upsample, **options)([x, scales])
        gain = GAIN if self.scale_biases else 1.0
        x = PixelNoise(number, gain, dtype=self.policy)([x, self.key])
        return activate(x, self.policy)


def style_scales(x: keras.KerasTensor, style: keras.KerasTensor) -> keras.KerasTensor:
    """Maps a style to scales of the channels of x, around 1."""
    return EqualizedDense(x.shape[-1], bias=1.0, dtype="float32")(style)


def activate(x: keras.KerasTensor, policy: keras.DTypePolicy) -> keras.KerasTensor:
    """Applies LeakyReLU, clipped to +-256 in float16, so that the next layers can't overflow."""
    x = LeakyReLU(SLOPE, dtype=policy)(x)
    return ops.clip(x, -MAX_ACTIVATION, MAX_ACTIVATION) if policy.compute_dtype == "float16" else x


@keras.saving.register_keras_serializable(package="keras_gan")
class NoiseKey(keras.layers.Layer):
    """Noise key of a batch, a function of its latents and so, in training, of (seed, step)."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `(batch, latent_dim)` float32 to a `keras_gan.noise` key."""
        return noise.key_of(inputs)

    def compute_output_spec(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        """Returns the spec of a key, two int64 numbers."""
        return keras.KerasTensor((2,), "int64")
