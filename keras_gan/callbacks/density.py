"""Plots of D and D' during training."""

import os
import pathlib

from keras_gan.callbacks.pictures import Pictures
from keras_gan.datasets.toy.mixture import GaussianMixture
from keras_gan.errors import ConfigError
from keras_gan.metrics.known import plots
from keras_gan.sampling import require_sampling
from keras_gan.tf32 import allow_tf32

import numpy as np


class DensityPlot(Pictures):
    """Plots D, D' and the discriminator as `<step>.png`, for points of a known distribution.

    D' is the averaged generator's distribution; its latents are the same in every plot. A
    `LearningGIF` of the folder combines the plots to a film.

    Args:
        folder: Folder of the plots; created if needed.
        distribution: The known distribution, of one or two dimensions.
        every: Steps between plots; once per epoch by default.
        count: Samples per plot.
        seed: Seed of the latents.
        last: Step at which training ends, which gets a plot whatever `every` is.

    Raises:
        ConfigError: If matplotlib is missing; and at the start of training, for a model whose
            samples aren't points of the same dimension, or that takes labels.

    Example:

        distribution = kg.datasets.open_source("toy:gaussians25").distribution
        film = [kg.callbacks.DensityPlot("density", distribution, every=500),
                kg.callbacks.LearningGIF("density", "learning.gif")]
        gan.fit(kg.datasets.load("toy:gaussians25"), epochs=5, callbacks=film)
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        distribution: GaussianMixture,
        every: int | None = None,
        count: int = 10_000,
        seed: int = 0,
        last: int | None = None,
    ) -> None:
        super().__init__(folder, every, last)
        self.plot = plots.plot_for(distribution.dim)
        self.distribution, self.count, self.seed = distribution, count, seed

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Checks the model and plots its initial state."""
        require_sampling(self.model, "plots of D and D'")
        shape, expected = self.model.sample_shape, (self.distribution.dim,)
        if shape != expected or self.model.conditional:
            raise ConfigError(
                f"expected a model without labels whose samples are points {expected}, as the "
                f"distribution's are; got samples {shape}"
                f"{' and labels' if self.model.conditional else ''}."
            )
        super().on_train_begin(logs)

    @allow_tf32(False)
    def draw(self, path: pathlib.Path) -> None:
        """Writes a plot."""
        samples = self.model.sample(self.count, seed=self.seed)
        self.model.medium.check_samples(samples)
        real = self.distribution.sample(self.count, self.seed)
        zero = self.model.undecided_logit(real, samples)
        self.plot(
            self.distribution,
            samples,
            path,
            discriminator=lambda points: np.asarray(self.model.judge(points)) - zero,
            title=f"step {int(self.model.step):,}",
        )
