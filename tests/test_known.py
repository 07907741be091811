import math

from keras_gan import datasets
from keras_gan.datasets.toy import GaussianMixture
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import known

import numpy as np
import pytest

GRID = datasets.open_source("toy:gaussians25").distribution
X = np.sin(np.arange(50.0))
Y = 1.5 * np.cos(np.arange(70.0)) + 0.3


def bernoulli_jensen_shannon(a, b):
    def entropy(share):
        return -share * math.log(share) - (1 - share) * math.log(1 - share)

    return entropy((a + b) / 2) - (entropy(a) + entropy(b)) / 2


def test_jensen_shannon_of_two_coins():
    expected = bernoulli_jensen_shannon(0.2, 0.7)
    assert known.jensen_shannon([0.2, 0.8], [0.7, 0.3]) == pytest.approx(expected, rel=1e-12)
    assert known.jensen_shannon([0.2, 0.8], [0.2, 0.8]) == 0
    assert known.jensen_shannon([1, 0, 0], [0, 0.5, 0.5]) == pytest.approx(math.log(2), rel=1e-12)


def test_jensen_shannon_matches_scipy():
    p, q = [0.1, 0.2, 0.3, 0.4], [0.4, 0.4, 0.2, 0.0]
    assert known.jensen_shannon(p, q) == pytest.approx(0.20883940743464036, rel=1e-12)
    assert known.jensen_shannon(q, p) == pytest.approx(0.20883940743464036, rel=1e-12)


def test_total_variation_of_shifted_uniforms():
    """U(0, 1) and U(s, 1 + s) share 1 - s of their mass."""
    uniform = np.repeat([0, 1, 0], 10) / 10
    for shift in (0, 3, 10):
        moved = np.roll(uniform, shift)
        assert known.total_variation(uniform, moved) == pytest.approx(shift / 10)


def test_total_variation_of_shifted_gaussians():
    """TV(N(0, 1), N(d, 1)) = 2 Phi(d / 2) - 1, on cells with an edge at d / 2."""
    edges = [np.linspace(-7.5, 8.5, 33)]
    edges[0][[0, -1]] = -np.inf, np.inf
    p, q = (GaussianMixture([[mean]], 1.0).cell_masses(edges) for mean in (0.0, 1.0))
    assert known.total_variation(p, q) == pytest.approx(math.erf(0.5 / math.sqrt(2)), abs=1e-12)


def test_invalid_masses_are_refused():
    with pytest.raises(DataError, match=r"same cells, got shapes \(2,\) and \(3,\)"):
        known.jensen_shannon([0.5, 0.5], [0.3, 0.3, 0.4])
    with pytest.raises(DataError, match=r"sum 0.9; use edges from -inf to inf"):
        known.total_variation([0.5, 0.5], [0.5, 0.4])
    for bad in ([1.5, -0.5], [np.nan, 1.0]):
        with pytest.raises(DataError, match="masses of at least 0"):
            known.jensen_shannon(bad, [0.5, 0.5])


def test_masses_on_a_grid_with_infinite_edges_sum_to_one():
    points = [[-50.0, 0.5], [0.5, 0.5], [0.5, 0.6], [0.5, 1e30]]
    masses = known.masses_on_grid(points, [[-np.inf, 0, 1, np.inf]] * 2)
    assert masses.shape == (3, 3)
    assert (masses[0, 1], masses[1, 1], masses[1, 2], masses.sum()) == (0.25, 0.5, 0.25, 1)
    assert known.masses_on_grid(points, [[0, 1], [0, 1]]).tolist() == [[0.5]]


def test_energy_distance_matches_scipy():
    assert known.energy_distance(X, Y) == pytest.approx(0.3967533835756848, rel=1e-12)
    assert known.energy_distance(X[:, None], Y[:, None]) == known.energy_distance(X, Y)


def test_energy_distance_in_the_plane_matches_scipy():
    i, j = np.arange(40.0), np.arange(60.0)
    x = np.stack([np.sin(i), np.cos(3 * i)], axis=1)
    y = np.stack([np.cos(j), np.sin(2 * j) + 0.5], axis=1)
    assert known.energy_distance(x, y) == pytest.approx(0.4020364062832589, rel=1e-12)
    assert known.energy_distance(x, x) == 0


def test_energy_distance_in_blocks(monkeypatch):
    expected = known.energy_distance(X, Y)
    monkeypatch.setattr("keras_gan.datasets.toy.mixture.BLOCK", 200)
    assert known.energy_distance(X, Y) == pytest.approx(expected, rel=1e-12)


def test_energy_distance_of_close_points_keeps_its_digits():
    x = np.full((4, 2), 1e4)
    assert known.energy_distance(x, x + np.array([3e-5, 4e-5])) == pytest.approx(1e-2, rel=1e-6)


def test_wasserstein_matches_scipy():
    assert known.wasserstein_1d(X, Y) == pytest.approx(0.39041521880326674, rel=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.25, 3.0])
def test_wasserstein_of_shifted_points_is_the_shift(shift):
    assert known.wasserstein_1d(X, X + shift) == pytest.approx(shift, abs=1e-12)


def test_wasserstein_to_a_quantile_function():
    """It compares quantiles of N(shift, 1) at the midpoints of n steps with N(0, 1)."""
    normal = GaussianMixture([[0.0]], 1.0)
    middles = normal.quantile((np.arange(20_000) + 0.5) / 20_000)
    for shift in (0.5, -2.0):
        assert known.wasserstein_1d(middles + shift, normal.quantile) == pytest.approx(
            abs(shift), abs=1e-5
        )


def test_wasserstein_of_one_point_to_a_gaussian():
    """E|0 - N(0, 1)| = sqrt(2 / pi)."""
    normal = GaussianMixture([[0.0]], 1.0)
    expected = math.sqrt(2 / math.pi)
    assert known.wasserstein_1d([0.0], normal.quantile) == pytest.approx(expected, abs=1e-5)


def test_the_distribution_covers_its_modes():
    points = GRID.sample(200_000, seed=5)
    modes, good = known.modes_and_good_samples(points, GRID.means, GRID.sigma)
    exact = 1 - math.exp(-4.5)
    assert modes == 25
    assert good == pytest.approx(exact, abs=5 * math.sqrt(exact * (1 - exact) / 200_000))


def test_a_mode_is_covered_by_one_good_sample():
    points = np.array([[-4.0, -4.0], [0.149, 0.0], [0.151, 0.0], [1.0, 1.0]])
    assert known.modes_and_good_samples(points, GRID.means, 0.05) == (2, 0.5)
    assert known.modes_and_good_samples(points, GRID.means, 0.05, within=4) == (2, 0.75)
    assert known.modes_and_good_samples(points + 0.5, GRID.means, 0.05) == (0, 0)


def test_optimal_discriminator():
    p, q = np.array([0.2, 0.3, 0.0, 0.5, 0.0]), np.array([0.2, 0.1, 0.5, 0.0, 0.0])
    np.testing.assert_allclose(known.optimal_discriminator(p, q), [0.5, 0.75, 0, 1, 0.5])
    with pytest.raises(DataError, match="densities or masses of at least 0"):
        known.optimal_discriminator([np.nan], [0.5])


def test_optimal_discriminator_of_two_gaussians_is_a_logistic_curve():
    """It is sigmoid(2x) for N(1, 1) and N(-1, 1), so the gap of the logits 2x is 0."""
    edges = [np.linspace(-3, 3, 601)]
    p, q = (GaussianMixture([[mean]], 1.0).cell_masses(edges) for mean in (1.0, -1.0))
    logits = 2 * known.cell_centres(edges)
    assert known.discriminator_gap(logits, p, q) < 1e-5
    assert known.discriminator_gap(0 * logits, p, q) == pytest.approx(
        known.total_variation(p / p.sum(), q / q.sum()) / 2, rel=1e-5
    )


def test_discriminator_gap_is_weighted_by_the_masses():
    logits = [np.log(3), -500.0, 100.0]
    assert known.discriminator_gap(logits, [0.3, 0.0, 0.6], [0.1, 1.0, 0.0]) < 1e-12
    assert known.discriminator_gap(logits, [0.0, 0.9, 0.0], [0.0, 0.1, 1.0]) == pytest.approx(
        (0.9 * 1.0 + 1.0 * 1.0) / 2
    )
    with pytest.raises(DataError, match="got 2 logits and 3 and 3 masses"):
        known.discriminator_gap([0, 0], [1, 0, 0], [1, 0, 0])
    with pytest.raises(DataError, match="logits that are numbers"):
        known.discriminator_gap([np.nan, 0], [1, 0], [1, 0])


def test_covering_edges_cover_all_mass():
    for name in ("gaussian1d", "gaussians8", "gaussians25", "swissroll"):
        distribution = datasets.open_source(f"toy:{name}").distribution
        edges = known.covering_edges(distribution)
        masses = distribution.cell_masses(edges)
        inner = masses[(slice(1, -1),) * distribution.dim]
        assert inner.sum() > 1 - 1e-5
        assert masses.sum() == pytest.approx(1)
        assert all(52 <= size <= 202 for size in masses.shape)
        assert known.cell_centres(edges).shape == (masses.size, distribution.dim)


def test_cell_centres_are_in_the_order_of_the_masses():
    edges = [[0, 1, 3], [-np.inf, 5, 6]]
    centres = known.cell_centres(edges)
    for centre, mass in zip(centres, np.eye(4), strict=True):
        at = known.masses_on_grid([centre], edges)
        np.testing.assert_array_equal(at.ravel(), mass)
    with pytest.raises(ConfigError, match="two or more finite edges"):
        known.cell_centres([[-np.inf, 0, np.inf]])


def test_closeness_of_the_distribution_to_itself():
    measured = known.closeness(GRID.sample(2_500, seed=2), GRID)
    assert list(measured) == ["js", "tv", "energy", "modes", "good"]
    cells = 25 * 36
    assert 0 < measured["js"] < cells / (8 * 2_500) * 1.5
    assert measured["energy"] < 0.1
    assert measured["modes"] == 25
    assert measured["good"] > 0.98


def test_closeness_detects_missing_modes():
    points = GRID.sample(5_000, seed=2)
    half = points[points[:, 0] < 1]  # 15 modes of 25
    complete, figures = known.closeness(points, GRID), known.closeness(half, GRID)
    assert figures["modes"] == 15
    assert figures["tv"] == pytest.approx(0.4, abs=0.15)
    assert figures["good"] > 0.98
    assert all(figures[name] > 2 * complete[name] for name in ("js", "tv", "energy"))


def test_closeness_of_distant_points():
    measured = known.closeness(np.full((100, 2), 1e6), GRID)
    assert measured["js"] == pytest.approx(math.log(2))
    assert measured["tv"] == pytest.approx(1)
    assert (measured["modes"], measured["good"]) == (0, 0)


def test_closeness_in_one_dimension_and_without_modes():
    line = datasets.open_source("toy:gaussian1d").distribution
    measured = known.closeness(line.sample(10_000, seed=2) + 1, line)
    assert measured["w1"] == pytest.approx(1, abs=0.02)
    roll = datasets.open_source("toy:swissroll").distribution
    assert list(known.closeness(roll.sample(1_000, seed=2), roll)) == ["js", "tv", "energy"]


def test_closeness_is_a_metric():
    points = GRID.sample(1_000, seed=2)
    metric = known.Closeness(GRID)
    metric.update_state(GRID.sample(10), points[:300])
    metric.update_state(None, points[300:])
    assert metric.name == "closeness"
    assert metric.counts == (10, 1_000)
    assert metric.result() == known.closeness(points, GRID)
    metric.reset_state()
    with pytest.raises(DataError, match="at least 0 real and 1 generated"):
        metric.result()


def test_invalid_points_are_refused():
    with pytest.raises(DataError, match=r"points of shape \(n, 2\), got \(5, 3\)"):
        known.closeness(np.zeros((5, 3)), GRID)
    with pytest.raises(DataError, match="NaN or infinity in 2 of 3"):
        known.closeness([[0, np.nan], [np.inf, 0], [0, 0]], GRID)
    with pytest.raises(DataError, match=r"got \(0, 1\)"):
        known.energy_distance([], [1.0])
    with pytest.raises(ConfigError, match="expected sigma > 0"):
        known.modes_and_good_samples([[0.0]], [[0.0]], sigma=0)
