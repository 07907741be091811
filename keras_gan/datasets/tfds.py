"""Sets of tensorflow-datasets, read by index."""

import os
import pathlib

from keras_gan.datasets.channels import WHITE, has_alpha, without_alpha
from keras_gan.datasets.images import EncodedSource, common_size
from keras_gan.errors import DataError
from keras_gan.files.image_headers import check_header
from keras_gan.files.limits import first_line

import numpy as np


class TFDSSource(EncodedSource):
    """Images, and labels where there are any, of a tensorflow-datasets set.

    The set is prepared once in the ArrayRecord format, which can be read by index. A folder of
    its name below `KERAS_GAN_DATA` serves as the manual download folder, so that sets whose
    original files lie there are prepared without a network.

    Args:
        name: `tfds:NAME[/CONFIG][:SPLIT]`; the split is `train` by default.
        image_size: Height and width of the samples; the set's own by default.
        channels: 1, 3 or 4; the set's own, without alpha, by default.
        background: As in `ImageSource`.

    Raises:
        DataError: For a set that isn't known or can't be prepared, or that has no images.
    """

    def __init__(self, name, image_size=None, channels=None, background=WHITE):
        dataset, _, split = name.removeprefix("tfds:").partition(":")
        builder = prepare(name, dataset)
        split = split or "train"
        if split not in builder.info.splits:
            raise DataError(
                f"expected a split of {dataset}, got {split!r}; it has "
                f"{', '.join(builder.info.splits)}."
            )
        features = builder.info.features
        if "image" not in features:
            raise DataError(f"expected images in {name}, got {', '.join(features)}.")
        shape = features["image"].shape
        size = image_size or (shape[0] and common_size(name, [shape]))
        if size is None:
            raise DataError(f"expected an image_size for {name}, whose images differ in size.")
        self.own_size = size if shape[:2] == (size, size) else None
        self._full_name = f"{builder.info.full_name}:{split}"
        classes = features["label"].names if "label" in features else None
        self._records = builder.as_data_source(split, decoders=skip_decoding())
        channels = channels or without_alpha(shape[2])
        super().__init__(name, len(self._records), (size, size, channels), classes)
        self.put_behind(background, "images have" if has_alpha(shape[2]) else None)

    def read_labels(self):
        """Reads every record, without decoding the images."""
        self.require_labels()
        return np.array([record["label"] for record in self._records], "int32")

    def fingerprint(self):
        """The set's name, configuration, version and split."""
        return self._full_name

    def read(self, indices):
        """The records, read at once."""
        records = self._records.__getitems__(indices.tolist())
        for record in records:
            check_header(record["image"], f"a record of {self.name}")
        labels = [record.get("label", 0) for record in records]
        return [record["image"] for record in records], np.array(labels, "int32")


def skip_decoding():
    """Images stay encoded until the input pipeline decodes them in parallel."""
    import tensorflow_datasets as tfds

    return {"image": tfds.decode.SkipDecoding()}


def prepare(name, dataset):
    """The builder of a set, downloaded and prepared."""
    import tensorflow_datasets as tfds

    local = pathlib.Path(os.environ.get("KERAS_GAN_DATA", "")) / dataset.partition("/")[0]
    manual = str(local) if "KERAS_GAN_DATA" in os.environ and local.is_dir() else None
    try:
        builder = tfds.builder(dataset, file_format="array_record", try_gcs=False)
        builder.download_and_prepare(
            file_format="array_record",
            download_config=tfds.download.DownloadConfig(manual_dir=manual),
        )
    except Exception as error:  # tfds raises errors of many libraries
        raise DataError(
            f"could not prepare {name} with tensorflow-datasets: {first_line(error)}. Check the "
            "name at https://www.tensorflow.org/datasets/catalog; without a network, put the set's "
            "original files into a folder of its name and let KERAS_GAN_DATA name the folder above."
        ) from error
    return builder
