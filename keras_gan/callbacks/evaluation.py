"""Evaluation during training, with the best model kept and early stopping."""

import math
import os
from collections.abc import Callable

from keras_gan.callbacks.table import PeriodicTable
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, DataError
from keras_gan.files.atomic import check_path
from keras_gan.files.keras_file import save_model
from keras_gan.metrics.evaluate import Evaluator, Sampler
from keras_gan.metrics.metric import LOWER_IS_BETTER

import keras


class Evaluate(PeriodicTable):
    """Evaluates the averaged generator at regular intervals, and keeps the best model.

    Each evaluation adds a row of figures to a table. The model with the best figure so far is
    saved. With `patience`, training ends after that many evaluations without improvement. The
    best figure is read from the table, so a resumed training takes earlier evaluations into
    account. A metric that fails is told, and the training goes on.

    Args:
        evaluator: A `keras_gan.metrics.Evaluator`, which reads the real samples once.
        sample: Function `model -> ((n, seed) -> samples)` that returns the model's sampler.
        every: Images between evaluations; once per epoch by default.
        path: CSV file of the figures; its folder is created if needed.
        best_path: `.keras` file for the best model; by default it isn't saved.
        monitor: Name of the figure to compare, such as `"frechet[digits]"`; the first by default.
        patience: Number of evaluations without improvement after which training ends; None for
            no early stopping.

    Raises:
        ConfigError: For a patience below 1, or, at the first evaluation, for an unknown figure to
            monitor.

    Example:

        source = kg.datasets.open_source("digits")
        evaluator = kg.metrics.Evaluator(source, kg.metrics.get(["frechet"], "digits"))
        measure = kg.callbacks.Evaluate(evaluator, lambda gan: gan.sample, 50_000, "metrics.csv")
        gan.fit(dataset, epochs=10, callbacks=[measure])
    """

    def __init__(
        self,
        evaluator: Evaluator,
        sample: Callable[[keras.Model], Sampler],
        every: int | None = None,
        path: str | os.PathLike = "metrics.csv",
        best_path: str | os.PathLike | None = None,
        monitor: str | None = None,
        patience: int | None = None,
    ) -> None:
        super().__init__(path, every, counter="images_seen")
        if patience is not None:
            check_integer("patience", patience)
        self.evaluator, self.sample = evaluator, sample
        self.best_path = None if best_path is None else check_path(best_path)
        self.monitor, self.patience = monitor, patience

    @property
    def saves_model(self) -> bool:
        """Whether it saves the model; `fit` then checks that it can, before it trains."""
        return self.best_path is not None

    def act(self, logs: dict[str, float]) -> None:
        """Evaluates the model, saves it if it is the best, and checks the patience."""
        try:
            evaluation = self.evaluator.evaluate(self.sample(self.model))
        except DataError as error:
            self.evaluator.warn(f"The training goes on without an evaluation here: {error}")
            return
        figures = evaluation.figures
        if self.monitor is None and not evaluation.failed:
            self.monitor = next(iter(figures))
        if self.monitor not in figures and not evaluation.failed:
            raise ConfigError(
                f"expected to monitor one of {', '.join(figures)}, got {self.monitor!r}."
            )
        self.table.add(self.model, figures)
        if self.monitor in figures:
            self.compare()

    def compare(self) -> None:
        """Saves the model if its figure is the best, and ends the training without patience."""
        since_best = self.evaluations_since_best()
        if since_best == 0 and self.best_path is not None:
            save_model(self.model, self.best_path)
        if self.patience is not None and since_best >= self.patience:
            self.model.stop_training = True

    def evaluations_since_best(self) -> int:
        """Returns the number of evaluations after the best one."""
        figures = [row.get(self.monitor) for row in self.table.rows]
        values = [math.nan if figure in (None, "") else float(figure) for figure in figures]
        lower = self.monitor.partition("[")[0] in LOWER_IS_BETTER
        scores = [(math.inf if math.isnan(v) else v if lower else -v) for v in values]
        return len(scores) - 1 - scores.index(min(scores))
