"""Converts a data set to TFRecord shards that `keras-gan train` and `datasets.load` read by index.

    python tools/make_records.py photos records/photos --image-size 64
    keras-gan train dcgan --data records/photos --out runs/photos

Sources are a folder, a zip, `tfds:NAME`, `mnist`, an `.npy` and so on. Upright JPEG and PNG files
of the requested size are copied byte by byte; others are turned upright, fitted and stored as PNG,
with 8 bits per channel. Each shard gets its name once it is complete; its SHA-256 is in
`manifest.json`. The same command resumes after the last complete shard, and gives the same bytes as
without interruption.

    python tools/make_records.py --verify records/photos

reads everything and compares the checksums.
"""

import argparse
import hashlib
import json
import os
import pathlib
import sys

from keras_gan import datasets, media, options
from keras_gan.datasets import record_index, records
from keras_gan.datasets.encoded import EncodedSource
from keras_gan.datasets.source import in_order
from keras_gan.errors import ConfigError, DataError
from keras_gan.files.atomic import atomic_write, write_text
from keras_gan.progress import progress_bar

import tensorflow as tf


def describe(source, shard_bytes):
    """Returns the settings that determine the bytes of the set."""
    return {
        "format": records.FORMAT,
        "source": source.fingerprint(),
        "count": len(source),
        "skipped": source.skipped,
        "sample_shape": list(source.sample_shape),
        "class_names": source.class_names and list(source.class_names),
        "fit": source.fit,
        **({} if source.background is None else {"background": source.background}),
        "shard_bytes": shard_bytes,
    }


def begin(folder, facts):
    """Opens a new folder or a partial set; returns the shards that are complete.

    Raises:
        DataError: If it holds anything else.
    """
    path = folder / records.MANIFEST
    if path.exists():
        found = json.loads(path.read_text("utf-8"))
        wrong = [key for key, value in facts.items() if found.get(key) != value]
        if wrong:
            raise DataError(
                f"expected a part of the same set in {folder}, but its {', '.join(wrong)} differ; "
                "the source or the settings have changed. Choose another folder, or remove it."
            )
        return found["shards"]
    if folder.exists() and any(".new." not in file.name for file in folder.iterdir()):
        raise DataError(f"expected a new or empty folder at {folder}, which holds other files.")
    write_manifest(folder, facts, [], finished=False)
    return []


def make(source, folder, shard_bytes):
    """Writes the missing shards of a set.

    Args:
        source: A `Source` of images.
        folder: Where to.
        shard_bytes: Size at which a shard ends.
    """
    facts = describe(source, shard_bytes)
    shards = begin(folder, facts)
    done = sum(shard["count"] for shard in shards)
    waiting = contents(source, done)
    with progress_bar(len(source), "image", "converting", done) as bar:
        while done < len(source):
            path = folder / f"{len(shards):05d}.tfrecord"
            count = write_shard(path, waiting, shard_bytes, source.class_names, bar)
            shards.append({"name": path.name, "count": count, **checksum(path)})
            done += count
            write_manifest(folder, facts, shards, finished=False)
    write_manifest(folder, facts, shards, finished=True)


def contents(source, first):
    """Yields `(image file, label)`, starting from an index."""

    def as_png(sample, label):
        values = tf.cast(tf.round((sample + 1.0) * 127.5), tf.uint8)
        return tf.io.encode_png(values), label

    def as_stored(content, label, _):
        is_bmp = tf.strings.substr(content, 0, 2) == "BM"  # opened by Pillow: large, uncompressed

        def compress():
            return tf.io.encode_png(tf.io.decode_bmp(content))

        return tf.cond(is_bmp, compress, lambda: content), label

    def read(indices):
        if isinstance(source, EncodedSource) and source.own_size == source.sample_shape[:2]:
            return source.contents(indices).map(as_stored).batch(64)
        pngs = source.fetch(indices).unbatch().map(as_png, num_parallel_calls=os.cpu_count())
        return pngs.batch(64)

    for files, labels in in_order(read, first, len(source)):
        yield from zip(files.numpy(), labels.numpy().tolist(), strict=True)


def write_shard(path, waiting, shard_bytes, class_names, bar):
    """Writes one shard atomically; returns its number of records."""
    size, count = 0, 0
    with atomic_write(path) as new, tf.io.TFRecordWriter(str(new)) as writer:
        for content, label in waiting:
            record = example(content, None if class_names is None else label)
            writer.write(record)
            size += record_index.HEADER_BYTES + len(record) + record_index.FOOTER_BYTES
            count += 1
            bar.update()
            if size >= shard_bytes:
                break
    return count


def example(content, label):
    """Returns a serialized `tf.train.Example`, with its features in the order of their names."""
    image = tf.train.Feature(bytes_list=tf.train.BytesList(value=[content]))
    features = {"image/encoded": image}
    if label is not None:
        features["image/class/label"] = tf.train.Feature(
            int64_list=tf.train.Int64List(value=[label])
        )
    made = tf.train.Example(features=tf.train.Features(feature=features))
    return made.SerializeToString(deterministic=True)


def checksum(path):
    """Returns the size and SHA-256 of a file."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": found}


def write_manifest(folder, facts, shards, finished):
    """Writes the manifest, which describes the content of the folder."""
    manifest = {**facts, "finished": finished, "shards": shards}
    write_text(folder / records.MANIFEST, json.dumps(manifest, indent=1) + "\n")


def verify(folder):
    """Returns the names of the shards that differ from the manifest.

    Raises:
        DataError: For a folder without a manifest.
    """
    manifest = records.read_manifest(folder)
    if manifest is None:
        raise DataError(f"expected a {records.MANIFEST} in {folder}, found none.")
    damaged = []
    with progress_bar(manifest["count"], "image", "verifying") as bar:
        for shard in manifest["shards"]:
            path = folder / shard["name"]
            whole = path.is_file() and checksum(path).items() <= shard.items()
            damaged += [] if whole else [shard["name"]]
            bar.update(shard["count"])
    return damaged


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source", help="as in keras-gan train --data; with --verify the folder")
    parser.add_argument("out", nargs="?", type=pathlib.Path, help="the folder to write")
    parser.add_argument(
        "--image-size", type=options.parse_image_size, help="64 or 96x64 (default: the images')"
    )
    parser.add_argument("--fit", choices=options.FITS, default=options.CROP, help="(default: crop)")
    parser.add_argument("--channels", type=int, choices=(1, 3, 4), help="(default: their own)")
    parser.add_argument(
        "--background", default="white", help="where images have alpha: white, black or #rrggbb"
    )
    parser.add_argument("--shard-mb", type=float, default=128, help="size of a shard")
    parser.add_argument("--skip-corrupt", action="store_true", help="leave out corrupt images")
    parser.add_argument("--verify", action="store_true", help="compare the checksums of a set")
    arguments = parser.parse_args()
    if arguments.verify == (arguments.out is not None):
        parser.error("expected SOURCE OUT, or --verify FOLDER")
    if not arguments.shard_mb > 0:
        parser.error(f"expected --shard-mb above 0, got {arguments.shard_mb:g}")
    return arguments


def main():
    arguments = read_arguments()
    if arguments.verify:
        damaged = verify(pathlib.Path(arguments.source))
        print("whole" if not damaged else f"damaged or missing: {', '.join(damaged)}")
        return 1 if damaged else 0
    source = datasets.open_source(
        arguments.source,
        arguments.image_size,
        arguments.channels,
        arguments.skip_corrupt,
        background=arguments.background,
        fit=arguments.fit,
    )
    for note in source.notes:
        print(note)
    if not isinstance(source.medium, media.Image):
        raise DataError(f"expected images in {source.name}, got {source.medium}.")
    make(source, arguments.out, int(arguments.shard_mb * 1e6))
    made = datasets.open_source(arguments.out)  # makes the index, which reads everything back
    shape = "x".join(map(str, made.sample_shape))
    print(f"{len(made):,} images of {shape}, {source.skipped} skipped, in {arguments.out}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (ConfigError, DataError, OSError, tf.errors.OpError) as error:
        sys.exit(f"make_records: {error}")
