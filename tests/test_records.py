import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import zipfile

from keras_gan import datasets, runs
from keras_gan.datasets import cache as caches, record_index
from keras_gan.errors import ConfigError, DataError

import numpy as np
import processes
import pytest
import tensorflow as tf
from conftest import tiny_gan
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))

import make_records


@pytest.fixture(autouse=True)
def no_local_copies(monkeypatch):
    monkeypatch.delenv("KERAS_GAN_DATA", raising=False)


@pytest.fixture
def photos(tmp_path):
    """Returns a folder of 23 small JPEG and PNG photos in two classes."""
    random = np.random.default_rng(0)
    for index in range(23):
        path = tmp_path / "photos" / ("ant", "bee")[index % 2] / f"{index:02d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = random.integers(0, 256, (4, 4, 3)).astype("uint8")
        picture = Image.fromarray(picture).resize((12, 12), Image.Resampling.BICUBIC)
        picture.save(path.with_suffix((".png", ".jpg")[index % 3 == 0]))
    return tmp_path / "photos"


def make(source, out, shard_bytes=2000, **arguments):
    """Converts a source; returns it and the record set."""
    source = datasets.open_source(source, **arguments)
    make_records.make(source, out, shard_bytes)
    return source, datasets.open_source(out)


def read_all(source):
    """Returns all samples and labels, in order."""
    pairs = list(datasets.source.in_order(source.fetch, 0, len(source), 8))
    return [np.concatenate(parts) for parts in zip(*pairs, strict=True)]


def write_examples(path, features):
    """Writes a TFRecord file of examples given as dictionaries of bytes and lists of ints."""
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for row in features:
            writer.write(example(row).SerializeToString())


def example(row):
    """Makes the `tf.train.Example` of one record."""
    example = tf.train.Example()
    for key, value in row.items():
        if isinstance(value, bytes):
            example.features.feature[key].bytes_list.value.append(value)
        else:
            example.features.feature[key].int64_list.value.extend(value)
    return example


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# Sets of tools/make_records.py.


@pytest.mark.parametrize("size", [None, 12, 8])
def test_records_equal_the_images_of_the_folder(photos, tmp_path, size):
    source, records = make(photos, tmp_path / "set", image_size=size)
    assert (len(records), records.class_names, records.sample_shape) == (
        23,
        ("ant", "bee"),
        (size or 12, size or 12, 3),
    )
    (samples, labels), (others, other_labels) = read_all(source), read_all(records)
    assert np.array_equal(labels, other_labels)
    assert np.array_equal(records.read_labels(), labels)
    if size == 8:  # resized images were rounded to 8 bits
        np.testing.assert_allclose(samples, others, atol=0.5 / 127.5 + 1e-6)
    else:
        assert np.array_equal(samples, others)
    assert len(list((tmp_path / "set").glob("*.tfrecord"))) > 3
    sample, label = records[17]
    assert np.array_equal(sample, others[17])
    assert label == labels[17]


def test_image_files_of_the_right_size_are_stored_unchanged(photos, tmp_path):
    make(photos, tmp_path / "set", 10**9)
    content = (tmp_path / "set" / "00000.tfrecord").read_bytes()
    assert all(path.read_bytes() in content for path in photos.rglob("*.*"))


def test_every_kind_of_source_can_be_converted(photos, tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as file:
        for path in photos.rglob("*.*"):
            file.write(path, path.relative_to(photos).as_posix())
    np.save(tmp_path / "x.npy", np.random.default_rng(0).integers(0, 256, (9, 8, 8, 1), "uint8"))
    for name in ("photos.zip", "x.npy"):
        source, records = make(tmp_path / name, tmp_path / f"{name} set")
        assert records.class_names == source.class_names
        assert np.array_equal(read_all(source)[0], read_all(records)[0])
    source, again = make(tmp_path / "x.npy set", tmp_path / "again", image_size=8)
    assert np.array_equal(read_all(source)[0], read_all(again)[0])


def test_batches_are_addressed_by_step(photos, tmp_path):
    _, records = make(photos, tmp_path / "set")
    dataset = records.to_dataset(6, labels=True, seed=3)
    expected = [images.numpy() for images, _ in dataset.from_step(0).take(8)]
    late = [images.numpy() for images, _ in dataset.from_step(5).take(3)]
    assert np.array_equal(expected[5:], late)
    parts = [next(iter(dataset.from_step(5, (index, 3))))[0].numpy() for index in range(3)]
    assert np.array_equal(np.concatenate(parts), expected[5])
    folder = datasets.load(photos, batch_size=6, seed=3)
    assert np.array_equal(next(iter(folder.from_step(5))).numpy(), expected[5])


def convert(*words):
    """Runs the command's `main`."""
    sys.argv = list(words)
    return make_records.main()


def test_a_killed_conversion_resumes_to_the_same_bytes(photos, tmp_path):
    """It is killed by SIGKILL twice."""
    for index in range(600):
        shutil.copy(photos / "ant" / "02.png", photos / "ant" / f"more{index:03d}.png")
    command = [
        sys.executable,
        make_records.__file__,
        photos,
        tmp_path / "killed",
        "--shard-mb",
        "0.01",
    ]
    for shards in (2, 6):
        process = processes.start(convert, *map(str, command[1:]))
        deadline = time.monotonic() + 120
        while len(list((tmp_path / "killed").glob("*.tfrecord"))) < shards:
            assert time.monotonic() < deadline
            assert process.is_alive()
            time.sleep(0.001)
        process.kill()
        assert processes.exit_codes(process) == [-signal.SIGKILL]
        with pytest.raises(DataError, match=r"a complete set in .*killed.*was interrupted"):
            datasets.open_source(tmp_path / "killed")
    process = subprocess.run(command, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    make(photos, tmp_path / "uninterrupted", 10_000)
    assert bytes_of(tmp_path / "killed") == bytes_of(tmp_path / "uninterrupted")
    assert len(bytes_of(tmp_path / "uninterrupted")) > 12


def test_resuming_the_conversion_of_another_source_is_refused(photos, tmp_path):
    make(photos, tmp_path / "set")
    with pytest.raises(DataError, match="its sample_shape differ"):
        make(photos, tmp_path / "set", image_size=8)
    (photos / "bee" / "01.png").unlink()
    with pytest.raises(DataError, match="its source, count differ"):
        make(photos, tmp_path / "set")
    with pytest.raises(DataError, match=r"new or empty folder at .*photos"):
        make(photos, photos)


def test_verify_names_damaged_and_missing_shards(photos, tmp_path, monkeypatch, capsys):
    make(photos, tmp_path / "set")
    assert make_records.verify(tmp_path / "set") == []
    damage(tmp_path / "set" / "00001.tfrecord", 100)
    (tmp_path / "set" / "00002.tfrecord").unlink()
    monkeypatch.setattr(sys, "argv", ["make_records.py", "--verify", str(tmp_path / "set")])
    assert make_records.main() == 1
    assert capsys.readouterr().out == "damaged or missing: 00001.tfrecord, 00002.tfrecord\n"


def test_training_names_damaged_records(photos, tmp_path):
    _, records = make(photos, tmp_path / "set", image_size=8)
    damage(tmp_path / "set" / "00000.tfrecord", 100)
    with pytest.raises(DataError, match=r"^expected record 0 .*00000.tfrecord at byte 12"):
        records[0]
    gan = tiny_gan(channels=3)
    gan.compile()
    with pytest.raises(DataError, match=r"^expected record 0 .*; restore the file"):
        gan.fit(records.to_dataset(16), epochs=2, verbose=0)
    source = datasets.open_source(photos, 8)
    shutil.rmtree(photos)
    with pytest.raises(DataError, match=r"could not read an image of .*00.jpg"):
        source[0]


def damage(path, position):
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def test_damaged_and_truncated_shards_are_named(photos, tmp_path):
    _, records = make(photos, tmp_path / "set")
    path = tmp_path / "set" / "00001.tfrecord"
    content = path.read_bytes()
    damage(path, 100)
    with pytest.raises(tf.errors.OpError, match=r"expected record \d+ .*00001.tfrecord at byte 12"):
        read_all(records)
    (tmp_path / "set" / "records.index.json").unlink()
    with pytest.raises(
        DataError, match=r"complete records in .*00001.tfrecord.*corrupted record at"
    ):
        datasets.open_source(tmp_path / "set")
    path.write_bytes(content[:-5])
    with pytest.raises(DataError, match=rf"00001.tfrecord: {len(content) - 5} bytes, not"):
        datasets.open_source(tmp_path / "set")
    path.unlink()
    with pytest.raises(DataError, match=r"00001.tfrecord: None bytes, not"):
        datasets.open_source(tmp_path / "set")


def test_invalid_manifests_are_refused(photos, tmp_path):
    make(photos, tmp_path / "set")
    wrong = {"{": "expected JSON", "[]": "not dict", '{"format": 1}': "lacks 'finished'"}
    for text, message in wrong.items():
        (tmp_path / "set" / "manifest.json").write_text(text)
        with pytest.raises(DataError, match=message):
            datasets.open_source(tmp_path / "set")


# Sets of others.


def png(value):
    return tf.io.encode_png(np.full((8, 8, 3), value, "uint8")).numpy()


@pytest.mark.parametrize(
    ("key", "label_key"), [("image/encoded", "image/class/label"), ("image", "label")]
)
def test_record_sets_without_a_manifest(tmp_path, key, label_key):
    for shard in range(2):
        rows = [{key: png(10 * shard + i), label_key: [i % 3]} for i in range(5)]
        write_examples(tmp_path / "set" / f"x-train.tfrecord-0000{shard}-of-00002", rows)
    with pytest.raises(DataError, match=r"expected an image_size .* without a manifest.json"):
        datasets.open_source(tmp_path / "set")
    for _ in range(2):  # without the index and with it
        source = datasets.open_source(tmp_path / "set", image_size=8)
        assert (len(source), source.class_names) == (10, ("0", "1", "2"))
        samples, labels = read_all(source)
        values = np.rint((samples[:, 0, 0, 0] + 1) * 127.5).astype(int).tolist()
        assert values == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14]
        assert labels.tolist() == [0, 1, 2, 0, 1] * 2
    assert (tmp_path / "set" / "records.index.npy").exists()
    one = datasets.open_source(tmp_path / "set" / "x-train.tfrecord-00001-of-00002", image_size=4)
    assert (len(one), one.sample_shape) == (5, (4, 4, 3))


def test_the_index_is_rebuilt_when_files_change(tmp_path):
    path = tmp_path / "x.tfrecord"
    write_examples(path, [{"image": png(i)} for i in range(3)])
    assert len(datasets.open_source(path, image_size=8)) == 3
    write_examples(path, [{"image": png(i)} for i in range(5)])
    source = datasets.open_source(path, image_size=8, channels=1)
    assert (len(source), source.class_names, source.sample_shape) == (5, None, (8, 8, 1))
    assert source[4][0].mean() == pytest.approx(4 / 127.5 - 1)


@pytest.mark.parametrize("shape", [(3, 6, 5), (6, 5, 3)])
def test_records_of_plain_values_with_a_shape(tmp_path, shape):
    values = np.random.default_rng(0).integers(0, 256, (4, *shape)).astype("uint8")
    rows = [{"shape": list(shape), "data": value.tobytes()} for value in values]
    write_examples(tmp_path / "x.tfrecords", rows)
    source = datasets.open_source(tmp_path / "x.tfrecords", image_size=5)
    sample, _ = source[2]
    expected = values[2].transpose(1, 2, 0) if shape[0] == 3 else values[2]
    np.testing.assert_allclose(sample, expected[:5] / 127.5 - 1, atol=1e-6)
    source, records = make(tmp_path / "x.tfrecords", tmp_path / "set", image_size=5)
    assert np.array_equal(read_all(source)[0], read_all(records)[0])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "expected records in .*x.tfrecord, got none"),
        (
            [{"label": [1], "text": b"a"}],
            "expected an image under image/encoded.*, got label, text",
        ),
        ([{"image": b"no image"}], "or HEIC. in image of the first record"),
        ([{"image": png(0), "label": [-1]}], "expected labels from 0"),
        ([{"image": png(0), "label": [1]}, {"image": png(0)}], "complete records in .*label"),
    ],
)
def test_records_without_images_are_refused(tmp_path, rows, message):
    write_examples(tmp_path / "x.tfrecord", rows)
    with pytest.raises(DataError, match=message):
        datasets.open_source(tmp_path / "x.tfrecord", image_size=8)


def test_later_records_without_an_image_are_named(tmp_path):
    write_examples(tmp_path / "x.tfrecord", [{"image": png(0)}, {"text": b"a"}])
    source = datasets.open_source(tmp_path / "x.tfrecord", image_size=8)
    with pytest.raises(DataError, match=r"expected one image in record 1 of .*, got 0"):
        source[1]
    with tf.io.TFRecordWriter(str(tmp_path / "y.tfrecord")) as writer:
        for record in (example({"image": png(0)}).SerializeToString(), b"\xff no example"):
            writer.write(record)
    source = datasets.open_source(tmp_path / "y.tfrecord", image_size=8)
    assert source[0][0].shape == (8, 8, 3)
    with pytest.raises(DataError, match=r"expected a tf.train.Example in record 1 of "):
        source[1]


def test_files_that_are_not_records_are_refused(tmp_path):
    (tmp_path / "x.tfrecord").write_bytes(b"no record at all, but some text")
    with pytest.raises(DataError, match=r"TFRecord file .* not compressed, at .*x.tfrecord"):
        datasets.open_source(tmp_path / "x.tfrecord")
    for split in ("train", "test"):
        write_examples(tmp_path / "set" / f"x-{split}.tfrecord-00000-of-00001", [{"image": png(0)}])
    with pytest.raises(DataError, match="found the splits test, train"):
        datasets.open_source(tmp_path / "set", image_size=8)


def test_a_read_only_set_keeps_its_index_in_memory(tmp_path, monkeypatch):
    write_examples(tmp_path / "x.tfrecord", [{"image": png(i)} for i in range(3)])

    def refused(path, entries):
        raise OSError("read-only")

    monkeypatch.setattr(record_index, "save_entries", refused)
    assert len(read_all(datasets.open_source(tmp_path / "x.tfrecord", image_size=8))[0]) == 3


# The cache.


@pytest.mark.parametrize(("size", "dtype"), [(None, "uint8"), (8, "float32")])
def test_cached_samples_equal_the_sources_bit_for_bit(photos, tmp_path, size, dtype):
    source = datasets.open_source(photos, size)
    for _ in range(2):  # the first opening fills the cache, the second reads it
        cached = datasets.open_source(photos, size, cache=tmp_path / "cache")
        for one, other in zip(read_all(source), read_all(cached), strict=True):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes()
    assert json.loads((tmp_path / "cache" / "cache.json").read_text())["dtype"] == dtype
    assert np.array_equal(cached.read_labels(), source.read_labels())
    batches = [s.to_dataset(6, seed=1, prefetch=3).from_step(4) for s in (source, cached)]
    assert np.array_equal(*(next(iter(batch)) for batch in batches))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "photos"]


def test_the_cache_of_a_changed_set_is_refused(photos, tmp_path):
    datasets.open_source(photos, cache=tmp_path / "cache")
    with pytest.raises(DataError, match=r"another set.*\(sample_shape\)"):
        datasets.open_source(photos, 8, cache=tmp_path / "cache")
    picture = photos / "bee" / "01.png"
    Image.new("RGB", (12, 12)).save(picture)
    with pytest.raises(DataError, match=r"the set has changed since \(fingerprint\)"):
        datasets.open_source(photos, cache=tmp_path / "cache")
    with pytest.raises(DataError, match=r"expected JSON at .*photos.*Name a new folder"):
        datasets.open_source(photos, cache=photos)


def test_damaged_caches_are_refused(photos, tmp_path):
    cached = datasets.open_source(photos, cache=tmp_path / "cache")
    damage(tmp_path / "cache" / "samples.bin", 12 * 12 * 3 * 7 + 5)
    with pytest.raises(tf.errors.OpError, match="expected sample 7 as it was cached"):
        read_all(cached)
    with (tmp_path / "cache" / "samples.bin").open("ab") as file:
        file.write(b"x")
    with pytest.raises(DataError, match="expected a complete cache"):
        datasets.open_source(photos, cache=tmp_path / "cache")


def test_neither_cache_nor_prefetch_changes_a_run(photos, tmp_path):
    source = datasets.open_source(photos)
    plain = runs.Settings("dcgan", photos)
    other = runs.Settings("dcgan", photos, prefetch=9, cache=tmp_path / "cache")
    assert plain.config(source) == other.config(source)
    with pytest.raises(ConfigError, match="expected an integer prefetch >= 1, got 0"):
        runs.train(runs.Settings("dcgan", photos, prefetch=0), tmp_path / "run")


def test_points_are_not_cached(tmp_path):
    with pytest.raises(DataError, match="expected images to cache"):
        datasets.open_source("toy:gaussians8", cache=tmp_path / "cache")


def test_a_full_disk_leaves_no_partial_cache(photos, tmp_path, small_disk):
    folder = small_disk(8)
    with pytest.raises(DataError, match=r"could not write the cache .*free some space"):
        datasets.open_source(photos, cache=folder / "cache")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["digits", "toy:stacked_digits"])
def test_arrays_have_fingerprints(name):
    assert datasets.open_source(name).fingerprint() == datasets.open_source(name).fingerprint()
    other = datasets.open_source("toy:gaussians8")
    assert datasets.open_source(name).fingerprint() != other.fingerprint()


def test_another_process_may_fill_the_cache_first(photos, tmp_path):
    source = datasets.open_source(photos)
    facts = caches.cache_key(source)
    caches.fill(source, tmp_path / "cache", facts)
    caches.fill(source, tmp_path / "cache", facts)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "photos"]
