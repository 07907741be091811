"""FeatureMetric: what every measure of the distance between two sets of samples shares."""

from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics import extractors

import keras
import numpy as np

LARGEST = 1e20  # a feature: the kernel distance's error takes its 12th power, within float64


class Accumulator:
    """What a metric keeps of the features of one side; a subclass says what in `keep`."""

    def __init__(self):
        self.count = 0
        self.width = None
        self._computed = {}

    def add(self, features):
        """Adds a checked table `(count, features)`."""
        self.keep(features)
        self.count += len(features)
        self.width = features.shape[1]
        self._computed.clear()

    def keep(self, features):
        """Takes in the features: what an accumulator defines."""
        raise NotImplementedError(f"{type(self).__name__} defines no keep.")

    def once(self, name, compute):
        """`compute()`, remembered under its name until features are added."""
        if name not in self._computed:
            self._computed[name] = compute()
        return self._computed[name]


class FeatureTable(Accumulator):
    """Keeps all features, as float32 where that loses nothing.

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

    def keep(self, features):
        """Appends a copy."""
        single = features.astype("float32")
        self._parts.append(single if np.array_equal(single, features) else features.copy())

    @property
    def array(self):
        """All features so far, `(count, features)`."""
        if len(self._parts) > 1:
            self._parts = [np.concatenate(self._parts)]
        return self._parts[0]


class FeatureMetric(keras.metrics.Metric):
    """Base of the metrics: real and generated samples, seen through an extractor.

    Its state lies in float64 NumPy arrays, so it is fed from Python, not from a compiled step.
    A metric names its accumulator and defines `result`.

    Args:
        extractor: An `Extractor`, its name, a Keras model, or a callable; see `extractors.get`.
        name: Name of the metric.
    """

    accumulator = FeatureTable
    seed = None

    def __init__(self, extractor, name):
        super().__init__(name=name, dtype="float64")
        self.extractor = extractors.get(extractor)
        self._extractor_argument = extractor
        self.real, self.fake = self.accumulator(), self.accumulator()

    def update_state(self, real, fake):
        """Adds samples.

        Args:
            real: Real samples `(count, *sample_shape)`, images in [-1, 1]; or None.
            fake: Generated samples, any other number of them; or None.

        Raises:
            DataError: For features that are no finite table, or of another width than before.
        """
        self.update_features(
            None if real is None else self.read(real), None if fake is None else self.read(fake)
        )

    def read(self, samples):
        """What the metric wants of samples: `(count, features)`; the features by default."""
        return self.extractor.features(samples)

    def update_features(self, real, fake):
        """Adds what `read` gave, or None; nothing is added where either is refused.

        Several metrics of one extractor can so share its work.
        """
        real = None if real is None else self.check(real, "real")
        fake = None if fake is None else self.check(fake, "generated")
        self._check_widths(real, fake)
        if real is not None:
            self.real.add(real)
        if fake is not None:
            self.fake.add(fake)

    def _check_widths(self, real, fake):
        given = {table.shape[1] for table in (real, fake) if table is not None}
        widths = (given | {self.real.width, self.fake.width}) - {None}
        if len(widths) > 1:
            raise DataError(
                f"expected one number of features for all samples, got {sorted(widths)}; real and "
                "generated samples must pass through the same extractor."
            )

    def check(self, features, what):
        """The features as a float64 table; see `check_features`."""
        return check_features(features, what)

    def result(self):
        """The figure, or a dict of figures: what a metric defines."""
        raise NotImplementedError(f"{type(self).__name__} defines no result.")

    def reset_state(self):
        """Forgets all samples."""
        self.real, self.fake = self.accumulator(), self.accumulator()

    def reset_fake(self):
        """Forgets the generated samples and keeps the real ones, with what they cost."""
        self.fake = self.accumulator()

    @property
    def counts(self):
        """Numbers of real and generated samples seen."""
        return self.real.count, self.fake.count

    def require(self, real, fake, advice="feed more samples"):
        """Raises `DataError` unless so many real and generated samples were seen."""
        if self.counts[0] < real or self.counts[1] < fake:
            raise DataError(
                f"{self.name} expected at least {real:,} real and {fake:,} generated samples, got "
                f"{self.counts[0]:,} and {self.counts[1]:,}; {advice}."
            )

    def report(self, result=None):
        """The result in a line: figures, extractor with its provenance, counts, seed.

        Args:
            result: What `result` gave; computed by default.

        Returns:
            Such as `frechet[digits] 5.1 (10,000 against 10,000)`, generated against real samples.
        """
        result = self.result() if result is None else result
        real, fake = self.counts
        seen = f"{fake:,} against {real:,}" if real else f"{fake:,}"
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"{self.name}[{self.extractor.describe()}] {self.describe(result)} ({seen}{seed})"

    def describe(self, result):
        """The result in words: the figure, or each name and its figure."""
        if isinstance(result, dict):
            return ", ".join(f"{name} {significant(value)}" for name, value in result.items())
        return significant(result)

    def get_config(self):
        """Constructor arguments, as Keras serialises them.

        Raises:
            ConfigError: For an extractor that wasn't given by name: a config of a Keras model
                lacks its weights and would measure something else.
        """
        if not isinstance(self._extractor_argument, str):
            raise ConfigError(
                "expected an extractor given by its name to serialise a metric, got "
                f"{self._extractor_argument!r}; make the metric anew with it instead."
            )
        return {"extractor": self._extractor_argument, "name": self.name}


def check_features(features, what):
    """Features as a float64 array.

    Args:
        features: `(count, features)` floats, at least one of each, none beyond `LARGEST`.
        what: `"real"` or `"generated"`, for the error.

    Raises:
        DataError: Unless they are a finite table.

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
    fit = np.abs(features) <= LARGEST
    if not fit.all():
        rows = int((~fit.all(axis=1)).sum())
        raise DataError(
            f"expected finite features up to {LARGEST:g}, got NaN, infinity or more in {rows} of "
            f"{len(features)} {what} samples; look at the samples or at the extractor."
        )
    return features


def to_float64(values, what):
    """An array, tensor or list of real numbers as a float64 array."""
    try:
        values = np.asarray(values)
        if np.iscomplexobj(values):
            raise TypeError("they are complex")
        return values.astype("float64", copy=False)
    except (TypeError, ValueError, NotImplementedError) as error:
        raise DataError(
            f"expected {what} as an array of real numbers, outside tf.function; {error}."
        ) from error


def significant(value):
    """A figure with four significant digits; counts in full.

    Example:

    >>> significant(0.00212349), significant(12.0), significant(26000)
    ('0.002123', '12', '26,000')
    """
    return f"{value:,}" if isinstance(value, (int, np.integer)) else f"{value:.4g}"
