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
import math
import os
import pathlib
import struct
import tempfile
import unittest.mock
import zipfile
import zlib
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
from PIL import Image

# Mutations: each is a strategy of bytes, given bytes.

NUMBERS = st.sampled_from(
    [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64 - 1]
)
NAMES = st.sampled_from(
    [".", "..", "../x.png", "/x.png", "C:\\x.png", "a/\0.png", "é\x1b[2J.png", "x" * 300]
)
ODD = st.sampled_from(
    [
        *(
            None,
            True,
            -1,
            0,
            3,
            10**4,
            2**31,
            2**63,
            10**400,
            -0.5,
            1e308,
            float("nan"),
            float("inf"),
        ),
        *("", "x", "9" * 5000, "\ud800", "\x1b[2J", "</script>", "a\0b", [], {}, [[]], [None] * 9),
        *({"x": {}}, functools.reduce(lambda inner, _: [inner], range(60), [])),
    ]
)


@st.composite
def cut(draw, content):
    """Ends early."""
    return content[: draw(st.integers(0, len(content)))]


@st.composite
def flipped(draw, content):
    """A few bits turned."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 8)) if content else 0):
        content[draw(st.integers(0, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(content)


@st.composite
def spliced(draw, content):
    """A part of it, or other bytes, in place of another part."""
    places = st.integers(0, len(content))
    start, end = sorted((draw(places), draw(places)))
    part = content[draw(places) :][: draw(st.integers(0, 64))]
    part = draw(st.one_of(st.just(part), st.binary(max_size=32)))
    return content[:start] + part + content[draw(st.sampled_from([start, end])) :]


@st.composite
def renumbered(draw, content):
    """An odd number written over its bytes, near its beginning or its end, where headers are."""
    size = draw(st.sampled_from([1, 2, 4, 8]))
    place = draw(st.integers(0, min(len(content), 200)))
    place = draw(st.sampled_from([place, max(len(content) - place, 0)]))
    order = draw(st.sampled_from(["little", "big"]))
    number = (draw(NUMBERS) % 256**size).to_bytes(size, order)
    return content[:place] + number + content[place + size :]


def damaged(content):
    """Any of these, or bytes of nothing."""
    kinds = [cut, flipped, spliced, renumbered]
    return st.one_of(*(kind(content) for kind in kinds), st.binary(max_size=200))


@st.composite
def other_json(draw, content):
    """One of its values is another one, lies deeper or is gone."""
    content = json.loads(content)
    holder, key = draw(st.sampled_from(list(places_in(content)) or [(None, None)]))
    if holder is None:
        return json.dumps(draw(ODD)).encode()
    action = draw(st.sampled_from(["replace", "remove", "rename", "deepen"]))
    value = holder.pop(key)
    if action in ("replace", "deepen"):
        value = draw(ODD) if action == "replace" else [value]
        holder.insert(key, value) if isinstance(holder, list) else holder.update({key: value})
    elif action == "rename" and isinstance(holder, dict):
        holder[draw(st.text(max_size=8))] = value
    return json.dumps(content).encode()


def places_in(content):
    """`(list or dict, key)` of all values inside."""
    if isinstance(content, (dict, list)):
        pairs = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in pairs:
            yield content, key
            yield from places_in(value)


@st.composite
def other_cells(draw, content):
    """One cell of a CSV file is another, or one more."""
    cells = content.decode().split(",")
    place = draw(st.integers(0, len(cells) - 1))
    odd = [
        "",
        "x",
        "nan",
        "inf",
        "-1",
        "1e400",
        "\0",
        '"',
        "1\n2",
        "1,2",
        "é",
        "1_0",
        "9" * 200_000,
    ]
    cells[place] = draw(st.sampled_from(odd))
    return ",".join(cells).encode()


@st.composite
def other_header(draw, content):
    """A .npy whose header says another shape or type, and often as many bytes as it then needs."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (4, 8, 8, 1)}
    size = st.one_of(st.integers(-1, 5), NUMBERS)
    shapes = st.lists(size, max_size=5).map(tuple)
    descr = ["<f4", "<f2", ">f8", "<f16", "<i8", "|b1", "|O", "|V4", "<U3", "<M8[s]", "x", 3, None]
    choices = {
        "descr": st.sampled_from([*descr, [("a", "<f4")]]),
        "fortran_order": st.sampled_from([True, 3]),
        "shape": st.one_of(shapes, shapes.map(list), st.none()),
    }
    for key in draw(st.lists(st.sampled_from(sorted(choices)), min_size=1, max_size=2)):
        header[key] = draw(choices[key])
    text = draw(st.sampled_from([repr(header)] * 7 + ["(" * 200, "{" + repr(header), ""])).encode()
    data = draw(st.binary(max_size=64)) + content
    try:
        count = math.prod(header["shape"]) * np.dtype(header["descr"]).itemsize
    except TypeError:
        count = 64
    data = (data * 16)[: min(max(count, 0), 2**16)]
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


@st.composite
def rechunked(draw, content):
    """A PNG with one chunk mutated and its checksum right."""
    position, chunks = 8, []
    while position < len(content):
        length = struct.unpack_from(">I", content, position)[0]
        chunks.append(content[position + 4 : position + 8 + length])
        position += 12 + length
    index = draw(st.integers(0, len(chunks) - 1))
    chunks[index] = chunks[index][:4] + draw(damaged(chunks[index][4:]))
    parts = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks]
    return content[:8] + b"".join(parts)


@st.composite
def repacked(draw, content):
    """A zip with one entry mutated, renamed or left out, and otherwise whole."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = {info.filename: archive.read(info) for info in archive.infolist()}
    name = draw(st.sampled_from(sorted(entries)))
    action = draw(st.sampled_from(["mutate", "mutate", "mutate", "rename", "remove"]))
    entry = entries.pop(name)
    if action == "mutate":
        entries[name] = draw(mutated(name, entry))
    elif action == "rename":
        entries[draw(NAMES)] = entry
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", draw(st.sampled_from([0, 8, 12, 14]))) as archive:
        for name, entry in entries.items():
            archive.writestr(name, entry)
    return buffer.getvalue()


@st.composite
def regzipped(draw, content):
    """A gzip whose content is mutated."""
    return gzip.compress(draw(damaged(gzip.decompress(content))), 1)


@st.composite
def rewritten(draw, content):
    """A TFRecord file with one record mutated and its checksum right."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x.tfrecord"
        path.write_bytes(content)
        records = [record.numpy() for record in tf.data.TFRecordDataset([str(path)])]
        index = draw(st.integers(0, len(records) - 1))
        records[index] = draw(st.one_of(damaged(records[index]), other_examples()))
        return written(records, path)


@st.composite
def other_examples(draw):
    """An Example whose features aren't those of an image and a label."""
    content = draw(st.one_of(damaged(image("PNG")), rechunked(image("PNG")), st.just(b"x" * 12)))
    names = draw(st.lists(st.sampled_from(["image", "label", "shape", "x"]), max_size=3))
    number = st.one_of(NUMBERS.filter(lambda n: n < 2**63), st.integers(-4, 4))
    kinds = {
        "bytes_list": tf.train.BytesList(value=[content] * draw(st.integers(0, 2))),
        "int64_list": tf.train.Int64List(value=draw(st.lists(number, max_size=4))),
        "float_list": tf.train.FloatList(value=[0.5]),
    }
    features = {}
    for name in names:
        kind = draw(st.sampled_from(sorted(kinds)))
        features[name] = tf.train.Feature(**{kind: kinds[kind]})
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()


def written(records, path):
    """The bytes of a TFRecord file of these records."""
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    return path.read_bytes()


INNER = {
    ".tfrecord": rewritten,
    **dict.fromkeys([".zip", ".npz", ".keras"], repacked),
    **dict.fromkeys([".json", ".jsonl"], other_json),
    **{".csv": other_cells, ".npy": other_header, ".png": rechunked, ".gz": regzipped},
}


@st.composite
def mutated(draw, name, content):
    """A file mutated: in two of three cases inside, where its suffix tells what is there."""
    inner = INNER.get(pathlib.PurePath(name).suffix, damaged)
    return draw(draw(st.sampled_from([damaged, inner, inner]))(content))


@st.composite
def cases(draw, kind):
    """The files of a kind, `{name: bytes}`, of which one or two are mutated."""
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


def image(kind, color="red"):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(buffer, kind)
    return buffer.getvalue()


def film():
    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue", "green")]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def image_files():
    suffixes = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP"}
    files = {f"{i}/x.{suffix}": image(kind) for i, (suffix, kind) in enumerate(suffixes.items())}
    return {**files, "3/x.gif": film()}


def zipped(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read_source(path):
    """Opens a source and reads all of it."""
    source = datasets.open_source(path, None if path.suffix[:3] == ".np" else 8)
    with batches.reading():  # as `fit` does
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
    return settings.config(datasets.open_source("toy:gaussians8"))


def config_file():
    return {"config.json": json.dumps(config()).encode()}


def read_config(folder):
    run = runs.Run(folder)
    found = run.read_config()
    open_run_source(run)
    run.keep_beginning(found)
    run.claim(config())
    return summary(found)


def table_of(rows):
    return ",".join(rows[0]) + "\n" + "\n".join(",".join(map(str, r.values())) for r in rows)


def run_files():
    row = {name: 0.5 for name in ("real_accuracy", "fake_accuracy", "g_gradient", "d_loss")}
    counts = [{"step": i, "images_seen": 4 * i} for i in range(1, 9)]
    table = table_of([{**count, **row} for count in counts])
    evaluation = {"step": 4, "data": "digits", "seed": 0, "counts": [4, 4]}
    evaluation |= {"figures": {"coverage[pixels]": 0.5}, "reports": ["coverage 0.5"]}
    part = {"name": "data", "milliseconds": 0.5}
    throughput = {"parts": [part], "total": 1.0, "batch_size": 4, "note": "Medians."}
    texts = {
        "history.csv": table,
        "times.csv": table_of([{**count, "seconds": count["step"] / 3} for count in counts]),
        "metrics.csv": table.replace("d_loss", "coverage[pixels]"),
        "evaluation.json": json.dumps([evaluation, evaluation]),
        "throughput.json": json.dumps(throughput),
        "sessions.jsonl": json.dumps({"started": "now", "step": 0, "command": "keras-gan"}),
    }
    pictures = {f"samples/{i:08}.png": image("PNG") for i in (0, 4)}
    pictures["neighbours.png"] = image("PNG")
    return {**config_file(), **{n: text.encode() for n, text in texts.items()}, **pictures}


def read_run(folder):
    """The report, the film, a training that goes on, and one more evaluation."""
    run = runs.Run(folder)
    runs.write_report([run], run.report_path)
    pictures.save_gif(sorted(run.samples_folder.glob("*.png")), folder / "learning.gif")
    for path in (run.history_path, run.metrics_path, run.times_path):
        callbacks.table.Table(path).open(4)
    found = Evaluation({"coverage[pixels]": 0.5}, ("coverage 0.5",), (4, 4), 0)
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
    """The best game, whose seal isn't looked at, as for a file that others give."""
    return describe(runs.Run(folder).load(best=True))


def record_files():
    """Two shards of a foreign set, of image files and labels, with their index."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for shard in range(2):
            records = [example(image("PNG"), i).SerializeToString() for i in range(4)]
            written(records, folder / f"{shard}.tfrecord")
        datasets.open_source(folder, 8)
        return {path.name: path.read_bytes() for path in folder.iterdir()}


def record_set():
    """The same as a set of tools/make_records.py, with its manifest."""
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
    """The foreign set, which is indexed, and then the index that was left."""
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
    """The files of a kind as they should be."""
    return KINDS[kind].files()


def write_case(folder, files):
    """Writes a case into a new folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
