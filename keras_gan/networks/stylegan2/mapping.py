"""From latents and labels to styles."""

from keras_gan import noise
from keras_gan.layers import EqualizedDense, LeakyReLU, PixelNormalization

import keras
from keras import ops

SLOPE = 0.2
GAIN = 2**0.5  # with LeakyReLU it keeps the variance
RATE = 0.01
DECAY = 0.998
MIXING_DRAW = 1_000  # folded into the latents' key, beyond the numbers of the noise layers


def dense_layers(units, count):
    """The layers of a mapping network, in float32: dense, with LeakyReLU and a hundredth's rate."""
    return [
        layer
        for _ in range(count)
        for layer in (
            EqualizedDense(units, gain=GAIN, rate=RATE, dtype="float32"),
            LeakyReLU(SLOPE, dtype="float32"),
        )
    ]


@keras.saving.register_keras_serializable(package="keras_gan")
class Mapping(keras.layers.Layer):
    """Latents, beside the label's embedding, become w, and w the style of each layer.

    Both parts of the input are at mean square 1. In training the average of w follows it, and
    styles are mixed: from a random layer on they are those of another sample's latents, with the
    sample's own label.

    Args:
        units: Size of w.
        layers: Dense layers.
        num_styles: Layers that take a style.
        num_classes: Number of classes, or None.
        style_mixing: Share of the samples whose styles are mixed.
        **kwargs: As in `keras.layers.Layer`.

    Source: Karras et al., CVPR 2019, section 3.1; the average for truncation, section B.
    """

    def __init__(self, units, layers, num_styles, num_classes=None, style_mixing=0.9, **kwargs):
        super().__init__(**kwargs)
        self.units, self.num_styles, self.num_classes = units, num_styles, num_classes
        self.style_mixing = style_mixing
        self.normalization = PixelNormalization(dtype="float32")
        self.embedding = EqualizedDense(units, dtype="float32") if num_classes else None
        self.stack = dense_layers(units, layers)

    def build(self, input_shape):
        """Makes the weights for `[latents (batch, n), labels (batch,)]`, or latents alone."""
        size = input_shape[0][-1] if self.num_classes else input_shape[-1]
        if self.num_classes:
            self.embedding.build((None, self.num_classes))
            size += self.units
        for layer in self.stack:
            layer.build((None, size))
            size = self.units
        self.average = self.add_weight((self.units,), "zeros", trainable=False, name="average")

    def call(self, inputs, training=False):
        """`[latents, labels]`, or latents alone, `-> styles (batch, num_styles, units)`."""
        latents, *labels = inputs if self.num_classes else [inputs]
        w = self.map_latents(latents, *labels)
        styles = ops.repeat(w[:, None], self.num_styles, axis=1)
        if not training:
            return styles
        mean = ops.mean(ops.stop_gradient(w), axis=0)
        self.average.assign(DECAY * self.average + (1.0 - DECAY) * mean)
        return self._mix_styles(styles, w, latents, labels) if self.style_mixing else styles

    def map_latents(self, latents, labels=None):
        """`(batch, n)` and `(batch,)` to w, `(batch, units)`."""
        x = self.normalization(latents)
        if labels is not None:
            embedded = self.embedding(ops.one_hot(labels, self.num_classes, dtype="float32"))
            x = ops.concatenate([x, self.normalization(embedded)], axis=-1)
        for layer in self.stack:
            x = layer(x)
        return x

    def _mix_styles(self, styles, w, latents, labels):
        """Styles of which some are the next sample's from a random layer on."""
        following = ops.roll(latents, 1, axis=0)
        other = self.map_latents(following, *labels) if labels else ops.roll(w, 1, axis=0)
        key = noise.fold_in(noise.key_of(latents), MIXING_DRAW)
        mixes, place = ops.unstack(noise.uniform((2, ops.shape(latents)[0]), key))
        place = 1.0 + ops.floor(place * (self.num_styles - 1))
        place = ops.where(mixes < self.style_mixing, place, float(self.num_styles))
        own = ops.arange(self.num_styles, dtype="float32")[None] < place[:, None]
        return ops.where(own[:, :, None], styles, other[:, None])

    def compute_output_shape(self, input_shape):
        """`(batch, num_styles, units)`."""
        batch = (input_shape[0] if self.num_classes else input_shape)[0]
        return (batch, self.num_styles, self.units)

    def get_config(self):
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "layers": len(self.stack) // 2,
            "num_styles": self.num_styles,
            "num_classes": self.num_classes,
            "style_mixing": self.style_mixing,
        }
