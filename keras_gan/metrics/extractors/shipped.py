"""The bundled classifiers: Digits and Photos."""

import hashlib
import importlib.resources
import io
import pathlib

from keras_gan.metrics.extractors.extractor import Extractor, check_images, in_colour

import numpy as np
import tensorflow as tf
from keras import ops


class Shipped(Extractor):
    """Base class of image classifiers whose weights are part of this package.

    They consist of convolutions with ReLU. The features are the last layer's means over the image,
    like Inception's `pool_3`, and a linear classifier gives the probabilities. Features are
    scaled to an average variance of 1 on the training images, so that their total variance, the
    scale of a Frechet distance, is the number of features. `tools/train_extractor.py` trains both
    and reports their accuracy.

    Args:
        path: Path of other weights of the same architecture, whose SHA-256 becomes the
            provenance; by default the bundled weights.
    """

    name: str
    strides: tuple

    def __init__(self, path: pathlib.Path | None = None) -> None:
        bundled = importlib.resources.files("keras_gan.metrics.extractors") / f"{self.name}.npz"
        content = (path or bundled).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        super().__init__(self.name, f"sha256 {digest[:12]}" if path else None)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            self._weights = {name: arrays[name].astype("float32") for name in arrays.files}

    def tensors(self, samples: tf.Tensor) -> tf.Tensor:
        """Computes the features of one batch as a tensor."""
        hidden, weights = ops.cast(samples, "float32"), self._weights
        for layer, stride in enumerate(self.strides):
            hidden = ops.conv(hidden, weights[f"kernel{layer}"], stride, padding="same")
            hidden = ops.relu(hidden + weights[f"bias{layer}"])
        return ops.mean(hidden, axis=(1, 2))

    def measure(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Computes features and probabilities of one batch."""
        features, weights = self.tensors(samples), self._weights
        probabilities = ops.softmax(features @ weights["head_kernel"] + weights["head_bias"])
        return ops.convert_to_numpy(features), ops.convert_to_numpy(probabilities)


class Digits(Shipped):
    """Classifier of MNIST's digits, 28x28 and grey, with 128 features and ten classes.

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

    def check(self, samples: np.ndarray) -> np.ndarray:
        """Returns samples; raises `DataError` unless they are grey images of 28x28."""
        form = "(28, 28, 1) ('stacked_digits' reads each channel of others)"
        return check_images(samples, self.name, form, (28, 28, {1}))


class Photos(Shipped):
    """Classifier of small photographs, with 256 features and CIFAR-10's ten classes.

    It replaces Inception if its weights aren't available, or if it is too slow. It was trained on
    photographs of 32x32 and has a receptive field of 29 pixels, so that for larger images it
    depends more on texture than on shape. Grey images are repeated to three channels.

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

    def check(self, samples: np.ndarray) -> np.ndarray:
        """Returns samples; raises `DataError` unless they are grey or colour images."""
        return check_images(samples, self.name, "(height, width, 1 or 3)", (None, None, {1, 3}))

    def tensors(self, samples: tf.Tensor) -> tf.Tensor:
        """Computes the features of one batch, in colour, as a tensor."""
        return super().tensors(in_colour(samples))
