"""Inception: the network of 2015 with which published Frechet distances are computed."""

from keras_gan import pictures
from keras_gan.errors import unknown
from keras_gan.metrics.extractors.extractor import Extractor, check_images, in_colour
from keras_gan.metrics.published import inception, weights

import numpy as np
import tensorflow as tf

RESIZES = {
    "tensorflow": inception.resize_as_tensorflow,
    "clean": inception.resize_cleanly,
    "pytorch": inception.resize_as_pytorch,
}


class Inception(Extractor):
    """Extractor by the network of 2015-12-05, with 2,048 features and 1,008 classes.

    Images of any size in [-1, 1] are rounded to 0 to 255, grey ones repeated to three channels,
    and resized to 299x299 in one of three ways, after which figures differ by several percent:

    - `tensorflow`: by the graph itself, as for most published figures and in StyleGAN's code;
    - `clean`: by clean-fid, which avoids aliasing;
    - `pytorch`: by pytorch-fid.

    The weights are in Keras's cache (`KERAS_HOME` or `~/.keras`), fetched there once if they
    aren't: `keras-gan fetch inception`. Those from TensorFlow's archive include the classifier; the
    probabilities omit its bias, as the original Inception Score does.

    Args:
        resize: `tensorflow`, `clean` or `pytorch`.

    Raises:
        ConfigError: For an unknown way of resizing.
        DataError: If the weights can't be fetched, or aren't those of 2015.

    Source: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash
    Equilibrium", NeurIPS 2017; as a classifier: Salimans et al., "Improved Techniques for Training
    GANs", NeurIPS 2016; resizing: Parmar et al., "On Aliased Resizing and Surprising Subtleties in
    GAN Evaluation", CVPR 2022.
    """

    is_slow = True

    def __init__(self, resize: str = "tensorflow") -> None:
        if resize not in RESIZES:
            raise unknown("way of resizing", resize, RESIZES)
        arrays = weights.load("inception")
        name = "inception" if resize == "tensorflow" else f"inception_{resize}"
        super().__init__(name, weights.describe("inception"), batch_size=64)
        self._resize = RESIZES[resize]
        # pytorch-fid scales to [-1, 1], the graph by 128
        self._centre = 127.5 if resize == "pytorch" else 128.0
        self._network = inception.build_inception(arrays)
        self._classes = arrays.get(inception.CLASSES)
        self._compute = tf.function(self._compute_features, reduce_retracing=True)

    def check(self, samples: np.ndarray) -> np.ndarray:
        """Returns samples; raises `DataError` unless they are grey or colour images."""
        return check_images(samples, self.name, "(height, width, 1 or 3)", (None, None, {1, 3}))

    def tensors(self, samples: tf.Tensor) -> tf.Tensor:
        """Computes the features of one batch as a tensor, of values that aren't rounded."""
        return self._compute_features((in_colour(samples) + 1) * 127.5)

    def measure(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Computes features of one batch, and probabilities if the classifier is there."""
        features = self._compute(in_colour(pictures.to_uint8(samples))).numpy()
        if self._classes is None:
            return features, None
        return features, tf.nn.softmax(features @ self._classes).numpy()

    def _compute_features(self, images):
        """Computes features of colour images from 0 to 255."""
        images = (self._resize(images) - self._centre) / self._centre
        return self._network(images, training=False)
