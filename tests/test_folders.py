"""Folders and zips of images: their classes, channels and damage."""

import zipfile

from keras_gan import datasets
from keras_gan.errors import DataError

import numpy as np
import pytest
from photo_files import write_folder, write_image
from PIL import Image
from test_datasets import all_of


def test_folder_of_classes(tmp_path):
    write_folder(tmp_path)
    dataset = datasets.load(tmp_path, batch_size=4, labels=True)
    images, labels = all_of(dataset)
    assert dataset.class_names == ("ant", "bee")
    assert images.shape == (12, 8, 8, 3)
    values = np.rint((images[:, 0, 0, 0] + 1) * 127.5).astype(int)
    assert sorted(values) == [0, 1, 2, 3, 4, 5, 20, 21, 22, 23, 24, 25]
    assert np.array_equal(labels, values // 20)


def test_folder_without_classes(tmp_path):
    write_folder(tmp_path, classes=(".",))
    assert datasets.open_source(tmp_path).class_names is None
    with pytest.raises(DataError, match="has none; put the images of each class into a subfolder"):
        datasets.load(tmp_path, batch_size=2, labels=True)


@pytest.mark.parametrize("prefix", ["", "photos/"])
def test_a_zip_reads_like_its_folder(tmp_path, prefix):
    write_folder(tmp_path / "folder")
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as file:
        for path in (tmp_path / "folder").rglob("*.png"):
            file.write(path, prefix + path.relative_to(tmp_path / "folder").as_posix())
        file.writestr("__MACOSX/ant/._0.png", b"resource fork")
    one, other = (
        all_of(datasets.load(tmp_path / name, batch_size=4, labels=True, seed=1))
        for name in ("folder", "photos.zip")
    )
    for a, b in zip(one, other, strict=True):
        assert np.array_equal(np.sort(a, axis=0), np.sort(b, axis=0))


def test_a_folder_of_splits_is_refused(tmp_path):
    for split in ("train", "test"):
        write_folder(tmp_path / "set" / split, count=2)
    with pytest.raises(DataError, match="found the splits test, train; name one, such as"):
        datasets.open_source(tmp_path / "set")
    assert len(datasets.open_source(tmp_path / "set" / "train")) == 4
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as file:
        for path in (tmp_path / "set").rglob("*.png"):
            file.write(path, path.relative_to(tmp_path / "set").as_posix())
    source = datasets.open_source(f"{tmp_path}/set.zip/train")
    assert (len(source), source.class_names) == (4, ("ant", "bee"))


def test_images_are_cropped_and_resized(tmp_path):
    picture = np.zeros((16, 32, 3), "uint8")
    picture[:, 8:24] = 255  # the central square
    (tmp_path / "folder").mkdir()
    Image.fromarray(picture).save(tmp_path / "folder" / "wide.png")
    sample, _ = datasets.open_source(tmp_path / "folder", image_size=8)[0]
    assert sample.shape == (8, 8, 3)
    np.testing.assert_allclose(sample, 1.0, atol=1e-5)
    assert datasets.open_source(tmp_path / "folder").sample_shape == (16, 32, 3)
    write_image(tmp_path / "folder" / "square.png", (16, 16))
    with pytest.raises(DataError, match=r"not all of one size \(2 sizes, such as 16x16 and 16x32"):
        datasets.open_source(tmp_path / "folder")


@pytest.mark.parametrize(
    ("mode", "color", "channels", "expected"),
    [
        ("L", 51, None, [-0.6]),
        ("L", 51, 3, [-0.6] * 3),
        ("L", 51, 4, [-0.6] * 3 + [1.0]),
        ("RGB", (255, 0, 0), None, [1, -1, -1]),
        ("RGB", (255, 0, 0), 1, [2 * 0.299 - 1]),
        ("RGBA", (255, 0, 0, 102), 4, [1, -1, -1, -0.2]),
        ("RGBA", (255, 0, 0, 0), 3, [1, 1, 1]),
        ("RGBA", (255, 0, 0, 255), 3, [1, -1, -1]),
        ("LA", (0, 0), 1, [1]),
    ],
)
def test_channels(tmp_path, mode, color, channels, expected):
    Image.new(mode, (8, 8), color).save(tmp_path / "one.png")
    sample, _ = datasets.open_source(tmp_path, channels=channels)[0]
    np.testing.assert_allclose(sample[3, 3], expected, atol=1e-2)


def test_corrupt_images_are_named_or_skipped_and_counted(tmp_path):
    write_folder(tmp_path, classes=("ant", "bee"), count=3)
    good = (tmp_path / "ant" / "0.png").read_bytes()
    (tmp_path / "bee" / "torn.png").write_bytes(good[: len(good) // 2])
    (tmp_path / "bee" / "text.jpg").write_text("no image")
    (tmp_path / "bee" / "empty.jpg").write_bytes(b"")
    with pytest.raises(DataError, match=r"3 of 9 can't: bee/empty.jpg, bee/text.jpg, bee/torn.png"):
        datasets.open_source(tmp_path)
    source = datasets.open_source(tmp_path, skip_corrupt=True)
    assert (len(source), source.skipped) == (6, 3)
    assert len(all_of(source.to_dataset(2))[0]) == 6


def test_folders_are_streamed_by_step(tmp_path):
    write_folder(tmp_path)
    dataset = datasets.load(tmp_path, batch_size=4, seed=3)
    expected = [batch.numpy() for batch in dataset.from_step(0).take(7)]
    late = [batch.numpy() for batch in dataset.from_step(5).take(2)]
    assert np.array_equal(expected[5:], late)
    assert not np.array_equal(expected[0], expected[3])


def test_real_photographs(real_data, monkeypatch):
    monkeypatch.setenv("KERAS_GAN_DATA", str(real_data))
    cats = datasets.load("cats64.zip", batch_size=16, image_size=32)
    assert cats.element_spec.shape == (16, 32, 32, 3)
    batch = next(iter(cats)).numpy()
    assert batch.std() > 0.2
    assert np.abs(batch).max() <= 1
    emoji = datasets.open_source("emoji64.zip", channels=4)
    assert (len(emoji), emoji.sample_shape) == (3786, (64, 64, 4))
