"""TFRecord files, read by index: one file, or a folder of shards.

TFRecord itself can only be read from its beginning. An index beside the files tells where each
record lies and how long it is, its CRC-32 and its label: 20 bytes a record, mapped into memory
rather than read. It is made once, by reading everything, whereby TensorFlow checks each record's
own checksum.
"""

import contextlib
import dataclasses
import hashlib
import json
import pathlib
import re
import zlib

from keras_gan.datasets.channels import WHITE, check_channels, has_alpha, without_alpha
from keras_gan.datasets.images import SPLITS, EncodedSource
from keras_gan.errors import DataError
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write, write_text
from keras_gan.files.image_headers import check_header
from keras_gan.files.json_file import read_json
from keras_gan.files.limits import first_line
from keras_gan.progress import progress_bar

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
INDEX_SHAPE = {"shards": [[(str, int)]], "ends": [int]}
IMAGE_KEYS = ("image/encoded", "image", "image_raw", "data")
LABEL_KEYS = ("image/class/label", "label")
SHAPE_KEY = "shape"
SHARD_NAME = r"\.tfrecords?(?:-\d+-of-\d+)?$"
HEADER_BYTES, FOOTER_BYTES = 12, 4
ENTRY = np.dtype([("offset", "<i8"), ("length", "<i4"), ("crc", "<u4"), ("label", "<i4")])
RECORDS_AT_ONCE = 256


def is_records(path: pathlib.Path) -> bool:
    """Whether it is named like a TFRecord file, or a folder that holds some."""
    return bool(find_shards(path))


def find_shards(path: pathlib.Path) -> list:
    """The TFRecord files at a path, sorted; `NAME.tfrecord-00000-of-00010` counts too."""
    files = [path] if path.is_file() else sorted(path.iterdir()) if path.is_dir() else []
    return [file for file in files if re.search(SHARD_NAME, file.name)]


def check_one_split(name, paths):
    """Raises `DataError` for files that are named by more than one split."""
    words = {re.split(r"[-_]", re.split(SHARD_NAME, file.name)[0])[-1] for file in paths}
    splits = sorted(words & SPLITS)
    if len(splits) > 1:
        raise DataError(
            f"expected one set of images in {name}, found the splits {', '.join(splits)}; put the "
            "files of each into a folder of its own."
        )


class RecordSource(EncodedSource):
    """Images in TFRecord files, and labels where there are any.

    Sets that `tools/make_records.py` made tell their shape and their classes in a manifest. Others
    are looked at in their first record: an image file under `image/encoded`, `image`, `image_raw`
    or `data`, or plain uint8 values there with their `shape` (a height, width and channels, or
    channels first); a label under `image/class/label` or `label`. For these the index is left
    beside the files, or held in memory where nothing can be written there.

    Every record that is read is compared with the index, so that a damaged one is named.

    Args:
        name: What the user asked for.
        path: The file or folder.
        image_size: Height and width of the samples; the manifest's by default.
        channels: 1, 3 or 4; the manifest's, or the first record's without alpha, by default.
        background: As in `ImageSource`.

    Raises:
        DataError: For an unfinished, damaged or other set, or one without a manifest and
            `image_size`.
    """

    def __init__(self, name, path, image_size=None, channels=None, background=WHITE):
        self._paths = find_shards(path)
        check_one_split(name, self._paths)
        manifest = read_manifest(path)
        if manifest is not None:
            check_shards(path, manifest, self._paths)
        self._layout = find_layout(self._paths[0])
        self._ends, self._entries = open_index(path, self._paths, self._layout.label)
        stored, classes = self._describe() if manifest is None else told(manifest)
        size, channels = image_size or stored[0], channels or stored[1]
        if size is None:
            raise DataError(
                f"expected an image_size for {name}, TFRecord files without a {MANIFEST}, whose "
                "images may differ in size; pass one (--image-size)."
            )
        check_channels(channels)
        self.own_size = size if size == stored[0] else None
        super().__init__(name, len(self._entries), (size, size, channels), classes)
        has_some = has_alpha(self._layout.shape[2])
        self.put_behind(background, "images have" if has_some else None)

    def _describe(self):
        """`((None, channels), classes)` of a set without a manifest."""
        channels = without_alpha(self._layout.shape[2])
        if self._layout.label is None:
            return (None, channels), None
        return (None, channels), range(int(self._entries["label"].max()) + 1)

    def fingerprint(self):
        """The SHA-256 of the index, which holds every record's checksum."""
        return hashlib.sha256(np.ascontiguousarray(self._entries)).hexdigest()

    def read_labels(self):
        """All labels, from the index."""
        self.require_labels()
        return np.array(self._entries["label"])

    def read(self, indices):
        """The images of the records."""
        entries = self._entries[indices]
        images = [self._image(*pair) for pair in zip(indices, entries, strict=True)]
        return images, entries["label"]

    def _image(self, index, entry):
        """The bytes of a record's image, or a `DataError` where they can't be one of this set."""
        what = f"record {index} of {self.name}"
        try:
            example = tf.train.Example.FromString(self._record(index, entry))
        except DecodeError as error:
            raise DataError(f"expected a tf.train.Example in {what}, but: {error}.") from error
        values = example.features.feature[self._layout.image].bytes_list.value
        if len(values) != 1:
            raise DataError(f"expected one {self._layout.image} in {what}, got {len(values)}.")
        if self._layout.encoded:
            check_header(values[0], what)
        elif len(values[0]) != np.prod(self._layout.stored_shape):
            raise DataError(
                f"expected {self._layout.stored_shape} values in {what}, as in the first record, "
                f"got {len(values[0])}."
            )
        return values[0]

    def decode(self, content):
        """The image of an image file or of plain values."""
        if self._layout.encoded:
            return super().decode(content)
        image = tf.reshape(tf.io.decode_raw(content, tf.uint8), self._layout.stored_shape)
        return tf.transpose(image, [1, 2, 0]) if self._layout.channels_first else image

    def _record(self, index, entry):
        """The record of an entry, or a `DataError` that names it."""
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


@dataclasses.dataclass(frozen=True)
class Layout:
    """What a set's records hold.

    Attributes:
        image: Name of the image's feature.
        label: Name of the label's feature, or None.
        stored_shape: The first image's shape as it is stored.
        encoded: Whether images are image files rather than plain values.
    """

    image: str
    label: str | None
    stored_shape: tuple
    encoded: bool

    @property
    def channels_first(self):
        """Whether the channels are the first axis."""
        return not self.encoded and self.stored_shape[0] <= 4 < self.stored_shape[2]

    @property
    def shape(self):
        """The first image's height, width and channels."""
        first, second, third = self.stored_shape
        return (second, third, first) if self.channels_first else self.stored_shape


def find_layout(path) -> Layout:
    """The layout of a file's first record.

    Raises:
        DataError: For a file without records, or a record without an image.
    """
    try:
        record = next(iter(tf.data.TFRecordDataset([str(path)]).take(1))).numpy()
        features = tf.train.Example.FromString(record).features.feature
    except StopIteration:
        raise DataError(f"expected records in {path}, got none.") from None
    except Exception as error:  # protobuf's own DecodeError, and TensorFlow's
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
    check_header(content, f"{image} of the first record of {path}")
    try:
        decoded = tf.io.decode_image(content, expand_animations=False)
    except tf.errors.InvalidArgumentError as error:
        raise DataError(
            f"expected an image file, or uint8 values with a {SHAPE_KEY}, under {image} in the "
            f"records of {path}, but: {first_line(error)}."
        ) from error
    return check_layout(Layout(image, label, tuple(decoded.shape), encoded=True), path)


def check_layout(layout, path):
    """The layout, or a `DataError` where its images have no 1 to 4 channels."""
    if not 1 <= layout.shape[2] <= 4:
        raise DataError(
            f"expected images of 1 to 4 channels in {path}, got {layout.shape[2]} "
            f"({SHAPE_KEY} {layout.stored_shape})."
        )
    return layout


def read_manifest(path: pathlib.Path) -> dict | None:
    """What `tools/make_records.py` says of a folder that it made; None for other sets.

    Raises:
        DataError: For one that can't be read, of another format, or not finished.
    """
    file = path / MANIFEST
    if not file.is_file():
        return None
    manifest = read_json(file, MANIFEST_SHAPE, advice="Make the set again.")
    if manifest["format"] != FORMAT or len(manifest["sample_shape"]) != 3:
        raise DataError(f"expected a manifest of the format {FORMAT!r} at {file}, got another.")
    if not manifest["finished"]:
        raise DataError(
            f"expected a whole set in {path}, but its making was stopped; go on with it by the "
            "same command of tools/make_records.py."
        )
    return manifest


def told(manifest):
    """`((size, channels), classes)` by a manifest."""
    size, _, channels = manifest["sample_shape"]
    return (size, channels), manifest["class_names"]


def check_shards(path, manifest, paths):
    """Raises `DataError` unless a folder holds the manifest's shards, each as long as it says."""
    found = {file.name: file.stat().st_size for file in paths}
    wanted = {shard["name"]: shard["bytes"] for shard in manifest["shards"]}
    wrong = [name for name in {**wanted, **found} if found.get(name) != wanted.get(name)]
    if wrong:
        sizes = (f"{name}: {found.get(name)} bytes, not {wanted.get(name)}" for name in wrong[:5])
        raise DataError(
            f"expected the shards of {path / MANIFEST}, each whole, but {'; '.join(sizes)}; "
            "restore them, or make the set again."
        )


# The index.


def open_index(path, paths, label_key):
    """Where the records of files lie; the index beside them is made where it is missing.

    Args:
        path: The file or folder that they are in.
        paths: The files.
        label_key: Name of the label's feature, or None.

    Returns:
        `(ends, entries)`: for each file the number of records up to its end, and an array of
        `ENTRY`, one a record.
    """
    base = path / "records" if path.is_dir() else path
    facts_path, entries_path = (base.with_name(f"{base.name}.index.{s}") for s in ("json", "npy"))
    shards = [[file.name, file.stat().st_size] for file in paths]
    with contextlib.suppress(DataError, *limits.UNREADABLE):  # none yet, or another's
        facts = read_json(facts_path, INDEX_SHAPE)
        entries = np.load(entries_path, mmap_mode="r", allow_pickle=False)
        ends, right = facts["ends"], entries.dtype == ENTRY and entries.ndim == 1
        whole = len(ends) == len(paths) and ends == sorted(ends) and ends[-1] == len(entries)
        if facts["shards"] == shards and right and whole:
            return np.array(ends), entries
    ends, entries = make_index(paths, label_key)
    try:
        save_entries(entries_path, entries)
        write_text(facts_path, json.dumps({"shards": shards, "ends": ends.tolist()}))
    except OSError:
        return ends, entries  # a set that can't be written to
    return ends, np.load(entries_path, mmap_mode="r", allow_pickle=False)


def save_entries(path, entries):
    """Writes the array to a new file, which then takes the old one's place."""
    with atomic_write(path) as new:
        np.save(new, entries)


def make_index(paths, label_key):
    """Reads all records of files, and notes where they lie; as `open_index` returns it.

    Raises:
        DataError: For a damaged or truncated file, with the offset.
    """
    found, ends = [np.zeros(0, ENTRY)], []
    with progress_bar(None, "image", "indexing") as bar:
        for path in paths:
            for part in entries_of(path, label_key):
                found.append(part)
                bar.update(len(part))
            ends.append(sum(map(len, found)))
    entries = np.concatenate(found)
    if label_key is not None and len(entries) and entries["label"].min() < 0:
        raise DataError(f"expected labels from 0 in {paths[0].parent}, got negative ones.")
    return np.array(ends), entries


def entries_of(path, label_key):
    """Yields the entries of a file's records, part by part."""
    offset = HEADER_BYTES
    records = tf.data.TFRecordDataset([str(path)]).batch(RECORDS_AT_ONCE).prefetch(2)
    try:
        for batch in records:
            contents = batch.numpy()
            part = np.zeros(len(contents), ENTRY)
            part["length"] = [len(content) for content in contents]
            steps = part["length"].astype("int64") + FOOTER_BYTES + HEADER_BYTES
            part["offset"] = offset + np.cumsum(steps) - steps
            part["crc"] = [zlib.crc32(content) for content in contents]
            if label_key is not None:
                part["label"] = read_labels(batch, label_key)
            offset += int(steps.sum())
            yield part
    except (tf.errors.OpError, UnicodeError) as error:  # TensorFlow puts bytes into its texts
        raise DataError(
            f"expected whole records in {path}, but: {first_line(error)}; restore the file, or "
            "make the set again."
        ) from error


def read_labels(records, key):
    """The labels of a batch of records."""
    return tf.io.parse_example(records, {key: tf.io.FixedLenFeature([], tf.int64)})[key].numpy()
