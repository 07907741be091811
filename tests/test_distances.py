"""Frechet distance, kernel distance and Inception score: their definitions and their limits."""

from keras_gan.errors import DataError
from keras_gan.metrics.frechet import FrechetDistance, frechet_distance
from keras_gan.metrics.inception_score import InceptionScore, inception_score
from keras_gan.metrics.kernel import KernelDistance, kernel_distance, squared_mmd

import numpy as np
import pytest
from metric_cases import feed, make, small

# Frechet distance


def test_frechet_distance_of_known_gaussians():
    spread_1, spread_2, shift = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 1.0]), np.ones(3)
    expected = 3.0 + ((spread_1 - spread_2) ** 2).sum()
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    for turned in (np.eye(3), turn):
        cov_1, cov_2 = (turned.T @ np.diag(spread**2) @ turned for spread in (spread_1, spread_2))
        assert frechet_distance(0 * shift, cov_1, shift, cov_2) == pytest.approx(
            expected, rel=1e-13
        )


def test_frechet_distance_of_a_translation_is_its_square():
    real, _ = small()
    metric = feed(make(FrechetDistance), real, real + 2.0)
    assert metric.result() == pytest.approx(16 * 4.0, rel=1e-12)


@pytest.mark.parametrize("count", [300, 9])
def test_frechet_distance_of_equal_sets_is_zero(count):
    real = small()[0][:count]
    assert 0.0 <= feed(make(FrechetDistance), real, real[::-1]).result() < 1e-12


@pytest.mark.parametrize(("count_1", "count_2"), [(20, 30), (20, 200), (2, 3)])
def test_frechet_distance_is_exact_for_singular_covariances(count_1, count_2):
    rng = np.random.default_rng(0)
    scales = np.logspace(0, -3, 60)
    real, fake = rng.normal(size=(count_1, 60)) * scales, rng.normal(size=(count_2, 60)) * scales
    # From the samples themselves, without any covariance: the nuclear norm of their product
    roots = [(x - x.mean(axis=0)) / np.sqrt(len(x) - 1) for x in (real, fake)]
    overlap = np.linalg.norm(roots[0] @ roots[1].T, "nuc")
    shift = real.mean(axis=0) - fake.mean(axis=0)
    expected = shift @ shift + sum((root**2).sum() for root in roots) - 2 * overlap
    assert feed(make(FrechetDistance), real, fake).result() == pytest.approx(expected, rel=1e-11)


def test_frechet_distance_of_orthogonal_singular_covariances_is_the_sum_of_traces():
    cov_1, cov_2 = np.diag([4.0, 1.0, 0.0, 0.0]), np.diag([0.0, 0.0, 2.0, 3.0])
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    mean = np.zeros(4)
    distance = frechet_distance(mean, turn.T @ cov_1 @ turn, mean, turn.T @ cov_2 @ turn)
    assert distance == pytest.approx(10.0, rel=1e-13)


def test_frechet_distance_of_constant_features_is_that_of_the_points():
    real, fake = np.full((5, 3), 0.1), np.full((4, 3), 0.3)
    assert feed(make(FrechetDistance), real, fake).result() == pytest.approx(0.12, rel=1e-12)
    one_is_spread = feed(make(FrechetDistance), small()[0], np.zeros((4, 16))).result()
    moments = small()[0].mean(axis=0), small()[0].var(axis=0, ddof=1)
    assert one_is_spread == pytest.approx((moments[0] ** 2).sum() + moments[1].sum(), rel=1e-12)


def test_frechet_distance_refuses_invalid_gaussians():
    mean, cov = np.zeros(2), np.eye(2)
    for match, given in [
        ("without negative eigenvalues, got -1", (mean, np.diag([1.0, -1.0]))),
        ("symmetric second covariance", (mean, np.array([[1.0, 0.5], [0.0, 1.0]]))),
        ("finite second mean", (np.array([np.nan, 0.0]), cov)),
        ("got \\(2,\\) and \\(3, 3\\)", (mean, np.eye(3))),
        ("equally many features, got 2 and 3", (np.zeros(3), np.eye(3))),
        ("second covariance as an array of real numbers", (mean, cov * 1j)),
    ]:
        with pytest.raises(DataError, match=match):
            frechet_distance(mean, cov, *given)


def test_tiny_negative_eigenvalues_of_a_float32_covariance_count_as_zero():
    features = np.random.default_rng(0).normal(size=(5, 20)).astype("float32")
    cov = np.cov(features, rowvar=False, dtype="float32")
    assert np.linalg.eigvalsh(cov.astype("float64"))[0] < 0
    assert 0.0 <= frechet_distance(np.zeros(20), cov, np.zeros(20), cov) < 1e-5


# Kernel distance


def test_squared_mmd_equals_its_definition():
    real, fake = small()[0][:6], small()[1][:5]

    def k(x, y):
        return (x @ y / 16 + 1) ** 3

    def mean(pairs):
        return np.mean([k(x, y) for x, y in pairs])

    expected = (
        mean([(x, y) for i, x in enumerate(real) for j, y in enumerate(real) if i != j])
        + mean([(x, y) for i, x in enumerate(fake) for j, y in enumerate(fake) if i != j])
        - 2 * mean([(x, y) for x in real for y in fake])
    )
    assert squared_mmd(real, fake) == pytest.approx(expected, rel=1e-12)


def test_kernel_distance_of_full_subsets_has_no_error():
    real, fake = (side[:250] for side in small())
    result = kernel_distance(real, fake, subsets=4, subset_size=250)
    assert result["kernel"] == pytest.approx(squared_mmd(real, fake), rel=1e-12)
    assert result["kernel_deviation"] < 1e-15


def test_kernel_distance_of_one_distribution_is_zero_within_its_error():
    rng = np.random.default_rng(0)
    result = kernel_distance(*rng.normal(size=(2, 4000, 8)), subsets=40, subset_size=100)
    error = result["kernel_deviation"] / 40**0.5
    assert abs(result["kernel"]) < 4 * error < 0.05


def test_subsets_depend_only_on_the_seed():
    first, second, other = (
        feed(KernelDistance(np.asarray, subsets=3, subset_size=50, seed=seed), *small()).result()
        for seed in (0, 0, 1)
    )
    assert first == second != other


def test_kernel_distance_of_constant_features_is_zero():
    same = np.full((40, 3), 2.0)
    assert kernel_distance(same, same, 3, 20) == {"kernel": 0.0, "kernel_deviation": 0.0}


def test_fewer_samples_than_a_subset_are_measured_in_subsets_of_half_of_them():
    metric = feed(KernelDistance(np.asarray, subset_size=280), *small())
    smaller = feed(KernelDistance(np.asarray, subset_size=130), *small())
    assert metric.result() == smaller.result()
    assert " in subsets of 130, " in metric.report()
    assert "subsets" not in smaller.report()
    with pytest.raises(DataError, match="at least 4 real and 4 generated samples, got 300 and 3"):
        feed(KernelDistance(np.asarray), small()[0], small()[1][:3]).result()
    with pytest.raises(DataError, match="subset_size=280 samples of each, got 300 and 260"):
        kernel_distance(*small(), subset_size=280)


# Inception score


def test_inception_score_of_known_probabilities():
    clear = np.tile(np.eye(4), (5, 1))
    assert inception_score(clear, splits=1)["inception_score"] == pytest.approx(4.0, rel=1e-14)
    collapsed = np.tile([[0.0, 1.0, 0.0, 0.0]], (20, 1))
    assert inception_score(collapsed) == {"inception_score": 1.0, "inception_score_deviation": 0.0}
    # p(y|x) = (0.9, 0.1) or (0.1, 0.9): log 2 minus the entropy of 0.1
    blurred = np.array([[0.9, 0.1], [0.1, 0.9]])
    expected = 2 * 0.9**0.9 * 0.1**0.1
    assert inception_score(blurred, 1)["inception_score"] == pytest.approx(expected, rel=1e-14)


def test_inception_score_ignores_real_samples():
    metric = InceptionScore("digits", splits=1)
    images = np.random.default_rng(0).uniform(-1, 1, (4, 28, 28, 1)).astype("float32")
    metric.update_state("nothing that could be read", images)
    assert metric.counts == (0, 4)
    assert 1.0 <= metric.result()["inception_score"] <= 4.0


@pytest.mark.parametrize("rows", [[[2.0, -1.0]], [[0.5, 0.4]], [[3.0, 5.0]]])
def test_inception_score_refuses_invalid_probabilities(rows):
    with pytest.raises(DataError, match=r"probabilities .* are they logits"):
        make(InceptionScore).update_features(None, rows)


def test_fewer_samples_than_splits_are_refused():
    with pytest.raises(DataError, match="10 splits, got 4"):
        inception_score(np.eye(4))
    metric = InceptionScore(np.asarray)
    metric.update_features(None, np.eye(4))
    with pytest.raises(DataError, match=r"10 generated samples, got 0 and 4; .* fewer splits"):
        metric.result()
