"""Digits: a small classifier of 28x28 grey digits that the package ships."""

import hashlib
import importlib.resources
import io

from keras_gan.metrics.extractors.extractor import Extractor, check_images

import numpy as np
from keras import ops

STRIDES = (2, 1, 2, 1, 1)


class Digits(Extractor):
    """Reads MNIST's digits: 128 features, and probabilities of the ten digits.

    Five convolutions with ReLU; the features are the last one's means over the picture, as
    Inception's `pool_3` are. They are scaled to a variance of 1 over MNIST's training digits,
    averaged over the features, so that these digits' total variance is 128: the unit of a Frechet
    distance. `tools/train_digits_classifier.py` trains it and tells its accuracy.

    Args:
        path: A `pathlib.Path` of other weights of the same form, whose SHA-256 then stands in
            `describe()`; the package's own by default.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan.metrics import extractors
    >>> image, label = kg.datasets.open_source("digits")[4321]
    >>> extractors.get("digits").features(image[None]).shape
    (1, 128)
    >>> int(extractors.get("digits").probabilities(image[None]).argmax()) == label
    True
    """

    def __init__(self, path=None):
        own = importlib.resources.files("keras_gan.metrics.extractors") / "digits.npz"
        content = (path or own).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        super().__init__("digits", f"sha256 {digest[:12]}" if path else None)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            self._weights = {name: arrays[name].astype("float32") for name in arrays.files}

    def check(self, samples):
        """Grey images of 28x28."""
        wanted = "(28, 28, 1) (Stacked('digits') reads each channel of others)"
        return check_images(samples, self.name, wanted, (28, 28, {1}))

    def tensors(self, samples):
        """One batch through the convolutions."""
        hidden, weights = ops.cast(samples, "float32"), self._weights
        for layer, stride in enumerate(STRIDES):
            hidden = ops.conv(hidden, weights[f"kernel{layer}"], stride, padding="same")
            hidden = ops.relu(hidden + weights[f"bias{layer}"])
        return ops.mean(hidden, axis=(1, 2))

    def measure(self, samples):
        """One batch through the network."""
        features, weights = self.tensors(samples), self._weights
        probabilities = ops.softmax(features @ weights["head_kernel"] + weights["head_bias"])
        return ops.convert_to_numpy(features), ops.convert_to_numpy(probabilities)
