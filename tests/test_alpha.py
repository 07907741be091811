"""Images with an alpha channel, composited on a colour or learned, in closed form."""

import json

from keras_gan import datasets, pictures, runs
from keras_gan.cli import main
from keras_gan.datasets.channels import parse_color, to_channels
from keras_gan.datasets.fitting import fit_image
from keras_gan.errors import ConfigError, DataError

import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images
from PIL import Image

BACKGROUNDS = {"white": (255, 255, 255), "black": (0, 0, 0), "#FF8000": (255, 128, 0)}


def write(folder, images, mode="RGBA"):
    """Writes uint8 arrays as PNG files."""
    folder.mkdir(exist_ok=True)
    for index, image in enumerate(images):
        Image.fromarray(image, mode).save(folder / f"{index}.png")
    return folder


@pytest.fixture
def random_rgba(tmp_path):
    """Returns a folder of two random RGBA images, in which some pixels are fully transparent."""
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 4), "uint8")
    images[:, ::3, :, 3] = 0
    return images, write(tmp_path / "rgba", images)


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_alpha_is_composited_on_the_background_by_default(random_rgba, background):
    """The result is c * a + b * (1 - a), in the numbers of the file."""
    images, folder = random_rgba
    source = datasets.open_source(folder, background=background)
    color, opacity = images[..., :3].astype(float), images[..., 3:] / 255
    expected = color * opacity + np.array(BACKGROUNDS[background]) * (1 - opacity)
    assert source.sample_shape == (8, 8, 3)
    for index in range(2):
        sample, _ = source[index]
        np.testing.assert_allclose((sample + 1) * 127.5, expected[index], atol=1e-4)
    assert source.background == background
    (note,) = source.notes
    assert note.startswith(
        f"2 of 2 images have an alpha channel and are composited on {background}."
    )


def test_grey_images_are_composited_on_the_luma_of_the_background(tmp_path):
    image = np.full((8, 8, 2), (51, 102), "uint8")
    Image.fromarray(image, "LA").save(tmp_path / "grey.png")
    source = datasets.open_source(tmp_path, background="#FF8000")
    luma = 0.299 * 255 + 0.587 * 128
    assert source.sample_shape == (8, 8, 1)
    np.testing.assert_allclose((source[0][0] + 1) * 127.5, 51 * 0.4 + luma * 0.6, atol=1e-3)


def test_alpha_is_learned_with_four_channels(random_rgba):
    """Samples are the files' values, with the background's colour in transparent pixels."""
    images, folder = random_rgba
    source = datasets.open_source(folder, channels=4, background="#FF8000")
    for index in range(2):
        expected = images[index].copy()
        expected[expected[..., 3] == 0] = (255, 128, 0, 0)
        assert np.array_equal(pictures.to_uint8(source[index][0]), expected)
    assert source.notes == ()


@pytest.mark.parametrize("size", [6, 7, 30])
def test_resizing_leaves_no_fringe_of_transparent_colours(size):
    """A red disc on transparent green is red wherever it is visible, at any size."""
    row, column = np.mgrid[:24, :24] - 11.5
    inside = row**2 + column**2 < 40
    image = np.where(inside[..., None], (1.0, -1.0, -1.0, 1.0), (-1.0, 1.0, -1.0, -1.0))
    resized = fit_image(tf.constant(image, tf.float32), (size, size)).numpy()
    is_seen = resized[..., 3] > -1 + 1 / 255
    assert 0.1 < is_seen.mean() < 0.9
    np.testing.assert_allclose(resized[is_seen][:, :3] - (1, -1, -1), 0, atol=1e-5)
    assert (resized[~is_seen][:, :3] == 1).all()


def test_resizing_and_compositing_commute():
    """Opacity-weighted resizing and compositing on white give the same in either order."""
    random = np.random.default_rng(1).uniform(-0.5, 0.5, (16, 16, 4))
    image = tf.constant(random, tf.float32)  # nothing that would be clipped
    laid_first = fit_image(to_channels(image, 3), (8, 8))
    laid_last = to_channels(fit_image(image, (8, 8)), 3)
    np.testing.assert_allclose(laid_first, laid_last, atol=1e-5)


def test_invalid_colours_are_refused():
    for word in ("red", "#12345", "#12345g", "#1234567", 3):
        with pytest.raises(ConfigError, match="white, black or #rrggbb"):
            parse_color(word)


def test_a_cache_of_another_background_is_refused(random_rgba, tmp_path):
    _, folder = random_rgba
    cached = datasets.open_source(folder, cache=tmp_path / "cache", background="black")
    assert np.array_equal(cached[1][0], datasets.open_source(folder, background="black")[1][0])
    assert cached.notes
    with pytest.raises(DataError, match="background"):
        datasets.open_source(folder, cache=tmp_path / "cache")


def test_grids_keep_alpha_and_films_are_composited_on_white(tmp_path):
    """The empty cell of a grid of three is transparent, and white in a film."""
    images = random_images(3, channels=4)
    paths = [tmp_path / f"{index}.png" for index in range(2)]
    for path in paths:
        pictures.save_grid(images, path)
    with Image.open(paths[0]) as grid:
        assert grid.mode == "RGBA"
        kept = np.asarray(grid)
    assert np.array_equal(kept, pictures.grid(images))
    assert not kept[8:, 8:].any()
    pictures.save_gif(paths, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as film:
        shown = np.asarray(film.convert("RGB")).astype(int)
    opacity = kept[..., 3:] / 255
    laid = kept[..., :3] * opacity + 255 * (1 - opacity)
    assert (shown[8:, 8:] == 255).all()
    assert np.abs(shown - laid).mean() < 10  # 256 colours for 192 random ones and white


def test_emoji_are_learned_with_alpha_by_the_command(real_data, tmp_path, capsys):
    run, out = tmp_path / "run", tmp_path / "samples.png"
    words = ["train", "dcgan", "--data", str(real_data / "emoji64.zip"), "--channels", "4"]
    words += ["--image-size", "16", "--width", "4", "--batch-size", "8", "--steps", "3"]
    words += ["--every", "1", "--augment", "diffaugment", "--out", str(run)]
    assert main(words) == 0
    assert "3,786 samples of 16x16x4" in capsys.readouterr().out
    with Image.open(run / "samples" / "00000003.png") as grid:
        assert (grid.mode, grid.size) == ("RGBA", (160, 160))
    assert main(["sample", str(run), "--count", "4", "--out", str(out)]) == 0
    with Image.open(out) as drawn:
        assert drawn.mode == "RGBA"
        expected = pictures.grid(runs.Run(run).load().sample(4, seed=0))
        assert np.array_equal(drawn, expected)
    assert json.loads((run / "config.json").read_text())["background"] == "white"
    assert "data:image/png" in (run / "report.html").read_text()
