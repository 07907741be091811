"""Sources of media: how the samples of an array are read."""

from keras_gan import datasets, media
from keras_gan.errors import DataError

import numpy as np
import pytest

WORDS = media.Tokens(("<end>", "the", "cat", "sat"), end="<end>")
ROWS = media.Table(("age", "pet"), (None, ("cat", "dog")))


def saved(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    return tmp_path / "x.npy"


def test_samples_of_two_axes_need_a_medium(tmp_path):
    values = np.random.default_rng(0).uniform(-1, 1, (6, 400, 1)).astype("float32")
    path = saved(tmp_path, values)
    with pytest.raises(DataError, match=r"a medium for .*x.npy, an array of \(6, 400, 1\)") as info:
        datasets.load(path, batch_size=2)
    assert "medium='sound:16000' (--medium sound:16000, in Hz) or medium='image'" in str(info.value)
    source = datasets.open_source(path, medium="sound:8000")
    assert (source.medium, source.sample_shape) == (media.Sound(8_000), (400, 1))
    np.testing.assert_array_equal(source[5][0], values[5])
    assert source.notes == (f"{path} is read as sound at 8,000 Hz.",)
    grey = datasets.open_source(path, medium=media.Image())
    assert (grey.medium, grey.sample_shape) == (media.Image(), (400, 1, 1))
    (batch,) = datasets.load(path, batch_size=6, medium="sound", shuffle=False).take(1)
    np.testing.assert_array_equal(batch, values)


def test_a_single_channel_axis_may_be_omitted(tmp_path):
    path = saved(tmp_path, np.zeros((4, 9), "float32"))
    assert datasets.open_source(path).medium == media.Points()
    assert datasets.open_source(path, medium="sound").sample_shape == (9, 1)
    path = saved(tmp_path, np.zeros((4, 6, 8, 8), "uint8"))
    assert datasets.open_source(path, medium="video").sample_shape == (6, 8, 8, 1)
    path = saved(tmp_path, np.zeros((4, 6, 8, 8, 3), "uint8"))
    assert datasets.open_source(path).medium == media.Video()


def test_named_columns_are_a_table_unless_another_medium_is_named(tmp_path):
    columns = [("age", "float32"), ("weight", "float32")]
    path = saved(tmp_path, np.array([(31.5, 4.25), (44.0, 5.5)], columns))
    source = datasets.open_source(path)
    assert source.medium == media.Table(("age", "weight"))
    assert source.notes == (f"{path} is read as a table of 2 columns.",)
    assert source[1][0].tolist() == [44.0, 5.5]
    assert datasets.open_source(path, medium="points").medium == media.Points()
    words = np.array([(31.5, "cat")], [("age", "float32"), ("pet", "U3")])
    with pytest.raises(DataError, match="int64 rows or floats, got <U"):
        datasets.ArraySource("pets", words)
    dates = np.zeros(3, [("age", "float32"), ("born", "datetime64[D]")])
    with pytest.raises(DataError, match="expected columns of numbers in pets, got dtype"):
        datasets.ArraySource("pets", dates)


@pytest.mark.parametrize(
    ("shape", "medium", "message"),
    [
        (
            (4, 8, 8, 2),
            None,
            r"expected images \(height, .*\) in .*x.npy, got samples of \(8, 8, 2\)",
        ),
        ((4, 8, 8, 9), None, r"treat them as plain numbers: medium='points'"),
        ((4, 3, 8, 8, 7), None, r"expected clips \(frames, .*got samples of \(3, 8, 8, 7\)"),
        ((4, 2, 2, 2, 2, 2), None, "medium='points'"),
        ((4, 8, 8), None, "expected a medium for"),
        ((4, 8, 9), "sound", r"expected sounds \(samples, 1 to 8 channels\) .*of \(8, 9\)"),
        ((4, 8, 8, 3), "sound", r"name another medium \(--medium\)"),
        ((4, 5), ROWS, r"expected rows \(columns,\) in .*, got samples of \(5,\)"),
        ((4, 5, 3), WORDS, r"expected sentences .*, got samples of \(5, 3\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(tmp_path, shape, medium, message):
    path = saved(tmp_path, np.zeros(shape, "float32"))
    with pytest.raises(DataError, match=message):
        datasets.open_source(path, medium=medium)


def test_samples_of_any_shape_can_be_points(tmp_path):
    path = saved(tmp_path, np.tile(np.float32([[8], [10]]), (4, 8, 4, 2)))
    source = datasets.open_source(path, medium="points")
    assert (source.medium, source.sample_shape) == (media.Points(), (8, 8, 2))
    assert source.moments() == [[9.0, 9.0], [1.0, 1.0]]


@pytest.mark.parametrize(
    ("columns", "medium", "message"),
    [
        ([1], "points", "columns that vary in .*, got one value alone in column 1; leave"),
        ([0, 1, 2], "points", "in column 0, 1, 2; leave"),
        ([0], media.Table(("age", "pet", "size")), "in column age; leave constant columns out"),
    ],
)
def test_constant_columns_are_named(tmp_path, columns, medium, message):
    samples = np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    samples[:, columns] = 0.1  # whose mean isn't exactly 0.1
    source = datasets.open_source(saved(tmp_path, samples), medium=medium)
    with pytest.raises(DataError, match=message):
        source.moments()


@pytest.mark.parametrize(
    ("values", "medium", "expected"),
    [
        (np.array([[-32_768, 16_384]], "int16"), "sound", [[-1.0], [0.5]]),
        (np.array([[-32_768, 16_384]], ">i2"), "sound", [[-1.0], [0.5]]),
        (np.array([[[[0, 255]]]], "uint8"), "video", [[[[-1.0], [1.0]]]]),
        (np.array([[3, 0, 2]]), WORDS, [3.0, 0.0, 2.0]),
        (np.array([[40, 1]], "int32"), ROWS, [40.0, 1.0]),
    ],
)
def test_integers_are_scaled_by_their_medium(tmp_path, values, medium, expected):
    sample, _ = datasets.open_source(saved(tmp_path, values), medium=medium)[0]
    assert sample.dtype == np.float32
    assert sample.tolist() == expected


@pytest.mark.parametrize(
    ("values", "medium", "message"),
    [
        (np.zeros((4, 3), "uint8"), None, "to hold floats, got uint8; convert them"),
        (np.zeros((4, 3), "int32"), "sound", "int16 sounds or floats, got int32"),
        (
            np.full((4, 3), 2.0),
            "sound",
            r"sounds from -1 to 1 in .* from 2 to 2; scale them, by x / 1 -",
        ),
        (np.full((4, 2), 2**24 + 1), ROWS, "integers up to 16,777,216"),
    ],
)
def test_values_that_do_not_fit_are_refused(tmp_path, values, medium, message):
    with pytest.raises(DataError, match=message):
        datasets.open_source(saved(tmp_path, values), medium=medium)


def test_a_contradicting_medium_is_refused():
    with pytest.raises(
        DataError, match=r"expected sound at 16,000 Hz in digits, as medium .*images"
    ):
        datasets.load("digits", medium="sound")
    assert datasets.open_source("digits", medium="image").medium == media.Image()
    assert datasets.open_source("toy:gaussians8").medium == media.Points()
