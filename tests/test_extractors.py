import keras_gan as kg
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import extractors

import keras
import numpy as np
import pytest
from conftest import random_images


def read_all(source):
    batches = source.to_dataset(500, labels=True, shuffle=False).as_numpy_iterator()
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


class Recorder(extractors.Extractor):
    """An extractor that records the sizes of its batches."""

    def __init__(self):
        super().__init__("recorder", batch_size=4)
        self.sizes = []

    def measure(self, samples):
        self.sizes.append(len(samples))
        return samples.reshape(len(samples), -1), None


def test_digits_classifies_the_test_set_of_mnist(real_data):
    images, labels = read_all(kg.datasets.open_source("mnist:test"))
    reading = extractors.get("digits").read(images)
    assert (reading.probabilities.argmax(axis=1) == labels).mean() >= 0.99
    assert np.allclose(reading.probabilities.sum(axis=1), 1, atol=1e-5)
    assert reading.features.shape == (10_000, 128)
    assert reading.features.var(axis=0).mean() == pytest.approx(1, abs=0.05)


def test_digits_classifies_the_bundled_digits_and_is_small():
    images, labels = read_all(kg.datasets.open_source("digits"))
    probabilities = extractors.get("digits").probabilities(images[::10])
    assert (probabilities.argmax(axis=1) == labels[::10]).mean() >= 0.99
    assert sum(weight.size for weight in extractors.get("digits")._weights.values()) * 2 < 1e6


def test_photos_classifies_the_test_set_of_cifar10_and_is_small(real_data):
    images, labels = read_all(kg.datasets.open_source(str(real_data / "cifar10.zip" / "test")))
    reading = extractors.get("photos").read(images[::5])
    assert (reading.probabilities.argmax(axis=1) == labels[::5]).mean() >= 0.78
    assert reading.features.shape == (2_000, 256)
    assert reading.features.var(axis=0).mean() == pytest.approx(1, abs=0.05)
    assert sum(weight.size for weight in extractors.get("photos")._weights.values()) * 2 < 1.2e6


def test_photos_accepts_any_size_and_grey_images():
    photos, grey = extractors.get("photos"), random_images(3, size=17)
    assert np.array_equal(photos.features(grey), photos.features(grey.repeat(3, axis=-1)))
    for shape in ((2, 8, 8, 2), (2, 8, 8)):
        with pytest.raises(DataError, match=r"\(height, width, 1 or 3\) for photos"):
            photos.features(np.zeros(shape, "float32"))


@pytest.mark.parametrize("name", ["digits", "photos"])
def test_probabilities_follow_from_the_features(name):
    """The probabilities are a linear classifier of the features."""
    extractor = extractors.get(name)
    reading, weights = extractor.read(random_images(8, size=28)), extractor._weights
    logits = reading.features @ weights["head_kernel"] + weights["head_bias"]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert reading.probabilities == pytest.approx(shares, abs=1e-6)


@pytest.mark.parametrize("make", [extractors.Digits, extractors.Photos])
def test_a_mixed_precision_policy_does_not_change_the_bundled_classifiers(make):
    images = random_images(4, size=28)
    single = make().features(images)
    keras.config.set_dtype_policy("mixed_bfloat16")
    assert np.array_equal(make().features(images), single)


def test_digits_with_other_weights_are_another_extractor(tmp_path):
    bundled = extractors.get("digits")
    np.savez(tmp_path / "other.npz", **bundled._weights)
    other = extractors.Digits(tmp_path / "other.npz")
    assert bundled.describe() == "digits"
    assert other.describe().startswith("digits(sha256 ")
    assert other != bundled == extractors.Digits()
    images = random_images(4, size=28)
    assert np.array_equal(other.features(images), bundled.features(images))


def test_batches_are_bounded_and_in_order():
    recorder, samples = Recorder(), random_images(10)
    assert np.array_equal(recorder.features(samples), samples.reshape(10, -1))
    assert recorder.sizes == [4, 4, 2]


def test_a_reading_replaces_its_samples():
    recorder, samples = Recorder(), random_images(3)
    reading = recorder.read(samples)
    assert recorder.features(reading) is reading.features
    assert recorder.sizes == [3]
    with pytest.raises(ConfigError, match="a reading of values, got one of recorder"):
        extractors.get("values").features(reading)


def test_values_keep_float64():
    points = np.random.default_rng(0).normal(size=(7, 2))
    assert np.array_equal(extractors.get("values").features(points), points)
    images = extractors.get("values").features(random_images(3))
    assert (images.dtype, images.shape) == ("float64", (3, 64))


def test_stacked_digits_classify_each_channel():
    images, labels = read_all(kg.datasets.open_source("digits"))
    order = np.random.default_rng(0).permutation(len(images))[:300].reshape(3, 100)
    stacked = np.concatenate([images[row] for row in order], axis=-1)
    numbers = labels[order[0]] * 100 + labels[order[1]] * 10 + labels[order[2]]
    reading = extractors.get("stacked_digits").read(stacked)
    assert reading.probabilities.shape == (100, 1000)
    assert (reading.probabilities.argmax(axis=1) == numbers).mean() > 0.95
    assert np.allclose(reading.probabilities.sum(axis=1), 1, atol=1e-4)
    first = extractors.get("digits").features(images[order[1]])
    assert reading.features[:, 128:256] == pytest.approx(first, abs=1e-5)


def test_the_output_of_a_model_is_averaged_over_spatial_axes():
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Conv2D(5, 3, name="last")], name="convolution"
    )
    images = random_images(6)
    extractor = extractors.get(model)
    assert extractor.describe() == "convolution"
    expected = model.predict(images, verbose=0).mean(axis=(1, 2))
    assert extractor.features(images) == pytest.approx(expected, abs=1e-6)
    with pytest.raises(DataError, match=r"shape \(8, 8, 1\) for convolution, got \(9, 9, 1\)"):
        extractor.features(random_images(2, size=9))
    with pytest.raises(ConfigError, match="convolution has no classes"):
        extractor.probabilities(images)


def test_grey_images_are_repeated_for_a_model_of_colour_images():
    pixels = keras.Input((None, None, 3))
    extractor = extractors.get(keras.Model(pixels, keras.layers.Dense(4)(pixels)))
    grey = random_images(3)
    expected = extractor.features(grey.repeat(3, axis=-1))
    np.testing.assert_array_equal(extractor.features(grey), expected)
    with pytest.raises(DataError, match=r"\(None, None, 3\).*got \(8, 8, 2\)"):
        extractor.features(random_images(3, channels=2))


def test_the_vector_output_of_a_model_is_unchanged():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    points = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    expected = model.predict(points, verbose=0)
    assert extractors.get(model).features(points) == pytest.approx(expected, abs=1e-6)


def test_a_model_of_two_outputs_is_refused():
    start = keras.Input((4,))
    ends = [keras.layers.Dense(2)(start), keras.layers.Dense(2)(start)]
    with pytest.raises(ConfigError, match="got its outputs"):
        extractors.get(keras.Model(start, ends))


def test_a_callable_must_return_a_table():
    def mean(samples):
        return samples.mean(axis=(1, 2))

    assert extractors.get(mean).name == "mean"
    assert extractors.get(mean) == extractors.get(mean) != extractors.Function(np.mean, name="mean")
    with pytest.raises(DataError, match=r"\(3, features\) from <lambda>, got \(3,\)"):
        extractors.get(lambda samples: samples[:, 0, 0, 0]).features(random_images(3))


def test_invalid_numbers_are_refused():
    with pytest.raises(ConfigError, match="an integer channels >= 1, got 0"):
        extractors.Stacked(extractors.get("digits"), channels=0)
    with pytest.raises(ConfigError, match="expected an Extractor, got 'digits'; make one by"):
        extractors.Stacked("digits")
    with pytest.raises(ConfigError, match="an integer batch_size >= 1, got 0"):
        extractors.Function(np.mean, batch_size=0)


def test_extractors_by_name():
    assert extractors.get("digits") is extractors.get("digits")
    extractor = extractors.Values()
    assert extractors.get(extractor) is extractor
    with pytest.raises(ConfigError, match="unknown extractor 'digit'; did you mean 'digits'"):
        extractors.get("digit")
    with pytest.raises(ConfigError, match="expected an extractor's name"):
        extractors.get(3)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 32, 32, 1), "float32"), r"\(28, 28, 1\).* for digits, got \(32, 32, 1\)"),
        (np.zeros((2, 28, 28, 3), "float32"), "stacked_digits"),
        (np.zeros((2, 28, 28), "float32"), r"got \(28, 28\)"),
        ([[0.0], [0.0, 1.0]], "an array of floats"),
        (np.zeros((0, 28, 28, 1), "float32"), "at least one"),
        (np.zeros((2, 28, 28, 1), "uint8"), r"as floats, got uint8; .*127\.5"),
        (np.full((2, 28, 28, 1), 255.0), r"\[-1, 1\] for digits, got 255 to 255"),
        (np.full((3, 28, 28, 1), np.nan), "NaN or infinity in 3 of 3"),
    ],
)
def test_invalid_samples_are_refused(samples, message):
    with pytest.raises(DataError, match=message):
        extractors.get("digits").features(samples)
