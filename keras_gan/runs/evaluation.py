"""Evaluation of a run's generator: figures and verdicts."""

import dataclasses
import json
import pathlib
from collections.abc import Callable

from keras_gan import callbacks, datasets, media, metrics, verdicts
from keras_gan.datasets.channels import WHITE
from keras_gan.datasets.toy.mixture import GaussianMixture
from keras_gan.errors import ConfigError, DataError, RunError
from keras_gan.files.atomic import write_text
from keras_gan.files.json_file import read_json
from keras_gan.metrics.evaluate import read_batches
from keras_gan.models import GAN
from keras_gan.options import CROP
from keras_gan.progress import quiet
from keras_gan.runs.folder import Run, writing_to
from keras_gan.runs.report import rewrite_report
from keras_gan.runs.same_data import note_change
from keras_gan.runs.schemas import EVALUATIONS
from keras_gan.sampling import Sampling
from keras_gan.tf32 import allow_tf32

import keras
import numpy as np


@dataclasses.dataclass(frozen=True)
class MetricOptions:
    """Options of the evaluation of a generator.

    Attributes:
        names: Names of the metrics, from `keras_gan.metrics.METRICS`, and `closeness` for `toy:`
            points; by default those that fit the data.
        extractor: Name of the feature extractor; by default the one that fits the data.
        count: Number of generated samples.
        real_count: Largest number of real samples; by default that of the generated ones.
        seed: Seed of the generated samples, and of the choice of real ones.
        every: Number of images between two measurements during training.
        patience: Number of measurements without an improvement of the first figure after which
            training ends.
    """

    names: tuple[str, ...] | None = None
    extractor: str | None = None
    count: int = 10_000
    real_count: int | None = None
    seed: int = 0
    every: int | None = None
    patience: int | None = None

    def evaluator(
        self,
        source: datasets.Source,
        tell: Callable[[str], None] = quiet,
        warn: Callable[[str], None] | None = None,
    ) -> metrics.Evaluator:
        """Makes the `Evaluator` for a source.

        Args:
            source: The `Source`.
            tell: Function to call with lines of progress.
            warn: Function to call with lines on what is replaced, left out or fails; `tell` by
                default.
        """
        warn = warn or tell
        extractor = self.extractor
        if extractor is None:
            extractor = metrics.default_extractor(source, warn)
        distribution = getattr(source, "distribution", None)
        names = self.names
        if names is None:
            names = metrics.default_names(extractor, source.sample_shape)
            names = ("closeness", *names) if distribution else names
        entries = list(names)
        if distribution and "closeness" in entries:
            entries[entries.index("closeness")] = metrics.known.Closeness(distribution)
        return metrics.Evaluator(
            source,
            metrics.get(entries, extractor),
            self.count,
            self.real_count,
            self.seed,
            tell=tell,
            warn=warn,
        )


def evaluate_run(
    run: Run,
    options: MetricOptions | None = None,
    data: str | None = None,
    best: bool = False,
    tell: Callable[[str], None] = quiet,
) -> tuple[metrics.Evaluation, list[verdicts.Verdict]]:
    """Evaluates a run's generator.

    It writes `evaluation.json` and `neighbours.png` into the run, and `report.html` anew.

    Args:
        run: A `Run`.
        options: `MetricOptions`.
        data: Name of a source to compare with instead of the run's data, such as `mnist:test`.
        best: Whether to evaluate the best model of the run instead of the last.
        tell: Function to call with lines of progress, such as `print`.

    Returns:
        The `Evaluation`, and the `Verdict`s on the run.

    Raises:
        KerasGanError: If the run or the data can't be used.

    Example:

        evaluation, verdicts = kg.runs.evaluate_run(kg.runs.Run("runs/digits"))
        for line in [*evaluation.lines(), *verdicts]:
            print(line)
    """
    options = options or MetricOptions()
    run.check_unpublished()
    source = open_run_source(run, data, tell)
    gan = run.load(best)
    if isinstance(gan, Sampling) and gan.sample_shape != source.sample_shape:
        raise ConfigError(
            f"expected data like the run's samples of {gan.sample_shape}, got {source.name} with "
            f"{source.sample_shape}."
        )
    fitted = [f"{source.name} {source.fitted}."] if source.fitted else []
    for line in (*source.notes, *fitted):
        tell(line)
    evaluator = options.evaluator(source, tell)
    evaluation = evaluator.evaluate(gan.sampler(source))
    if hasattr(source, "distribution") and isinstance(gan, GAN) and not gan.conditional:
        evaluation = with_discriminator_gap(evaluation, gan, source.distribution)
    files = [run.evaluation_path]
    with writing_to(run.folder):
        write_evaluation(run.evaluation_path, evaluation, source.name, int(gan.step))
        has_neighbours = any(metric.name == "nearest" for metric in evaluator.metrics)
        if has_neighbours and source.medium.has_tiles:
            evaluator.picture_neighbours(run.neighbours_path)
            files.append(run.neighbours_path)
    files += rewrite_report(run, tell)
    tell(f"Wrote {', '.join(map(str, files))}.")
    earlier = callbacks.read_table(run.metrics_path) if data is None else []
    rows = [*earlier, evaluation.figures]
    return evaluation, verdicts.judge(callbacks.read_table(run.history_path), rows)


GAP_SAMPLES = 100_000


@allow_tf32(False)
def with_discriminator_gap(
    evaluation: metrics.Evaluation, gan: keras.Model, distribution: GaussianMixture
) -> metrics.Evaluation:
    """Adds the distance of the discriminator from the optimal one, p / (p + q), to an evaluation.

    Its logits are relative to the one at which it is undecided.
    """
    known = metrics.known
    edges = known.covering_edges(distribution)
    samples = gan.sample(GAP_SAMPLES, seed=evaluation.seed)
    p, q = distribution.cell_masses(edges), known.masses_on_grid(samples, edges)
    logits = np.asarray(gan.judge(known.cell_centres(edges)), "float64")
    zero = gan.undecided_logit(distribution.sample(GAP_SAMPLES, evaluation.seed), samples)
    gap = known.discriminator_gap(logits - zero, p, q)
    line = f"discriminator_gap {gap:.4g} ({GAP_SAMPLES:,} samples; 0 is optimal, p / (p + q))"
    figures = {**evaluation.figures, "discriminator_gap": gap}
    return dataclasses.replace(evaluation, figures=figures, reports=(*evaluation.reports, line))


def evaluate_source(
    name: str,
    options: MetricOptions,
    data: str,
    image_size: int | tuple[int, int] | None = None,
    tell: Callable[[str], None] = quiet,
    medium: media.Medium | str | None = None,
    fit: str = CROP,
) -> metrics.Evaluation:
    """Evaluates one source against another, as a reference for the figures of generators.

    Args:
        name: Name of the source to evaluate, such as `mnist:test`.
        options: `MetricOptions`.
        data: Name of the source to compare it with.
        image_size: Size of the images of both, as in `keras_gan.datasets.load`; their own by
            default.
        tell: As in `evaluate_run`.
        medium: Medium of both, as in `keras_gan.datasets.load`.
        fit: How the images of both fit into the size, as in `keras_gan.datasets.load`.

    Returns:
        The `Evaluation`.
    """
    tested, source = (
        datasets.open_source(each, image_size, medium=medium, fit=fit) for each in (name, data)
    )
    for line in (*tested.notes, *source.notes):
        tell(line)
    options = dataclasses.replace(options, count=min(options.count, len(tested)))
    order = np.random.default_rng(options.seed).permutation(len(tested))
    position = 0

    def sample(n, seed):
        nonlocal position
        position += n
        return next(read_batches(tested, order[position - n : position], n))

    return options.evaluator(source, tell).evaluate(sample)


def open_run_source(
    run: Run, data: str | None = None, tell: Callable[[str], None] = quiet
) -> datasets.Source:
    """Opens the data of a run, or another source with samples of the same shape.

    Args:
        run: A `Run`.
        data: Name of the other source.
        tell: Function to call with a line if the run's data have changed.
    """
    config, medium = run.read_config(), run.read_medium()
    size = channels = None
    if isinstance(medium, media.Image):
        *size, channels = config["sample_shape"]
    try:
        source = datasets.open_source(
            data or config["data"],
            size,
            channels,
            skip_corrupt=config["skipped"] > 0,
            medium=medium,
            mirror=config["mirror"],
            **reading_options(config),
        )
    except DataError as error:
        if data is not None:
            raise
        raise DataError(
            f"{error} These are the data of {run.folder}: if they have moved, name the new path "
            "by --data here, or in a training, from which the run keeps it."
        ) from error
    check_class_order(config["classes"], source)
    if data is None:
        note_change(config, source, tell)
    return source


def reading_options(config: dict) -> dict[str, str]:
    """Returns the background and the fit of a run's images, as arguments of `open_source`."""
    return {"background": config["background"] or WHITE, "fit": config["fit"] or CROP}


def check_class_order(names: list[str] | None, source: datasets.Source) -> None:
    """Raises `RunError` for data that number the classes of a run in another order.

    Args:
        names: Names of the run's classes; None without classes.
        source: The data.
    """
    theirs = list(source.class_names or ())
    if names and theirs != names and sorted(theirs) == sorted(names):
        raise RunError(
            f"expected the classes {', '.join(names[:5])}, ... in the run's order in "
            f"{source.name}, got {', '.join(theirs[:5])}, ...; number them as the run does, or "
            "train anew."
        )


def write_evaluation(
    path: pathlib.Path, evaluation: metrics.Evaluation, data: str, step: int
) -> None:
    """Appends an evaluation to the run's `evaluation.json`."""
    entries = read_json(path, EVALUATIONS, RunError, "Remove it.") if path.exists() else []
    entry = {"step": step, "data": data, **dataclasses.asdict(evaluation)}
    write_text(path, json.dumps([*entries, entry], indent=2) + "\n")


def evaluation_callback(
    run: Run,
    source: datasets.Source,
    options: MetricOptions,
    tell: Callable[[str], None] = quiet,
) -> callbacks.Evaluate:
    """Makes the callback that evaluates a run during training; it tells what fails."""
    return callbacks.Evaluate(
        options.evaluator(source, warn=tell),
        lambda gan: gan.sampler(source),
        every=options.every,
        path=run.metrics_path,
        best_path=run.best_path,
        patience=options.patience,
    )


def tell_verdicts(run: Run, tell: Callable[[str], None]) -> None:
    """Calls `tell` with the verdicts on a run."""
    history = callbacks.read_table(run.history_path)
    for verdict in verdicts.judge(history, callbacks.read_table(run.metrics_path)):
        tell(str(verdict))
