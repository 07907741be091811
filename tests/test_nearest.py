import keras_gan as kg
from keras_gan import pictures
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import nearest
from keras_gan.metrics.nearest import NearestNeighbours, distances_to_other

import numpy as np
import pytest
from conftest import random_images
from PIL import Image


def measure(real, fake):
    metric = NearestNeighbours("values")
    metric.update_state(real, fake)
    return metric


def column(*values):
    return np.array(values, "float64")[:, None]


def test_results_equal_brute_force():
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(60, 5)), random.normal(size=(40, 5))
    metric = measure(real, fake)
    across = np.linalg.norm(fake[:, None] - real, axis=2)
    distances, indices = metric.neighbours(k=4)
    assert np.array_equal(indices, np.argsort(across, axis=1)[:, :4])
    assert distances == pytest.approx(np.sort(across, axis=1)[:, :4], rel=1e-12)

    among = np.linalg.norm(real[:, None] - real, axis=2) + np.diag(np.full(60, np.inf))
    to_real, other = across.min(axis=1), among.min(axis=1)[across.argmin(axis=1)]
    authentic = np.mean(to_real > other)
    assert 0 < authentic < 1
    ratio = pytest.approx(np.median(to_real / other), rel=1e-12)
    assert metric.result() == {"authentic": authentic, "distance_ratio": ratio}


def test_authenticity_of_a_small_example():
    """Real samples are at 0, 1 and 5; of 5.5, 10 and 2 only 10 is authentic."""
    result = measure(column(0, 1, 5), column(5.5, 10, 2)).result()
    assert result == {"authentic": 1 / 3, "distance_ratio": 1.0}


def test_results_do_not_depend_on_the_blocks(monkeypatch):
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(50, 3)), random.normal(size=(30, 3))
    metric = measure(real, fake)
    expected = metric.result(), metric.neighbours(2)[1].tolist()
    monkeypatch.setattr("keras_gan.metrics.neighbourhoods.ROWS", 200)
    blocked = measure(real, fake)
    assert (blocked.result(), blocked.neighbours(2)[1].tolist()) == expected


def test_exact_copies_among_the_real_samples_count_as_one():
    """The samples are far from the origin, where squared norms cancel."""
    real = column(0, 0, 3, 3, 4) + 1e6
    assert distances_to_other(real).tolist() == [3, 3, 1, 1, 1]
    assert measure(real, column(0, 3) + 1e6).result() == {"authentic": 0.0, "distance_ratio": 0.0}
    with pytest.raises(DataError, match="got 4 that are all equal"):
        measure(column(2, 2, 2, 2), column(1)).result()


def test_copies_are_detected_and_held_out_digits_are_authentic():
    source = kg.datasets.open_source("digits")
    images = np.concatenate([x for x, _ in source.to_dataset(500, labels=True, shuffle=False)])
    order = np.random.default_rng(0).permutation(len(images))
    real, held_out = images[order[:3000]], images[order[3000:4000]]
    noise = np.random.default_rng(1).normal(size=held_out.shape).astype("float32")
    copies = np.clip(real[:1000] + 0.02 * noise, -1, 1)
    metric = NearestNeighbours("digits")
    metric.update_state(real, copies)
    copied = metric.result()
    assert copied["authentic"] < 0.01
    assert copied["distance_ratio"] < 0.2
    assert np.mean(metric.neighbours(1)[1][:, 0] == np.arange(1000)) > 0.99
    metric.reset_fake()
    metric.update_state(None, held_out)
    assert metric.result()["authentic"] > 0.25
    assert metric.result()["distance_ratio"] > 0.8


def test_too_few_samples_are_refused():
    with pytest.raises(DataError, match="at least 2 real and 1 generated"):
        measure(column(1), column(1)).result()
    metric = measure(column(1, 2), column(1))
    with pytest.raises(DataError, match="at least 3 real"):
        metric.neighbours(k=3)
    with pytest.raises(ConfigError, match="an integer k >= 1"):
        metric.neighbours(k=0)


def test_save_neighbours_shows_each_sample_beside_its_neighbours(tmp_path):
    real, samples = random_images(20, channels=3), random_images(4, channels=3, seed=1)
    indices = measure(real, samples).neighbours(k=3)[1]
    path = tmp_path / "deep" / "nearest.png"
    nearest.save_neighbours(samples, real[indices], path)
    sheet = np.asarray(Image.open(path))
    side, gap, margin, captions = 72, 6, 12, 36  # pixels
    assert sheet.shape == (
        captions + 2 * margin + 4 * side + 3 * gap,
        2 * margin + 4 * side + 3 * gap,
        3,
    )
    assert (sheet[margin : margin + captions] < 128).any()
    for row in range(4):
        shown = [samples[row], *real[indices[row]]]
        for place, image in enumerate(shown):
            top = margin + captions + row * (side + gap)
            left = margin + place * (side + gap)
            cell = sheet[top : top + side : 9, left : left + side : 9]
            assert np.array_equal(cell, pictures.to_uint8(image))
    with pytest.raises(ConfigError, match="expected images"):
        nearest.save_neighbours(samples, real[:3], path)
