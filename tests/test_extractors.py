import hashlib
import io
import tarfile

import keras_gan as kg
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import extractors
from keras_gan.metrics.extractors import inception

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images
from inception_graph import small_graph


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


# Inception: a graph of the published one's nodes and age, but small, where a user would put it


def by_hand(images, weights):
    """Computes the small graph on images `(count, 18, 18, 3)` from 0 to 255, in NumPy."""
    hidden = (images[:, ::2, ::2].astype("float64") - 128) / 128  # 18 to 9: every other pixel
    windows = np.lib.stride_tricks.sliding_window_view(hidden, (3, 3), axis=(1, 2))[:, ::2, ::2]
    hidden = np.einsum("nhwcij,ijco->nhwo", windows, weights["conv/conv2d_params"])
    mean, variance = (weights[f"conv/batchnorm/moving_{name}"] for name in ("mean", "variance"))
    hidden = (hidden - mean) / np.sqrt(variance + 0.001) + weights["conv/batchnorm/beta"]
    features = np.maximum(hidden, 0).mean(axis=(1, 2))
    features = np.concatenate([features, features], axis=1)
    powers = np.exp(features @ weights["softmax/weights"])  # the inception score has no bias
    return features, powers / powers.sum(axis=1, keepdims=True)


def pack(path, **files):
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "."))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """Returns the path of the archive; downloads fail."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(inception, "URL", "http://localhost:9/inception-2015-12-05.tgz")
    (tmp_path / "keras").mkdir()
    return tmp_path / "keras" / "keras_gan" / "inception-2015-12-05.tgz"


def test_inception_computes_the_graph_correctly(archive):
    graph, weights = small_graph()
    content = graph.SerializeToString()
    pack(archive, LICENSE=b"", classify_image_graph_def__pb=content)
    extractor = inception.Inception()
    digest = hashlib.sha256(content).hexdigest()
    assert extractor.describe() == f"inception(sha256 {digest[:12]})"

    bytes_ = np.random.default_rng(1).integers(0, 256, (70, 18, 18, 3))
    reading = extractor.read((bytes_ / 127.5 - 1).astype("float32"))
    features, probabilities = by_hand(bytes_, weights)
    assert reading.features == pytest.approx(features, abs=1e-4)
    assert reading.probabilities == pytest.approx(probabilities, abs=1e-4)


def test_inception_rounds_images_to_8_bits(archive):
    pack(archive, classify_image_graph_def__pb=small_graph()[0].SerializeToString())
    extractor = inception.Inception()
    grey = np.random.default_rng(1).integers(0, 256, (5, 12, 20, 1)) / 127.5 - 1
    features = extractor.features(grey)
    assert np.array_equal(features, extractor.features(grey + 0.003))  # 0.4 of a grey level
    assert not np.array_equal(features, extractor.features(grey + 0.008))
    assert np.array_equal(features, extractor.features(np.repeat(grey, 3, axis=-1)))
    assert features[2:3] == pytest.approx(extractor.features(grey[2:3]), abs=1e-5)
    with pytest.raises(DataError, match=r"1 or 3\) for inception, got \(8, 8, 4\)"):
        extractor.features(random_images(2, channels=4))


def test_inception_without_a_network_says_what_to_do(archive):
    with pytest.raises(DataError, match="could not download") as raised:
        inception.Inception()
    assert f"download {inception.URL} elsewhere and put it at {archive}" in str(raised.value)


def test_colours_are_measured_by_photos_unless_inception_is_downloaded(archive):
    told = []
    source = kg.datasets.ArraySource("colours", random_images(64, 8, 3))
    evaluator = kg.runs.MetricOptions(("frechet",), count=64).evaluator(source, warn=told.append)
    (line,) = told
    assert line.startswith("Measured by photos, which is part of the package, as Inception isn't")
    assert evaluator.evaluate(lambda n, seed: random_images(n, 8, 3)).figures["frechet[photos]"] < 9
    assert extractors.available("inception", told.append) == "photos"
    assert {m.extractor.name for m in kg.metrics.default_metrics((8, 8, 3), tell=told.append)} == {
        "photos"
    }
    assert told == [line] * 3
    archive.parent.mkdir()
    archive.touch()
    assert extractors.available("inception", told.append) == "inception"
    assert len(told) == 3


def test_inception_is_downloaded_once(archive, tmp_path, monkeypatch):
    content = small_graph()[0].SerializeToString()
    there = pack(tmp_path / archive.name, classify_image_graph_def__pb=content)
    monkeypatch.setattr(inception, "URL", there.as_uri())
    inception.Inception()
    assert archive.read_bytes() == there.read_bytes()
    there.unlink()
    assert inception.Inception().features(random_images(1, size=9)).shape == (1, 12)


def test_invalid_inception_archives_are_refused(archive):
    pack(archive, README=b"nothing")
    with pytest.raises(DataError, match=r"expected the complete archive .*KeyError.*remove it"):
        inception.Inception()
    archive.write_bytes(archive.read_bytes()[:-30])
    with pytest.raises(DataError, match=r"expected the complete archive .* remove it"):
        inception.Inception()
    pack(archive, classify_image_graph_def__pb=tf.Graph().as_graph_def().SerializeToString())
    with pytest.raises(DataError, match="with the tensors ExpandDims:0, pool_3:0"):
        inception.Inception()
    pack(archive, classify_image_graph_def__pb=b"no graph")
    with pytest.raises(DataError, match="with the tensors ExpandDims:0, pool_3:0"):
        inception.Inception()


def test_a_model_from_a_file(tmp_path):
    model = keras.Sequential([keras.Input((None, None, 1)), keras.layers.Conv2D(5, 3)])
    model.save(tmp_path / "mine.keras")
    extractor = extractors.get(str(tmp_path / "mine.keras"))
    assert extractor.describe() == "mine"
    expected = model.predict(random_images(6), verbose=0).mean(axis=(1, 2))
    assert extractor.features(random_images(6)) == pytest.approx(expected, abs=1e-6)
    (tmp_path / "broken.keras").write_bytes(b"no model")
    for name in ("broken.keras", "absent.keras"):
        with pytest.raises(DataError, match=name):
            extractors.get(str(tmp_path / name))
