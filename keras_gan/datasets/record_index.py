"""Index of TFRecord files.

A TFRecord file can only be read from its beginning. Therefore an index beside the files holds each
record's offset, length, CRC-32 and label, 20 bytes per record, and is memory-mapped. It is built
once by reading all records, which also verifies the records' own checksums.
"""

import contextlib
import json
import pathlib
import zlib
from collections.abc import Iterator

from keras_gan.errors import DataError
from keras_gan.files import limits
from keras_gan.files.atomic import atomic_write, write_text
from keras_gan.files.json_file import read_json
from keras_gan.files.limits import first_line
from keras_gan.progress import progress_bar

import numpy as np
import tensorflow as tf

INDEX_SHAPE = {"shards": [[(str, int)]], "ends": [int]}
HEADER_BYTES, FOOTER_BYTES = 12, 4
ENTRY = np.dtype([("offset", "<i8"), ("length", "<i4"), ("crc", "<u4"), ("label", "<i4")])
RECORDS_AT_ONCE = 256


def open_index(
    path: pathlib.Path, paths: list[pathlib.Path], label_key: str | None
) -> tuple[np.ndarray, np.ndarray]:
    """Opens the index of files; builds it, and writes it beside them, if it is missing.

    Args:
        path: The file, or the folder of the files.
        paths: The files.
        label_key: Name of the label's feature, or None.

    Returns:
        `(ends, entries)`: the cumulative number of records up to the end of each file, and an
        array of `ENTRY`, one per record.
    """
    base = path / "records" if path.is_dir() else path
    facts_path, entries_path = (base.with_name(f"{base.name}.index.{s}") for s in ("json", "npy"))
    shards = [[file.name, file.stat().st_size] for file in paths]
    with contextlib.suppress(DataError, *limits.UNREADABLE):  # no index, or one of another set
        facts = read_json(facts_path, INDEX_SHAPE)
        entries = np.load(entries_path, mmap_mode="r", allow_pickle=False)
        ends, is_index = facts["ends"], entries.dtype == ENTRY and entries.ndim == 1
        fits = len(ends) == len(paths) and ends == sorted(ends) and ends[-1] == len(entries)
        if facts["shards"] == shards and is_index and fits:
            return np.array(ends), entries
    ends, entries = make_index(paths, label_key)
    try:
        save_entries(entries_path, entries)
        write_text(facts_path, json.dumps({"shards": shards, "ends": ends.tolist()}))
    except OSError:
        return ends, entries  # a read-only set
    return ends, np.load(entries_path, mmap_mode="r", allow_pickle=False)


def save_entries(path: pathlib.Path, entries: np.ndarray) -> None:
    """Writes the array to a file, atomically."""
    with atomic_write(path) as new:
        np.save(new, entries)


def make_index(paths: list[pathlib.Path], label_key: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Builds the index of files by reading all records; returns it as `open_index` does.

    Raises:
        DataError: For a damaged or truncated file, with the offset.
    """
    parts, ends = [np.zeros(0, ENTRY)], []
    with progress_bar(None, "image", "indexing") as bar:
        for path in paths:
            for part in entries_of(path, label_key):
                parts.append(part)
                bar.update(len(part))
            ends.append(sum(map(len, parts)))
    entries = np.concatenate(parts)
    if label_key is not None and len(entries) and entries["label"].min() < 0:
        raise DataError(f"expected labels from 0 in {paths[0].parent}, got negative ones.")
    return np.array(ends), entries


def entries_of(path: pathlib.Path, label_key: str | None) -> Iterator[np.ndarray]:
    """Yields the index entries of a file's records, batch by batch."""
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
    except (tf.errors.OpError, UnicodeError) as error:  # messages may hold undecodable bytes
        raise DataError(
            f"expected complete records in {path}, but: {first_line(error)}; restore the file, or "
            "make the set again."
        ) from error


def read_labels(records: tf.Tensor, key: str) -> np.ndarray:
    """Parses the labels of a batch of records."""
    return tf.io.parse_example(records, {key: tf.io.FixedLenFeature([], tf.int64)})[key].numpy()
