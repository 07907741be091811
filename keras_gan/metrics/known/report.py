"""All that can be said of the closeness of points and a known distribution, as one metric."""

from keras_gan.datasets.toy.mixture import check_points
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

ENERGY_POINTS = 5_000
ENERGY_SEED = 1  # the training points are of seed 0


def closeness(points, distribution, edges=None):
    """Every measure of closeness that applies to these points.

    What the distribution itself gives, `closeness(distribution.sample(n, seed=2), distribution)`,
    is the figure to compare with: on finite samples no distance is 0.

    Args:
        points: `(n, dim)` floats.
        distribution: The known distribution.
        edges: The grid, with infinite ends; `covering_edges(distribution)` by default.

    Returns:
        A dict:

        - `js`: Jensen-Shannon divergence on the grid, in nats, 0 to 0.693.
        - `tv`: Total variation on the grid, 0 to 1.
        - `energy`: Energy distance between the first 5,000 points and as many of the distribution.
        - `w1`: Wasserstein-1 distance; in one dimension.
        - `modes`, `good`: Number of modes hit and share of good samples; where the distribution
          has modes.

    Raises:
        DataError: For points of another shape, or not finite.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan.metrics.known import closeness
    >>> distribution = kg.datasets.open_source("toy:gaussians25").distribution
    >>> measured = closeness(distribution.sample(2_500, seed=2), distribution)
    >>> sorted(measured), measured["modes"]
    (['energy', 'good', 'js', 'modes', 'tv'], 25)
    """
    points = check_points(points, distribution.dim)
    edges = covering_edges(distribution) if edges is None else edges
    p, q = distribution.cell_masses(edges), masses_on_grid(points, edges)
    few = points[:ENERGY_POINTS]
    measured = {
        "js": jensen_shannon(p, q),
        "tv": total_variation(p, q),
        "energy": energy_distance(few, distribution.sample(len(few), ENERGY_SEED)),
    }
    if distribution.dim == 1:
        measured["w1"] = wasserstein_1d(points, distribution.quantile)
    if distribution.modes:
        measured["modes"], measured["good"] = modes_and_good_samples(
            points, distribution.means, distribution.sigma
        )
    return measured


class Closeness(FeatureMetric):
    """`closeness` as a metric: it gathers generated points and compares them when asked.

    Real points that it is fed count for nothing: the real distribution is known.

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

    def __init__(self, distribution, name="closeness"):
        super().__init__("values", name)
        self.distribution = distribution

    def result(self):
        """The dict of `closeness`."""
        self.require(0, 1)
        return closeness(self.fake.array, self.distribution)

    def get_config(self):
        """Not there: a distribution isn't serialised."""
        raise ConfigError("expected no need to serialise a Closeness; make it anew instead.")
