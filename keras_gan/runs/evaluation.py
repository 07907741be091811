"""How close a run's generator is to its data, in figures and in words."""

import dataclasses
import json
import pathlib

import numpy as np

from keras_gan import callbacks, datasets, metrics, verdicts
from keras_gan.errors import ConfigError, RunError
from keras_gan.metrics.evaluate import read_batches
from keras_gan.runs.folder import Run, writing_to


@dataclasses.dataclass(frozen=True)
class Measuring:
    """How to measure a generator.

    Attributes:
        names: Metrics, of `keras_gan.metrics.METRICS`, and `closeness` for `toy:` points; those
            that fit the data by default.
        extractor: Name of what looks at the samples; what fits the data by default.
        count: Generated samples, and real ones where there are more.
        seed: Decides the generated samples, and which real ones are taken.
        every: While training: images between two measurements.
        patience: While training: measurements without a better first figure after which it ends.
    """

    names: tuple[str, ...] | None = None
    extractor: str | None = None
    count: int = 10_000
    seed: int = 0
    every: int | None = None
    patience: int | None = None

    def evaluator(self, source, tell=None):
        """The `Evaluator` for a source."""
        fitting = source.extractor or metrics.default_extractor(source.sample_shape)
        extractor = self.extractor or fitting
        known = getattr(source, "distribution", None)
        names = self.names or (*(["closeness"] if known else []), *metrics.DEFAULTS[extractor])
        made = [metrics.known.Closeness(known) if n == "closeness" and known else n for n in names]
        return metrics.Evaluator(
            source, metrics.get(made, extractor), self.count, self.seed, tell=tell
        )


def sampler(gan, source):
    """How to draw samples of a game that is measured against a source.

    Args:
        gan: The game.
        source: The data. A class-conditional game gets labels in their shares.

    Returns:
        `(n, seed) -> samples`.
    """
    if not gan.conditional:
        return gan.sample
    counts = np.bincount(source.read_labels(), minlength=gan.num_classes)
    shares = counts / counts.sum()

    def sample(n, seed):
        labels = np.random.default_rng([seed, 1]).choice(len(shares), size=n, p=shares)
        return gan.sample(n, seed=seed, labels=labels)

    return sample


def evaluate_run(run, measuring=None, data=None, best=False, tell=lambda line: None):
    """Measures a run's generator; writes `evaluation.json` and `neighbours.png` into the run.

    Args:
        run: A `Run`.
        measuring: A `Measuring`.
        data: Another source than the run's own to measure against, such as `mnist:test`.
        best: Whether to take the best game of the run rather than the last.
        tell: Called with lines that say what happens, such as `print`.

    Returns:
        The `Evaluation`, and the `Verdict`s on the run.

    Raises:
        KerasGanError: For a run or data that can't be used as asked.

    Example:

        found, told = kg.runs.evaluate_run(kg.runs.Run("runs/digits"))
        for line in [*found.lines(), *told]:
            print(line)
    """
    measuring = measuring or Measuring()
    source = open_run_source(run, data)
    gan = run.load(best)
    if gan.sample_shape != source.sample_shape:
        raise ConfigError(
            f"expected data like the run's samples of {gan.sample_shape}, got {source.name} with "
            f"{source.sample_shape}."
        )
    evaluator = measuring.evaluator(source, tell)
    found = evaluator.evaluate(sampler(gan, source))
    with writing_to(run.folder):
        write_evaluation(run.folder, found, source.name, int(gan.step))
        has_neighbours = any(metric.name == "nearest" for metric in evaluator.metrics)
        if has_neighbours and len(gan.sample_shape) == 3:
            evaluator.picture_neighbours(run.folder / "neighbours.png")
    measured = [*callbacks.read_table(run.metrics_path), found.figures]
    return found, verdicts.judge(callbacks.read_table(run.history_path), measured)


def evaluate_source(name, measuring, data, tell=lambda line: None):
    """Measures one source against another, as if a generator had made it: the floor of a figure.

    Args:
        name: The source to measure, such as `mnist:test`.
        measuring: A `Measuring`.
        data: The source to measure it against.
        tell: As in `evaluate_run`.

    Returns:
        The `Evaluation`.
    """
    taken, source = datasets.open_source(name), datasets.open_source(data)
    measuring = dataclasses.replace(measuring, count=min(measuring.count, len(taken)))
    order = np.random.default_rng(measuring.seed).permutation(len(taken))
    position = 0

    def sample(n, seed):
        nonlocal position
        position += n
        return next(read_batches(taken, order[position - n : position], n))

    return measuring.evaluator(source, tell).evaluate(sample)


def open_run_source(run, data=None):
    """The data of a run, or others in its shape."""
    config = run.read_config()
    shape = config["sample_shape"]
    size, channels = (shape[0], shape[2]) if len(shape) == 3 else (None, None)
    return datasets.open_source(data or config["data"], size, channels, config["skipped"] > 0)


def write_evaluation(folder, found, data, step):
    """Adds an evaluation to the run's `evaluation.json`, newest last."""
    path = pathlib.Path(folder) / "evaluation.json"
    try:
        before = json.loads(path.read_text()) if path.exists() else []
    except ValueError as error:
        raise RunError(f"could not read {path}: {error}. Remove it.") from error
    entry = {"step": step, "data": data, **dataclasses.asdict(found)}
    new = path.with_suffix(".new")
    new.write_text(json.dumps([*before, entry], indent=2) + "\n")
    new.replace(path)


def measure_while_training(run, source, measuring, tell=None):
    """The callback that measures a run while it trains."""
    return callbacks.Evaluate(
        measuring.evaluator(source, tell),
        lambda gan: sampler(gan, source),
        every=measuring.every,
        path=run.metrics_path,
        best_path=run.best_path,
        patience=measuring.patience,
    )


def tell_verdicts(run: Run, tell):
    """Says in words where a run stands."""
    told = verdicts.judge(
        callbacks.read_table(run.history_path), callbacks.read_table(run.metrics_path)
    )
    for verdict in told:
        tell(str(verdict))
