"""Precision and recall, density and coverage: their definitions and their limits."""

from keras_gan.errors import DataError
from keras_gan.metrics import neighbourhoods
from keras_gan.metrics.neighbourhoods import (
    DensityCoverage,
    PrecisionRecall,
    density_coverage,
    nearest_radii,
    precision_recall,
)

import numpy as np
import pytest
from metric_cases import feed, small


@pytest.fixture(params=[False, True], ids=["one block", "many blocks"])
def blocks(request, monkeypatch):
    """Repeats each test with blocks of a few rows and columns."""
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
def test_neighbourhood_metrics_equal_their_definitions(k):
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
def test_equal_sets_have_perfect_scores(offset):
    real = small()[0] + offset
    assert precision_recall(real, real[::-1]) == {"precision": 1.0, "recall": 1.0}
    assert density_coverage(real, real[::-1]) == {"density": 1.0, "coverage": 1.0}


def test_distant_sets_have_scores_of_zero():
    real, fake = small()
    assert precision_recall(real, fake + 100) == {"precision": 0.0, "recall": 0.0}
    assert density_coverage(real, fake + 100) == {"density": 0.0, "coverage": 0.0}


def test_swapping_the_sets_swaps_precision_and_recall():
    forth, back = precision_recall(*small()), precision_recall(*small()[::-1])
    assert (forth["precision"], forth["recall"]) == (back["recall"], back["precision"])


def test_an_offset_does_not_change_neighbourhoods():
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
    with pytest.raises(DataError, match="fewer than 5 exact copies, got 9 that all have"):
        density_coverage(one, one)


def test_too_few_samples_for_k_are_refused():
    with pytest.raises(DataError, match=r"more than k=3 samples .* got 3"):
        precision_recall(np.eye(3), np.eye(3))
    metric = feed(PrecisionRecall(np.asarray), np.eye(4), np.eye(4)[:3])
    with pytest.raises(DataError, match=r"at least 4 .* got 4 and 3; .* smaller k"):
        metric.result()


def test_density_and_coverage_need_a_single_generated_sample():
    metric = feed(DensityCoverage(np.asarray), small()[0], np.zeros((1, 16)))
    assert metric.result()["density"] > 1.0
