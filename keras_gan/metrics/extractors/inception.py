"""Inception: the network of 2015 with which published Frechet distances are computed."""

import hashlib
import os
import pathlib
import tarfile
import zlib

from keras_gan import pictures
from keras_gan.errors import DataError
from keras_gan.metrics.extractors.extractor import Extractor, check_images

import keras
import numpy as np
import tensorflow as tf

URL = (
    "https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/"
    "inception-2015-12-05.tgz"
)
GRAPH_FILE = "classify_image_graph_def.pb"
FOLDER = "keras_gan"


class Inception(Extractor):
    """Extractor by the TensorFlow graph of 2015-12-05, with 2,048 features and 1,008 classes.

    The features are `pool_3`. As for published figures, images in [-1, 1] of any size are rounded
    to 0 to 255, grey ones are repeated to three channels, and the graph resizes them to 299x299.
    The probabilities omit the last layer's bias, as the original Inception Score does.

    The archive of about 90 MB is downloaded once to Keras's cache (`KERAS_HOME` or `~/.keras`).
    `describe()` contains the first digits of the graph's SHA-256, which reports quote.

    Raises:
        DataError: If the archive isn't in the cache and can't be downloaded, or isn't this graph.

    Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", CVPR 2016;
    as an extractor: Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a
    Local Nash Equilibrium", NeurIPS 2017; as a classifier: Salimans et al., "Improved Techniques
    for Training GANs", NeurIPS 2016.
    """

    def __init__(self):
        content = read_graph(find_archive())
        digest = hashlib.sha256(content).hexdigest()
        super().__init__("inception", f"sha256 {digest[:12]}", batch_size=64)
        self._session, self._images, self._outputs = open_session(content)

    def check(self, samples: np.ndarray) -> np.ndarray:
        """Returns samples; raises `DataError` unless they are grey or colour images."""
        return check_images(samples, self.name, "(height, width, 1 or 3)", (None, None, {1, 3}))

    def measure(self, samples: np.ndarray) -> list[np.ndarray]:
        """Runs the graph on one batch."""
        images = pictures.to_uint8(samples).numpy().astype("float32")
        if images.shape[-1] == 1:
            images = images.repeat(3, axis=-1)
        return self._session.run(self._outputs, {self._images: images})


def archive_path() -> pathlib.Path:
    """Returns the path of the archive in Keras's cache, whether it is there or not."""
    home = pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")
    return home / FOLDER / pathlib.PurePosixPath(URL).name


def find_archive() -> pathlib.Path:
    """Returns the path of the archive, downloaded if needed."""
    path = archive_path()
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)  # without it Keras would use /tmp
        keras.utils.get_file(path.name, URL, cache_subdir=FOLDER, cache_dir=path.parents[1])
        return path
    except Exception as error:
        raise DataError(
            f"could not download the Inception graph: {error}. Without a network, download {URL} "
            f"elsewhere and put it at {path}, or use the extractor photos (--extractor photos)."
        ) from error


def read_graph(path: pathlib.Path) -> bytes:
    """Reads the serialized graph from the archive."""
    try:
        with tarfile.open(path) as archive:
            members = {pathlib.PurePosixPath(member.name).name: member for member in archive}
            return archive.extractfile(members[GRAPH_FILE]).read()
    except (tarfile.TarError, OSError, EOFError, KeyError, zlib.error) as error:
        raise DataError(
            f"expected the complete archive of {URL} at {path}, but: {error!r}; remove it, so that "
            "it is downloaded again."
        ) from error


def open_session(content: bytes) -> tuple[tf.compat.v1.Session, tf.Tensor, list[tf.Tensor]]:
    """Opens a session of the graph and returns `(session, input, [features, probabilities])`.

    The input is that behind the JPEG decoder, `(batch, height, width, 3)` floats from 0 to 255. It
    needs a session rather than a `tf.function`: TensorFlow runs the graph's deprecated batch
    normalization operation only in graphs of an old producer version.
    """
    try:
        definition = tf.compat.v1.GraphDef.FromString(content)
        for node in definition.node:
            node.attr.pop("_output_shapes", None)  # they state a batch of 1
        with tf.Graph().as_default() as graph:
            images = tf.compat.v1.placeholder(tf.float32, (None, None, None, 3), name="images")
            pooled, product = tf.import_graph_def(
                definition,
                input_map={"ExpandDims:0": images},
                return_elements=["pool_3:0", "softmax/logits/MatMul"],
                name="inception",
            )
            kernel = product.inputs[1]
            features = tf.reshape(pooled, (-1, kernel.shape[0]))
            probabilities = tf.nn.softmax(features @ kernel)
    except Exception as error:
        raise DataError(
            f"expected the graph of {URL} with the tensors ExpandDims:0, pool_3:0 and "
            f"softmax/logits/MatMul, but: {error}."
        ) from error
    return tf.compat.v1.Session(graph=graph), images, [features, probabilities]
