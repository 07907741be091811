import pathlib
import subprocess
import sys

from keras_gan import batches
from keras_gan.errors import ConfigError, DataError

import keras
import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, tiny_gan

SAMPLES = np.arange(23, dtype="float32")[:, None]


def flat(lists):
    return [value for values in lists for value in values]


def values(dataset, count=None):
    taken = dataset if count is None else dataset.take(count)
    return [batch.numpy().ravel().astype(int).tolist() for batch in taken]


def test_an_epoch_is_a_permutation_and_the_next_is_another():
    dataset = batches.from_arrays(SAMPLES, batch_size=5, seed=3)
    assert dataset.steps_per_epoch == len(dataset) == 4
    stream = values(dataset.from_step(0), 8)
    first, second = flat(stream[:4]), flat(stream[4:])
    assert len(set(first)) == len(set(second)) == 20
    assert set(first) <= set(range(23))
    assert first != second


def test_batch_k_doesnt_depend_on_earlier_batches():
    dataset = batches.from_arrays(SAMPLES, batch_size=5, seed=3)
    full = values(dataset.from_step(0), 12)
    for step in (1, 4, 7, 11):
        assert values(dataset.from_step(step), 12 - step) == full[step:]


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_workers_share_the_same_batches(count):
    dataset = batches.from_arrays(SAMPLES, batch_size=6, seed=3)
    parts = [values(dataset.from_step(2, (index, count)), 5) for index in range(count)]
    together = [flat(rows) for rows in zip(*parts, strict=True)]
    assert together == values(dataset.from_step(2), 5)
    assert dataset.batch_size == 6
    assert dataset.from_step(2, (0, count)).element_spec.shape == (6 // count, 1)


@pytest.mark.parametrize("shard", [(2, 2), (-1, 2), (0, 0)])
def test_an_invalid_shard_is_refused(shard):
    with pytest.raises(ConfigError, match="0 <= index < count, got"):
        batches.from_arrays(SAMPLES, batch_size=6).from_step(0, shard)


def test_a_batch_that_workers_cannot_share_is_refused():
    with pytest.raises(ConfigError, match=r"4 workers can share evenly, got 6; .* such as 8"):
        batches.from_arrays(SAMPLES, batch_size=6).from_step(0, (0, 4))


def test_prefetch_changes_no_batch():
    streams = []
    for prefetch in (1, 7):
        dataset = batches.step_addressed(lambda indices: indices, 23, 5, prefetch=prefetch)
        streams.append(values(dataset.from_step(3), 6))
    assert streams[0] == streams[1]
    with pytest.raises(ConfigError, match="integer prefetch >= 1, got 0"):
        batches.step_addressed(lambda indices: indices, 23, 5, prefetch=0)


def test_the_seed_determines_the_order():
    streams = [
        values(batches.from_arrays(SAMPLES, batch_size=5, seed=seed).from_step(0), 4)
        for seed in (1, 1, 2)
    ]
    assert streams[0] == streams[1] != streams[2]


def test_plain_iteration_reshuffles_each_epoch():
    dataset = batches.from_arrays(SAMPLES, batch_size=5, seed=3)
    epochs = [flat(values(dataset)) for _ in range(3)]
    assert all(len(set(epoch)) == 20 for epoch in epochs)
    assert epochs[0] != epochs[1] != epochs[2]


def test_without_shuffling_the_order_is_that_of_the_arrays():
    dataset = batches.from_arrays((SAMPLES, SAMPLES), batch_size=5, shuffle=False)
    x, y = next(iter(dataset))
    assert x.numpy().ravel().tolist() == y.numpy().ravel().tolist() == [0, 1, 2, 3, 4]


def test_batches_have_a_static_shape():
    assert batches.from_arrays(SAMPLES, batch_size=5).element_spec.shape == (5, 1)


def test_fewer_samples_than_a_batch():
    with pytest.raises(DataError, match="batch of 24 samples, got 23"):
        batches.from_arrays(SAMPLES, batch_size=24)


@pytest.mark.parametrize("count", [1_000, 10_000, 60_000])
def test_orders_of_neighbouring_epochs_are_uncorrelated(count):
    """TensorFlow's own index_shuffle gives rank correlations of up to 0.9 here."""
    index = tf.range(count, dtype=tf.int64)
    orders = [
        batches.permute(index, seed, tf.constant(epoch, tf.int64), count).numpy()
        for seed, epoch in ((0, 0), (0, 1), (0, 2), (1, 0), (0, 2**32))
    ]
    assert all(np.array_equal(np.sort(order), np.arange(count)) for order in orders)
    correlations = np.corrcoef([*orders, np.arange(count)])
    others = correlations[~np.eye(6, dtype=bool)]
    assert np.abs(others).max() < 5 / np.sqrt(count)  # five standard deviations of chance


def test_smaller_batches_are_filled_up_from_the_previous_one():
    samples = np.arange(10, dtype="float32").reshape(5, 2)
    dataset = tf.data.Dataset.from_tensor_slices((samples, np.arange(5))).batch(3)
    filled = batches.fill_batches(dataset)
    assert int(filled.cardinality()) == 2
    (first, labels), (second, more) = filled
    np.testing.assert_array_equal(first, samples[:3])
    np.testing.assert_array_equal(second, samples[[3, 4, 0]])
    assert (labels.numpy().tolist(), more.numpy().tolist()) == ([0, 1, 2], [3, 4, 0])


def test_batches_of_a_fixed_size_are_left_alone():
    dataset = tf.data.Dataset.range(6).batch(3, drop_remainder=True)
    assert batches.fill_batches(dataset) is dataset


def test_a_step_is_traced_and_compiled_once_though_the_last_batch_is_smaller(tmp_path):
    """Three epochs under XLA in a process of their own, where XLA writes what it compiles."""
    script = pathlib.Path(__file__).with_name("compile_in_new_process.py")
    process = subprocess.run(
        [sys.executable, "-W", "error", script, tmp_path], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout.split() == ["1", "9"]
    programs = [path.name for path in tmp_path.glob("*.before_optimizations.txt")]
    assert len([name for name in programs if "one_step_on_data" in name]) == 1


@pytest.mark.filterwarnings("ignore:Your input ran out of data")  # Keras's, of no batch at all
@pytest.mark.parametrize("rules", [{}, {"n_critic": 2}], ids=["plain", "n_critic"])
def test_data_of_unknown_length_train_as_data_of_known_length(rules):
    """A graph must not update anything where it looks for a batch after the last one."""
    known = tf.data.Dataset.from_tensor_slices(random_images(24)).batch(8)
    models = []
    for data in (known, known.filter(lambda batch: tf.size(batch) > 0)):
        keras.utils.set_random_seed(0)
        gan = tiny_gan()
        gan.compile(**rules)
        history = gan.fit(data, epochs=2, verbose=0).history
        models.append((gan, history))
    (first, first_history), (second, second_history) = models
    assert int(second.step) == 6
    assert first_history == second_history
    for variable, other in zip(first.variables, second.variables, strict=True):
        np.testing.assert_array_equal(variable, other)
    first.evaluate(known, verbose=0)
    none = known.filter(lambda batch: tf.size(batch) < 0)
    for read in (first.fit, first.evaluate):
        with pytest.raises(DataError, match="at least one batch, got none"):
            read(none, verbose=0)
    assert int(first.step) == 6
