"""Pictures as people have them: of every format, orientation and shape, among other files."""

import io
import json
import os
import shutil
import sys

from keras_gan import datasets, runs
from keras_gan.cli import main
from keras_gan.datasets.image_files import ANIMATED, DEEP, open_image
from keras_gan.datasets.images import read_image
from keras_gan.errors import DataError, LimitError

import numpy as np
import pytest
import tensorflow as tf
from commands import refused, words
from conftest import differing, state_of
from photo_files import ORIENTATION, all_samples, array, both, encode, picture, write
from PIL import Image, ImageOps
from test_records import make


def upright(image, orientation):
    """Returns the picture that a file of an orientation shows, by Pillow."""
    image = image.copy()
    image.getexif()[ORIENTATION] = orientation
    return np.asarray(ImageOps.exif_transpose(image))


def decoded(content):
    return tf.io.decode_image(open_image(content, "it").content).numpy()


# Orientation.


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_each_orientation_of_each_format_is_turned_upright(kind):
    image = picture(24, 40)
    for orientation in range(1, 9):
        expected = upright(image, orientation)
        result = decoded(encode(image, kind, orientation))
        assert result.shape == expected.shape
        error = np.abs(result.astype(int) - expected).mean()
        assert error <= (0 if kind in ("PNG", "WEBP", "TIFF") else 4), (kind, orientation)


def test_turned_pictures_are_upright_wherever_they_are_read(tmp_path):
    """Folders, zips, caches, record sets, and single pictures, as `keras-gan explore` reads."""
    folder = tmp_path / "photos"
    for orientation in range(1, 9):
        content = encode(picture(24, 40), "PNG", orientation)
        write(folder / f"{orientation}.png", content)
    expected = [upright(picture(24, 40), orientation) for orientation in range(1, 5)]
    for source in both(folder, (24, 40)):
        assert np.array_equal(array(all_samples(source))[:4], expected)
    cached = datasets.open_source(folder, (24, 40), cache=tmp_path / "cache")
    assert np.array_equal(all_samples(cached), all_samples(source))
    for orientation in (5, 6, 7, 8):  # 40 high and 24 wide
        write(
            tmp_path / "tall" / f"{orientation}.png", (folder / f"{orientation}.png").read_bytes()
        )
    tall, records = make(tmp_path / "tall", tmp_path / "records")
    assert records.sample_shape == (40, 24, 3)
    assert np.array_equal(all_samples(tall), all_samples(records))
    assert np.array_equal(array(records[1][0]), upright(picture(24, 40), 6))
    alone = read_image(folder / "6.png", (40, 24, 3))
    assert np.array_equal(array(alone), upright(picture(24, 40), 6))


def test_an_orientation_in_xmp_counts_and_damaged_metadata_do_not(tmp_path):
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    content = encode(picture(24, 40), "JPEG", xmp=xmp)
    assert decoded(content).shape == (40, 24, 3)
    content = encode(picture(24, 40), "JPEG", exif=b"Exif\0\0 no TIFF at all")
    assert decoded(content).shape == (24, 40, 3)


# Formats.


MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
FORMATS = [
    *(("1", kind) for kind in ("PNG", "TIFF", "BMP", "PPM")),
    *(("L", kind) for kind in ("PNG", "TIFF", "AVIF", "BMP", "PPM")),
    *(("LA", kind) for kind in ("PNG", "TIFF")),
    *(("P", kind) for kind in ("PNG", "TIFF", "BMP", "GIF")),
    *(("RGB", kind) for kind in ("PNG", "TIFF", "BMP", "WEBP", "AVIF", "PPM", "QOI", "JPEG2000")),
    *(("RGBA", kind) for kind in ("PNG", "TIFF", "WEBP", "AVIF")),
    *(("CMYK", kind) for kind in ("TIFF", "JPEG")),
    ("YCbCr", "TIFF"),
]


@pytest.mark.parametrize(("mode", "kind"), FORMATS)
def test_every_mode_of_every_format_is_read_as_pillow_reads_it(mode, kind):
    content = encode(picture(24, 40).convert(mode), kind)
    result = decoded(content)
    mode = {count: mode for mode, count in MODES.items()}[result.shape[2]]
    expected = np.asarray(Image.open(io.BytesIO(content)).convert(mode)).reshape(result.shape)
    error = np.abs(result.astype(int) - expected)
    assert error.max() <= (4 if kind == "JPEG" else 0)


@pytest.mark.parametrize(
    ("mode", "color", "kind", "transparency", "expected"),
    [
        ("P", 1, "PNG", 1, [1, 1, 1, 0]),
        ("P", 1, "PNG", bytes([0, 128]), [1, 1, 1, 128]),
        ("RGB", (1, 2, 3), "PNG", (1, 2, 3), [1, 2, 3, 0]),
        ("L", 7, "PNG", 7, [7, 0]),
        ("P", 1, "GIF", 1, [1, 1, 1, 0]),
    ],
)
def test_a_transparent_colour_is_alpha(mode, color, kind, transparency, expected):
    image = Image.new(mode, (4, 4), color)
    if mode == "P":
        image.putpalette([value for value in range(256) for _ in range(3)])
    assert decoded(encode(image, kind, transparency=transparency))[0, 0].tolist() == expected


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_16_bits_are_scaled_and_not_clipped(kind):
    image = Image.fromarray(np.array([[0, 128, 129, 257, 32768, 65535]], "uint16"))
    content = encode(image, kind)
    assert open_image(content, "it").notes == (DEEP,)
    assert decoded(content).ravel().tolist() == [0, 0, 1, 1, 128, 255]


def test_16_bits_of_colour_are_rounded():
    values = np.array([[[0, 129, 257], [32768, 65535, 65278]]], "uint16")
    content = tf.io.encode_png(values).numpy()
    assert decoded(content).ravel().tolist() == [0, 1, 1, 128, 255, 254]


def test_floats_from_0_to_1_are_scaled_and_others_refused(tmp_path):
    content = encode(Image.fromarray(np.array([[0, 0.5, 1]], "float32")), "TIFF")
    assert decoded(content).ravel().tolist() == [0, 128, 255]
    for values, message in (
        (np.array([[0, 255]], "float32"), "floats from 0 to 1 in it, got 0 to 255; scale them"),
        (np.array([[0, np.nan]], "float32"), "floats from 0 to 1 in it, got nan"),
        (np.array([[0, 255]], "int32"), "integers of 32 bits, whose range is unknown"),
    ):
        path = write(tmp_path / "x.tif", encode(Image.fromarray(values), "TIFF"))
        with pytest.raises(DataError, match=rf"1 of 1 can't: x.tif \(expected .*{message}"):
            datasets.open_source(tmp_path)
        with pytest.raises(DataError, match=message.replace(" in it", rf" in {path}")):
            read_image(path, (1, 1, 1))


def test_the_first_frame_of_an_animation_is_read():
    frames = [picture(8, 8, seed) for seed in range(3)]
    for kind in ("GIF", "WEBP", "PNG", "TIFF", "AVIF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        content = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert open_image(content, "it").notes == (ANIMATED,)
        error = np.abs(decoded(content)[..., :3].astype(int) - np.asarray(frames[0])).mean()
        assert error < {"GIF": 8, "AVIF": 8}.get(kind, 1e-9), kind


def test_files_are_read_by_their_bytes(tmp_path):
    kinds = {"a.png": "JPEG", "b.jpg": "WEBP", "c.gif": "TIFF", "d.webp": "PNG", "e.jpeg": "HEIF"}
    for name, kind in kinds.items():
        write(tmp_path / name, encode(picture(24, 40), kind))
    for sample in all_samples(datasets.open_source(tmp_path)):
        assert np.abs(array(sample).astype(int) - np.asarray(picture(24, 40))).mean() < 5


def test_a_heic_without_its_reader_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    write(tmp_path / "x.jpg", encode(picture(24, 40), "HEIF"))
    with pytest.raises(DataError, match=r"x.jpg \(expected the extra heic to read a HEIC"):
        datasets.open_source(tmp_path)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF", "HEIF", "GIF", "BMP"])
def test_truncated_files_are_damaged_ones(kind, tmp_path):
    content = encode(picture(24, 40), kind)
    write(tmp_path / "whole.png", encode(picture(24, 40), "PNG"))
    write(tmp_path / "torn.png", content[: len(content) * 3 // 5])
    with pytest.raises(DataError, match=r"1 of 2 can't: torn.png;"):
        datasets.open_source(tmp_path)
    assert datasets.open_source(tmp_path, skip_corrupt=True).skipped == 1


@pytest.mark.parametrize("side", [9_000, 10_000, 60_000])  # below and above Pillow's own limits
def test_very_large_pictures_are_refused_before_they_are_decoded(side, tmp_path):
    write(tmp_path / "x.ppm", b"P5 %d %d 255\n" % (side, side))
    with pytest.raises(DataError, match=r"1 of 1 can't: x.ppm \(expected .*(pixels|smaller image)"):
        datasets.open_source(tmp_path)
    with pytest.raises(LimitError):
        open_image((tmp_path / "x.ppm").read_bytes(), "it")


# What isn't data.


def test_what_is_not_read_is_counted_and_named(tmp_path):
    folder = tmp_path / "set"
    write(folder / "a.png", encode(picture(8, 8), "PNG"))
    for name in ("a.txt", "b.TXT", "inner/c.txt", "x.psd", "inner.zip", "README"):
        write(folder / name, b"x")
    for name in (".DS_Store", ".hidden/x.png", "__MACOSX/a/x.png", "Thumbs.db", "inner/._a.png"):
        write(folder / name, b"x")
    expected = "3 .txt, 1 .psd, 1 .zip, 1 file without a suffix"
    for source in both(folder):
        assert len(source) == 1
        (note,) = source.notes
        assert note.endswith(f", as they aren't images that are read: {expected}.")
    (folder / "a.png").unlink()
    with pytest.raises(DataError, match=rf"expected images \(.*found only {expected}; name"):
        datasets.open_source(folder)


def test_links_are_followed_and_broken_ones_told(tmp_path):
    write(tmp_path / "elsewhere" / "x.png", encode(picture(8, 8), "PNG"))
    folder = tmp_path / "set"
    folder.mkdir()
    (folder / "cats").symlink_to(tmp_path / "elsewhere")
    (folder / "cats" / "round").symlink_to(folder)
    (folder / "gone.png").symlink_to(tmp_path / "missing.png")
    source = datasets.open_source(folder)
    assert (len(source), source.class_names) == (1, None)
    assert "1 broken link" in source.notes[0]


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    write(tmp_path / "set" / "x.png", encode(picture(8, 8), "PNG"))
    monkeypatch.chdir(tmp_path / "set")
    for _ in range(25):  # together longer than the system's longest path
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    with pytest.raises(DataError, match=r"expected a folder of images at .*: .*too long"):
        datasets.open_source(tmp_path / "set")


def test_classes_are_in_the_order_of_their_numbers(tmp_path):
    for name in ("10", "2", "1", "b", "a10", "a9"):
        write(tmp_path / "set" / name / "x.png", encode(Image.new("L", (8, 8), len(name)), "PNG"))
    for source in both(tmp_path / "set"):
        assert source.class_names == ("1", "2", "10", "a9", "a10", "b")
        pairs = zip(source._names, source.read_labels(), strict=True)
        assert all(name == f"{source.class_names[label]}/x.png" for name, label in pairs)


# A phone's folder.


@pytest.fixture(scope="module")
def phone(tmp_path_factory):
    """A phone's folder: every orientation and format, alpha, captions, an operating system's."""
    folder = tmp_path_factory.mktemp("phone") / "photos"
    for orientation in range(1, 9):
        content = encode(picture(48, 72, orientation), "JPEG", orientation)
        write(folder / f"IMG_{orientation}.JPG", content)
        write(folder / f"IMG_{orientation}.txt", b"a caption")
    for kind, suffix in {"WEBP": "webp", "AVIF": "avif", "HEIF": "HEIC", "TIFF": "tif"}.items():
        write(folder / f"x.{suffix}", encode(picture(48, 72), kind))
    deep = np.linspace(0, 65535, 72 * 48, dtype="uint16").reshape(72, 48)
    write(folder / "deep.tiff", encode(Image.fromarray(deep), "TIFF"))
    write(folder / "alpha.png", encode(picture(72, 48).convert("RGBA"), "PNG"))
    frames = [picture(72, 48, seed) for seed in range(2)]
    write(folder / "film.gif", encode(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    write(folder / ".DS_Store", b"x")
    return folder


def test_a_phones_folder_is_read_at_96x64_with_mirror(phone):
    source = datasets.open_source(phone, (96, 64), mirror=True)
    samples = all_samples(source)
    assert samples.shape == (30, 96, 64, 3)
    assert np.abs(samples).max() <= 1
    assert np.array_equal(samples[15:], samples[:15, :, ::-1])
    assert source.fitted == "8 of 15 images cropped to their centre, resized"
    told = "\n".join(source.notes)
    assert "they aren't images that are read: 8 .txt." in told
    assert "1 of 15 images is animated or of several pages: the first frame is read." in told
    assert "1 of 15 images is of 16 bits, read as 8." in told
    assert "1 of 15 images have an alpha channel" in told


OPTIONS = ("--image-size", "24x16", "--mirror", "--fit", "pad", "--background", "black")
TINY = ("--width", 8, "--batch-size", 4, "--every", 2, "--checkpoint-every", 2)


def test_a_phones_folder_trains_resumes_and_evaluates_with_its_run_inside(phone, tmp_path, capsys):
    """The run lies in the data's folder, and never becomes data."""
    folder = shutil.copytree(phone, tmp_path / "photos")
    out = folder / "run"
    training = ("train", "gan", "--data", folder, *TINY, *OPTIONS, "--out", out)
    assert main(words(*training, "--steps", 4)) == 0
    line = "gan on {}: 30 samples of 24x16x3, 8 of 15 images padded with black, resized, each"
    assert line.format(folder) in capsys.readouterr().out
    whole = state_of(runs.Run(out).load())
    (out / "checkpoints" / "00000004.keras").unlink()  # as if it was stopped after step 2
    assert main(words(*training, "--steps", 4)) == 0
    told = capsys.readouterr().out
    assert "read: 8 .txt, 1 run folder." in told
    assert line.format(folder) in told
    assert differing(whole, state_of(runs.Run(out).load())) == []
    config = json.loads((out / "config.json").read_text())
    assert (config["fit"], config["mirror"], config["samples"]) == ("pad", True, 30)
    capsys.readouterr()
    figures = ("--metrics", "sliced_wasserstein", "--extractor", "values", "--evaluate-count", 30)
    assert main(words("evaluate", out, *figures)) == 0
    assert "30 real" in capsys.readouterr().out
    source = datasets.open_source(folder, (24, 16), fit="pad", background="black", mirror=True)
    reference = runs.evaluation.open_run_source(runs.Run(out))
    assert np.array_equal(all_samples(reference), all_samples(source))
    for name in ("x.png", "cats/x.png", "run/../x.png"):
        for command in (["sample", out], ["explore", out, "truncation"]):
            error = refused(capsys, [*command, "--out", folder / name])
            assert f"got {folder / name}, which would become one of its images" in error
    assert main(words("sample", out, "--count", 4, "--out", out / "x.png")) == 0
    changed = [word for word in training if word != "--mirror"]
    assert "mirror: True there, False now" in refused(capsys, [*changed, "--steps", 8])
    assert "got a run folder; name the data" in refused(
        capsys, ["train", "gan", "--data", out, "--out", tmp_path / "other"]
    )


def test_a_run_in_a_zip_is_no_data(tmp_path):
    write(tmp_path / "set" / "x.png", encode(picture(8, 8), "PNG"))
    write(tmp_path / "set" / "run" / "samples" / "1.png", encode(picture(64, 64), "PNG"))
    write(tmp_path / "set" / "run" / "config.json", b'{"keras_gan_version": "0.1.0"}')
    write(tmp_path / "set" / "run" / "a" / "config.json", b'{"keras_gan_version": "0.1.0"}')
    write(tmp_path / "set" / ".run" / "config.json", b'{"keras_gan_version": "0.1.0"}')
    write(tmp_path / "set" / "model" / "config.json", b'{"other": 1}')
    write(tmp_path / "set" / "model" / "y.png", encode(picture(8, 8), "PNG"))
    for source in both(tmp_path / "set"):
        assert len(source) == 2
        assert "1 .json, 1 run folder" in source.notes[0]
        with pytest.raises(DataError, match="got a run folder; name the data"):
            datasets.open_source(f"{source.name}/run")


def test_classes_in_another_order_than_a_runs_are_refused():
    source = datasets.ArraySource("x", np.zeros((2, 4, 4, 1)), [0, 1], ["1", "10"])
    runs.evaluation.check_class_order(["1", "10"], source)
    with pytest.raises(runs.folder.RunError, match=r"classes 10, 1, .* in the run's order in x"):
        runs.evaluation.check_class_order(["10", "1"], source)
