"""Films and sheets, read back from their files."""

import fractions
import sys

from keras_gan import explore, pictures
from keras_gan.errors import ConfigError

import numpy as np
import pytest
from conftest import random_images
from PIL import Image


def test_a_gif_has_all_frames_enlarged_by_an_integer(tmp_path):
    frames = pictures.to_uint8(random_images(7, size=12)).numpy()
    pictures.save_film(frames, tmp_path / "deep" / "film.gif")
    with Image.open(tmp_path / "deep" / "film.gif") as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (7, (132, 132), 0)
        assert film.info["duration"] == 40
        for index, frame in enumerate(frames):
            film.seek(index)
            shown = np.asarray(film.convert("L"))[::11, ::11]
            assert np.abs(shown.astype(int) - frame[..., 0]).max() <= 2


def test_an_mp4_has_all_frames_and_plays_in_browsers(tmp_path):
    av = pytest.importorskip("av", reason="PyAV, the extra video, isn't installed")
    frames = np.repeat(np.arange(0, 250, 10, dtype="uint8"), 9 * 7 * 3).reshape(25, 9, 7, 3)
    pictures.save_film(frames, tmp_path / "film.mp4", frames_per_second=29.97)
    with av.open(str(tmp_path / "film.mp4")) as film:
        (stream,) = film.streams.video
        assert (stream.codec_context.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.height, stream.width, stream.average_rate) == (
            334,
            260,
            fractions.Fraction(2_997, 100),
        )
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(stream)]
    assert len(shown) == 25
    for image, frame in zip(shown, frames, strict=True):
        assert np.abs(image.astype(int) - frame[0, 0, 0]).max() <= 4


def test_without_pyav_the_error_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ConfigError, match=r"pip install '\.\[video\]'.*Or write a \.gif"):
        pictures.save_film(np.zeros((2, 8, 8, 1), "uint8"), tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())


def test_invalid_films_are_refused(tmp_path):
    frames = np.zeros((2, 8, 8, 1), "uint8")
    with pytest.raises(ConfigError, match=r"end in .gif or .mp4, got .*film.avi"):
        pictures.save_film(frames, tmp_path / "film.avi")
    with pytest.raises(ConfigError, match="expected uint8 frames"):
        pictures.save_film(frames.astype("float32"), tmp_path / "film.gif")
    with pytest.raises(ConfigError, match="at least one, got uint8"):
        pictures.save_film(frames[:, :0], tmp_path / "film.gif")
    for rate in (0, 121, float("nan"), True, "25", None):
        with pytest.raises(ConfigError, match="frames_per_second from 1 to 120, got"):
            pictures.save_film(frames, tmp_path / "film.gif", rate)
    with pytest.raises(ConfigError, match="expected rest >= 0, got -1"):
        pictures.save_film(frames, tmp_path / "film.gif", rest=-1)
    assert not list(tmp_path.iterdir())


# Sheets.


def test_a_sheet_shows_every_image_in_its_cell(tmp_path):
    images = random_images(6, size=9, channels=3).reshape(2, 3, 9, 9, 3)
    sheet = explore.Sheet(images)
    sheet.save(tmp_path / "sheet.png")
    shown = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert shown.shape == (2 * 12 + 2 * 72 + 6, 2 * 12 + 3 * 72 + 2 * 6, 3)
    for row in range(2):
        for column in range(3):
            top, left = 12 + row * 78, 12 + column * 78
            cell = shown[top : top + 72 : 8, left : left + 72 : 8]
            assert np.array_equal(cell, pictures.to_uint8(images[row, column]))


def test_captions_enlarge_the_sheet():
    images = np.zeros((2, 2, 8, 8, 1))
    bare = np.asarray(explore.Sheet(images).draw())
    captioned = explore.Sheet(
        images, ["a row", "x" * 400], ["a", "b" * 99], [["1", "2"], ["", ""]], "a title"
    )
    drawn = np.asarray(captioned.draw())
    assert drawn.shape[0] == bare.shape[0] + 3 * 18  # columns, title, one row of cells
    assert drawn.shape[1] == bare.shape[1] + 220 + 6
    assert (drawn[:, :12] == 255).all()
    with pytest.raises(ConfigError, match="expected 2 captions for the columns, got 1"):
        explore.Sheet(images, columns=["a"])
    with pytest.raises(ConfigError, match="ask for fewer rows or columns"):
        explore.Sheet(np.zeros((1, 1_000, 300, 300, 1), "int8")).draw()
