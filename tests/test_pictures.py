from keras_gan import media, pictures
from keras_gan.errors import ConfigError

import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images
from PIL import Image


def test_uint8_is_rounded_and_clipped():
    values = tf.constant([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])
    assert pictures.to_uint8(values).numpy().tolist() == [0, 0, 128, 191, 255, 255]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_grid_is_in_reading_order(channels):
    images = random_images(5, channels=channels)
    table = pictures.grid(images).numpy()
    assert table.shape == (16, 24, channels)
    for index in range(5):
        row, column = divmod(index, 3)
        cell = table[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8]
        assert np.array_equal(cell, pictures.to_uint8(images[index]))
    assert not table[8:, 16:].any()


def test_grid_in_a_graph_with_a_dynamic_count():
    make = tf.function(pictures.grid, input_signature=[tf.TensorSpec((None, 8, 8, 1))])
    for count in (1, 4, 7):
        images = random_images(count)
        assert np.array_equal(make(images), pictures.grid(images))


def test_a_png_round_trips(tmp_path):
    images = random_images(4, channels=3)
    pictures.save_grid(images, tmp_path / "deep" / "grid.png", columns=4)
    assert np.array_equal(Image.open(tmp_path / "deep" / "grid.png"), pictures.grid(images, 4))


def test_samples_that_are_not_images_are_refused():
    for shape in ((3, 2), (0, 8, 8, 1), (2, 8, 8, 5), (2, 0, 8, 1)):
        with pytest.raises(ConfigError, match=r"expected images .*, at least one, got \("):
            pictures.grid(np.zeros(shape, "float32"))
    with pytest.raises(ConfigError, match="an integer columns >= 1, got 0"):
        pictures.grid(random_images(2), 0)
    tall, lines = np.zeros((2, 2**26, 1, 1), "float32"), np.zeros((6_000, 2), "float32")
    for draw in (lambda: pictures.grid(tall), lambda: media.Table(("a", "b")).preview(lines)):
        with pytest.raises(ConfigError, match=r"at most 67,108,864 pixels, got .*; draw fewer"):
            draw()
    with pytest.raises(ConfigError, match="at least one frame"):
        pictures.save_gif([], "none.gif")


def test_what_is_no_picture_and_no_file_is_refused(tmp_path):
    picture = np.zeros((8, 8, 1), "uint8")
    for bad in (picture / 2, picture[..., 0], np.zeros((8, 8, 5), "uint8")):
        with pytest.raises(ConfigError, match="expected a uint8 picture"):
            pictures.save_png(bad, tmp_path / "x.png")
    (tmp_path / "x.gif").mkdir()
    with pytest.raises(ConfigError, match="a file to write, got the folder"):
        pictures.save_png(picture, tmp_path / "x.gif")
    with pytest.raises(ConfigError, match="a file to write, got the folder"):
        pictures.save_gif([picture], tmp_path / "x.gif")
    assert [path.name for path in tmp_path.iterdir()] == ["x.gif"]
