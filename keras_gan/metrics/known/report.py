"""All measures of closeness of points to a known distribution, as one metric."""

from collections.abc import Sequence

from keras_gan.datasets.toy.mixture import GaussianMixture, check_points
from keras_gan.errors import ConfigError
from keras_gan.metrics.known.grids import (
    covering_edges,
    jensen_shannon,
    masses_on_grid,
    total_variation,
)
from keras_gan.metrics.known.points import (
    energy_distance,
    modes_and_good_samples,
    wasserstein_1d,
)
from keras_gan.metrics.metric import FeatureMetric

from numpy.typing import ArrayLike

ENERGY_POINTS = 5_000
ENERGY_SEED = 1  # training points have seed 0


def closeness(
    points: ArrayLike, distribution: GaussianMixture, edges: Sequence[ArrayLike] | None = None
) -> dict[str, float]:
    """Computes all measures of closeness that apply to points and a distribution.

    Compare them with the figures of the distribution's own samples,
    `closeness(distribution.sample(n, seed=2), distribution)`, as finite samples never have a
    distance of 0.

    Args:
        points: `(n, dim)` floats.
        distribution: The known distribution.
        edges: Edges of the grid, with infinite ends; `covering_edges(distribution)` by default.

    Returns:
        A dict:

        - `js`: Jensen-Shannon divergence on the grid, in nats, 0 to 0.693.
        - `tv`: Total variation on the grid, 0 to 1.
        - `energy`: Energy distance of the first 5,000 points and as many of the distribution.
        - `w1`: Wasserstein-1 distance, in one dimension.
        - `modes`, `good`: Number of modes covered and share of good samples, if the distribution
          has modes.

    Raises:
        DataError: For points of another shape, or points that aren't finite.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan.metrics.known import closeness
    >>> distribution = kg.datasets.open_source("toy:gaussians25").distribution
    >>> figures = closeness(distribution.sample(2_500, seed=2), distribution)
    >>> sorted(figures), figures["modes"]
    (['energy', 'good', 'js', 'modes', 'tv'], 25)
    """
    points = check_points(points, distribution.dim)
    edges = covering_edges(distribution) if edges is None else edges
    p, q = distribution.cell_masses(edges), masses_on_grid(points, edges)
    few = points[:ENERGY_POINTS]
    figures = {
        "js": jensen_shannon(p, q),
        "tv": total_variation(p, q),
        "energy": energy_distance(few, distribution.sample(len(few), ENERGY_SEED)),
    }
    if distribution.dim == 1:
        figures["w1"] = wasserstein_1d(points, distribution.quantile)
    if distribution.modes:
        figures["modes"], figures["good"] = modes_and_good_samples(
            points, distribution.means, distribution.sigma
        )
    return figures


class Closeness(FeatureMetric):
    """Metric of `closeness` to a known distribution.

    It ignores real points, as their distribution is known.

    Args:
        distribution: The known distribution.
        name: Name of the metric.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan.metrics.known import Closeness
    >>> distribution = kg.datasets.open_source("toy:gaussians8").distribution
    >>> metric = Closeness(distribution)
    >>> metric.update_state(None, distribution.sample(1_000, seed=2))
    >>> metric.result()["modes"]
    8
    """

    def __init__(self, distribution: GaussianMixture, name: str = "closeness") -> None:
        super().__init__("values", name)
        self.distribution = distribution

    def result(self) -> dict[str, float]:
        """Computes the dict of `closeness`."""
        self.require(*self.least_counts)
        return closeness(self.fake.array, self.distribution)

    def get_config(self) -> dict[str, object]:
        """Raises `ConfigError`, since a distribution can't be serialized."""
        raise ConfigError("expected no need to serialize a Closeness; create it again instead.")
