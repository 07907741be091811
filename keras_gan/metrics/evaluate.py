"""Evaluation of a generator against a source, by several metrics in one pass."""

import dataclasses
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from keras_gan.checks import check_integer, check_seed
from keras_gan.datasets.source import Source
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics.extractors import Extractor
from keras_gan.metrics.extractors.stored import read_stored
from keras_gan.metrics.metric import FeatureMetric
from keras_gan.metrics.nearest import NearestNeighbours, save_neighbours
from keras_gan.progress import clock, progress_bar, quiet
from keras_gan.tf32 import allow_tf32

import numpy as np
import tensorflow as tf

Sampler = Callable[[int, int], np.ndarray]  # (n, seed) -> samples


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """The results of an evaluation.

    Args:
        figures: Dict of numbers by name and extractor, such as `frechet[digits]`.
        reports: One line per metric: figures, extractor with its provenance, counts.
        counts: Numbers of generated and of real samples.
        seed: Seed of the generated samples and of the choice of real ones.
        failed: Names of the metrics that gave no figure; their reports say why.
    """

    figures: dict[str, float]
    reports: tuple[str, ...]
    counts: tuple[int, int]
    seed: int
    failed: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Returns the report, one line per metric.

        A line such as `frechet[digits] 5.1, lower is better (10,000 against 10,000)` states the
        numbers of generated and of real samples.
        """
        return list(self.reports)


class Evaluator:
    """Evaluates generators against a source, which is read only once.

    Metrics that need more samples than there are get left out, and `warn` is told so.

    Args:
        source: A `keras_gan.datasets.Source`.
        metrics: `FeatureMetric` objects; those with equal extractors share one pass.
        count: Number of generated samples.
        real_count: Maximum number of real samples; by default as many as generated ones. The
            protocol of the Frechet distance is 50,000 generated samples against all real ones.
        seed: Non-negative int that determines the choice of real samples and the generated ones.
        batch_size: Samples per batch; it also affects the generated samples.
        tell: Function called with progress messages, such as `print`.
        warn: Function called with lines on metrics that are left out or fail; `tell` by default.

    Raises:
        ConfigError: For an invalid source, numbers out of range, no metrics, or two metrics of the
            same name.
        DataError: If all metrics need more samples.

    Example:

    >>> import keras_gan as kg
    >>> from keras_gan import metrics
    >>> digits = kg.datasets.open_source("digits")
    >>> evaluator = metrics.Evaluator(digits, metrics.get(["frechet"], "digits"), count=500)
    >>> black = evaluator.evaluate(lambda n, seed: -np.ones((n, 28, 28, 1), "float32"))
    >>> sorted(black.figures), black.counts
    (['frechet[digits]'], (500, 500))
    """

    def __init__(
        self,
        source: Source,
        metrics: Sequence[FeatureMetric],
        count: int = 10_000,
        real_count: int | None = None,
        seed: int = 0,
        batch_size: int = 256,
        tell: Callable[[str], object] | None = None,
        warn: Callable[[str], object] | None = None,
    ) -> None:
        if not callable(getattr(source, "fetch", None)):
            raise ConfigError(
                f"expected a keras_gan.datasets.Source, got {source!r}; "
                "keras_gan.datasets.open_source opens one."
            )
        self.source = source
        self.metrics = check_metrics(metrics)
        self.count = check_integer("count", count)
        self.seed = check_seed(seed, bits=63)
        self.batch_size = check_integer("batch_size", batch_size)
        self.tell = tell or quiet
        self.warn = warn or self.tell
        real_count = count if real_count is None else check_integer("real_count", real_count)
        self.indices = choose(len(source), real_count, self.seed)
        self.metrics = select_measurable(self.metrics, len(self.indices), count, self.warn)
        self._has_real = False
        self._first_batch = None

    @allow_tf32(False)
    def evaluate(self, sample: Sampler, seed: int | None = None) -> Evaluation:
        """Evaluates a generator.

        Args:
            sample: Function `(n, seed) -> samples` that returns `(n, *sample_shape)` floats, images
                in [-1, 1]. It is called batch by batch, each with a different seed. For a
                class-conditional generator it must draw labels in the data's proportions.
            seed: Seed of the generated samples; the evaluator's by default.

        Returns:
            An `Evaluation`.

        Raises:
            DataError: For samples of another shape, or if no metric gives a figure.
            NotFiniteError: For generated samples with NaN or infinity.
        """
        seed = self.seed if seed is None else check_seed(seed, bits=63)
        self._add_real()
        self._add_fake(sample, seed)
        self.tell(f"Computing {', '.join(metric.name for metric in self.metrics)} ...")
        figures, reports, failed = {}, [], []
        for metric in self.metrics:
            try:
                with clock(f"computing {metric.name}"):
                    result = metric.result()
            except Exception as error:  # the other metrics, and the training, are worth going on
                reports.append(f"{metric.name}[{metric.extractor.name}] has no figure: {error}")
                self.warn(reports[-1])
                failed.append(metric.name)
                continue
            figures |= name_figures(metric, result)
            reports.append(metric.report(result))
        if not figures:
            raise DataError("; ".join(reports))
        counts = self.count, len(self.indices)
        return Evaluation(figures, tuple(reports), counts, seed, tuple(failed))

    @allow_tf32(False)
    def picture_neighbours(self, path: str | os.PathLike, rows: int = 10, columns: int = 3) -> None:
        """Writes samples of the last evaluation, each beside its nearest real samples, as a PNG.

        Args:
            path: PNG file to write.
            rows: Number of generated samples, at most a batch.
            columns: Number of real samples beside each.

        Raises:
            ConfigError: Before an evaluation, without a `NearestNeighbours` metric, or for samples
                that can't be drawn one by one, such as points.
        """
        nearest = [metric for metric in self.metrics if isinstance(metric, NearestNeighbours)]
        if not nearest or self._first_batch is None:
            raise ConfigError("expected an evaluation with the metric 'nearest' first, got none.")
        medium = self.source.medium
        if not medium.has_tiles:
            raise ConfigError(f"expected samples with a picture each, got {medium.noun}.")
        samples = self._first_batch[:rows]
        indices = self.indices[nearest[0].neighbours(columns)[1][: len(samples)]]
        real = np.concatenate(list(read_batches(self.source, indices.ravel(), self.batch_size)))
        real = np.asarray(medium.tiles(real))
        real = real.reshape(*indices.shape, *real.shape[1:])
        save_neighbours(medium.tiles(samples), real, path)

    def _add_real(self):
        """Feeds the real samples to the metrics, unless that is done."""
        if self._has_real:
            return
        for metric in self.metrics:
            metric.reset_state()
        self.tell(f"Reading {len(self.indices):,} real samples of {self.source.name} ...")
        batches = read_batches(self.source, self.indices, self.batch_size)
        with progress_bar(len(self.indices), "sample") as bar:
            for samples in batches:
                for metric, features in self._features_of(samples, read_stored):
                    metric.update_features(features, None)
                bar.update(len(samples))
        self._has_real = True

    def _add_fake(self, sample, seed):
        """Feeds generated samples to the metrics, in place of previous ones."""
        for metric in self.metrics:
            metric.reset_fake()
        self._first_batch = None
        self.tell(f"Generating {self.count:,} samples ...")
        batches = draw_batches(sample, self.source.sample_shape, self.count, seed, self.batch_size)
        with progress_bar(self.count, "sample") as bar:
            for samples in batches:
                self.source.medium.check_samples(samples)
                if self._first_batch is None:
                    self._first_batch = samples
                for metric, features in self._features_of(samples):
                    metric.update_features(None, features)
                bar.update(len(samples))

    def _features_of(self, samples, read=Extractor.read):
        """Yields each metric with its features of samples; each extractor runs once."""
        readings = {}
        for metric in self.metrics:
            extractor = metric.extractor
            if extractor not in readings:
                readings[extractor] = read(extractor, samples)
            yield metric, metric.read(readings[extractor])


def evaluate(
    sample: Sampler,
    source: Source,
    metrics: Sequence[FeatureMetric],
    count: int = 10_000,
    real_count: int | None = None,
    seed: int = 0,
    batch_size: int = 256,
    tell: Callable[[str], object] | None = None,
) -> Evaluation:
    """Evaluates a generator against a source.

    Args:
        sample: Function `(n, seed) -> samples`; see `Evaluator.evaluate`.
        source, metrics, count, real_count, seed, batch_size, tell: As in `Evaluator`.

    Returns:
        An `Evaluation`.

    Raises:
        ConfigError: For numbers out of range, no metrics, or two metrics of the same name.
        DataError: For samples of another shape, or too few samples.
        NotFiniteError: For generated samples with NaN or infinity.

    Example:

        source = kg.datasets.open_source("digits")
        metrics = kg.metrics.default_metrics((28, 28, 1))
        evaluation = kg.metrics.evaluate(gan.sample, source, metrics)
        for line in evaluation.lines():
            print(line)
    """
    evaluator = Evaluator(source, metrics, count, real_count, seed, batch_size, tell)
    return evaluator.evaluate(sample)


def name_figures(metric: FeatureMetric, result: float | dict[str, float]) -> dict[str, float]:
    """Returns the figures of a result, their names with the extractor's."""
    figures = result if isinstance(result, dict) else {metric.name: result}
    return {f"{name}[{metric.extractor.name}]": value for name, value in figures.items()}


def choose(length: int, count: int, seed: int) -> np.ndarray:
    """Chooses `count` indices without replacement, or all, in ascending order."""
    if count >= length:
        return np.arange(length)
    return np.sort(np.random.default_rng(seed).choice(length, count, replace=False))


def read_batches(source: Source, indices: np.ndarray, batch_size: int) -> Iterator[np.ndarray]:
    """Yields a source's samples at indices, in batches; the last may be smaller."""
    end = len(indices) // batch_size * batch_size
    for part, size in ((indices[:end], batch_size), (indices[end:], len(indices) - end)):
        if size and len(part):
            table = tf.data.Dataset.from_tensor_slices(part.reshape(-1, size))
            for samples, _ in source.fetch(table):
                yield samples.numpy()


def draw_batches(
    sample: Sampler, sample_shape: tuple[int, ...], count: int, seed: int, batch_size: int
) -> Iterator[np.ndarray]:
    """Yields generated samples in batches, each drawn from a different seed.

    Raises:
        DataError: For the wrong number of samples, or another shape than the real ones'.
    """
    for index, start in enumerate(range(0, count, batch_size)):
        size = min(batch_size, count - start)
        samples = np.asarray(sample(size, batch_seed(seed, index)))
        if samples.shape != (size, *sample_shape):
            raise DataError(
                f"expected generated samples {(size, *sample_shape)}, the requested number in the "
                f"shape of the real ones, got {samples.shape}."
            )
        yield samples


def batch_seed(seed: int, index: int) -> int:
    """Derives the seed of a batch, from 0 to 2**63 - 1."""
    return int(np.random.SeedSequence([seed, index]).generate_state(1, "uint64")[0] >> 1)


def select_measurable(
    metrics: Sequence[FeatureMetric], real: int, fake: int, tell: Callable[[str], object]
) -> list[FeatureMetric]:
    """Returns the metrics for which there are enough samples.

    Args:
        metrics: `FeatureMetric` objects.
        real, fake: Numbers of real and of generated samples.
        tell: Function called with a line for each metric that is left out.

    Raises:
        DataError: If none is left.
    """
    measurable, lines = [], []
    for metric in metrics:
        least_real, least_fake = metric.least_counts
        if real >= least_real and fake >= least_fake:
            measurable.append(metric)
            continue
        lines.append(
            f"{metric.name} is left out: it needs {least_real:,} real and {least_fake:,} "
            f"generated samples, and there are {real:,} and {fake:,}."
        )
    if not measurable:
        raise DataError(f"expected a metric that these samples allow; {' '.join(lines)}")
    for line in lines:
        tell(line)
    return measurable


def check_metrics(metrics: Iterable[FeatureMetric]) -> list[FeatureMetric]:
    """Returns the metrics as a list; raises `ConfigError` for none or for duplicate names."""
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
            f"expected metrics of different names, got {', '.join(twice)} twice; rename one of "
            "them, or its extractor."
        )
    return metrics
