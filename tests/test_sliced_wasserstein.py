from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics.sliced_wasserstein import (
    SlicedWasserstein,
    directions,
    sliced_wasserstein,
    wasserstein,
)

import numpy as np
import pytest


@pytest.mark.parametrize(("m", "n"), [(5, 5), (4, 6), (7, 3), (1, 9)])
def test_unequal_counts_equal_repeated_numbers(m, n):
    """Repeating the first numbers n times and the second m times makes the counts equal."""
    random = np.random.default_rng(m)
    first, second = random.normal(size=(m, 3)), random.normal(size=(n, 3)) + 1
    repeated = np.sort(first.repeat(n, axis=0), axis=0) - np.sort(second.repeat(m, axis=0), axis=0)
    assert wasserstein(first, second) == pytest.approx(np.abs(repeated).mean(axis=0), rel=1e-12)


def test_a_shift_in_the_plane():
    """The mean of |<u, d>| over directions u in the plane is 2/pi |d|."""
    real = np.random.default_rng(0).normal(size=(400, 2))
    distance = sliced_wasserstein(real, real + np.array([3.0, 4.0]), projections=20_000)
    assert distance == pytest.approx(2 / np.pi * 5, rel=0.01)


def test_scaled_normals():
    """In one dimension the distance of N(0, 1) and N(0, 3^2) is 2 E|z| = 2 sqrt(2/pi)."""
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(40_000, 1)), 3 * random.normal(size=(50_000, 1))
    assert sliced_wasserstein(real, fake, 1) == pytest.approx(2 * np.sqrt(2 / np.pi), rel=0.02)


def test_directions_are_uniform_on_the_sphere():
    units = directions(3, 50_000, 0)
    assert np.linalg.norm(units, axis=0) == pytest.approx(1)
    assert units @ units.T / 50_000 == pytest.approx(np.eye(3) / 3, abs=0.01)


def test_the_metric_streams_and_keeps_the_real_side():
    random = np.random.default_rng(0)
    real, fake, other = (random.normal(size=(30, 4, 4, 1)) / 4 for _ in range(3))
    metric = SlicedWasserstein(projections=100, seed=3)
    metric.update_state(real[:10], fake[:20])
    metric.update_state(real[10:], fake[20:])
    flat = [samples.reshape(30, 16) for samples in (real, fake, other)]
    assert metric.result() == pytest.approx(sliced_wasserstein(flat[0], flat[1], 100, 3), rel=1e-6)
    metric.reset_fake()
    metric.update_state(None, other)
    assert metric.result() == pytest.approx(sliced_wasserstein(flat[0], flat[2], 100, 3), rel=1e-6)
    assert metric.result() != pytest.approx(sliced_wasserstein(flat[0], flat[2], 100, 4), rel=1e-6)


def test_invalid_arguments_are_refused():
    with pytest.raises(ConfigError, match="an integer projections >= 1"):
        SlicedWasserstein(projections=0)
    with pytest.raises(DataError, match="got 2 and 3"):
        sliced_wasserstein(np.zeros((4, 2)), np.zeros((4, 3)))
    with pytest.raises(DataError, match="at least 1 real and 1 generated"):
        SlicedWasserstein().result()
