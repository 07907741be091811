"""TFRecord files, read by index: one file, or a folder of shards."""

import hashlib
import pathlib
import re
import zlib
from collections.abc import Iterator

from keras_gan.datasets.archives import is_image
from keras_gan.datasets.channels import WHITE, check_channels, has_alpha, without_alpha
from keras_gan.datasets.classes import SPLITS
from keras_gan.datasets.encoded import EncodedSource
from keras_gan.datasets.fitting import WHOLE, check_image_size, check_whole
from keras_gan.datasets.record_index import open_index
from keras_gan.datasets.record_layout import find_layout
from keras_gan.errors import DataError, counted
from keras_gan.files import limits
from keras_gan.files.json_file import read_json
from keras_gan.options import CROP

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

FORMAT = "keras_gan records 1"
MANIFEST = "manifest.json"
MANIFEST_SHAPE = {
    "format": str,
    "finished": bool,
    "shards": [{"name": str, "bytes": int}],
    "sample_shape": [int],
    "class_names": (None, [str]),
}
SHARD_NAME = r"\.tfrecords?(?:-\d+-of-\d+)?$"


def is_records(path: pathlib.Path) -> bool:
    """Returns whether a path is named like a TFRecord file, or is a folder that holds some."""
    return bool(find_shards(path))


def find_shards(path: pathlib.Path) -> list:
    """Returns the TFRecord files at a path, sorted, `NAME.tfrecord-00000-of-00010` among them."""
    files = [path] if path.is_file() else sorted(path.iterdir()) if path.is_dir() else []
    return [file for file in files if re.search(SHARD_NAME, file.name)]


def describe_images_beside(name: str, path: pathlib.Path) -> Iterator[str]:
    """Yields a line on image files in the folder of a set, which aren't read."""
    count = sum(is_image(file.name) for file in path.iterdir()) if path.is_dir() else 0
    if count:
        yield f"left out of {name}, a set of TFRecord files: {counted(count, 'image file')}."


def check_one_split(name: str, paths: list[pathlib.Path]) -> None:
    """Raises `DataError` for files whose names are of more than one split."""
    words = {re.split(r"[-_]", re.split(SHARD_NAME, file.name)[0])[-1] for file in paths}
    splits = sorted(words & SPLITS)
    if len(splits) > 1:
        raise DataError(
            f"expected one set of images in {name}, found the splits {', '.join(splits)}; put the "
            "files of each split into a separate folder."
        )


class RecordSource(EncodedSource):
    """Images, and labels if there are any, in TFRecord files.

    Sets made by `tools/make_records.py` have a manifest with their shape and classes. The layout
    of other sets is derived from their first record: an image file under `image/encoded`, `image`,
    `image_raw` or `data`, or plain uint8 values there with their `shape` (height, width and
    channels, or channels first); and a label under `image/class/label` or `label`. The index is
    written beside the files, or kept in memory if the folder is read-only.

    Every record is checked against the index when it is read, so that damage is reported.

    Args:
        name: Name of the source, as the user gave it.
        path: The file or folder.
        image_size: Height and width of the samples, or one integer for a square; by default those
            of the manifest.
        channels: 1, 3 or 4; by default those of the manifest, or of the first record without
            alpha.
        background, fit: As in `ImageSource`.

    Raises:
        DataError: For an unfinished or damaged set, one of another format, or one with neither a
            manifest nor `image_size`.
    """

    def __init__(
        self,
        name: str,
        path: pathlib.Path,
        image_size: int | tuple[int, int] | None = None,
        channels: int | None = None,
        background: str = WHITE,
        fit: str = CROP,
    ) -> None:
        self._paths = find_shards(path)
        check_one_split(name, self._paths)
        manifest = read_manifest(path)
        if manifest is not None:
            check_shards(path, manifest, self._paths)
        self._layout = find_layout(self._paths[0])
        self._ends, self._entries = open_index(path, self._paths, self._layout.label)
        stored_size, stored_channels, classes = self._describe(manifest)
        size = stored_size if image_size is None else check_image_size(image_size)
        if size is None:
            raise DataError(
                f"expected an image_size for {name}, TFRecord files without a {MANIFEST}, whose "
                "images may differ in size; pass one (--image-size)."
            )
        channels = channels or stored_channels
        check_channels(channels)
        self.own_size = size if size == stored_size else None
        super().__init__(name, len(self._entries), (*size, channels), classes)
        self._sizes = None if stored_size is None else ([stored_size], [len(self._entries)])
        self.notes = tuple(describe_images_beside(name, path))
        with_alpha = has_alpha(self._layout.shape[2])
        self._set_fitting(fit, background, "images have" if with_alpha else None)

    def _describe(self, manifest):
        """Returns size, channels and classes of the stored images; no size without a manifest."""
        if manifest is not None:
            *size, channels = manifest["sample_shape"]
            return tuple(size), channels, manifest["class_names"]
        has_labels = self._layout.label is not None
        classes = range(int(self._entries["label"].max()) + 1) if has_labels else None
        return None, without_alpha(self._layout.shape[2]), classes

    def fingerprint(self) -> str:
        """Returns the SHA-256 of the index, which holds every record's checksum."""
        return hashlib.sha256(np.ascontiguousarray(self._entries)).hexdigest()

    def stored_labels(self) -> np.ndarray:
        """Returns the labels of the stored samples, from the index."""
        return np.array(self._entries["label"])

    def read(self, indices: np.ndarray) -> tuple[list[bytes], np.ndarray]:
        """Reads the images of the records; see `EncodedSource.read`."""
        entries = self._entries[indices]
        images = [self._image(*pair) for pair in zip(indices, entries, strict=True)]
        return images, entries["label"]

    def _image(self, index, entry):
        """Returns the bytes of a record's image; raises `DataError` if they don't fit the set."""
        what = f"record {index} of {self.name}"
        try:
            example = tf.train.Example.FromString(self._record(index, entry))
        except DecodeError as error:
            raise DataError(f"expected a tf.train.Example in {what}, but: {error}.") from error
        values = example.features.feature[self._layout.image].bytes_list.value
        if len(values) != 1:
            raise DataError(f"expected one {self._layout.image} in {what}, got {len(values)}.")
        if self._layout.encoded:
            return self.open(values[0], what)
        if len(values[0]) != np.prod(self._layout.stored_shape):
            raise DataError(
                f"expected {self._layout.stored_shape} values in {what}, as in the first record, "
                f"got {len(values[0])}."
            )
        if self.fit == WHOLE:
            check_whole(*self._layout.shape[:2], self.sample_shape, what)
        return values[0]

    def decode(self, content: tf.Tensor) -> tf.Tensor:
        """Decodes an image file or plain values; see `EncodedSource.decode`."""
        if self._layout.encoded:
            return super().decode(content)
        image = tf.reshape(tf.io.decode_raw(content, tf.uint8), self._layout.stored_shape)
        return tf.transpose(image, [1, 2, 0]) if self._layout.channels_first else image

    def _record(self, index, entry):
        """Reads the record of an entry; raises `DataError` for a damaged one."""
        path = self._paths[np.searchsorted(self._ends, index, side="right")]
        with path.open("rb", buffering=0) as file:
            file.seek(max(int(entry["offset"]), 0))
            record = file.read(np.clip(entry["length"], 0, limits.MAX_IMAGE_BYTES))
        if len(record) != entry["length"] or zlib.crc32(record) != entry["crc"]:
            raise DataError(
                f"expected record {index} as it was indexed in {path} at byte {entry['offset']}, "
                "but it is damaged or another one; restore the file, or make the set again."
            )
        return record


def read_manifest(path: pathlib.Path) -> dict | None:
    """Reads the manifest that `tools/make_records.py` wrote; returns None for other sets.

    Raises:
        DataError: For a manifest that can't be read, is of another format, or not finished.
    """
    file = path / MANIFEST
    if not file.is_file():
        return None
    manifest = read_json(file, MANIFEST_SHAPE, advice="Make the set again.")
    if manifest["format"] != FORMAT or len(manifest["sample_shape"]) != 3:
        raise DataError(f"expected a manifest of the format {FORMAT!r} at {file}, got another.")
    if not manifest["finished"]:
        raise DataError(
            f"expected a complete set in {path}, but writing it was interrupted; continue by the "
            "same command of tools/make_records.py."
        )
    return manifest


def check_shards(path: pathlib.Path, manifest: dict, paths: list[pathlib.Path]) -> None:
    """Raises `DataError` unless a folder holds the manifest's shards, each of the stated size."""
    actual = {file.name: file.stat().st_size for file in paths}
    expected = {shard["name"]: shard["bytes"] for shard in manifest["shards"]}
    wrong = [name for name in expected | actual if actual.get(name) != expected.get(name)]
    if wrong:
        sizes = (
            f"{name}: {actual.get(name)} bytes, not {expected.get(name)}" for name in wrong[:5]
        )
        raise DataError(
            f"expected complete shards as in {path / MANIFEST}, but {'; '.join(sizes)}; "
            "restore them, or make the set again."
        )
