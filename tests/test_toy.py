import math

from keras_gan import datasets
from keras_gan.datasets.toy import DISTRIBUTIONS, GaussianMixture
from keras_gan.errors import ConfigError, DataError

import numpy as np
import pytest

THREE = GaussianMixture([[-1.0], [0.5], [2.0]], sigma=0.4, weights=[1, 2, 3])
PLANE = GaussianMixture([[0.0, 1.0], [2.0, -1.0]], sigma=0.5, weights=[0.25, 0.75])


def distribution_of(name):
    return datasets.open_source(f"toy:{name}").distribution


def test_density_and_distribution_function_match_scipy():
    assert THREE.density([[0.7]]) == pytest.approx(0.2959439651404331, rel=1e-12)
    assert THREE.cdf([0.7]) == pytest.approx(0.3974408848582372, rel=1e-12)
    assert THREE.quantile([0.3]) == pytest.approx(0.39873448776860293, abs=1e-12)


def test_quantile_is_the_inverse_even_in_the_tails():
    shares = np.array([1e-12, 1e-3, 0.2, 0.9, 1 - 1e-9])
    np.testing.assert_allclose(THREE.cdf(THREE.quantile(shares)), shares, rtol=1e-3, atol=1e-15)


def test_density_in_the_plane_is_the_product_of_the_axes():
    points = np.random.default_rng(0).normal(size=(50, 2))
    expected = 0
    for mean, weight in zip(PLANE.means, PLANE.weights, strict=True):
        axes = np.exp(-0.5 * ((points - mean) / 0.5) ** 2) / (math.sqrt(2 * math.pi) * 0.5)
        expected = expected + weight * axes.prod(axis=1)
    np.testing.assert_allclose(PLANE.density(points), expected, rtol=1e-12)


def test_cell_masses_are_the_integral_of_the_density():
    edges = [np.linspace(-1, 3, 4), np.linspace(-2, 2, 5)]
    nodes, weights = np.polynomial.legendre.leggauss(12)
    masses = PLANE.cell_masses(edges)
    assert masses.shape == (3, 4)
    for i, j in np.ndindex(masses.shape):
        (x0, x1), (y0, y1) = edges[0][i : i + 2], edges[1][j : j + 2]
        x, y = (x0 + (nodes + 1) / 2 * (x1 - x0), y0 + (nodes + 1) / 2 * (y1 - y0))
        grid = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
        area = (x1 - x0) * (y1 - y0) / 4
        integral = area * weights @ PLANE.density(grid).reshape(12, 12) @ weights
        assert masses[i, j] == pytest.approx(integral, rel=1e-8)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_no_mass_is_lost_between_infinite_edges(name):
    distribution = distribution_of(name)
    edges = [[-np.inf, -1.0, 0.3, 1.7, np.inf]] * distribution.dim
    assert distribution.cell_masses(edges).sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_follow_the_masses(name):
    distribution = distribution_of(name)
    edges = [[-np.inf, -1.0, 0.3, 1.1, 4.0, np.inf]] * distribution.dim
    expected = distribution.cell_masses(edges)
    samples = distribution.sample(200_000, seed=3)
    counts, _ = np.histogramdd(samples, bins=[np.asarray(of_axis) for of_axis in edges])
    error = np.abs(counts / 200_000 - expected)
    assert (error <= 5 * np.sqrt(expected * (1 - expected) / 200_000) + 1e-9).all()
    assert samples.dtype == np.float32


def test_swissroll_is_the_integral_along_the_spiral():
    """The reference is SciPy's adaptive quadrature of the continuous spiral."""
    points = [(0.0, 1.885), (-1.2566, 0.02), (0.8, 0.1), (1.7, 0.0), (0.0, -0.63)]
    scipy = [
        *(0.33632204244614555, 1.0035039221822564, 0.5485435047754369),
        *(0.5736498498733213, 0.9863519187030968),
    ]
    density = distribution_of("swissroll").density(points)
    np.testing.assert_allclose(density[1:4], scipy[1:4], rtol=1e-9)  # away from the two ends
    np.testing.assert_allclose(density, scipy, rtol=1e-5)


def test_parameters_are_those_of_the_papers():
    grid = distribution_of("gaussians25")
    assert sorted({*grid.means[:, 0]}) == [-4, -2, 0, 2, 4]
    assert (len(np.unique(grid.means, axis=0)), grid.sigma) == (25, 0.05)
    ring = distribution_of("gaussians8")
    np.testing.assert_allclose(np.hypot(*ring.means.T), 2)
    assert (len(ring.means), ring.sigma) == (8, 0.02)
    line = distribution_of("gaussian1d")
    assert (line.means.tolist(), line.sigma) == ([[4.0]], 0.5)
    assert [distribution_of(name).modes for name in DISTRIBUTIONS] == [True, True, True, False]


def test_points_are_samples_of_the_distribution_and_reproducible():
    one, other = (datasets.open_source("toy:gaussians25") for _ in range(2))
    assert (len(one), one.class_names) == (100_000, None)
    batch, repeated = (
        next(iter(source.to_dataset(100, shuffle=False))).numpy() for source in (one, other)
    )
    np.testing.assert_array_equal(batch, repeated)
    np.testing.assert_array_equal(batch[13], one[13][0])
    assert np.abs(batch - np.round(batch / 2) * 2).max() < 0.05 * 6
    distribution = one.distribution
    np.testing.assert_array_equal(distribution.sample(5, seed=1), distribution.sample(5, seed=1))
    assert not np.array_equal(distribution.sample(5, seed=1), distribution.sample(5, seed=2))


def test_stacked_digits_are_three_digits_each():
    digits = datasets.open_source("digits")
    source = datasets.open_source("toy:stacked_digits")
    assert (len(source), source.sample_shape, source.class_names) == (100_000, (28, 28, 3), None)
    image, label = source[99_999]
    assert label is None
    for channel, member in enumerate(source.members[99_999]):
        np.testing.assert_array_equal(image[..., channel], digits[member][0][..., 0])
    batches = source.to_dataset(8, seed=1)
    expected = list(batches.from_step(0).take(5))
    np.testing.assert_array_equal(expected[3], next(iter(batches.from_step(3))))


def test_stacked_digits_have_a_thousand_modes():
    source = datasets.open_source("toy:stacked_digits")
    digits = datasets.load("digits", batch_size=1_000, labels=True, shuffle=False)
    labels = np.concatenate([batch for _, batch in digits])
    modes = labels[source.members] @ [100, 10, 1]
    counts = np.bincount(modes, minlength=1000)
    share = np.bincount(labels) / len(labels)
    expected = len(source) * np.einsum("i,j,k->ijk", share, share, share).ravel()
    assert counts.min() > 0
    chi_squared = np.square(counts - expected) / expected
    assert abs(chi_squared.sum() - 999) < 5 * math.sqrt(2 * 999)


def test_stacked_digits_can_be_resized():
    image, _ = datasets.open_source("toy:stacked_digits", image_size=16)[0]
    assert image.shape == (16, 16, 3)
    assert np.abs(image).max() <= 1


def test_unknown_toy_sources_are_refused():
    with pytest.raises(DataError, match="unknown toy 'gausians25'; did you mean 'gaussians25'"):
        datasets.open_source("toy:gausians25")
    with pytest.raises(DataError, match=r"unknown toy ''.*stacked_digits, swissroll"):
        datasets.open_source("toy:")
    with pytest.raises(DataError, match="expected images to resize"):
        datasets.open_source("toy:swissroll", image_size=8)
    with pytest.raises(DataError, match=r"expected labels, but toy:swissroll has none"):
        datasets.load("toy:swissroll", labels=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, 2.0], 0.1), r"\(components, dim\), got an array of \(2,\)"),
        (([[np.nan]], 0.1), "finite means"),
        (([[0.0]], 0.0), "sigma > 0, got 0"),
        (([[0.0], [1.0]], 0.1, [1.0]), "expected 2 weights"),
        (([[0.0], [1.0]], 0.1, [1.0, -1.0]), "weights of more than 0"),
    ],
)
def test_invalid_mixtures_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        GaussianMixture(*arguments)


def test_invalid_arguments_are_refused():
    with pytest.raises(ConfigError, match="an integer n >= 1, got 0"):
        THREE.sample(0)
    with pytest.raises(ConfigError, match="each of 2 axes, got 1"):
        PLANE.cell_masses([[0.0, 1.0]])
    with pytest.raises(ConfigError, match="increasing edges"):
        THREE.cell_masses([[1.0, 0.0]])
    with pytest.raises(ConfigError, match="one dimension, got 2"):
        PLANE.quantile([0.5])
    with pytest.raises(DataError, match=r"points of shape \(n, 2\), got \(3, 1\)"):
        PLANE.density(np.zeros((3, 1)))
