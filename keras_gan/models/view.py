"""How the discriminator sees samples while it learns."""

from keras_gan.noise import fold_in

import keras
from keras import ops

AUGMENTATION_DRAW = 1  # folded into a half-step's key


class View:
    """The discriminator in training as `samples -> (logits, class logits or None)`.

    It sees samples through the augmentation, real and generated ones alike, and each tensor once.

    Args:
        gan: The game.
        labels: `(batch,)`, or None.
        key: The half-step's `keras_gan.noise` key.
    """

    def __init__(self, gan, labels, key):
        self.gan, self.labels, self.key = gan, labels, key
        self._known = {}

    def __call__(self, samples):
        """Logits `(batch,)` and class logits of samples, which share the labels."""
        if id(samples) not in self._known:
            seen = self.gan.discriminate(self._augmented(samples), self.labels, training=True)
            self._remember(samples, seen)
        return self._known[id(samples)][1]

    def both(self, real, fake):
        """What it says of real and of generated samples, in one pass where samples don't mix."""
        if mixes_samples(self.gan.discriminator):
            return self(real), self(fake)
        together = ops.concatenate([self._augmented(real), self._augmented(fake)])
        labels = None if self.labels is None else ops.concatenate([self.labels] * 2)
        seen = self.gan.discriminate(together, labels, training=True)
        halves = zip(*(halved(outputs) for outputs in seen), strict=True)
        for samples, half in zip((real, fake), halves, strict=True):
            self._remember(samples, half)
        return self(real), self(fake)

    def _augmented(self, samples):
        if self.gan.augmentation is None:
            return samples
        return self.gan.augmentation(samples, fold_in(self.key, AUGMENTATION_DRAW))

    def _remember(self, samples, seen):
        self._known[id(samples)] = (samples, seen)  # which keeps the tensor, and so its id


def halved(outputs):
    """Both halves of a batch; `(None, None)` of None."""
    return (None, None) if outputs is None else ops.split(outputs, 2)


def mixes_samples(network):
    """Whether a sample's output depends on the other samples of its batch, as under BatchNorm.

    A layer of one's own that mixes samples says so with an attribute `mixes_samples = True`.
    """
    return any(
        isinstance(layer, keras.layers.BatchNormalization) or getattr(layer, "mixes_samples", False)
        for layer in network._flatten_layers()
    )
