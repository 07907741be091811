"""Data sets of tensorflow-datasets, read by index."""

from __future__ import annotations

import importlib.util
import os
import pathlib
from typing import TYPE_CHECKING

from keras_gan.datasets.channels import WHITE, has_alpha, without_alpha
from keras_gan.datasets.encoded import EncodedSource
from keras_gan.datasets.fitting import check_image_size
from keras_gan.errors import DataError
from keras_gan.files.limits import first_line
from keras_gan.options import CROP

import numpy as np

if TYPE_CHECKING:
    import tensorflow_datasets as tfds


class TFDSSource(EncodedSource):
    """Images, and labels if there are any, of a tensorflow-datasets set.

    The set is prepared once in the ArrayRecord format, which can be read by index. A folder of
    the set's name below `KERAS_GAN_DATA` is the manual download folder, so that sets whose
    original files are there can be prepared without a network.

    Args:
        name: `tfds:NAME[/CONFIG][:SPLIT]`; the split is `train` by default.
        image_size: Height and width of the samples, or one integer for a square; by default those
            of the set.
        channels: 1, 3 or 4; by default the set's channels without alpha.
        background, fit: As in `ImageSource`.

    Raises:
        DataError: For a set that is unknown, can't be prepared, or has no images.
    """

    def __init__(
        self,
        name: str,
        image_size: int | tuple[int, int] | None = None,
        channels: int | None = None,
        background: str = WHITE,
        fit: str = CROP,
    ) -> None:
        check_reader(name)
        dataset, _, split = name.removeprefix("tfds:").partition(":")
        builder = prepare(name, dataset)
        split = split or "train"
        if split not in builder.info.splits:
            raise DataError(
                f"expected a split of {dataset}, got {split!r}; name one of "
                f"{', '.join(builder.info.splits)}."
            )
        features = builder.info.features
        if "image" not in features:
            raise DataError(
                f"expected images in {name}, got {', '.join(features)}; name a set that has some."
            )
        shape = features["image"].shape
        if image_size is None and None in shape[:2]:
            raise DataError(
                f"expected an image_size for {name}, whose images differ in size; pass one "
                "(--image-size)."
            )
        size = tuple(shape[:2]) if image_size is None else check_image_size(image_size)
        self.own_size = size if shape[:2] == size else None
        self._full_name = f"{builder.info.full_name}:{split}"
        classes = features["label"].names if "label" in features else None
        self._records = builder.as_data_source(split, decoders=skip_decoding())
        channels = channels or without_alpha(shape[2])
        super().__init__(name, len(self._records), (*size, channels), classes)
        self._sizes = None if None in shape[:2] else ([shape[:2]], [len(self._records)])
        self._set_fitting(fit, background, "images have" if has_alpha(shape[2]) else None)

    def stored_labels(self) -> np.ndarray:
        """Reads the labels of all records, without decoding the images."""
        return np.array([record["label"] for record in self._records], "int32")

    def fingerprint(self) -> str:
        """Returns the set's name, configuration, version and split."""
        return self._full_name

    def read(self, indices: np.ndarray) -> tuple[list[bytes], np.ndarray]:
        """Reads the records in one call."""
        records = self._records.__getitems__(indices.tolist())
        images = [self.open(record["image"], f"a record of {self.name}") for record in records]
        labels = [record.get("label", 0) for record in records]
        return images, np.array(labels, "int32")


def check_reader(name: str) -> None:
    """Raises `DataError` without array_record, which tensorflow-datasets installs on Linux only."""
    if importlib.util.find_spec("array_record") is None:
        raise DataError(
            f"expected the package array_record to read {name} by index, which isn't installed "
            "here; install it where it has wheels (it has none for Windows), or write the images "
            "to a folder and name that."
        )


def skip_decoding() -> dict[str, object]:
    """Returns decoders that leave images encoded; the input pipeline decodes them in parallel."""
    import tensorflow_datasets as tfds

    return {"image": tfds.decode.SkipDecoding()}


def prepare(name: str, dataset: str) -> tfds.core.DatasetBuilder:
    """Downloads and prepares a set, and returns its builder."""
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
            "original files into a folder of its name and set KERAS_GAN_DATA to the folder above."
        ) from error
    return builder
