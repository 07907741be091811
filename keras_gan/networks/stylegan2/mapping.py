"""StyleGAN2's mapping network, from latents and labels to styles."""

from collections.abc import Sequence
from typing import Any

from keras_gan import noise
from keras_gan.layers import EqualizedDense, LeakyReLU, PixelNormalization

import keras
import tensorflow as tf
from keras import ops

SLOPE = 0.2
GAIN = 2**0.5  # keeps the variance after LeakyReLU
RATE = 0.01
DECAY = 0.995
MIXING_DRAW = 1_000  # folded into the latents' key, above the numbers of the noise layers


def dense_layers(units: int, count: int, scale_bias: bool) -> list[keras.layers.Layer]:
    """Makes the layers of a mapping network, in float32, with 0.01 of the learning rate."""
    options = {"gain": GAIN, "rate": RATE, "scale_bias": scale_bias, "dtype": "float32"}
    return [
        layer
        for _ in range(count)
        for layer in (
            EqualizedDense(units, **options),
            LeakyReLU(SLOPE, dtype="float32"),
        )
    ]


@keras.saving.register_keras_serializable(package="keras_gan")
class Mapping(keras.layers.Layer):
    """A mapping network from latents, and label embeddings, to the styles of all layers.

    Latents and embeddings are normalized to mean square 1. Training updates a moving average of w
    and mixes styles: from a random layer on, a sample uses the styles of another sample's latents,
    with its own label.

    Args:
        units: Size of w.
        layers: Number of dense layers.
        num_styles: Number of layers with a style.
        num_classes: Number of classes, or None.
        style_mixing: Fraction of the samples with mixed styles.
        scale_bias: As in `keras_gan.layers.EqualizedDense`.
        **kwargs: As in `keras.layers.Layer`.

    Source: Karras et al., CVPR 2019, section 3.1; the average for truncation, section B.
    """

    def __init__(
        self,
        units: int,
        layers: int,
        num_styles: int,
        num_classes: int | None = None,
        style_mixing: float = 0.9,
        scale_bias: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units, self.num_styles, self.num_classes = units, num_styles, num_classes
        self.style_mixing, self.scale_bias = style_mixing, scale_bias
        self.normalization = PixelNormalization(dtype="float32")
        self.embedding = EqualizedDense(units, dtype="float32") if num_classes else None
        self.stack = dense_layers(units, layers, scale_bias)

    def build(self, input_shape: Any) -> None:
        """Creates the weights for latents `(batch, n)`, or `[latents, labels (batch,)]`."""
        size = input_shape[0][-1] if self.num_classes else input_shape[-1]
        if self.num_classes:
            self.embedding.build((None, self.num_classes))
            size += self.units
        for layer in self.stack:
            layer.build((None, size))
            size = self.units
        self.average = self.add_weight((self.units,), "zeros", trainable=False, name="average")

    def call(self, inputs: tf.Tensor | Sequence[tf.Tensor], training: bool = False) -> tf.Tensor:
        """Maps latents, or `[latents, labels]`, to styles `(batch, num_styles, units)`."""
        latents, *labels = inputs if self.num_classes else [inputs]
        w = self.map_latents(latents, *labels)
        styles = ops.repeat(w[:, None], self.num_styles, axis=1)
        if not training:
            return styles
        mean = ops.mean(ops.stop_gradient(w), axis=0)
        self.average.assign(DECAY * self.average + (1.0 - DECAY) * mean)
        return self._mix_styles(styles, w, latents, labels) if self.style_mixing else styles

    def map_latents(self, latents: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """Maps latents `(batch, n)` and labels `(batch,)` to w, `(batch, units)`."""
        x = self.normalization(latents)
        if labels is not None:
            embedded = self.embedding(ops.one_hot(labels, self.num_classes, dtype="float32"))
            x = ops.concatenate([x, self.normalization(embedded)], axis=-1)
        for layer in self.stack:
            x = layer(x)
        return x

    def _mix_styles(self, styles, w, latents, labels):
        """Replaces some styles, from a random layer on, by those of the next sample's latents."""
        following = ops.roll(latents, 1, axis=0)
        other = self.map_latents(following, *labels) if labels else ops.roll(w, 1, axis=0)
        key = noise.fold_in(noise.key_of(latents), MIXING_DRAW)
        draw, layer = ops.unstack(noise.uniform((2, ops.shape(latents)[0]), key))
        layer = 1.0 + ops.floor(layer * (self.num_styles - 1))
        layer = ops.where(draw < self.style_mixing, layer, float(self.num_styles))
        keep = ops.arange(self.num_styles, dtype="float32")[None] < layer[:, None]
        return ops.where(keep[:, :, None], styles, other[:, None])

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns `(batch, num_styles, units)`."""
        batch = (input_shape[0] if self.num_classes else input_shape)[0]
        return (batch, self.num_styles, self.units)

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "layers": len(self.stack) // 2,
            "num_styles": self.num_styles,
            "num_classes": self.num_classes,
            "style_mixing": self.style_mixing,
            "scale_bias": self.scale_bias,
        }
