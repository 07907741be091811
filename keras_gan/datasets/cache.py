"""Decoded and resized samples on disk, so that images are decoded once, not in every epoch."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import zlib

from keras_gan import media
from keras_gan.datasets.source import Source, flip, in_order
from keras_gan.errors import DataError
from keras_gan.files import limits
from keras_gan.files.atomic import check_path, replace, sync
from keras_gan.files.json_file import read_json
from keras_gan.progress import progress_bar
from keras_gan.scaling import to_floats

import numpy as np
import tensorflow as tf

FACTS, SAMPLES, ENTRIES = "cache.json", "samples.bin", "entries.npy"
FACTS_SHAPE = {"dtype": str}
ENTRY = np.dtype([("crc", "<u4"), ("label", "<i4")])
SAMPLES_AT_ONCE = 64


class CachedSource(Source):
    """A source that stores the samples of another source in a folder, filled at the first use.

    The samples are equal to the source's, bit for bit. They are stored as uint8 if all are 8-bit
    values, else as float32. The folder appears once it is complete. Each sample has a checksum, so
    that damage is reported when the sample is read.

    Args:
        source: A `Source` of images.
        folder: A new folder, or one filled from the same source before.

    Raises:
        ConfigError: For anything else than a path.
        DataError: For a folder of another set, or of this set before its files changed; for a
            folder that can't be written; and for samples that aren't images.
    """

    def __init__(self, source: Source, folder: str | os.PathLike) -> None:
        if not isinstance(source.medium, media.Image):
            raise DataError(
                f"expected images to cache, got {source.medium.noun} in {source.name}; "
                "leave the cache (--cache) out."
            )
        shape = source.sample_shape
        super().__init__(
            source.name, len(source), shape, source.class_names, source.skipped, source.medium
        )
        self.extractor, self.background = source.extractor, source.background
        self.notes, self.fit, self.fitted = source.notes, source.fit, source.fitted
        folder, key = check_path(folder), cache_key(source)
        if not folder.exists():
            fill(source, folder, key)
        self._dtype = check_cache(folder, source.name, key)
        self._path, self._fingerprint = folder / SAMPLES, key["fingerprint"]
        self._source = source
        with limits.reading("a cache", folder, advice="Remove it, and it is filled again."):
            self._entries = np.load(folder / ENTRIES, mmap_mode="r", allow_pickle=False)
            if self._entries.dtype != ENTRY or self._entries.shape != (len(source),):
                raise ValueError("its entries are another set's")

    def fingerprint(self) -> str:
        """Returns the source's fingerprint."""
        return self._fingerprint

    def content_fingerprint(self) -> str:
        """Returns the fingerprint of the source's content."""
        return self._source.content_fingerprint()

    def resized(
        self, size: int | tuple[int, int], fit: str | None = None, background: str | None = None
    ) -> CachedSource:
        """Raises `DataError`, as the samples are stored at their size."""
        raise DataError(
            f"expected a source without a cache to resize, got {self.name} in a cache; resize it "
            "first, and cache it in another folder."
        )

    def stored_labels(self) -> np.ndarray:
        """Returns the labels of the stored samples, `(count,)` int32."""
        return np.array(self._entries["label"])

    def fetch_stored(self, indices: tf.data.Dataset) -> tf.data.Dataset:
        """Reads batches of samples and labels; see `Source.fetch_stored`."""

        def read_samples(index):
            entries = self._entries[index]
            samples = np.empty((len(index), *self.sample_shape), self._dtype)
            with self._path.open("rb", buffering=0) as file:
                for sample, position, entry in zip(samples, index, entries, strict=True):
                    self._read(file, sample, int(position), entry)
            return samples, entries["label"]

        def read(index):
            row, is_mirrored = self._split(index)
            samples, labels = tf.numpy_function(
                read_samples, [row], (tf.as_dtype(self._dtype), tf.int32), stateful=False
            )
            samples = tf.ensure_shape(samples, [*index.shape, *self.sample_shape])
            samples = flip(samples, is_mirrored) if self.mirror else samples
            return samples, tf.ensure_shape(labels, index.shape)

        return indices.map(read, num_parallel_calls=2, deterministic=True)

    def _read(self, file, sample, index, entry):
        """Reads a sample into an array; raises `DataError` for a damaged one."""
        file.seek(index * sample.nbytes)
        file.readinto(sample)
        if zlib.crc32(sample) != entry["crc"]:
            raise DataError(
                f"expected sample {index} as it was cached in {self._path}, but it is damaged; "
                "remove the folder, and it is filled again."
            )


def cache_key(source: Source) -> dict[str, object]:
    """Returns the facts of a source that identify its cache."""
    return {
        "fingerprint": source.fingerprint(),
        "count": len(source),
        "sample_shape": list(source.sample_shape),
        "class_names": source.class_names and list(source.class_names),
        "background": source.background,
        "fit": source.fit,
        "mirror": source.mirror,
    }


def check_cache(folder: pathlib.Path, name: str, key: dict[str, object]) -> np.dtype:
    """Returns the dtype of a cache.

    Args:
        folder: The cache's folder.
        name: Name of the source, for the error.
        key: The source's `cache_key`.

    Raises:
        DataError: For a cache with another key, or an incomplete one.
    """
    path = folder / FACTS
    facts = read_json(path, FACTS_SHAPE, advice="Name a new folder.")
    with limits.reading("a cache", folder, advice="Name a new folder."):
        dtype = np.dtype(facts["dtype"])
        size = (folder / SAMPLES).stat().st_size
    wrong = [fact for fact, value in key.items() if facts.get(fact) != value]
    if wrong:
        raise DataError(
            f"expected a cache of {name} in {folder}, but it holds another set, or the set "
            f"has changed since ({', '.join(wrong)}); remove the folder, or name another."
        )
    if size != key["count"] * int(np.prod(key["sample_shape"])) * dtype.itemsize:
        raise DataError(
            f"expected a complete cache in {folder}, got {size} bytes; remove the folder."
        )
    return dtype


def fill(source: Source, folder: pathlib.Path, key: dict[str, object]) -> None:
    """Writes all samples to a new folder, atomically: a failure leaves nothing behind."""
    new = folder.with_name(f"{folder.name}.{os.getpid()}.new")
    try:
        new.mkdir(parents=True)
        dtype = next(dtype for dtype in ("uint8", "float32") if write_samples(source, new, dtype))
        (new / FACTS).write_text(json.dumps({**key, "dtype": dtype}), "utf-8")
        replace(new, folder)
    except OSError as error:
        if not folder.exists():  # else another process was first
            raise DataError(
                f"could not write the cache {folder}: {error.strerror or error}; free some space, "
                "name another folder, or leave the cache (--cache) out."
            ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)


def write_samples(source: Source, folder: pathlib.Path, dtype: str) -> bool:
    """Writes all samples; returns False if the dtype can't represent a batch exactly."""
    entries = np.zeros(len(source), ENTRY)
    done = 0
    path = folder / SAMPLES
    with path.open("wb") as file, progress_bar(len(source), "image", "caching") as bar:
        for samples, labels in in_order(source.fetch, 0, len(source), SAMPLES_AT_ONCE):
            stored = samples
            if dtype == "uint8":
                stored = tf.cast(tf.round((samples + 1.0) * 127.5), tf.uint8)
                if not np.array_equal(to_floats(stored, source.medium), samples):
                    return False
            stored = stored.numpy()
            file.write(stored)
            part = entries[done : done + len(stored)]
            part["crc"] = [zlib.crc32(sample) for sample in stored]
            part["label"] = labels
            done += len(stored)
            bar.update(len(stored))
    sync(path)
    np.save(folder / ENTRIES, entries)
    return True
