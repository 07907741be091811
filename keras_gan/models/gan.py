"""GAN: a generator makes samples from noise, and a discriminator tells them from real ones."""

import functools
from collections.abc import Sequence
from typing import Any

from keras_gan import gradients, replicas
from keras_gan.checks import check_integer, check_labels
from keras_gan.errors import DataError, unknown
from keras_gan.models.adapters import adapt_pair
from keras_gan.models.adversarial import AdversarialModel
from keras_gan.models.checks import check_compile_words
from keras_gan.models.data_checks import check_labels_fit, check_samples
from keras_gan.models.duel import Duel, Noise, discriminate, with_labels
from keras_gan.models.network_checks import check_networks_fit
from keras_gan.models.rules import Rules
from keras_gan.noise import stream_key
from keras_gan.sampling import LATENT_DISTRIBUTIONS, Sampling
from keras_gan.schedules import Schedule

import keras
import numpy as np
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class GAN(Sampling, AdversarialModel):
    """A generative adversarial network.

    Args:
        generator: Keras model, `latents (batch, latent_dim) [, labels (batch,)] -> samples`.
            Latents of another shape or in several inputs, and one-hot labels, are adapted.
        discriminator: Keras model, `samples [, labels] -> logits (batch, 1)` without a sigmoid,
            or logits of patches `(batch, rows, columns, 1)`; or `samples -> [logits, class logits
            (batch, num_classes)]` (ACGAN).
        seed: Non-negative int. With the step it determines all noise.
        moving_average_half_life: Half-life of the averaged generator, in images.
        latent_distribution: `"normal"`, or `"uniform"` in [-1, 1).
        name: Name of the model.
        num_classes: Number of classes, for conditional networks whose graphs don't tell it.

    Attributes:
        moving_average: The averaged generator, which `sample` and exports use.
        rules: The `Rules` of `compile`.

    Raises:
        ConfigError: If the networks don't fit each other.

    Source: Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014.

    Example:

    >>> import numpy as np, keras_gan as kg
    >>> points = np.random.default_rng(0).normal(3.0, 1.0, (256, 2)).astype("float32")
    >>> gan = kg.GAN(kg.networks.MLPGenerator((2,), latent_dim=2, units=(32,)),
    ...              kg.networks.MLPDiscriminator((2,), units=(32,)))
    >>> gan.compile()
    >>> history = gan.fit(points, epochs=1, verbose=0)
    >>> gan.sample(4, seed=0).shape
    (4, 2)
    """

    players = {"generator": ("generator",), "discriminator": ("discriminator",)}
    averages = {"moving_average": "generator"}
    played_rules = ("n_critic", "update")
    test_log_names = ("d_loss", "g_loss", "real_accuracy", "fake_accuracy")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        seed: int = 0,
        moving_average_half_life: float = 20_000,
        latent_distribution: str = "normal",
        name: str = "gan",
        num_classes: int | None = None,
    ):
        if latent_distribution not in LATENT_DISTRIBUTIONS:
            raise unknown("latent_distribution", latent_distribution, LATENT_DISTRIBUTIONS)
        if num_classes is not None:
            check_integer("num_classes", num_classes, minimum=2)
        generator, discriminator = adapt_pair(generator, discriminator)
        check_networks_fit(generator, discriminator)
        networks = {"generator": generator, "discriminator": discriminator}
        super().__init__(seed, moving_average_half_life, name, **networks)
        self.latent_distribution, self._num_classes = latent_distribution, num_classes

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        rules: Rules | None = None,
        schedules: dict[str, Schedule] | None = None,
        jit_compile: bool | str = "auto",
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        **rule: Any,
    ) -> None:
        """Configures the model for training.

        Args:
            generator_optimizer, discriminator_optimizer: Keras optimizers or their names;
                `keras_gan.optimizers.Adam(1e-3, 0.0, 0.99)` by default.
            rules: `keras_gan.Rules`.
            schedules: Name of a number -> `keras_gan.schedules.Schedule`. Names are
                `learning_rate`, `beta_1`, `beta_2` (for both optimizers, or for one as in
                `discriminator_learning_rate`), `augmentation` (its p),
                `moving_average_half_life`, and names of penalties, such as `r1`, for their weights.
            jit_compile: Whether to compile the step with XLA; `"auto"` does so on a GPU.
            run_eagerly, steps_per_execution: As in `keras.Model.compile`.
            **rule: Fields of `Rules`, in place of `rules`: `loss`, `penalties`, `constraint`,
                `augmentation`, `n_critic`, `update`, `accumulation`, `remat`.

        Raises:
            ConfigError: For an unknown rule or name, or a value out of range.

        Example:

            gan.compile(loss="non_saturating", penalties=[kg.penalties.R1(0.1)])
        """
        check_compile_words(rule)
        self.compile_players(
            {"generator": generator_optimizer, "discriminator": discriminator_optimizer},
            Rules.of(rules, **rule),
            schedules,
            jit_compile,
            run_eagerly,
            steps_per_execution,
        )
        if getattr(self, "augmentation", None) is not None:
            self._tracker.untrack(self.augmentation)  # of an earlier compile
        self.augmentation = self.rules.augmentation  # Keras tracks its p

    def make_duels(self, rules: Rules) -> tuple[Duel, ...]:
        """Returns the duel between both networks."""
        return (Duel(self.generator, self.discriminator, rules, self.scheduled),)

    @property
    def duel(self) -> Duel | None:
        """The `Duel` with the objectives of both players, once the model is compiled."""
        return self.duels[0] if self.duels else None

    def log_weights(self, kind: dict) -> dict:
        """Returns name of a log -> whether a step of this kind computes it."""
        generator_logs = "g_loss", self.gradient_log("generator")
        return super().log_weights(kind) | dict.fromkeys(generator_logs, kind["generator"])

    # The step.

    @property
    def intervals(self) -> dict[str, tuple[int, int]]:
        """Name -> `(interval, offset)` of each penalty and of the generator's update."""
        return {**super().intervals, "generator": (self.rules.n_critic, 1)}

    def update_players(self, real: tuple, step: tf.Tensor) -> dict:
        """Updates the players in the order that the rules give and returns the logs.

        Args:
            real: `(samples, labels)`.
            step: Integer scalar.
        """
        return self.update_duel(self.duel, real, step)

    def update_duel(self, duel: Duel, real: tuple, step: tf.Tensor) -> dict:
        """Updates the players of a duel, which `update_players` chooses."""
        batch_size = ops.shape(real[0])[0]
        noise = self.draw_noise(batch_size, "discriminator", step)
        if self.rules.update != "alternating":
            update = self.shared_step if self.rules.update == "shared" else self.one_stage_step
            return self.switch(step, functools.partial(update, duel, real, noise))
        names = {"discriminator": [], "generator": ["generator"]}
        for penalty in self.rules.penalties:
            names[penalty.player].append(penalty.name)
        update = functools.partial(self.discriminator_step, duel, real, noise)
        logs = self.switch(step, update, names["discriminator"])
        noise = self.draw_noise(batch_size, "generator", step)
        update = functools.partial(self.generator_step, duel, real, noise)
        return logs | self.switch(step, update, names["generator"])

    def discriminator_step(
        self, duel: Duel, real: tuple, noise: Noise, due: Sequence[str] | None = None
    ) -> dict:
        """Updates only the discriminator.

        Args:
            duel: The `Duel` to train, such as the model's own.
            real: `(samples, labels)`, with labels None for networks without labels.
            noise: A `Noise`.
            due: Names that are due, of penalties and `"generator"`; None for all. Others are
                logged as 0.

        Returns:
            Logs, name -> float32 scalar; penalties without their weight.
        """
        objective = functools.partial(duel.discriminator_objective, due=due)
        weights = duel.discriminator.trainable_variables
        return self.minimize("discriminator", objective, (real, noise), weights)

    def generator_step(
        self, duel: Duel, real: tuple, noise: Noise, due: Sequence[str] | None = None
    ) -> dict:
        """Updates only the generator, if it is due; arguments as in `discriminator_step`.

        Only relativistic losses read the real samples.
        """
        if not generator_is_due(due):
            return dict.fromkeys(
                (duel.log_name("g_loss"), self.gradient_log("generator")), ops.zeros((), "float32")
            )
        objective = functools.partial(duel.generator_objective, due=due)
        weights = duel.generator.trainable_variables
        return self.minimize("generator", objective, (real, noise), weights)

    def shared_step(
        self, duel: Duel, real: tuple, noise: Noise, due: Sequence[str] | None = None
    ) -> dict:
        """Updates the discriminator, then the generator, with one pass of the generator.

        Equals `discriminator_step` and `generator_step` with the same noise, except that the
        generator's batch statistics are updated once instead of twice. With accumulation these two
        are called, so that no activations are kept for the other player. Arguments and result are
        those of `discriminator_step`.
        """
        if self.rules.accumulation > 1 or not generator_is_due(due):
            logs = self.discriminator_step(duel, real, noise, due)
            return logs | self.generator_step(duel, real, noise, due)
        variables = duel.generator.trainable_variables
        with gradients.Recording(variables) as recording:
            fake = duel.generate(noise.latents, real[1])
            with recording.paused():
                objective = functools.partial(duel.discriminator_objective, due=due, fake=fake)
                weights = duel.discriminator.trainable_variables
                logs = self.minimize("discriminator", objective, (real, noise), weights)
            loss, generator_logs = duel.generator_objective(real, noise, due, fake)
        grads = recording.gradients(loss, self.generator_optimizer.scale_loss(1.0))
        return logs | generator_logs | self.apply_gradients("generator", grads, variables)

    def one_stage_step(
        self, duel: Duel, real: tuple, noise: Noise, due: Sequence[str] | None = None
    ) -> dict:
        """Updates both players with one forward and one backward pass of each.

        The gradient of the discriminator's loss at generated sample i, times (dL_G / df_i) /
        (dL_D / df_i) for its logit f_i, is the generator's. This holds if a logit depends on its
        own sample only. Arguments and result are those of `discriminator_step`.

        Source: Shen et al., "Training Generative Adversarial Networks in One Stage", CVPR 2021.
        """
        if not generator_is_due(due):
            logs = self.discriminator_step(duel, real, noise, due)
            return logs | self.generator_step(duel, real, noise, due)
        variables = duel.generator.trainable_variables
        with gradients.Recording(variables) as recording:
            fake = duel.generate(noise.latents, real[1])
            with recording.paused():
                logs, slope = self._discriminator_in_one_stage(duel, real, noise, due, fake)
            penalty, values = duel.generator_penalties(real, noise, due)
            loss = ops.sum(slope * fake) + penalty
        grads = recording.gradients(loss, self.generator_optimizer.scale_loss(1.0))
        return logs | values | self.apply_gradients("generator", grads, variables)

    def _discriminator_in_one_stage(self, duel, real, noise, due, fake):
        """Updates the discriminator; returns logs and the generator's gradient at its samples."""
        samples, variables = tf.identity(fake), duel.discriminator.trainable_variables
        scale = self.discriminator_optimizer.scale_loss(1.0)
        with gradients.Recording(variables, samples) as recording:
            outputs = duel.both_outputs(real, samples, noise.key)
            loss, logs = duel.discriminator_objective(real, noise, due, fake, outputs)
        *grads, slope = recording.gradients(loss, scale)
        logits = [output.logits for output in outputs]
        logs |= {duel.log_name("g_loss"): self.rules.loss.generator(*logits)}
        ratio = gradients.slope_ratio(self.rules.loss, *logits)
        logs |= self.apply_gradients("discriminator", grads, variables)
        return logs, ops.reshape(ratio, (-1, *[1] * (len(slope.shape) - 1))) * (slope / scale)

    def next_duel(self, real: tuple) -> tuple[tuple, Duel]:
        """Returns the batch `(samples, labels)` and the duel of the next step."""
        return real, self.duel

    def draw_noise(self, batch_size: int | tf.Tensor, stream: str, step: int | tf.Tensor) -> Noise:
        """Draws the noise of an update, a function of (seed, stream, step)."""
        key = stream_key(self.seed, stream, step)
        latents = replicas.rows_of_batch(
            lambda shape: self.draw_latents(shape[0], key), (batch_size, self.latent_dim)
        )
        return Noise(latents, key)

    def test_batch(self, batch: tuple, index: tf.Tensor) -> dict:
        """Computes losses and accuracies of the averaged generator."""
        samples, labels = batch
        latents = self.draw_noise(ops.shape(samples)[0], "test", index).latents
        fake = self(with_labels(latents, labels), training=False)
        logits = self.judge(samples, labels), self.judge(fake, labels)
        return {
            "d_loss": self.rules.loss.discriminator(*logits),
            "g_loss": self.rules.loss.generator(*logits),
            **self.duel.accuracies(*logits),
        }

    def judge(self, samples: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """Returns the discriminator's float32 logits `(batch,)`, or `(batch, rows, columns)`."""
        return discriminate(self.discriminator, samples, labels).logits

    def undecided_logit(self, real: np.ndarray, fake: np.ndarray) -> float:
        """Returns the logit of samples that are as likely real as generated.

        It is 0, or for a relativistic loss, which depends on differences of logits only, the mean
        logit of real and generated samples.

        Args:
            real, fake: Real and generated samples `(n, *sample_shape)`, without labels.
        """
        if not self.rules.loss.relativistic:
            return 0.0
        return float(np.mean([np.mean(self.judge(samples)) for samples in (real, fake)]))

    def check_batch(self, data: Any) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Returns a batch as `(samples, labels)`.

        Raises:
            DataError: For missing or superfluous labels, or another sample shape.
        """
        samples, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        if weights is not None:
            raise DataError("expected no sample weights: a GAN doesn't use them; drop them.")
        samples = check_samples(samples, self.medium, self.sample_shape)
        return samples, check_labels_fit(labels, self.conditional)

    def check_arrays(self, x: Any, y: Any) -> None:
        """Raises `DataError` for arrays that the model can't be trained on."""
        if not hasattr(x, "shape"):
            raise DataError(
                f"expected samples as one array, got a {type(x).__name__}; pass labels as y, as in "
                "fit(samples, labels)."
            )
        super().check_arrays(x, y)

    def check_labels(self, data: Any) -> None:
        """Raises `DataError` for labels that aren't classes of the model."""
        _, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        if labels is not None and self.num_classes is not None:
            check_labels(np.asarray(labels), self.num_classes)

    @property
    def num_classes(self) -> int | None:
        """Number of classes: as the constructor or the generator gives it, or None."""
        return self._num_classes or super().num_classes

    def get_config(self) -> dict:
        """Returns the constructor's arguments, as Keras serializes them."""
        config = {**super().get_config(), "latent_distribution": self.latent_distribution}
        return config | ({"num_classes": self._num_classes} if self._num_classes else {})


def generator_is_due(due: Sequence[str] | None) -> bool:
    """Returns whether the names that are due contain the generator's update; None contains all."""
    return due is None or "generator" in due
