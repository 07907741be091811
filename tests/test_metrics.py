"""The metrics of features: fixed numbers of independent packages, closed forms, edge cases.

The fixed numbers are what `tools/compare_metrics.py --numbers` prints, which runs torch-fidelity
0.4.0 and prdc 0.2 on the features of `small`.
"""

from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import frechet, kernel, neighbourhoods
from keras_gan.metrics.frechet import FrechetDistance, Moments, frechet_distance
from keras_gan.metrics.inception_score import InceptionScore, inception_score
from keras_gan.metrics.kernel import KernelDistance, kernel_distance, squared_mmd
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

TORCH_FIDELITY = {  # 0.4.0, on the subsets and the shuffle that keras_gan draws from seed 3
    "frechet": 1.581264889899785,
    "kernel": 0.17453550387509614,
    "kernel_error": 0.014735193059444854,
    "inception_score": 3.944483621951572,
    "inception_score_deviation": 0.15066547969173183,
}
PRDC = {  # 0.2; torch-fidelity gives the same precision and recall
    "precision": 0.6076923076923076,
    "recall": 0.8966666666666666,
    "density": 0.5038461538461538,
    "coverage": 0.8033333333333333,
}
KINDS = [FrechetDistance, KernelDistance, InceptionScore, PrecisionRecall, DensityCoverage]
TWO_SIDED = [FrechetDistance, KernelDistance, PrecisionRecall, DensityCoverage]


def small():
    """Real and generated features."""
    rng = np.random.default_rng(0)
    real = rng.normal(size=(300, 16))
    return real, 1.1 * rng.normal(size=(260, 16)) + 0.2


def probabilities_of(features):
    """Some classifier's: a softmax of the first features."""
    logits = 3.0 * features[:, :10]
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def make(kind, extractor=np.asarray):
    """A metric with numbers that fit the small case."""
    options = {
        KernelDistance: {"subsets": 10, "subset_size": 130, "seed": 3},
        InceptionScore: {"splits": 5, "seed": 3},
    }
    return kind(extractor, **options.get(kind, {}))


def feed(metric, real, fake, batch_size=10**6):
    """Feeds both sides in batches, and probabilities where the metric reads them."""
    if isinstance(metric, InceptionScore):
        fake = probabilities_of(fake)
    for start in range(0, len(real), batch_size):
        metric.update_features(real[start : start + batch_size], None)
    for start in range(0, len(fake), batch_size):
        metric.update_features(None, fake[start : start + batch_size])
    return metric


def figures(metric):
    """The result as a dict."""
    result = metric.result()
    return result if isinstance(result, dict) else {metric.name: result}


# Fixed numbers


@pytest.mark.parametrize("kind", KINDS)
def test_figures_of_independent_packages(kind):
    expected = TORCH_FIDELITY | PRDC
    for name, figure in figures(feed(make(kind), *small(), batch_size=64)).items():
        assert type(figure) is float
        assert figure == pytest.approx(expected[name], rel=1e-6)


def test_the_functions_give_what_the_metrics_give():
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
def test_batches_of_any_size_give_the_same(kind, batch_size):
    whole, parts = feed(make(kind), *small()), feed(make(kind), *small(), batch_size)
    assert figures(parts) == pytest.approx(figures(whole), rel=1e-12)


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
def test_reset_state_forgets_everything_even_the_width(kind):
    metric = feed(make(kind), *small())
    before = metric.result()
    metric.reset_state()
    assert metric.counts == (0, 0)
    with pytest.raises(DataError, match="got 0 and 0"):
        metric.result()
    feed(metric, *(side[:, 4:] for side in small()))
    assert metric.result() != before


@pytest.mark.parametrize("kind", TWO_SIDED)
def test_more_samples_change_a_result_that_was_asked_for_before(kind):
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


def test_the_table_keeps_copies_and_float32_where_that_is_lossless():
    table, features = FeatureTable(), np.array([[0.5, 1.0]])
    table.add(features)
    features[:] = 7.0
    assert (table.array.dtype, table.array.tolist()) == ("float32", [[0.5, 1.0]])
    table.add(np.array([[0.1, 0.2]]))
    assert (table.array.dtype, table.array.tolist()) == ("float64", [[0.5, 1.0], [0.1, 0.2]])


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


def test_frechet_distance_refuses_what_is_no_gaussian():
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


def test_squared_mmd_is_its_definition():
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


def test_kernel_distance_of_whole_sets_has_no_error_of_the_draw():
    real, fake = (side[:250] for side in small())
    result = kernel_distance(real, fake, subsets=4, subset_size=250)
    assert result["kernel"] == pytest.approx(squared_mmd(real, fake), rel=1e-12)
    assert result["kernel_error"] < 1e-15


def test_kernel_distance_of_one_distribution_is_zero_within_its_error():
    rng = np.random.default_rng(0)
    result = kernel_distance(*rng.normal(size=(2, 4000, 8)), subsets=40, subset_size=100)
    assert abs(result["kernel"]) < 4 * result["kernel_error"] < 0.05


def test_the_draws_hang_on_the_seed_alone():
    first, second, other = (
        feed(KernelDistance(np.asarray, subsets=3, subset_size=50, seed=seed), *small()).result()
        for seed in (0, 0, 1)
    )
    assert first == second != other


def test_kernel_distance_of_constant_features_is_zero():
    same = np.full((40, 3), 2.0)
    assert kernel_distance(same, same, 3, 20) == {"kernel": 0.0, "kernel_error": 0.0}


def test_too_few_samples_for_a_subset_says_what_to_do():
    metric = feed(KernelDistance(np.asarray, subset_size=280), *small())
    with pytest.raises(DataError, match=r"at least 280 .* got 300 and 260; .* smaller subset_size"):
        metric.result()
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


def test_inception_score_looks_at_generated_samples_alone():
    metric = InceptionScore("digits", splits=1)
    images = np.random.default_rng(0).uniform(-1, 1, (4, 28, 28, 1)).astype("float32")
    metric.update_state("nothing that could be read", images)
    assert metric.counts == (0, 4)
    assert 1.0 <= metric.result()["inception_score"] <= 4.0


@pytest.mark.parametrize("rows", [[[2.0, -1.0]], [[0.5, 0.4]], [[3.0, 5.0]]])
def test_inception_score_refuses_what_are_no_probabilities(rows):
    with pytest.raises(DataError, match=r"probabilities .* are they logits"):
        make(InceptionScore).update_features(None, rows)


def test_fewer_samples_than_splits():
    with pytest.raises(DataError, match="10 splits, got 4"):
        inception_score(np.eye(4))
    metric = InceptionScore(np.asarray)
    metric.update_features(None, np.eye(4))
    with pytest.raises(DataError, match=r"10 generated samples, got 0 and 4; .* fewer splits"):
        metric.result()


# Neighbourhoods


@pytest.fixture(params=[False, True], ids=["one block", "many blocks"])
def blocks(request, monkeypatch):
    """The same by blocks of a few rows and columns."""
    if request.param:
        monkeypatch.setattr(neighbourhoods, "ROWS", 7)
        monkeypatch.setattr(neighbourhoods, "COLUMNS", 50)


def distances_of(first, second):
    return np.linalg.norm(first[:, None] - second[None], axis=-1)


@pytest.mark.usefixtures("blocks")
def test_nearest_radii_are_the_sorted_distances():
    real, _ = small()
    expected = np.sort(distances_of(real, real), axis=1)
    for k in (1, 3, 299):
        np.testing.assert_allclose(nearest_radii(real, k), expected[:, k], rtol=1e-12)


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("k", [1, 4])
def test_neighbourhood_metrics_are_their_definitions(k):
    real, fake = small()
    between = distances_of(real, fake)
    real_radii, fake_radii = (
        np.sort(distances_of(side, side), axis=1)[:, k] for side in (real, fake)
    )
    inside = between < real_radii[:, None]
    assert precision_recall(real, fake, k) == {
        "precision": inside.any(axis=0).mean(),
        "recall": (between < fake_radii).any(axis=1).mean(),
    }
    assert density_coverage(real, fake, k) == pytest.approx(
        {"density": inside.sum() / (k * 260), "coverage": inside.any(axis=1).mean()}, rel=1e-15
    )


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_equal_sets_are_within_each_other(offset):
    real = small()[0] + offset
    assert precision_recall(real, real[::-1]) == {"precision": 1.0, "recall": 1.0}
    assert density_coverage(real, real[::-1]) == {"density": 1.0, "coverage": 1.0}


def test_far_sets_are_outside_each_other():
    real, fake = small()
    assert precision_recall(real, fake + 100) == {"precision": 0.0, "recall": 0.0}
    assert density_coverage(real, fake + 100) == {"density": 0.0, "coverage": 0.0}


def test_swapping_the_sets_swaps_precision_and_recall():
    forth, back = precision_recall(*small()), precision_recall(*small()[::-1])
    assert (forth["precision"], forth["recall"]) == (back["recall"], back["precision"])


def test_an_offset_changes_no_neighbourhood():
    real, fake = (np.round(side, 3) for side in small())
    assert precision_recall(real + 2**20, fake + 2**20) == precision_recall(real, fake)
    assert density_coverage(real + 2**20, fake + 2**20) == density_coverage(real, fake)


def test_a_collapsed_generator_has_no_recall():
    real, _ = small()
    collapsed = np.repeat(real[:1], 50, axis=0)
    assert not nearest_radii(collapsed, 3).any()
    result = precision_recall(real, collapsed)
    assert result == {"precision": 1.0, "recall": 1 / 300}  # the one that it copies
    assert density_coverage(real, collapsed)["coverage"] < 0.1


def test_constant_features():
    one, other = np.full((9, 3), 0.1), np.full((8, 3), 0.3)
    assert precision_recall(one, one[:7]) == {"precision": 1.0, "recall": 1.0}
    assert precision_recall(one, other) == {"precision": 0.0, "recall": 0.0}
    with pytest.raises(DataError, match="some have no 5 exact copies, got 9 that all have"):
        density_coverage(one, one)


def test_too_few_samples_for_k():
    with pytest.raises(DataError, match=r"more than k=3 samples .* got 3"):
        precision_recall(np.eye(3), np.eye(3))
    metric = feed(PrecisionRecall(np.asarray), np.eye(4), np.eye(4)[:3])
    with pytest.raises(DataError, match=r"at least 4 .* got 4 and 3; .* smaller k"):
        metric.result()


def test_density_and_coverage_need_a_single_generated_sample():
    metric = feed(DensityCoverage(np.asarray), small()[0], np.zeros((1, 16)))
    assert metric.result()["density"] > 1.0


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
def test_features_that_are_not_finite_are_refused_whole(kind, value):
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
def test_what_is_no_table_is_refused(kind, features, match):
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


def test_inside_a_compiled_function_is_refused():
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
        (lambda: KernelDistance(np.asarray, subsets=1), "subsets to be a whole number >= 2, got 1"),
        (lambda: KernelDistance(np.asarray, subset_size=2.5), "subset_size .* >= 2, got 2.5"),
        (lambda: KernelDistance(np.asarray, seed=-1), "seed .* >= 0, got -1"),
        (lambda: InceptionScore(np.asarray, splits=0), "splits .* >= 1, got 0"),
        (lambda: PrecisionRecall(np.asarray, k=0), "k .* >= 1, got 0"),
        (lambda: DensityCoverage(np.asarray, k="5"), "k .* >= 1, got '5'"),
        (lambda: nearest_radii(np.eye(3), 0), "k .* >= 1, got 0"),
        (lambda: inception_score(np.eye(3), splits=0), "splits .* >= 1, got 0"),
        (lambda: kernel_distance(np.eye(3), np.eye(3), subsets=0), "subsets .* >= 2, got 0"),
    ],
)
def test_bad_arguments(make_it, match):
    with pytest.raises(ConfigError, match=match):
        make_it()


# The base


def test_samples_pass_through_the_extractor():
    real, fake = (np.random.default_rng(0).uniform(-1, 1, (2, 20, 4, 4, 1))).astype("float32")
    metric, by_features = FrechetDistance("pixels"), FrechetDistance("pixels")
    metric.update_state(real, fake[:9])
    metric.update_state(None, fake[9:])
    by_features.update_features(real.reshape(20, 16), fake.reshape(20, 16))
    assert metric.counts == (20, 20)
    assert metric.result() == pytest.approx(by_features.result(), rel=1e-12)


def test_reports():
    shifted = FrechetDistance("pixels")
    real = np.random.default_rng(0).normal(size=(1200, 2))
    shifted.update_state(real, real[:1100] * 0 + 3.0)
    assert shifted.report() == f"frechet[pixels] {shifted.result():.4g} (1,100 against 1,200)"
    near = KernelDistance("pixels", subsets=5, subset_size=50, seed=7)
    near.update_state(real, real + 0.1)
    result = near.result()
    expected = f"{result['kernel']:.4g} +- {result['kernel_error']:.2g}"
    assert near.report() == f"kernel[pixels] {expected} (1,200 against 1,200, seed 7)"
    equal = PrecisionRecall("pixels")
    equal.update_state(real, real)
    expected = "precision_recall[pixels] precision 1, recall 1 (1,200 against 1,200)"
    assert equal.report() == expected
    score = InceptionScore("pixels", splits=2)
    score.update_features(None, np.full((8, 4), 0.25))
    assert score.report() == "inception_score[pixels] 1 +- 0 (8, seed 0)"


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip_through_keras_serialization(kind):
    metric = make(kind, "pixels")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(again) is kind
    assert again.get_config() == metric.get_config()
    assert again.extractor == metric.extractor
    assert figures(feed(again, *small())) == figures(feed(metric, *small()))


def test_an_extractor_without_a_name_is_not_serialised():
    with pytest.raises(ConfigError, match=r"extractor given by its name .* make the metric anew"):
        PrecisionRecall(np.asarray).get_config()


def test_the_base_says_what_a_metric_lacks():
    with pytest.raises(TypeError, match="FeatureMetric defines no result"):
        FeatureMetric(np.asarray, "nothing").result()
