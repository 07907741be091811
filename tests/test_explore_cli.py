"""`keras-gan explore` on a tiny run."""

import keras_gan as kg
from keras_gan.cli import main

import numpy as np
import pytest
from PIL import Image

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def few_digits(tmp_path_factory):
    """A file of 200 digits, to be compared with."""
    path = tmp_path_factory.mktemp("data") / "digits.npy"
    digits = kg.datasets.load("digits", batch_size=200)
    np.save(path, next(iter(digits)).numpy())
    return path


def command(run, *arguments):
    return main(["explore", str(run), *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        (["truncation", "--count", 2, "--label", 7], (6, 2)),
        (["classes", "--labels", 3, 1, "--count", 4], (2, 4)),
        (["directions", "--count", 3, "--columns", 5], (5, 3)),
        (["directions", "--by", "jacobian", "--count", 2, "--columns", 3, "--label", 4], (3, 2)),
    ],
)
def test_commands_write_sheets(run, tmp_path, capsys, arguments, size):
    out = tmp_path / "sheet.png"
    assert command(run, *arguments, "--out", out) == 0
    assert capsys.readouterr().out.strip() == str(out)
    with Image.open(out) as sheet:
        columns, rows = size
        assert sheet.width >= columns * 84
        assert sheet.height >= rows * 84
        assert sheet.height < (rows + 1) * 120
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


def test_the_command_shows_neighbours_in_other_data(run, few_digits, tmp_path):
    out = tmp_path / "neighbours.png"
    options = ["--count", 2, "--columns", 3, "--data", few_digits, "--extractor", "values"]
    assert command(run, "neighbours", "--out", out, *options) == 0
    with Image.open(out) as sheet:
        assert sheet.width >= 4 * 84


def test_the_command_for_films(run, tmp_path):
    options = ["--seeds", 1, 2, 3, "--frames", 5, "--label", 7, "--truncation", 0.5]
    assert command(run, "interpolate", "--out", tmp_path / "walk.gif", *options) == 0
    with Image.open(tmp_path / "walk.gif") as film:
        assert film.size == (140, 140)
        assert film.n_frames <= 15
    assert command(run, "interpolate", "--out", tmp_path / "a.gif", *options[:4], "--once") == 0
    with Image.open(tmp_path / "a.gif") as film:
        assert film.size == (420, 168)


def test_the_command_inverts_files_and_data(run, few_digits, tmp_path, capsys):
    files = [tmp_path / f"{number}.png" for number in range(2)]
    for file in files:
        values = RNG.integers(0, 255, (40, 50, 3), dtype="uint8")
        Image.fromarray(values).save(file)
    out, latents = tmp_path / "inversion.png", tmp_path / "found.npz"
    options = ["--steps", 3, "--out", out, "--latents", latents, "--data", few_digits]
    assert command(run, "invert", *files, *options) == 0
    assert "2 images, root mean square errors" in capsys.readouterr().out
    with np.load(latents) as found:
        assert found["latents"].shape == (2, 32)
        assert found["labels"].shape == (2,)
    digits = ["invert", "digits", "--count", 3, "--label", "own", "--tuning", 2]
    assert command(run, *digits, *options) == 0
    assert "3 images, root mean square errors" in capsys.readouterr().out
    with Image.open(out) as sheet:
        assert sheet.width >= 3 * 84


def refused(capsys, run, *arguments):
    """Returns the error of a command that must fail without a traceback."""
    capsys.readouterr()
    assert command(run, *arguments) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_bad_commands(run, tmp_path, capsys):
    (tmp_path / "torn.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "file").write_text("in the way")
    Image.new("L", (28, 28)).save(tmp_path / "grey.png")
    for message, arguments in (
        ("end in .png, got x.jpg", ["classes", "--out", "x.jpg"]),
        ("end in .gif or .mp4, got x.png", ["interpolate", "--out", "x.png"]),
        ("--label of 0, 1", ["truncation", "--label", "ten"]),
        ("which has none", ["mix"]),
        ("image files, or one data set", ["invert", "digits", "mnist"]),
        ("expected an image at", ["invert", tmp_path / "none.png"]),
        ("damaged file", ["invert", tmp_path / "torn.png"]),
        ("images with labels, for own", ["invert", tmp_path / "grey.png", "--label", "own"]),
        ("expected a folder for", ["classes", "--out", tmp_path / "file" / "x.png"]),
    ):
        told_of = refused(capsys, run, *arguments)
        assert told_of.startswith("keras-gan: "), arguments
        assert message in told_of, arguments
    assert "no config.json" in refused(capsys, tmp_path, "classes")
    with pytest.raises(SystemExit):
        command(run, "dream")
