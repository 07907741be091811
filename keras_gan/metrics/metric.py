"""FeatureMetric: the base class of metrics that compare two sets of samples by features."""

from collections.abc import Callable, Iterable
from typing import Any

from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import extractors

import keras
import numpy as np
from numpy.typing import ArrayLike

LOWER_IS_BETTER = (
    *("frechet", "kernel", "kernel_deviation", "sliced_wasserstein", "kl_to_uniform"),
    *("js", "tv", "energy", "w1"),
)
HIGHER_IS_BETTER = (
    *("inception_score", "precision", "recall", "density", "coverage", "modes", "good"),
    *("authentic", "distance_ratio"),
)
MAX_FEATURE = 1e20  # its 12th power, which the kernel distance's deviation takes, fits into float64


class Accumulator:
    """State of a metric for the features of one side, real or generated."""

    def __init__(self):
        self.count = 0
        self.width = None
        self._computed = {}

    def add(self, features: np.ndarray) -> None:
        """Adds a checked table `(count, features)`."""
        self.keep(features)
        self.count += len(features)
        self.width = features.shape[1]
        self._computed.clear()

    def keep(self, features: np.ndarray) -> None:
        """Updates the state with features; implemented by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} defines no keep.")

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """Returns `compute()`, cached under a name until features are added."""
        if name not in self._computed:
            self._computed[name] = compute()
        return self._computed[name]


class FeatureTable(Accumulator):
    """Storage of all features, as float32 where that is exact.

    Example:

    >>> import numpy as np
    >>> table = FeatureTable()
    >>> table.add(np.array([[0.5, 1.0]]))
    >>> table.add(np.array([[2.0, 0.25]]))
    >>> table.count, table.array.dtype.name, table.array.tolist()
    (2, 'float32', [[0.5, 1.0], [2.0, 0.25]])
    """

    def __init__(self):
        super().__init__()
        self._parts = []

    def keep(self, features: np.ndarray) -> None:
        """Appends a copy."""
        single = features.astype("float32")
        self._parts.append(single if np.array_equal(single, features) else features.copy())

    @property
    def array(self) -> np.ndarray:
        """All features so far, `(count, features)`."""
        if len(self._parts) > 1:
            self._parts = [np.concatenate(self._parts)]
        return self._parts[0]


class FeatureMetric(keras.metrics.Metric):
    """Base class of metrics that compare real and generated samples by an extractor's features.

    The state is in float64 NumPy arrays, so update it from Python, not from a compiled step.
    A subclass sets `accumulator` and `least_counts`, and implements `result`.

    Args:
        extractor: An `Extractor`, its name, a Keras model, or a callable; see `extractors.get`.
        name: Name of the metric.
    """

    accumulator = FeatureTable
    seed = None
    least_counts = (0, 1)  # of real and of generated samples, for `result`

    def __init__(self, extractor: extractors.ExtractorLike, name: str) -> None:
        super().__init__(name=name, dtype="float64")
        self.extractor = extractors.get(extractor)
        self._extractor_argument = extractor
        self.real, self.fake = self.accumulator(), self.accumulator()

    def update_state(self, real: np.ndarray | None, fake: np.ndarray | None) -> None:
        """Adds samples.

        Args:
            real: Real samples `(count, *sample_shape)`, images in [-1, 1]; or None.
            fake: Generated samples, in any number; or None.

        Raises:
            DataError: For features that aren't a finite table, or of another width than before.
        """
        self.update_features(
            None if real is None else self.read(real), None if fake is None else self.read(fake)
        )

    def read(self, samples: np.ndarray | extractors.Reading) -> np.ndarray:
        """Returns the features `(count, features)` of samples that the metric uses."""
        return self.extractor.features(samples)

    def update_features(self, real: np.ndarray | None, fake: np.ndarray | None) -> None:
        """Adds features as `read` returns them, so that metrics of one extractor share its work.

        Args:
            real, fake: `(count, features)`, or None. If either is invalid, neither is added.
        """
        real = None if real is None else self.check(real, "real")
        fake = None if fake is None else self.check(fake, "generated")
        self._check_widths(real, fake)
        if real is not None:
            self.real.add(real)
        if fake is not None:
            self.fake.add(fake)

    def _check_widths(self, real, fake):
        new = {table.shape[1] for table in (real, fake) if table is not None}
        widths = (new | {self.real.width, self.fake.width}) - {None}
        if len(widths) > 1:
            raise DataError(
                f"expected one number of features for all samples, got {sorted(widths)}; real and "
                "generated samples must pass through the same extractor."
            )

    def check(self, features: ArrayLike, what: str) -> np.ndarray:
        """Returns features as a float64 array; see `check_features`."""
        return check_features(features, what)

    def result(self) -> float | dict[str, float]:
        """Computes the figure, or a dict of figures; implemented by subclasses."""
        raise NotImplementedError(f"{type(self).__name__} defines no result.")

    def reset_state(self) -> None:
        """Removes all samples."""
        self.real, self.fake = self.accumulator(), self.accumulator()

    def reset_fake(self) -> None:
        """Removes the generated samples; keeps the real ones and their cached results."""
        self.fake = self.accumulator()

    @property
    def counts(self) -> tuple[int, int]:
        """Numbers of real and of generated samples."""
        return self.real.count, self.fake.count

    def require(self, real: int, fake: int, advice: str = "feed more samples") -> None:
        """Raises `DataError` for fewer real or generated samples than given."""
        if self.counts[0] < real or self.counts[1] < fake:
            raise DataError(
                f"{self.name} expected at least {real:,} real and {fake:,} generated samples, got "
                f"{self.counts[0]:,} and {self.counts[1]:,}; {advice}."
            )

    def report(self, result: float | dict[str, float] | None = None) -> str:
        """Formats the result in a line: figures, extractor with its provenance, counts, seed.

        Args:
            result: Result of `result`; computed by default.

        Returns:
            A line such as `frechet[digits] 5.1, lower is better (10,000 against 10,000)`, with the
            numbers of generated and of real samples.
        """
        result = self.result() if result is None else result
        real, fake = self.counts
        counts = f"{fake:,} against {real:,}" if real else f"{fake:,}"
        seed = "" if self.seed is None else f", seed {self.seed}"
        better = describe_direction(result if isinstance(result, dict) else [self.name])
        figures = f"{self.describe(result)}{better and ', ' + better}"
        return f"{self.name}[{self.extractor.describe()}] {figures} ({counts}{seed})"

    def describe(self, result: float | dict[str, float]) -> str:
        """Formats a result: the figure, or each name with its figure."""
        if isinstance(result, dict):
            return ", ".join(f"{name} {significant(value)}" for name, value in result.items())
        return significant(result)

    def get_config(self) -> dict[str, object]:
        """Returns the constructor arguments.

        Raises:
            ConfigError: For an extractor that wasn't given by name, since the config of a Keras
                model lacks its weights.
        """
        if not isinstance(self._extractor_argument, str):
            raise ConfigError(
                "expected an extractor given by its name to serialize a metric, got "
                f"{self._extractor_argument!r}; create the metric again with it instead."
            )
        return {"extractor": self._extractor_argument, "name": self.name}


def describe_direction(names: Iterable[str]) -> str:
    """Returns in words which values of figures are better; an empty text for unknown figures.

    Args:
        names: Names of figures.

    Example:

    >>> describe_direction(["precision", "recall"]), describe_direction(["modes", "kl_to_uniform"])
    ('higher is better', 'higher modes and lower kl_to_uniform are better')
    """
    sides = {"higher": HIGHER_IS_BETTER, "lower": LOWER_IS_BETTER}
    found = {side: [name for name in names if name in known] for side, known in sides.items()}
    parts = [f"{side} {', '.join(named)}" for side, named in found.items() if named]
    if len(parts) == 1:
        return f"{parts[0].split()[0]} is better"
    return f"{' and '.join(parts)} are better" if parts else ""


def check_features(features: ArrayLike, what: str) -> np.ndarray:
    """Returns features as a float64 array.

    Args:
        features: `(count, features)` floats, not empty, at most `MAX_FEATURE` in magnitude.
        what: `"real"` or `"generated"`, for the error.

    Raises:
        DataError: For anything else.

    Example:

    >>> check_features([[1, 2], [3, 4]], "real").dtype.name
    'float64'
    """
    features = to_float64(features, f"{what} features")
    if features.ndim != 2 or 0 in features.shape:
        raise DataError(
            f"expected {what} features of shape (count, features), at least one of each, got "
            f"{features.shape}."
        )
    in_range = np.abs(features) <= MAX_FEATURE
    if not in_range.all():
        rows = int((~in_range.all(axis=1)).sum())
        raise DataError(
            f"expected finite features up to {MAX_FEATURE:g}, got NaN, infinity or more in {rows} "
            f"of {len(features)} {what} samples; check the samples and the extractor."
        )
    return features


def to_float64(values: ArrayLike, what: str) -> np.ndarray:
    """Converts an array, tensor or list of real numbers to a float64 array."""
    try:
        values = np.asarray(values)
        if np.iscomplexobj(values):
            raise TypeError("they are complex")
        return values.astype("float64", copy=False)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"expected {what} as an array of real numbers, outside tf.function; {error}."
        ) from error


def significant(value: float) -> str:
    """Formats a figure with four significant digits, or an integer in full.

    Example:

    >>> significant(0.00212349), significant(12.0), significant(26000)
    ('0.002123', '12', '26,000')
    """
    return f"{value:,}" if isinstance(value, (int, np.integer)) else f"{value:.4g}"
