"""The metrics of features: fixed numbers of independent packages, closed forms, edge cases.

The fixed numbers are what `tools/compare_metrics.py --numbers` prints, which runs torch-fidelity
0.4.0 and prdc 0.2 on the features of `small`.
"""

from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import frechet, kernel, neighbourhoods
from keras_gan.metrics.frechet import FrechetDistance, Moments, frechet_distance
from keras_gan.metrics.inception_score import InceptionScore, inception_score
from keras_gan.metrics.kernel import KernelDistance, kernel_distance
from keras_gan.metrics.metric import FeatureMetric, FeatureTable
from keras_gan.metrics.neighbourhoods import (
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    nearest_radii,
    precision_recall,
)

import keras
import numpy as np
import pytest
import tensorflow as tf
from metric_cases import (
    KINDS,
    PRDC,
    TORCH_FIDELITY,
    TWO_SIDED,
    feed,
    figures,
    make,
    probabilities_of,
    small,
)

# Fixed numbers


@pytest.mark.parametrize("kind", KINDS)
def test_figures_equal_those_of_independent_packages(kind):
    expected = TORCH_FIDELITY | PRDC
    for name, figure in figures(feed(make(kind), *small(), batch_size=64)).items():
        assert type(figure) is float
        assert figure == pytest.approx(expected[name], rel=1e-6)


def test_functions_and_metrics_agree():
    real, fake = small()
    moments = [(side.mean(axis=0), np.cov(side, rowvar=False)) for side in (real, fake)]
    same = {
        FrechetDistance: {"frechet": frechet_distance(*moments[0], *moments[1])},
        KernelDistance: kernel_distance(real, fake, subsets=10, subset_size=130, seed=3),
        InceptionScore: inception_score(probabilities_of(fake), splits=5, seed=3),
        PrecisionRecall: precision_recall(real, fake),
        DensityCoverage: density_coverage(real, fake),
    }
    for kind, result in same.items():
        assert result == pytest.approx(figures(feed(make(kind), real, fake)), rel=1e-10)


# Streaming and state


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_size", [1, 7, 256])
def test_results_do_not_depend_on_the_batch_size(kind, batch_size):
    expected, parts = feed(make(kind), *small()), feed(make(kind), *small(), batch_size)
    assert figures(parts) == pytest.approx(figures(expected), rel=1e-12)


def test_moments_far_from_the_origin_keep_their_precision():
    features = np.random.default_rng(0).normal(size=(500, 3))
    moments = Moments()
    for part in np.array_split(features + 1e7, 9):
        moments.add(part)
    # 1e7 leaves the features 2e-9 of precision; E[x^2] - E[x]^2 would leave the covariance none
    np.testing.assert_allclose(moments.covariance, np.cov(features, rowvar=False), atol=1e-8)
    np.testing.assert_allclose(moments.mean, features.mean(axis=0) + 1e7, rtol=1e-15)


def test_moments_of_more_rows_than_a_block():
    features = np.random.default_rng(0).normal(size=(2 * frechet.BLOCK + 5, 2))
    moments = Moments()
    moments.add(features)
    np.testing.assert_allclose(moments.covariance, np.cov(features, rowvar=False), rtol=1e-12)


@pytest.mark.parametrize("kind", TWO_SIDED)
def test_reset_fake_keeps_the_real_side(kind):
    real, fake = small()
    metric = feed(make(kind), real, fake - 5.0)
    metric.result()
    metric.reset_fake()
    assert metric.counts == (300, 0)
    metric.update_features(None, fake)
    assert metric.counts == (300, 260)
    assert figures(metric) == figures(feed(make(kind), real, fake))


@pytest.mark.parametrize("kind", KINDS)
def test_reset_state_removes_everything_including_the_width(kind):
    metric = feed(make(kind), *small())
    before = metric.result()
    metric.reset_state()
    assert metric.counts == (0, 0)
    with pytest.raises(DataError, match="got 0 and 0"):
        metric.result()
    feed(metric, *(side[:, 4:] for side in small()))
    assert metric.result() != before


@pytest.mark.parametrize("kind", TWO_SIDED)
def test_more_samples_change_a_previous_result(kind):
    real, fake = small()
    metric = feed(make(kind), real[:200], fake[:200])
    metric.result()
    feed(metric, real[200:], fake[200:])
    assert figures(metric) == pytest.approx(figures(feed(make(kind), real, fake)), rel=1e-12)


@pytest.mark.parametrize(
    ("kind", "module", "costly"),
    [
        (FrechetDistance, frechet, "covariance_factor"),
        (KernelDistance, kernel, "within_subsets"),
        (PrecisionRecall, neighbourhoods, "radii_of"),
        (DensityCoverage, neighbourhoods, "radii_of"),
    ],
)
def test_real_statistics_are_computed_once(kind, module, costly, monkeypatch):
    original, calls = getattr(module, costly), []
    monkeypatch.setattr(module, costly, lambda *given: calls.append(1) or original(*given))
    real, fake = small()
    metric = feed(make(kind), real, fake)
    metric.result()
    metric.result()
    first = len(calls)
    metric.reset_fake()
    metric.update_features(None, fake + 1.0)
    metric.result()
    fake_needs = 0 if kind is DensityCoverage else 1
    assert (first, len(calls) - first) == (1 + fake_needs, fake_needs)


def test_the_table_stores_copies_and_float32_if_lossless():
    table, features = FeatureTable(), np.array([[0.5, 1.0]])
    table.add(features)
    features[:] = 7.0
    assert (table.array.dtype, table.array.tolist()) == ("float32", [[0.5, 1.0]])
    table.add(np.array([[0.1, 0.2]]))
    assert (table.array.dtype, table.array.tolist()) == ("float64", [[0.5, 1.0], [0.1, 0.2]])


# What every metric does with unfit input


@pytest.mark.parametrize("kind", KINDS)
def test_no_samples_and_one_sample(kind):
    metric = make(kind)
    with pytest.raises(DataError, match="generated samples, got 0 and 0"):
        metric.result()
    feed(metric, *(side[:1] for side in small()))
    with pytest.raises(DataError, match=r"generated samples, got . and 1"):
        metric.result()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e21])
def test_non_finite_features_are_refused_without_a_change_of_state(kind, value):
    real, fake = small()
    fake[[3, 9], 5] = value
    metric = make(kind)
    with pytest.raises(DataError, match="in 2 of 260 generated samples"):
        metric.update_features(real, fake)
    assert metric.counts == (0, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("features", "match"),
    [
        (np.zeros((0, 4)), "at least one of each, got \\(0, 4\\)"),
        (np.zeros((4, 0)), "at least one of each, got \\(4, 0\\)"),
        (np.zeros(4), "shape \\(count, features\\), .* got \\(4,\\)"),
        (np.zeros((4, 2)) * 1j, "real numbers, .* complex"),
        ([["a", "b"]], "real numbers"),
        ([[1.0, 2.0], [3.0]], "real numbers"),
    ],
)
def test_features_that_are_not_a_table_are_refused(kind, features, match):
    with pytest.raises(DataError, match=match):
        make(kind).update_features(None, features)


@pytest.mark.parametrize("kind", TWO_SIDED)
def test_different_numbers_of_features_are_refused(kind):
    real, fake = small()
    with pytest.raises(DataError, match=r"one number of features .* got \[15, 16\]"):
        make(kind).update_features(real, fake[:, 1:])
    metric = feed(make(kind), real, fake)
    with pytest.raises(DataError, match="got \\[15, 16\\]"):
        metric.update_features(None, fake[:, 1:])
    assert metric.counts == (300, 260)


def test_updates_in_a_compiled_function_are_refused():
    metric = make(FrechetDistance)
    with pytest.raises(DataError, match=r"outside tf\.function"):
        tf.function(lambda x: metric.update_features(x, None), autograph=False)(tf.ones((2, 2)))


@pytest.mark.parametrize("kind", TWO_SIDED)
def test_huge_and_tiny_features_give_finite_figures(kind):
    real, fake = small()
    for scale in (1e19, 1e-30):
        result = figures(feed(make(kind), real * scale, fake * scale))
        assert np.isfinite(list(result.values())).all()


@pytest.mark.parametrize(
    ("make_it", "match"),
    [
        (lambda: KernelDistance(np.asarray, subsets=1), "an integer subsets >= 2, got 1"),
        (lambda: KernelDistance(np.asarray, subset_size=2.5), "subset_size >= 2, got 2.5"),
        (lambda: KernelDistance(np.asarray, seed=-1), "integer seed from 0 .* got -1"),
        (lambda: InceptionScore(np.asarray, splits=0), "splits >= 1, got 0"),
        (lambda: PrecisionRecall(np.asarray, k=0), "k >= 1, got 0"),
        (lambda: DensityCoverage(np.asarray, k="5"), "k >= 1, got '5'"),
        (lambda: nearest_radii(np.eye(3), 0), "k >= 1, got 0"),
        (lambda: inception_score(np.eye(3), splits=0), "splits >= 1, got 0"),
        (lambda: kernel_distance(np.eye(3), np.eye(3), subsets=0), "subsets >= 2, got 0"),
    ],
)
def test_invalid_arguments_are_refused(make_it, match):
    with pytest.raises(ConfigError, match=match):
        make_it()


# The base


def test_samples_are_read_by_the_extractor():
    real, fake = (np.random.default_rng(0).uniform(-1, 1, (2, 20, 4, 4, 1))).astype("float32")
    metric, by_features = FrechetDistance("values"), FrechetDistance("values")
    metric.update_state(real, fake[:9])
    metric.update_state(None, fake[9:])
    by_features.update_features(real.reshape(20, 16), fake.reshape(20, 16))
    assert metric.counts == (20, 20)
    assert metric.result() == pytest.approx(by_features.result(), rel=1e-12)


def test_reports():
    shifted = FrechetDistance("values")
    real = np.random.default_rng(0).normal(size=(1200, 2))
    shifted.update_state(real, real[:1100] * 0 + 3.0)
    expected = f"{shifted.result():.4g}, lower is better"
    assert shifted.report() == f"frechet[values] {expected} (1,100 against 1,200)"
    near = KernelDistance("values", subsets=5, subset_size=50, seed=7)
    near.update_state(real, real + 0.1)
    result = near.result()
    expected = f"{result['kernel']:.4g} +- {result['kernel_deviation']:.2g}, lower is better"
    assert near.report() == f"kernel[values] {expected} (1,200 against 1,200, seed 7)"
    equal = PrecisionRecall("values")
    equal.update_state(real, real)
    expected = (
        "precision_recall[values] precision 1, recall 1, higher is better (1,200 against 1,200)"
    )
    assert equal.report() == expected
    score = InceptionScore("values", splits=2)
    score.update_features(None, np.full((8, 4), 0.25))
    assert score.report() == "inception_score[values] 1 +- 0, higher is better (8, seed 0)"


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip_through_keras_serialization(kind):
    metric = make(kind, "values")
    restored = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(restored) is kind
    assert restored.get_config() == metric.get_config()
    assert restored.extractor == metric.extractor
    assert figures(feed(restored, *small())) == figures(feed(metric, *small()))


def test_a_metric_with_an_unnamed_extractor_is_not_serialized():
    with pytest.raises(ConfigError, match=r"extractor given by its name .* create the metric"):
        PrecisionRecall(np.asarray).get_config()


def test_the_base_class_names_the_missing_method():
    with pytest.raises(NotImplementedError, match="FeatureMetric defines no result"):
        FeatureMetric(np.asarray, "nothing").result()
