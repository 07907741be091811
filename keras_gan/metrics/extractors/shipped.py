"""The classifiers that the package ships: Digits and Photos."""

import hashlib
import importlib.resources
import io

from keras_gan.metrics.extractors.extractor import Extractor, check_images

import numpy as np
from keras import ops


class Shipped(Extractor):
    """A classifier of images whose weights are part of this package.

    Convolutions with ReLU; the features are the last one's means over the picture, as Inception's
    `pool_3` are, and the probabilities a linear classifier of these. They are scaled to a variance
    of 1 over the images it was trained on, averaged over the features, so that the total variance
    of these is the number of features: the unit of a Frechet distance.
    `tools/train_extractor.py` trains both and tells their accuracy.

    Args:
        path: A `pathlib.Path` of other weights of the same form, whose SHA-256 then stands in
            `describe()`; the package's own by default.
    """

    name: str
    strides: tuple

    def __init__(self, path=None):
        own = importlib.resources.files("keras_gan.metrics.extractors") / f"{self.name}.npz"
        content = (path or own).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        super().__init__(self.name, f"sha256 {digest[:12]}" if path else None)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            self._weights = {name: arrays[name].astype("float32") for name in arrays.files}

    def tensors(self, samples):
        """One batch through the convolutions."""
        hidden, weights = ops.cast(samples, "float32"), self._weights
        for layer, stride in enumerate(self.strides):
            hidden = ops.conv(hidden, weights[f"kernel{layer}"], stride, padding="same")
            hidden = ops.relu(hidden + weights[f"bias{layer}"])
        return ops.mean(hidden, axis=(1, 2))

    def measure(self, samples):
        """One batch through the network."""
        features, weights = self.tensors(samples), self._weights
        probabilities = ops.softmax(features @ weights["head_kernel"] + weights["head_bias"])
        return ops.convert_to_numpy(features), ops.convert_to_numpy(probabilities)


class Digits(Shipped):
    """Reads MNIST's digits, 28x28 and grey: 128 features, and probabilities of the ten digits.

    Args:
        path: As in `Shipped`.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan.metrics import extractors
    >>> image, label = kg.datasets.open_source("digits")[4321]
    >>> extractors.get("digits").features(image[None]).shape
    (1, 128)
    >>> int(extractors.get("digits").probabilities(image[None]).argmax()) == label
    True
    """

    name = "digits"
    strides = (2, 1, 2, 1, 1)

    def check(self, samples):
        """Grey images of 28x28."""
        wanted = "(28, 28, 1) ('stacked_digits' reads each channel of others)"
        return check_images(samples, self.name, wanted, (28, 28, {1}))


class Photos(Shipped):
    """Reads small photographs: 256 features, and probabilities of CIFAR-10's ten classes.

    For where Inception's weights aren't at hand, or too slow: it has learnt photographs of 32x32
    and looks at parts of 29 pixels, so that of larger pictures it judges texture more than
    shape. Grey pictures are repeated to three channels.

    Args:
        path: As in `Shipped`.

    Example:

    >>> import numpy as np
    >>> from keras_gan.metrics import extractors
    >>> extractors.get("photos").features(np.zeros((2, 32, 32, 3), "float32")).shape
    (2, 256)
    """

    name = "photos"
    strides = (1, 2, 1, 2, 1, 2)

    def check(self, samples):
        """Grey or color images of any size."""
        return check_images(samples, self.name, "(height, width, 1 or 3)", (None, None, {1, 3}))

    def tensors(self, samples):
        """One batch through the convolutions, in color."""
        samples = ops.convert_to_tensor(samples)
        return super().tensors(ops.repeat(samples, 3 // samples.shape[-1], axis=-1))
