"""Layout of TFRecord files: where their records hold the image and the label."""

import dataclasses
import pathlib

from keras_gan.datasets.image_files import open_image
from keras_gan.errors import DataError
from keras_gan.files.limits import first_line

import numpy as np
import tensorflow as tf

IMAGE_KEYS = ("image/encoded", "image", "image_raw", "data")
LABEL_KEYS = ("image/class/label", "label")
SHAPE_KEY = "shape"


@dataclasses.dataclass(frozen=True)
class Layout:
    """Layout of a set's records.

    Attributes:
        image: Name of the image's feature.
        label: Name of the label's feature, or None.
        stored_shape: Shape of the first image as it is stored.
        encoded: Whether images are image files rather than plain values.
    """

    image: str
    label: str | None
    stored_shape: tuple
    encoded: bool

    @property
    def channels_first(self) -> bool:
        """Whether the channels are the first axis."""
        return not self.encoded and self.stored_shape[0] <= 4 < self.stored_shape[2]

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels of the first image."""
        first, second, third = self.stored_shape
        return (second, third, first) if self.channels_first else self.stored_shape


def find_layout(path: pathlib.Path) -> Layout:
    """Derives the layout from a file's first record.

    Raises:
        DataError: For a file without records, or a record without an image.
    """
    try:
        record = next(iter(tf.data.TFRecordDataset([str(path)]).take(1))).numpy()
        features = tf.train.Example.FromString(record).features.feature
    except StopIteration:
        raise DataError(f"expected records in {path}, got none.") from None
    except Exception as error:  # protobuf's and TensorFlow's errors share no base class
        raise DataError(
            f"expected a TFRecord file of tf.train.Example, not compressed, at {path}, but its "
            f"first record can't be read: {first_line(error)}."
        ) from error
    image = next((key for key in IMAGE_KEYS if features[key].bytes_list.value), None)
    label = next((key for key in LABEL_KEYS if len(features[key].int64_list.value) == 1), None)
    shape = tuple(features[SHAPE_KEY].int64_list.value)
    if image is None:
        raise DataError(
            f"expected an image under {', '.join(IMAGE_KEYS)} in the records of {path}, got "
            f"{', '.join(sorted(key for key in features if features[key].WhichOneof('kind')))}."
        )
    content = features[image].bytes_list.value[0]
    if len(shape) == 3 and min(shape) > 0 and len(content) == np.prod(shape):
        return check_layout(Layout(image, label, shape, encoded=False), path)
    what = f"{image} of the first record of {path}"
    try:
        first_image = tf.io.decode_image(open_image(content, what).content)
    except tf.errors.InvalidArgumentError as error:
        raise DataError(
            f"expected an image file, or uint8 values with a {SHAPE_KEY}, under {image} in the "
            f"records of {path}, but: {first_line(error)}."
        ) from error
    return check_layout(Layout(image, label, tuple(first_image.shape), encoded=True), path)


def check_layout(layout: Layout, path: pathlib.Path) -> Layout:
    """Returns the layout; raises `DataError` unless its images have 1 to 4 channels."""
    if not 1 <= layout.shape[2] <= 4:
        raise DataError(
            f"expected images of 1 to 4 channels in {path}, got {layout.shape[2]} "
            f"({SHAPE_KEY} {layout.stored_shape})."
        )
    return layout
