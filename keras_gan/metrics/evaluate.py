"""Evaluation: a generator against a source, by several metrics in one pass."""

import dataclasses
import sys

import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics.metric import FeatureMetric, check_whole
from keras_gan.metrics.nearest import NearestNeighbours, picture

PATIENCE = 5.0  # seconds without a progress bar


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """What the metrics found.

    Args:
        figures: Numbers by name and extractor, such as `frechet[digits]`.
        reports: A line for each metric: figures, extractor with its provenance, counts.
        counts: Numbers of generated and of real samples.
        seed: Decided the generated samples, and which real ones were taken.
    """

    figures: dict[str, float]
    reports: tuple[str, ...]
    counts: tuple[int, int]
    seed: int

    def lines(self) -> list[str]:
        """The report, a line for each metric, generated against real samples.

        Such as `frechet[digits] 5.1 (10,000 against 10,000)`.
        """
        return list(self.reports)


class Evaluator:
    """Measures a generator against a source, again and again; the source is read once.

    Args:
        source: A `keras_gan.datasets.Source`.
        metrics: `FeatureMetric` objects; those of equal extractors share one pass of it.
        count: Generated samples, and real ones where the source has more.
        seed: Non-negative int; decides which real samples are taken.
        batch_size: Samples at once; with the seed it decides the generated samples.
        tell: Called with lines that say what happens, such as `print`.

    Raises:
        ConfigError: For something that is no source, numbers out of range, no metrics, or two of
            one name.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan import metrics
    >>> digits = kg.datasets.open_source("digits")
    >>> evaluator = metrics.Evaluator(digits, metrics.get(["frechet"], "digits"), count=500)
    >>> black = evaluator.evaluate(lambda n, seed: -np.ones((n, 28, 28, 1), "float32"))
    >>> sorted(black.figures), black.counts
    (['frechet[digits]'], (500, 500))
    """

    def __init__(self, source, metrics, count=10_000, seed=0, batch_size=256, tell=None):
        if not callable(getattr(source, "fetch", None)):
            raise ConfigError(
                f"expected a keras_gan.datasets.Source, got {source!r}; "
                "keras_gan.datasets.open_source opens one."
            )
        self.source = source
        self.metrics = check_metrics(metrics)
        self.count = check_whole("count", count, minimum=1)
        self.seed = check_whole("seed", seed, minimum=0)
        self.batch_size = check_whole("batch_size", batch_size, minimum=1)
        self.tell = tell or (lambda line: None)
        self.indices = choose(len(source), self.count, self.seed)
        self._real_is_seen = False
        self._first = None

    def evaluate(self, sample, seed=None) -> Evaluation:
        """Measures a generator.

        Args:
            sample: `(n, seed) -> samples`, `(n, *sample_shape)` floats, images in [-1, 1]; called
                batch by batch, each with a seed of its own. Of a class-conditional generator it
                has to draw labels in the shares of the data.
            seed: Decides the generated samples; the evaluator's by default.

        Returns:
            An `Evaluation`.

        Raises:
            DataError: For samples of another shape or that aren't finite, or too few of them.
        """
        seed = self.seed if seed is None else check_whole("seed", seed, minimum=0)
        self._see_real()
        self._see_fake(sample, seed)
        self.tell(f"Computing {', '.join(metric.name for metric in self.metrics)} ...")
        figures, reports = {}, []
        for metric in self.metrics:
            result = metric.result()
            figures |= name_figures(metric, result)
            reports.append(metric.report(result))
        return Evaluation(figures, tuple(reports), (self.count, len(self.indices)), seed)

    def picture_neighbours(self, path, rows=10, columns=3):
        """Writes some generated samples of the last evaluation, each beside its nearest real ones.

        Args:
            path: PNG file to write.
            rows: Generated samples, at most a batch.
            columns: Real samples beside each.

        Raises:
            ConfigError: Before an evaluation, without a `NearestNeighbours`, or for no images.
        """
        nearest = [metric for metric in self.metrics if isinstance(metric, NearestNeighbours)]
        if not nearest or self._first is None:
            raise ConfigError("expected an evaluation with the metric 'nearest' first, got none.")
        samples = self._first[:rows]
        indices = self.indices[nearest[0].neighbours(columns)[1][: len(samples)]]
        real = np.concatenate(list(read_batches(self.source, indices.ravel(), self.batch_size)))
        picture(samples, real.reshape(*indices.shape, *real.shape[1:]), path)

    def _see_real(self):
        """Feeds the real samples, the first time."""
        if self._real_is_seen:
            return
        for metric in self.metrics:
            metric.reset_state()
        self.tell(f"Looking at {len(self.indices):,} real samples of {self.source.name} ...")
        batches = read_batches(self.source, self.indices, self.batch_size)
        for samples in progress(batches, len(self.indices), self.batch_size):
            for metric, seen in self._look(samples):
                metric.update_features(seen, None)
        self._real_is_seen = True

    def _see_fake(self, sample, seed):
        """Feeds generated samples in place of the last ones."""
        for metric in self.metrics:
            metric.reset_fake()
        self._first = None
        self.tell(f"Looking at {self.count:,} generated samples ...")
        batches = draw_batches(sample, self.source.sample_shape, self.count, seed, self.batch_size)
        for samples in progress(batches, self.count, self.batch_size):
            self._first = samples if self._first is None else self._first
            for metric, seen in self._look(samples):
                metric.update_features(None, seen)

    def _look(self, samples):
        """Each metric with what it wants of the samples; each extractor sees them once."""
        readings = {}
        for metric in self.metrics:
            extractor = metric.extractor
            if extractor not in readings:
                readings[extractor] = extractor.read(samples)
            yield metric, metric.read(readings[extractor])


def evaluate(sample, source, metrics, count=10_000, seed=0, batch_size=256, tell=None):
    """Measures a generator against a source.

    Args:
        sample: `(n, seed) -> samples`; see `Evaluator.evaluate`.
        source, metrics, count, seed, batch_size, tell: See `Evaluator`.

    Returns:
        An `Evaluation`.

    Raises:
        ConfigError: For numbers out of range, no metrics, or two of one name.
        DataError: For samples of another shape or that aren't finite, or too few of them.

    Example:

        source = kg.datasets.open_source("digits")
        found = kg.metrics.evaluate(gan.sample, source, kg.metrics.default_metrics((28, 28, 1)))
        for line in found.lines():
            print(line)
    """
    return Evaluator(source, metrics, count, seed, batch_size, tell).evaluate(sample)


def name_figures(metric, result):
    """The figures of a result, each with its extractor's name."""
    named = result if isinstance(result, dict) else {metric.name: result}
    return {f"{name}[{metric.extractor.name}]": value for name, value in named.items()}


def choose(length, count, seed):
    """Indices of the real samples: all, or `count` without replacement, in ascending order."""
    if count >= length:
        return np.arange(length)
    return np.sort(np.random.default_rng(seed).choice(length, count, replace=False))


def read_batches(source, indices, batch_size):
    """Yields the source's samples at these indices, in batches; the last may be smaller."""
    whole = len(indices) // batch_size * batch_size
    for part, size in ((indices[:whole], batch_size), (indices[whole:], len(indices) - whole)):
        if size and len(part):
            table = tf.data.Dataset.from_tensor_slices(part.reshape(-1, size))
            for samples, _ in source.fetch(table):
                yield samples.numpy()


def draw_batches(sample, sample_shape, count, seed, batch_size):
    """Yields generated samples in batches, each drawn from a seed of its own.

    Raises:
        DataError: For samples of another number or shape than the real ones have.
    """
    for index, start in enumerate(range(0, count, batch_size)):
        size = min(batch_size, count - start)
        samples = np.asarray(sample(size, batch_seed(seed, index)))
        if samples.shape != (size, *sample_shape):
            raise DataError(
                f"expected generated samples {(size, *sample_shape)}, as many as asked for and as "
                f"the real ones are, got {samples.shape}."
            )
        yield samples


def batch_seed(seed, index):
    """The seed of a batch, from 0 to 2**63 - 1; other for other seeds and other batches."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1, "uint64")[0] >> 1)


def check_metrics(metrics):
    """The metrics as a list, each with a place of its own in the report."""
    metrics = list(metrics)
    wrong = [metric for metric in metrics if not isinstance(metric, FeatureMetric)]
    if wrong or not metrics:
        raise ConfigError(
            "expected keras_gan.metrics.FeatureMetric objects, at least one, got "
            f"{wrong or 'none'}; keras_gan.metrics.get makes them from names."
        )
    names = [f"{metric.name}[{metric.extractor.name}]" for metric in metrics]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            f"expected metrics of different names, got {', '.join(twice)} twice; give one of them, "
            "or of their extractors, another name."
        )
    return metrics


def progress(batches, count, batch_size):
    """The batches, with a progress bar where they take longer."""
    total = -(-count // batch_size)
    return tqdm(
        batches,
        total=total,
        unit="batch",
        delay=PATIENCE,
        leave=False,
        mininterval=0.1 if sys.stderr.isatty() else 10.0,  # a log file needs no film
    )
