"""Inception: the network of 2015 by which Frechet distances of images are published."""

import hashlib
import os
import pathlib
import tarfile
import zlib

from keras_gan import pictures
from keras_gan.errors import DataError
from keras_gan.metrics.extractors.extractor import Extractor, check_images

import keras
import tensorflow as tf

URL = (
    "https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/"
    "inception-2015-12-05.tgz"
)
GRAPH_FILE = "classify_image_graph_def.pb"
FOLDER = "keras_gan"


class Inception(Extractor):
    """The TensorFlow graph of 2015-12-05: 2,048 features (`pool_3`), 1,008 classes.

    Images in [-1, 1] of any size are rounded to the 0 to 255 of a picture file, grey ones repeated
    to three channels, and resized to 299x299 by the graph itself, as the published figures do.
    The probabilities leave the last layer's bias out, as the Inception Score always has.

    The archive of about 90 MB is fetched once, into Keras's cache (`KERAS_HOME`, or `~/.keras`).
    The first digits of the graph's SHA-256 stand in `describe()`, beside every figure.

    Raises:
        DataError: Where the archive lies not there and can't be fetched, or is no such graph.

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

    def check(self, samples):
        """Grey or color images of any size."""
        wanted = "(height, width, 1 or 3)"
        return check_images(samples, self.name, wanted, (None, None, {1, 3}))

    def measure(self, samples):
        """One batch through the graph."""
        images = pictures.to_uint8(samples).numpy().astype("float32")
        if images.shape[-1] == 1:
            images = images.repeat(3, axis=-1)
        return self._session.run(self._outputs, {self._images: images})


def find_archive() -> pathlib.Path:
    """Where the archive lies, fetched if need be."""
    home = pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")
    path = home / FOLDER / pathlib.PurePosixPath(URL).name
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)  # without it Keras would use /tmp
        keras.utils.get_file(path.name, URL, cache_subdir=FOLDER, cache_dir=home)
        return path
    except Exception as error:
        raise DataError(
            f"could not fetch the Inception graph: {error}. Without a network, fetch {URL} "
            f"elsewhere and put it at {path}, or take the extractor 'photos'."
        ) from error


def read_graph(path: pathlib.Path) -> bytes:
    """The serialised graph in the archive."""
    try:
        with tarfile.open(path) as archive:
            members = {pathlib.PurePosixPath(member.name).name: member for member in archive}
            return archive.extractfile(members[GRAPH_FILE]).read()
    except (tarfile.TarError, OSError, EOFError, KeyError, zlib.error) as error:
        raise DataError(
            f"expected the archive of {URL}, whole, at {path}, but: {error!r}; remove it, so that "
            "it is fetched anew."
        ) from error


def open_session(content):
    """A session of the graph, `(session, input, [features, probabilities])`.

    The images go in behind the JPEG decoder, `(batch, height, width, 3)` floats from 0 to 255. A
    session, and no `tf.function`, because the graph's batch normalisation is an operation that
    TensorFlow only runs in graphs that say they are of its time, and functions always say today.
    """
    try:
        definition = tf.compat.v1.GraphDef.FromString(content)
        for node in definition.node:
            node.attr.pop("_output_shapes", None)  # where written down, they say a batch of 1
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
