import gzip
import struct

from keras_gan import datasets
from keras_gan.errors import ConfigError, DataError
from keras_gan.runs.settings import describe_empty_classes

import numpy as np
import pytest
import tensorflow as tf
from photo_files import write_folder


@pytest.fixture(autouse=True)
def no_local_copies(monkeypatch):
    """Unsets the folder of local data, which each test chooses for itself."""
    monkeypatch.delenv("KERAS_GAN_DATA", raising=False)


def all_of(dataset):
    batches = [[np.array(part) for part in tf.nest.flatten(batch)] for batch in dataset]
    return [np.concatenate(parts) for parts in zip(*batches, strict=True)]


# Digits, idx, NumPy.


def test_the_bundled_digits_are_complete():
    source = datasets.open_source("digits")
    assert (len(source), source.sample_shape) == (10_000, (28, 28, 1))
    assert source.class_names == tuple("0123456789")
    dataset = datasets.load("digits", batch_size=500, labels=True)
    images, labels = all_of(dataset)
    assert len(images) == 10_000
    assert (images.min(), images.max()) == (-1, 1)
    assert np.bincount(labels).min() > 800
    assert dataset.class_names == source.class_names
    assert images.dtype == np.float32
    assert labels.dtype == np.int32


def test_labels_are_returned_if_requested():
    assert datasets.load("digits").element_spec.shape == (64, 28, 28, 1)
    images, labels = datasets.load("digits", labels=True).element_spec
    assert (images.shape, labels.shape) == ((64, 28, 28, 1), (64,))


def test_a_source_can_be_indexed():
    source = datasets.open_source("digits")
    sample, label = source[9_999]
    assert (sample.shape, label) == ((28, 28, 1), 9)
    assert source.element_spec[0].shape == sample.shape
    with pytest.raises(IndexError, match="0 to 9999, got 10000"):
        source[10_000]


def write_idx(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def test_mnist_from_idx_files(tmp_path, monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28)).astype("uint8")
    labels = np.arange(30, dtype="uint8") % 10
    for split in ("train", "t10k"):
        write_idx(tmp_path / "fashion_mnist" / f"{split}-images-idx3-ubyte.gz", images)
        write_idx(tmp_path / "fashion_mnist" / f"{split}-labels-idx1-ubyte.gz", labels)
    monkeypatch.setenv("KERAS_GAN_DATA", str(tmp_path))
    source = datasets.open_source("fashion_mnist:test")
    sample, label = source[13]
    np.testing.assert_allclose(sample[..., 0], images[13] / 127.5 - 1, atol=1e-6)
    assert source.class_names[label] == "Dress"
    with pytest.raises(DataError, match="fashion_mnist:train or fashion_mnist:test"):
        datasets.open_source("fashion_mnist:valid")

    path = tmp_path / "fashion_mnist" / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="expected a gzipped idx file"):
        datasets.open_source("fashion_mnist")
    path.write_bytes(gzip.compress(b"\0\0\x08\x03" + bytes(20)))
    with pytest.raises(DataError, match="expected a complete idx file of uint8 with 3 axes"):
        datasets.open_source("fashion_mnist")


def test_real_mnist(real_data, monkeypatch):
    monkeypatch.setenv("KERAS_GAN_DATA", str(real_data))
    assert len(datasets.open_source("mnist")) == 60_000
    assert len(datasets.open_source("fashion_mnist:test")) == 10_000


def test_numpy_files(tmp_path):
    points = np.random.default_rng(0).normal(size=(10, 2))
    np.save(tmp_path / "points.npy", points)
    (samples,) = all_of(datasets.load(tmp_path / "points.npy", batch_size=5, shuffle=False))
    np.testing.assert_allclose(samples, points, rtol=1e-6)

    images = np.random.default_rng(0).integers(0, 256, (10, 8, 8, 3)).astype("uint8")
    np.savez(tmp_path / "images.npz", x_train=images, y_train=np.arange(10) % 4)
    dataset = datasets.load(tmp_path / "images.npz", batch_size=5, labels=True, shuffle=False)
    samples, labels = all_of(dataset)
    np.testing.assert_allclose(samples, images / 127.5 - 1, atol=1e-6)
    assert labels.tolist() == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": np.zeros((0, 8, 8, 1), "uint8")}, r"\(0, 8, 8, 1\)"),
        ({"images": np.full((3, 8, 8, 1), np.nan)}, "NaN or infinity in 3 of 3.*index 0"),
        (
            {"images": np.full((3, 8, 8, 1), 200.0)},
            "values from 200 to 200; scale them, by x / 127.5 - 1",
        ),
        ({"images": np.zeros((3, 8, 8, 1), "int64")}, "uint8 images or floats, got int64"),
        ({"images": np.zeros((3, 4)), "labels": np.zeros(2, int)}, "expected 3 labels"),
        ({"images": np.zeros((3, 4)), "labels": np.zeros(3)}, "integers from 0, got float64"),
        (
            {"images": np.zeros((3, 4)), "labels": np.array([1, 0, -1])},
            r"labels from 0 in .*bad\.npz, got -1 at index 2; number",
        ),
        ({"a": np.zeros((3, 4)), "b": np.zeros((3, 4))}, "one array of samples"),
        ({"images": np.array([[{}]], dtype=object)}, "expected a NumPy file"),
    ],
)
def test_invalid_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(DataError, match=message):
        datasets.open_source(tmp_path / "bad.npz")


def test_files_that_are_not_numpy_files_are_refused(tmp_path):
    (tmp_path / "bad.npy").write_bytes(b"not an array")
    with pytest.raises(DataError, match="expected a NumPy file"):
        datasets.open_source(tmp_path / "bad.npy")


def test_classes_without_a_sample_are_named():
    images = np.zeros((3, 8, 8, 1), "uint8")
    empty = datasets.ArraySource("x", images, [0, 2, 2], class_names=["a", "b", "c", "d"])
    assert describe_empty_classes(empty) == [
        "2 classes have no sample: b, d; what a generator makes of them is arbitrary."
    ]
    full = datasets.ArraySource("x", images, [0, 1, 2])
    assert describe_empty_classes(full) == []


# Where sources are looked for.


def test_local_data_takes_precedence(tmp_path, monkeypatch):
    write_folder(tmp_path / "local" / "set", count=3)
    write_folder(tmp_path / "current" / "set", count=2)
    monkeypatch.chdir(tmp_path / "current")
    assert len(datasets.open_source("set")) == 4
    monkeypatch.setenv("KERAS_GAN_DATA", str(tmp_path / "local"))
    assert len(datasets.open_source("set")) == 6


def test_missing_sources_are_refused(tmp_path):
    with pytest.raises(DataError, match="unknown source 'digts'; did you mean 'digits'"):
        datasets.load("digts")
    with pytest.raises(DataError, match=r"expected a folder or file at .*missing.zip, found none"):
        datasets.load(tmp_path / "missing.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"expected images \(.jpg.*found none"):
        datasets.load(tmp_path / "empty")
    (tmp_path / "bad.zip").write_bytes(b"no zip")
    with pytest.raises(DataError, match="expected a zip of images"):
        datasets.load(tmp_path / "bad.zip")
    (tmp_path / "song.mp3").write_bytes(b"la la")
    with pytest.raises(DataError, match=r"expected a folder, .zip, .tfrecord, .npy or .npz"):
        datasets.load(tmp_path / "song.mp3")


DIGITS = datasets.open_source("digits")
WAYS = {
    "load": lambda **options: datasets.load("digits", **options),
    "to_dataset": DIGITS.to_dataset,
    "pair": datasets.pair(DIGITS, DIGITS).to_dataset,
}
ARRAY = np.zeros((8, 4, 4, 1), "float32")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "8", None, True])
def test_batch_sizes_that_are_none(way, batch_size):
    with pytest.raises(ConfigError, match="expected an integer batch_size >= 1, got "):
        WAYS[way](batch_size=batch_size)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", [-1, 2**31, 2.5, "1", None])
def test_seeds_out_of_range(way, seed):
    with pytest.raises(ConfigError, match=r"expected an integer seed from 0 to 2\*\*31 - 1, got "):
        WAYS[way](seed=seed)


def test_steps_out_of_range():
    with pytest.raises(ConfigError, match="expected an integer step >= 0, got -1"):
        WAYS["load"]().from_step(-1)


@pytest.mark.parametrize("thing", [ARRAY, None, 3, ["digits"], b"digits"])
def test_what_is_no_source(thing):
    advice = r"ArraySource\(name, samples\)"
    for take in (datasets.load, datasets.open_source):
        with pytest.raises(ConfigError, match=rf"expected the name or path .*{advice}"):
            take(thing)
    for take in (datasets.pair, datasets.Pair):
        with pytest.raises(ConfigError, match=rf"expected a Source to pair, got .*{advice}"):
            take(thing, DIGITS)
    with pytest.raises(ConfigError, match=r"expected a path as a str or a path.*, got 3"):
        datasets.load("digits", cache=3)


@pytest.mark.parametrize("size", [0, -1, 2.5, "16", 10**7, True])
def test_image_sizes_out_of_range(size, tmp_path):
    write_folder(tmp_path, count=2)
    takes = [
        lambda: datasets.load("digits", image_size=size),
        lambda: datasets.load(tmp_path, image_size=size, batch_size=2),
        lambda: datasets.ArraySource("a", ARRAY, image_size=size),
        lambda: DIGITS.resized(size),
    ]
    for take in takes:
        with pytest.raises(ConfigError, match="expected an integer image_size from 1 to 8,192"):
            take()


@pytest.mark.parametrize("channels", [0, 2, True, "3", 2.5])
def test_channels_out_of_range(channels, tmp_path):
    write_folder(tmp_path, count=2)
    with pytest.raises(ConfigError, match="expected channels of 1, 3 or 4, got "):
        datasets.load(tmp_path, channels=channels, batch_size=2)


def test_arrays_that_are_none():
    with pytest.raises(DataError, match="expected samples of one shape in a, but"):
        datasets.ArraySource("a", [[1.0], [1.0, 2.0]])
    with pytest.raises(
        DataError, match="at least 4 class_names for the labels up to 3 in a, got 1"
    ):
        datasets.ArraySource("a", ARRAY, labels=[0] * 7 + [3], class_names=["x"])
    with pytest.raises(ConfigError, match="expected the name of a source as text, got array"):
        datasets.ArraySource(ARRAY, ARRAY)


def test_fewer_images_than_a_batch_are_refused(tmp_path):
    write_folder(tmp_path, count=2)
    with pytest.raises(DataError, match="at least one batch of 64 samples, got 4"):
        datasets.load(tmp_path)


def test_failed_downloads_say_what_to_do(monkeypatch):
    import keras

    def refused():
        raise OSError("no network")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", refused)
    with pytest.raises(DataError, match=r"could not download mnist: no network.*KERAS_GAN_DATA"):
        datasets.load("mnist")


# tensorflow-datasets.


@pytest.mark.filterwarnings("ignore")  # many warnings of tensorflow-datasets itself
def test_tfds_set_prepared_from_local_files(tmp_path, real_data, monkeypatch):
    """It uses the real MNIST builder of tensorflow-datasets on the original files' first images."""
    import tensorflow_datasets as tfds
    from tensorflow_datasets.image_classification import mnist

    monkeypatch.setenv("KERAS_GAN_DATA", str(real_data))
    monkeypatch.setattr(tfds.core.constants, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(mnist, "_TRAIN_EXAMPLES", 1)
    monkeypatch.setattr(mnist, "_TEST_EXAMPLES", 1_000)
    dataset = datasets.load("tfds:mnist:test", batch_size=100, labels=True, seed=1)
    assert dataset.class_names == tuple("0123456789")
    images, labels = all_of(dataset)
    idx_images, idx_labels = all_of(datasets.load("mnist:test", 28, 1_000, True, shuffle=False))
    pairs = {(image.tobytes(), label) for image, label in zip(images, labels, strict=True)}
    idx_pairs = zip(idx_images[:1_000], idx_labels[:1_000], strict=True)
    assert pairs == {(image.tobytes(), label) for image, label in idx_pairs}
    expected = [batch[1].numpy() for batch in dataset.from_step(0).take(3)]
    assert np.array_equal(expected[2], next(iter(dataset.from_step(2)))[1])
    with pytest.raises(DataError, match="expected a split of mnist, got 'valid'; name one of"):
        datasets.load("tfds:mnist:valid")


@pytest.mark.filterwarnings("ignore")
def test_unknown_tfds_sets_are_refused():
    with pytest.raises(DataError, match=r"could not prepare tfds:no_such_set.*catalog"):
        datasets.load("tfds:no_such_set")
