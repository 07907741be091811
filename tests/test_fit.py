"""Pictures of any shape as samples of one size, and each of them mirrored."""

from keras_gan import datasets, options
from keras_gan.cli import main
from keras_gan.datasets.fitting import fit_image
from keras_gan.datasets.images import read_image
from keras_gan.errors import ConfigError, DataError

import numpy as np
import pytest
import tensorflow as tf
from photo_files import array, encode, picture, write
from PIL import Image
from test_records import make, read_all

# Size and fit.


def test_sizes_of_the_command_line():
    assert options.parse_image_size("64") == 64
    assert options.parse_image_size("96x64") == (96, 64)


@pytest.mark.parametrize("word", ["96x", "x64", "96x64x3", "big", "9.5", ""])
def test_other_sizes_are_refused_by_the_command_line(word, capsys):
    with pytest.raises(SystemExit):
        main(["train", "quick", "--data", "digits", "--out", "run", "--image-size", word])
    assert (
        "expected one side, such as 64, or height and width, such as 96x64"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    "size", [(), (8,), (8, 8, 3), (8, 0), (8, 2.5), (8, "8"), (8, True), (8, 10**7)]
)
def test_other_sizes_are_refused(size):
    with pytest.raises(ConfigError, match=r"expected an (image_size of height|integer image_size)"):
        datasets.open_source("digits", size)


def fitted(image, size, fit, tmp_path, **more):
    write(tmp_path / "fit" / "x.png", encode(Image.fromarray(image), "PNG"))
    return datasets.open_source(tmp_path / "fit", size, fit=fit, **more)


def test_crop_pad_and_stretch(tmp_path):
    """A wide picture, black with a white middle, in closed form."""
    image = np.zeros((8, 24, 3), "uint8")
    image[:, 8:16] = 255
    crop = fitted(image, (8, 8), "crop", tmp_path)
    assert (array(crop[0][0]) == 255).all()
    assert crop.fitted == "cropped to their centre"
    pad = fitted(image, (12, 24), "pad", tmp_path, background="#ff8000")
    expected = np.concatenate([[[(255, 128, 0)] * 24] * 2, image, [[(255, 128, 0)] * 24] * 2])
    assert np.array_equal(array(pad[0][0]), expected)
    assert (pad.fitted, pad.background) == ("padded with #ff8000", "#ff8000")
    stretch = fitted(image, (8, 12), "stretch", tmp_path)
    sample = array(stretch[0][0])
    assert (sample[:, 5:7] == 255).all()
    assert (sample[:, [0, 1, 10, 11]] == 0).all()
    assert stretch.fitted == "stretched"
    small = fitted(image, (4, 4), "pad", tmp_path, channels=4)
    alpha = array(small[0][0])[..., 3]
    assert alpha[:, 0].tolist() == [0, 255, 0, 0] or alpha[:, 0].tolist() == [0, 0, 255, 0]
    with pytest.raises(ConfigError, match="unknown fit 'croup'; did you mean 'crop'"):
        fitted(image, (4, 4), "croup", tmp_path)


@pytest.mark.parametrize("fit", ["crop", "pad", "stretch"])
def test_any_picture_fits_into_any_size(fit):
    for channels in (1, 3, 4):
        image = tf.fill([31, 57, channels], 0.5)
        for size in [(96, 64), (64, 96), (10, 30), (30, 10), (7, 7), (1, 5)]:
            sample = fit_image(image, size, fit).numpy()
            assert sample.shape == (*size, channels)
            np.testing.assert_allclose(sample[size[0] // 2, size[1] // 2], 0.5, atol=1e-5)
            assert np.abs(sample).max() <= 1


def test_array_images_are_resized(tmp_path):
    np.save(tmp_path / "images.npy", np.full((4, 28, 28, 1), 255, "uint8"))
    sample, _ = datasets.open_source(tmp_path / "images.npy", image_size=32)[0]
    np.testing.assert_allclose(sample, np.ones((32, 32, 1)), atol=1e-5)


def test_whole_pictures_only(tmp_path):
    write(tmp_path / "a.png", encode(picture(12, 8), "PNG"))
    write(tmp_path / "b.png", encode(picture(24, 16), "PNG"))
    source = datasets.open_source(tmp_path, (6, 4), fit="whole")
    assert source.fitted == "resized"
    write(tmp_path / "c.png", encode(picture(24, 17), "PNG"))
    write(tmp_path / "d.png", encode(picture(24, 18), "PNG"))
    message = r"of the aspect 6x4 \(height x width\).*got 24x17 in c.png and 1 others; crop it"
    with pytest.raises(DataError, match=message):
        datasets.open_source(tmp_path, (6, 4), fit="whole")
    with pytest.raises(DataError, match=r"got 28x28 in digits"):
        datasets.open_source("digits", (96, 64), fit="whole")
    with pytest.raises(DataError, match=r"got 24x17 in .*c.png"):
        read_image(tmp_path / "c.png", (6, 4, 3), fit="whole")


def test_the_size_comes_from_the_data_where_they_agree(tmp_path):
    for index in range(3):
        write(tmp_path / f"{index}.png", encode(picture(96, 64, index), "PNG"))
    source = datasets.open_source(tmp_path)
    assert (source.sample_shape, source.fitted) == ((96, 64, 3), None)
    write(tmp_path / "large.png", encode(picture(192, 128), "PNG"))
    assert datasets.open_source(tmp_path, "typical").sample_shape == (96, 64, 3)
    write(tmp_path / "other.png", encode(picture(80, 81), "PNG"))
    assert datasets.open_source(tmp_path, "typical").sample_shape == (64, 64, 3)


def test_a_cache_of_another_fit_is_refused(tmp_path):
    write(tmp_path / "set" / "x.png", encode(picture(12, 8), "PNG"))
    datasets.open_source(tmp_path / "set", 8, cache=tmp_path / "cache", fit="pad")
    with pytest.raises(DataError, match=r"has changed since .*fit"):
        datasets.open_source(tmp_path / "set", 8, cache=tmp_path / "cache", fit="stretch")


def test_a_cache_keeps_its_size(tmp_path):
    cached = datasets.open_source("digits", cache=tmp_path / "cache")
    with pytest.raises(DataError, match="expected a source without a cache to resize, got digits"):
        cached.resized(8)
    assert cached.content_fingerprint() == datasets.open_source("digits").content_fingerprint()


# Mirrored images.


@pytest.mark.parametrize("kind", ["folder", "resized", "cache", "records", "npy"])
def test_each_image_is_also_mirrored(kind, tmp_path):
    folder, path = tmp_path / "set", tmp_path / kind
    for index in range(6):
        write(folder / "ab"[index % 2] / f"{index}.png", encode(picture(8, 8, index), "PNG"))
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), "uint8")
    np.savez(tmp_path / "x.npz", images=pixels, labels=np.arange(6) % 2)
    if kind == "records":
        make(folder, path)
    name = {"records": path, "npy": tmp_path / "x.npz"}.get(kind, folder)
    how = {"resized": {"image_size": (6, 4)}, "cache": {"cache": path}}.get(kind, {})
    once, twice = (datasets.open_source(name, mirror=mirror, **how) for mirror in (False, True))
    (images, labels), (samples, all_labels) = read_all(once), read_all(twice)
    assert np.array_equal(samples, np.concatenate([images, images[:, :, ::-1]]))
    assert np.array_equal(all_labels, np.tile(labels, 2))
    assert np.array_equal(all_labels, twice.read_labels())
    epoch = np.concatenate([batch.numpy() for batch in twice.to_dataset(4, seed=1)])
    keys = {sample.tobytes() for sample in epoch}
    assert len(keys) == 12
    assert keys == {sample.tobytes() for sample in samples}


def test_stacked_digits_are_mirrored():
    twice = datasets.open_source("toy:stacked_digits", mirror=True)
    assert np.array_equal(twice[100_007][0], twice[7][0][:, ::-1])


def test_only_images_are_mirrored():
    with pytest.raises(DataError, match="expected images to mirror, got points"):
        datasets.open_source("toy:gaussians8", mirror=True)
    with pytest.raises(ConfigError, match="expected mirror as True or False, got 'yes'"):
        datasets.open_source("digits", mirror="yes")
