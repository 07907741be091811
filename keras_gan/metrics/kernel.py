"""The kernel distance between the mean embeddings of two sets of features."""

from keras_gan.checks import check_integer, check_seed
from keras_gan.errors import DataError
from keras_gan.metrics.extractors import ExtractorLike
from keras_gan.metrics.metric import FeatureMetric, check_features

import keras
import numpy as np
from numpy.typing import ArrayLike

REAL, FAKE = 0, 1  # random streams of the subsets


@keras.saving.register_keras_serializable(package="keras_gan")
class KernelDistance(FeatureMetric):
    """Squared maximum mean discrepancy (MMD) of real and generated features; 0 is best.

    With the extractor "inception" this is the kernel inception distance (KID). Its expectation
    doesn't depend on the number of samples, and it can be slightly negative. `result` is a dict:
    `"kernel"`, the mean over random subsets, and `"kernel_deviation"`, the subsets' standard
    deviation, as other packages print. The standard error of the mean is that, divided by the root
    of the number of subsets.

    Args:
        extractor: As in `FeatureMetric`.
        subsets: Number of random subsets, at least 2.
        subset_size: Samples per subset, drawn without replacement, at least 2. With fewer samples
            than that, subsets have half of them.
        seed: Non-negative int that determines the subsets.
        name: Name of the metric.

    Raises:
        ConfigError: For numbers out of range.

    Source: Binkowski et al., "Demystifying MMD GANs", ICLR 2018.

    Example:

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> metric = KernelDistance(extractor=lambda samples: samples, subsets=10, subset_size=100)
    >>> metric.update_state(rng.normal(size=(200, 4)), rng.normal(size=(200, 4)) + 1.0)
    >>> sorted(metric.result())
    ['kernel', 'kernel_deviation']
    """

    least_counts = (4, 4)

    def __init__(
        self,
        extractor: ExtractorLike = "inception",
        subsets: int = 100,
        subset_size: int = 1000,
        seed: int = 0,
        name: str = "kernel",
    ) -> None:
        super().__init__(extractor, name)
        self.subsets, self.subset_size, self.seed = check_draws(subsets, subset_size, seed)

    def result(self) -> dict[str, float]:
        """Computes mean and standard deviation over the subsets.

        Raises:
            DataError: With fewer than 4 real or generated samples.
        """
        self.require(*self.least_counts)
        options = self.subsets, self.size_of_subsets(), self.seed
        real, fake, name = self.real, self.fake, f"within {self.size_of_subsets()}"
        within_real = real.once(name, lambda: within_subsets(real.array, *options, REAL))
        within_fake = fake.once(name, lambda: within_subsets(fake.array, *options, FAKE))
        return summary(
            within_real + within_fake - 2 * across_subsets(real.array, fake.array, *options)
        )

    def size_of_subsets(self) -> int:
        """Returns the number of samples per subset, for the samples so far."""
        least = min(self.counts)
        return self.subset_size if least >= self.subset_size else least // 2

    def describe(self, result: dict[str, float]) -> str:
        """Formats the mean +- the standard deviation, and the size of smaller subsets."""
        size = self.size_of_subsets()
        subsets = "" if size == self.subset_size else f" in subsets of {size}"
        return f"{result['kernel']:.4g} +- {result['kernel_deviation']:.2g}{subsets}"

    def get_config(self) -> dict[str, object]:
        """Returns the constructor arguments."""
        options = {"subsets": self.subsets, "subset_size": self.subset_size, "seed": self.seed}
        return super().get_config() | options


def kernel_distance(
    real: ArrayLike, fake: ArrayLike, subsets: int = 100, subset_size: int = 1000, seed: int = 0
) -> dict[str, float]:
    """Computes the mean squared MMD over random subsets, and their standard deviation.

    Args:
        real, fake: Features `(count, features)`; the counts may differ.
        subsets, subset_size, seed: As in `KernelDistance`.

    Returns:
        `{"kernel": mean, "kernel_deviation": standard deviation}`.

    Raises:
        ConfigError: For numbers out of range.
        DataError: For invalid features, or fewer samples than `subset_size`.

    Source: Binkowski et al., "Demystifying MMD GANs", ICLR 2018.

    Example:

    >>> import numpy as np
    >>> distance = kernel_distance(np.zeros((50, 2)), np.ones((50, 2)), subsets=3, subset_size=20)
    >>> distance == {"kernel": 7.0, "kernel_deviation": 0.0}  # k(0, 0) + k(1, 1) - 2 k(0, 1) = 7
    True
    """
    options = check_draws(subsets, subset_size, seed)
    real, fake = check_features(real, "real"), check_features(fake, "generated")
    if min(len(real), len(fake)) < subset_size:
        raise DataError(
            f"expected at least subset_size={subset_size} samples of each, got {len(real)} and "
            f"{len(fake)}; pass more, or a smaller subset_size."
        )
    within = within_subsets(real, *options, REAL) + within_subsets(fake, *options, FAKE)
    return summary(within - 2 * across_subsets(real, fake, *options))


def within_subsets(
    features: np.ndarray, subsets: int, size: int, seed: int, stream: int
) -> np.ndarray:
    """Computes `mean_within` of each random subset, `(subsets,)`."""
    tables = (subset(features, size, seed, stream, index) for index in range(subsets))
    return np.array([mean_within(table) for table in tables])


def across_subsets(
    real: np.ndarray, fake: np.ndarray, subsets: int, size: int, seed: int
) -> np.ndarray:
    """Computes the mean kernel between each pair of random subsets, `(subsets,)`."""
    pairs = (
        (subset(real, size, seed, REAL, index), subset(fake, size, seed, FAKE, index))
        for index in range(subsets)
    )
    return np.array([kernel(*pair).mean() for pair in pairs])


def subset(features: np.ndarray, size: int, seed: int, stream: int, index: int) -> np.ndarray:
    """Draws the random subset of an index, `(size, features)` float64."""
    random = np.random.default_rng([seed, stream, index])
    return features[random.choice(len(features), size, replace=False)].astype("float64")


def summary(distances: np.ndarray) -> dict[str, float]:
    """Computes mean and standard deviation of the subsets' distances."""
    return {"kernel": float(distances.mean()), "kernel_deviation": float(distances.std())}


def squared_mmd(real: ArrayLike, fake: ArrayLike) -> float:
    """Computes the unbiased estimate of the squared MMD with the kernel (x.y / features + 1)^3.

    It is the mean of k(x, x') over pairs of different real samples, plus the same for generated
    samples, minus twice the mean of k(x, y) over all pairs of a real and a generated sample.

    Args:
        real, fake: Features `(count, features)`, at least two samples of each.

    Returns:
        A float; its expectation is 0 for samples of one distribution.

    Source: Gretton et al., "A Kernel Two-Sample Test", JMLR 2012, equation 3.

    Example:

    >>> squared_mmd([[0.0], [0.0]], [[1.0], [1.0]])
    7.0
    """
    real, fake = check_features(real, "real"), check_features(fake, "generated")
    if min(len(real), len(fake)) < 2:
        raise DataError(f"expected two samples of each, got {len(real)} and {len(fake)}.")
    return float(mean_within(real) + mean_within(fake) - 2 * kernel(real, fake).mean())


def mean_within(features: np.ndarray) -> float:
    """Computes the mean kernel over pairs of different samples."""
    values = kernel(features, features)
    count = len(features)
    return (values.sum() - values.trace()) / (count * (count - 1))


def kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Computes (x.y / features + 1)^3 of all pairs, `(count of first, count of second)`."""
    linear = first @ second.T / first.shape[1] + 1.0
    return linear * linear * linear


def check_draws(subsets: int, subset_size: int, seed: int) -> tuple[int, int, int]:
    """Returns the options of the subsets as ints in range."""
    return (
        check_integer("subsets", subsets, minimum=2),
        check_integer("subset_size", subset_size, minimum=2),
        check_seed(seed, bits=63),
    )
