"""D and D' side by side, again and again, while the generator learns."""

import pathlib

from keras_gan.callbacks.periodic import Periodic
from keras_gan.errors import ConfigError
from keras_gan.metrics.known import plots

import numpy as np


class DensityPlot(Periodic):
    """Writes D, D' and the discriminator as `<step>.png`, for points of a known distribution.

    D' is the averaged generator's; its latents are the same in every picture. A `LearningGIF` of
    the folder makes the film.

    Args:
        folder: Where to write; it is made.
        distribution: The known distribution, of one or two dimensions.
        every: Steps between two pictures; once an epoch by default.
        count: Samples a picture.
        seed: Decides the latents.

    Raises:
        ConfigError: Without matplotlib; and at the start of training, for a model whose samples
            are not such points, or that takes labels.

    Example:

        distribution = kg.datasets.open_source("toy:gaussians25").distribution
        film = [kg.callbacks.DensityPlot("density", distribution, every=500),
                kg.callbacks.LearningGIF("density", "learning.gif")]
        gan.fit(kg.datasets.load("toy:gaussians25"), epochs=5, callbacks=film)
    """

    def __init__(self, folder, distribution, every=None, count=10_000, seed=0):
        super().__init__(every)
        self.plot = plots.of_dimension(distribution.dim)
        self.folder, self.distribution = pathlib.Path(folder), distribution
        self.count, self.seed = count, seed

    def on_train_begin(self, logs=None):
        """Checks the model and shows where the learning begins."""
        shape, wanted = self.model.sample_shape, (self.distribution.dim,)
        if shape != wanted or self.model.conditional:
            raise ConfigError(
                f"expected a model without labels whose samples are points {wanted}, as the "
                f"distribution's are; got samples {shape}"
                f"{' and labels' if self.model.conditional else ''}."
            )
        super().on_train_begin(logs)
        if self.model.step == 0:
            self.act({})

    def act(self, logs):
        """Writes a picture."""
        step = int(self.model.step)
        samples = self.model.sample(self.count, seed=self.seed)
        zero = self._zero(samples)
        self.plot(
            self.distribution,
            samples,
            self.folder / f"{step:08d}.png",
            discriminator=lambda points: np.asarray(self.model.judge(points)) - zero,
            title=f"step {step:,}",
        )

    def _zero(self, samples):
        """What counts as a logit of 0: for relativistic losses the mean of both sides.

        They know differences between logits alone.
        """
        if not self.model.rules.loss.relativistic:
            return 0.0
        sides = (samples, self.distribution.sample(len(samples), self.seed))
        return float(np.mean([np.mean(self.model.judge(points)) for points in sides]))
