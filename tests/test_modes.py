import keras_gan as kg
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics.modes import Modes, kl_to_uniform

import numpy as np
import pytest
import tensorflow as tf


def digits(*indices):
    source = kg.datasets.open_source("digits")
    table = tf.data.Dataset.from_tensors(np.array(indices))
    samples, labels = next(source.fetch(table).as_numpy_iterator())
    return samples, labels


def as_table(samples):
    """An extractor for samples that are the probabilities themselves."""
    return samples


def test_real_digits_cover_ten_modes_evenly():
    images, labels = digits(*range(0, 10_000, 25))
    metric = Modes()
    for part in np.split(images, 4):
        metric.update_state(None, part)
    result = metric.result()
    assert result["modes"] == len(np.unique(labels)) == 10
    assert result["kl_to_uniform"] == pytest.approx(kl_to_uniform(np.bincount(labels)), abs=2e-3)
    assert metric.counts == (0, 400)


def test_one_class_is_one_mode():
    images, _ = digits(*range(30))  # zeros
    metric = Modes()
    metric.update_state(None, images)
    result = metric.result()
    assert (result["modes"], result["kl_to_uniform"]) == (1, pytest.approx(np.log(10)))


def test_stacked_digits_have_1000_modes():
    """Two images 2-4-7 and one 7-4-2 cover two modes of a thousand."""
    images, labels = digits(2500, 4500, 7500)
    assert labels.tolist() == [2, 4, 7]
    first, second = (np.concatenate(images[order], axis=-1) for order in ([0, 1, 2], [2, 1, 0]))
    metric = Modes(channels=3)
    metric.update_state(None, np.stack([first, second, first]))
    shares = np.array([2, 1]) / 3
    expected = {"modes": 2, "kl_to_uniform": pytest.approx(shares @ np.log(1000 * shares))}
    assert metric.result() == expected
    assert np.flatnonzero(metric.fake.classes).tolist() == [247, 742]
    assert metric.extractor.name == "stacked_digits"


def test_kl_of_known_counts():
    counts = [1, 2, 5, 0]
    terms = [share * np.log(share / 0.25) for share in (1 / 8, 2 / 8, 5 / 8)]
    assert kl_to_uniform(counts) == pytest.approx(sum(terms), rel=1e-12)
    assert kl_to_uniform([7] * 1000) == pytest.approx(0, abs=1e-12)


def test_reset_removes_the_generated_samples():
    metric = Modes(as_table)
    metric.update_features(None, np.eye(3))
    metric.reset_fake()
    metric.update_features(None, np.eye(3)[[1, 1]])
    assert metric.result()["modes"] == 1
    metric.reset_state()
    with pytest.raises(DataError, match="modes expected at least 0 real and 1 generated"):
        metric.result()


def test_invalid_arguments_are_refused():
    with pytest.raises(ConfigError, match="an integer channels >= 1, got 0"):
        Modes(channels=0)
    with pytest.raises(ConfigError, match="as_table has no classes"):
        Modes(as_table).update_state(None, np.eye(3))
    with pytest.raises(DataError):
        Modes(as_table).update_features(None, np.full((2, 3), 7.0))


def test_round_trip_through_its_config():
    metric = Modes(channels=3, name="numbers")
    restored = Modes.from_config(metric.get_config())
    assert restored.get_config() == {"classifier": "digits", "channels": 3, "name": "numbers"}
    assert restored.extractor == metric.extractor
