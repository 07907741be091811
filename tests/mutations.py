"""Mutations of files: each is a strategy of bytes, given bytes.

What is inside of a file is mutated too (the entries of a zip, the content of a gzip, the values of
JSON, the header of an array), so that checksums don't hide what lies behind them.
"""

import functools
import gzip
import io
import json
import math
import pathlib
import struct
import tempfile
import zipfile
import zlib

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st
from PIL import Image

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
    """Flips a few bits."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 8)) if content else 0):
        content[draw(st.integers(0, len(content) - 1))] ^= 1 << draw(st.integers(0, 7))
    return bytes(content)


@st.composite
def spliced(draw, content):
    """Replaces a part by another part of the file or by other bytes."""
    places = st.integers(0, len(content))
    start, end = sorted((draw(places), draw(places)))
    part = content[draw(places) :][: draw(st.integers(0, 64))]
    part = draw(st.one_of(st.just(part), st.binary(max_size=32)))
    return content[:start] + part + content[draw(st.sampled_from([start, end])) :]


@st.composite
def renumbered(draw, content):
    """Writes an unusual number near the beginning or the end, where headers are."""
    size = draw(st.sampled_from([1, 2, 4, 8]))
    place = draw(st.integers(0, min(len(content), 200)))
    place = draw(st.sampled_from([place, max(len(content) - place, 0)]))
    order = draw(st.sampled_from(["little", "big"]))
    number = (draw(NUMBERS) % 256**size).to_bytes(size, order)
    return content[:place] + number + content[place + size :]


def damaged(content):
    """Applies one of these mutations, or returns random bytes."""
    kinds = [cut, flipped, spliced, renumbered]
    return st.one_of(*(kind(content) for kind in kinds), st.binary(max_size=200))


@st.composite
def other_json(draw, content):
    """Replaces, nests or removes one value of a JSON file."""
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
    """Returns `(list or dict, key)` of all nested values."""
    if isinstance(content, (dict, list)):
        pairs = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in pairs:
            yield content, key
            yield from places_in(value)


@st.composite
def other_cells(draw, content):
    """Replaces or adds one cell of a CSV file."""
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
    """Returns a .npy with another shape or type in its header, often with enough bytes."""
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
    """Mutates one chunk of a PNG, with the correct checksum."""
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
    """Mutates, renames or removes one entry of a zip."""
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
    """Mutates the content of a gzip."""
    return gzip.compress(draw(damaged(gzip.decompress(content))), 1)


@st.composite
def rewritten(draw, content):
    """Mutates one record of a TFRecord file, with the correct checksum."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x.tfrecord"
        path.write_bytes(content)
        records = [record.numpy() for record in tf.data.TFRecordDataset([str(path)])]
        index = draw(st.integers(0, len(records) - 1))
        records[index] = draw(st.one_of(damaged(records[index]), other_examples()))
        return written(records, path)


def image(kind, color="red"):
    """Returns an image of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), color).save(buffer, kind)
    return buffer.getvalue()


@st.composite
def other_examples(draw):
    """Returns an Example whose features aren't those of an image and a label."""
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
    """Returns the bytes of a TFRecord file with these records."""
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
    """Mutates a file, in two of three cases inside, by the format of its suffix."""
    inner = INNER.get(pathlib.PurePath(name).suffix, damaged)
    return draw(draw(st.sampled_from([damaged, inner, inner]))(content))
