"""Metrics while the generator learns: the best one is kept, and a training can end early."""

import math
import pathlib

from keras_gan.callbacks.table import PeriodicTable
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.files.keras_file import save_model

LOWER_IS_BETTER = (
    *("frechet", "kernel", "sliced_wasserstein", "kl_to_uniform"),
    *("js", "tv", "energy", "w1"),
)


class Evaluate(PeriodicTable):
    """Measures the averaged generator every so many images, and keeps the best game.

    The figures are a row of a table. The game with the best figure so far is saved whole. Where
    `patience` is given, the training ends after so many measurements without a better one. What
    was best is read from the table, so a training that goes on keeps the best of both parts.

    Args:
        evaluator: A `keras_gan.metrics.Evaluator`: it reads the real samples once.
        sample: `model -> ((n, seed) -> samples)`, how to draw samples for it.
        every: Images between two measurements; once an epoch by default.
        path: CSV file of the figures; its folder is made.
        best_path: `.keras` file for the best game; none is kept by default.
        monitor: Name of the figure that counts, such as `"frechet[digits]"`; the first by default.
        patience: Measurements without a better one after which the training ends; None for never.

    Raises:
        ConfigError: For a patience below 1, or at the first measurement for a figure that there
            isn't.

    Example:

        source = kg.datasets.open_source("digits")
        evaluator = kg.metrics.Evaluator(source, kg.metrics.get(["frechet"], "digits"))
        measure = kg.callbacks.Evaluate(evaluator, lambda gan: gan.sample, 50_000, "metrics.csv")
        gan.fit(dataset, epochs=10, callbacks=[measure])
    """

    def __init__(
        self, evaluator, sample, every=None, path="metrics.csv", best_path=None, monitor=None,
        patience=None,
    ):  # fmt: skip
        super().__init__(path, every, counter="images_seen")
        if patience is not None:
            check_integer("patience", patience)
        self.evaluator, self.sample = evaluator, sample
        self.best_path = None if best_path is None else pathlib.Path(best_path)
        self.monitor, self.patience = monitor, patience

    def act(self, logs):
        """Measures, and keeps or ends."""
        figures = self.evaluator.evaluate(self.sample(self.model)).figures
        self.monitor = self.monitor or next(iter(figures))
        if self.monitor not in figures:
            raise ConfigError(
                f"expected to monitor one of {', '.join(figures)}, got {self.monitor!r}."
            )
        self.table.add(self.model, figures)
        since_best = self.measurements_since_best()
        if since_best == 0 and self.best_path is not None:
            save_model(self.model, self.best_path)
        if self.patience is not None and since_best >= self.patience:
            self.model.stop_training = True

    def measurements_since_best(self):
        """How many measurements came after the best one."""
        values = [float(row.get(self.monitor) or math.nan) for row in self.table.rows]
        lower = self.monitor.partition("[")[0] in LOWER_IS_BETTER
        scores = [(math.inf if math.isnan(v) else v if lower else -v) for v in values]
        return len(scores) - 1 - scores.index(min(scores))
