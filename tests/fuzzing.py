"""Damaged and hostile files of every kind that the package reads, for tests and tools/fuzz.py.

A case is a folder of files, of which one was mutated: its bytes, or what is inside of it (the
entries of a zip, the content of a gzip, the values of JSON, the header of an array), so that
checksums don't hide what lies behind them.
"""

import dataclasses
import functools
import gzip
import io
import json
import os
import pathlib
import struct
import tempfile
import unittest.mock
import zipfile
from collections.abc import Callable

import keras_gan as kg
from keras_gan import batches, callbacks, datasets, pictures, runs
from keras_gan.metrics import Evaluation
from keras_gan.runs.evaluation import open_run_source, write_evaluation
from keras_gan.runs.settings import summary
from keras_gan.runs.starting import describe

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st
from mutations import image, mutated, written
from PIL import Image


@st.composite
def cases(draw, kind):
    """Returns the files of a kind, `{name: bytes}`, with one or two of them mutated."""
    files = valid_files(kind)
    names = st.lists(st.sampled_from(sorted(files)), min_size=1, max_size=2, unique=True)
    return files | {name: draw(mutated(name, files[name])) for name in draw(names)}


# Kinds: valid files, and what reads them.


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        files: Makes valid files, `{name below a folder: bytes}`.
        read: Reads the folder, as the package does.
    """

    files: Callable
    read: Callable


def film():
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue", "green")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def image_files():
    suffixes = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP", "webp": "WEBP", "tif": "TIFF"}
    files = {f"{i}/x.{suffix}": image(kind) for i, (suffix, kind) in enumerate(suffixes.items())}
    return {**files, "5/x.gif": film()}


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read_source(path):
    """Opens a source and reads all of it."""
    source = datasets.open_source(path, None if path.suffix[:3] == ".np" else 8)
    with batches.convert_read_errors():  # as `fit` does
        return next(iter(source.to_dataset(min(len(source), 8))))


def npy_file():
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((4, 8, 8, 1), "uint8"))
    return {"x.npy": buffer.getvalue()}


def npz_file():
    buffer = io.BytesIO()
    np.savez(buffer, images=np.zeros((4, 6), "float32"), labels=np.arange(4))
    return {"x.npz": buffer.getvalue()}


def idx_files():
    def idx(array):
        sizes = struct.pack(f">{array.ndim}I", *array.shape)
        return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())

    images, labels = np.zeros((4, 8, 8), "uint8"), np.arange(4, dtype="uint8")
    files = {"images-idx3": idx(images), "labels-idx1": idx(labels)}
    return {f"mnist/train-{name}-ubyte.gz": content for name, content in files.items()}


def read_mnist(folder):
    with unittest.mock.patch.dict(os.environ, {"KERAS_GAN_DATA": str(folder)}):
        return datasets.open_source("mnist")[3]


def config():
    settings = runs.Settings("quick", "toy:gaussians8", steps=4, width=8, batch_size=4)
    source = datasets.open_source("toy:gaussians8")
    return settings.config(source) | {"fingerprint": source.content_fingerprint(), "stamp": ""}


def config_file():
    return {"config.json": json.dumps(config()).encode()}


def read_config(folder):
    run = runs.Run(folder)
    found = run.read_config()
    open_run_source(run)
    run.keep_first_settings(found)
    run.claim(config())
    return summary(found)


def table_of(rows):
    return ",".join(rows[0]) + "\n" + "\n".join(",".join(map(str, r.values())) for r in rows)


def run_files():
    row = {name: 0.5 for name in ("real_accuracy", "fake_accuracy", "g_gradient", "d_loss")}
    counts = [{"step": i, "images_seen": 4 * i} for i in range(1, 9)]
    table = table_of([{**count, **row} for count in counts])
    evaluation = {"step": 4, "data": "digits", "seed": 0, "counts": [4, 4]}
    evaluation |= {"figures": {"coverage[values]": 0.5}, "reports": ["coverage 0.5"]}
    part = {"name": "data", "milliseconds": 0.5}
    throughput = {"parts": [part], "total": 1.0, "batch_size": 4, "note": "Medians."}
    texts = {
        "history.csv": table,
        "times.csv": table_of([{**count, "seconds": count["step"] / 3} for count in counts]),
        "metrics.csv": table.replace("d_loss", "coverage[values]"),
        "evaluation.json": json.dumps([evaluation, evaluation]),
        "throughput.json": json.dumps(throughput),
        "sessions.jsonl": json.dumps({"started": "now", "step": 0, "command": "keras-gan"}),
    }
    pictures = {f"samples/{i:08}.png": image("PNG") for i in (0, 4)}
    pictures["neighbours.png"] = image("PNG")
    return {**config_file(), **{n: text.encode() for n, text in texts.items()}, **pictures}


def read_run(folder):
    """Writes the report, makes the film, resumes the training, and evaluates it again."""
    run = runs.Run(folder)
    runs.write_report([run], run.report_path)
    pictures.save_gif(sorted(run.samples_folder.glob("*.png")), folder / "learning.gif")
    for path in (run.history_path, run.metrics_path, run.times_path):
        callbacks.table.Table(path).open(4)
    found = Evaluation({"coverage[values]": 0.5}, ("coverage 0.5",), (4, 4), 0)
    write_evaluation(run.evaluation_path, found, "digits", 4)


def checkpoint_file():
    shape = (8, 8, 1)
    gan = kg.GAN(kg.networks.DCGANGenerator(shape, 2, 2), kg.networks.DCGANDiscriminator(shape, 2))
    gan.compile()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "best.keras"
        gan.save(path)
        return {"best.keras": path.read_bytes()}


def read_checkpoint(folder):
    """Loads the best model without checking its seal, like a file from others."""
    return describe(runs.Run(folder).load(best=True))


def record_files():
    """Returns two shards of a foreign set of image files and labels, with their index."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for shard in range(2):
            records = [example(image("PNG"), i).SerializeToString() for i in range(4)]
            written(records, folder / f"{shard}.tfrecord")
        datasets.open_source(folder, 8)
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def record_set():
    """Returns the same as a set of tools/make_records.py, with its manifest."""
    files = record_files()
    shards = [name for name in files if name.endswith(".tfrecord")]
    manifest = {
        "format": datasets.records.FORMAT,
        "finished": True,
        "shards": [{"name": name, "bytes": len(files[name])} for name in shards],
        "sample_shape": [8, 8, 1],
        "class_names": list("0123"),
    }
    return files | {"manifest.json": json.dumps(manifest).encode()}


def example(content, label):
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[content])),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
        )
    )


def read_records(folder):
    """Reads the foreign set, which writes an index, and then reads it by its index."""
    return [read_source(folder), read_source(folder)]


KINDS = {
    "config": Kind(config_file, read_config),
    "run": Kind(run_files, read_run),
    "checkpoint": Kind(checkpoint_file, read_checkpoint),
    "images": Kind(image_files, read_source),
    "zip": Kind(lambda: {"x.zip": zipped(image_files())}, lambda f: read_source(f / "x.zip")),
    "tfrecord": Kind(record_files, read_records),
    "record set": Kind(record_set, read_records),
    "npy": Kind(npy_file, lambda folder: read_source(folder / "x.npy")),
    "npz": Kind(npz_file, lambda folder: read_source(folder / "x.npz")),
    "idx": Kind(idx_files, read_mnist),
}


@functools.cache
def valid_files(kind):
    """Returns the valid files of a kind."""
    return KINDS[kind].files()


def write_case(folder, files):
    """Writes a case into a new folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
