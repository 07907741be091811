"""GAN: a generator makes samples from noise, and a discriminator tells them from real ones."""

import functools
import math
from collections.abc import Sequence
from typing import Any

from keras_gan import gradients, optimizers, replicas, scaling
from keras_gan.checks import check_labels
from keras_gan.errors import unknown
from keras_gan.models.adversarial import AdversarialModel
from keras_gan.models.checks import check_batch, check_networks_fit, check_parts
from keras_gan.models.duel import PART_DRAWS, Duel, Noise, discriminate, with_labels
from keras_gan.models.rules import Rules
from keras_gan.noise import fold_in, stream_key
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
        discriminator: Keras model, `samples [, labels] -> logits (batch, 1)` without a sigmoid,
            or logits of patches `(batch, rows, columns, 1)`; or `samples -> [logits, class logits
            (batch, num_classes)]` (ACGAN).
        seed: Non-negative int. With the step it determines all noise.
        moving_average_half_life: Half-life of the averaged generator, in images.
        latent_distribution: `"normal"`, or `"uniform"` in [-1, 1).
        name: Name of the model.

    Attributes:
        moving_average: The averaged generator, which `sample` and exports use.
        rules: The `Rules` of `compile`.
        duel: The `Duel` with the objectives of both players.

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
    test_log_names = ("d_loss", "g_loss", "real_accuracy", "fake_accuracy")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        seed: int = 0,
        moving_average_half_life: float = 20_000,
        latent_distribution: str = "normal",
        name: str = "gan",
    ):
        check_networks_fit(generator, discriminator)
        if latent_distribution not in LATENT_DISTRIBUTIONS:
            raise unknown("latent_distribution", latent_distribution, LATENT_DISTRIBUTIONS)
        networks = {"generator": generator, "discriminator": discriminator}
        super().__init__(seed, moving_average_half_life, name, **networks)
        self.latent_distribution = latent_distribution
        self.rules = self.duel = None

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
        rules = Rules.of(rules, **rule)
        self.duel = Duel(self.generator, self.discriminator, rules, self.scheduled)
        self.rules, self.augmentation = rules, rules.augmentation  # Keras tracks its p
        numbers = [penalty.name for penalty in rules.penalties]
        self.compile_players(
            {
                "generator": generator_optimizer or default_optimizer(),
                "discriminator": discriminator_optimizer or default_optimizer(),
            },
            schedules or {},
            numbers if rules.augmentation is None else [*numbers, "augmentation"],
            {"rules": rules},
            jit_compile=jit_compile,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
        )

    @property
    def log_names(self) -> tuple[str, ...]:
        """Names of the values that a step logs."""
        gradient_logs = map(self.gradient_log, self.players)
        augmentation = [] if self.augmentation is None else ["augmentation_p"]
        return (*self.duel.log_names, *gradient_logs, *augmentation)

    def log_weights(self, kind: dict) -> dict:
        """Returns name of a log -> whether a step of this kind computes it."""
        generator_logs = "g_loss", self.gradient_log("generator")
        return super().log_weights(kind) | dict.fromkeys(generator_logs, kind["generator"])

    @property
    def duels(self) -> tuple[Duel, ...]:
        """The `Duel`, once the model is compiled."""
        return () if self.duel is None else (self.duel,)

    # The step.

    def kind_of_step(self, step: int | tf.Tensor) -> dict:
        """Returns name -> whether it is due, for each penalty and for the generator's update."""
        return {
            **super().kind_of_step(step),
            "generator": (step + 1) % self.rules.n_critic == 0,
        }

    @property
    def period(self) -> int:
        """Number of steps after which the kinds of steps repeat."""
        return math.lcm(self.rules.n_critic, super().period)

    def update_players(self, real: tuple, step: tf.Tensor, duel: Duel | None = None) -> dict:
        """Updates the players in the order that the rules give and returns the logs.

        Args:
            real: `(samples, labels)`.
            step: Integer scalar.
            duel: The `Duel` to train; the model's own by default.
        """
        check_parts(real[0].shape[0], self.rules.accumulation)
        self._apply_augmentation_schedule()
        if self.rules.update == "alternating":
            logs = self._alternate(real, step, duel)
        else:
            noise = self.draw_noise(ops.shape(real[0])[0], "discriminator", step)
            logs = self.switch(step, functools.partial(self.update_kind, real, noise, duel=duel))
        if self.augmentation is not None:
            logs["augmentation_p"] = ops.convert_to_tensor(self.augmentation.p)
        return logs

    def update_kind(
        self, real: tuple, noise: Noise, due: Sequence[str], duel: Duel | None = None
    ) -> dict:
        """Updates both players with the same noise, or only the discriminator; returns the logs.

        Args:
            real, duel: As in `update_players`.
            noise: A `Noise`.
            due: Names that are due: penalties and `"generator"`.
        """
        if "generator" not in due:
            return self.discriminator_step(real, noise, due, duel) | self._zero_generator_logs()
        update = self.shared_step if self.rules.update == "shared" else self.one_stage_step
        return update(real, noise, due, duel)

    def _alternate(self, real, step, duel):
        """Updates the discriminator, then the generator, with different latents."""
        names = {"discriminator": [], "generator": ["generator"]}
        for penalty in self.rules.penalties:
            names[penalty.player].append(penalty.name)
        noise = self.draw_noise(ops.shape(real[0])[0], "discriminator", step)
        discriminator = functools.partial(self.discriminator_step, real, noise, duel=duel)
        generator = functools.partial(self._generator_if_due, real, step, duel)
        logs = self.switch(step, discriminator, names["discriminator"])
        return logs | self.switch(step, generator, names["generator"])

    def _generator_if_due(self, real, step, duel, due):
        if "generator" not in due:
            return self._zero_generator_logs()
        noise = self.draw_noise(ops.shape(real[0])[0], "generator", step)
        return self.generator_step(real, noise, due, duel)

    def discriminator_step(
        self, real: tuple, noise: Noise, due: Sequence[str] | None = None, duel: Duel | None = None
    ) -> dict:
        """Updates only the discriminator.

        Args:
            real: `(samples, labels)`, with labels None for networks without labels.
            noise: A `Noise`.
            due: Names of the penalties to compute, all by default; others are logged as 0.
            duel: The `Duel` to train; the model's own by default.

        Returns:
            Logs, name -> float32 scalar; penalties without their weight.
        """
        duel = duel or self.duel
        return self.minimize(
            "discriminator",
            functools.partial(duel.discriminator_objective, due=due),
            (real, noise),
            duel.discriminator.trainable_variables,
            self.rules.accumulation,
        )

    def generator_step(
        self, real: tuple, noise: Noise, due: Sequence[str] | None = None, duel: Duel | None = None
    ) -> dict:
        """Updates only the generator; arguments and result as in `discriminator_step`.

        Only relativistic losses read the real samples.
        """
        duel = duel or self.duel
        return self.minimize(
            "generator",
            functools.partial(duel.generator_objective, due=due),
            (real, noise),
            duel.generator.trainable_variables,
            self.rules.accumulation,
        )

    def shared_step(
        self, real: tuple, noise: Noise, due: Sequence[str] | None = None, duel: Duel | None = None
    ) -> dict:
        """Updates the discriminator, then the generator, with one pass of the generator.

        Equals `discriminator_step` and `generator_step` with the same noise, except that the
        generator's batch statistics are updated once instead of twice. With accumulation these two
        are called, so that no activations are kept for the other player. Arguments and result are
        those of `discriminator_step`.
        """
        if self.rules.accumulation > 1:
            logs = self.discriminator_step(real, noise, due, duel)
            return logs | self.generator_step(real, noise, due, duel)
        duel = duel or self.duel
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
        self, real: tuple, noise: Noise, due: Sequence[str] | None = None, duel: Duel | None = None
    ) -> dict:
        """Updates both players with one forward and one backward pass of each.

        The gradient of the discriminator's loss at generated sample i, times (dL_G / df_i) /
        (dL_D / df_i) for its logit f_i, is the generator's. This holds if a logit depends on its
        own sample only. Arguments and result are those of `discriminator_step`.

        Source: Shen et al., "Training Generative Adversarial Networks in One Stage", CVPR 2021.
        """
        duel = duel or self.duel
        variables = duel.generator.trainable_variables
        with gradients.Recording(variables) as recording:
            fake = duel.generate(noise.latents, real[1])
            with recording.paused():
                logs, slope = self._discriminator_in_one_stage(real, noise, due, duel, fake)
            penalty, values = duel.generator_penalties(real, noise, due)
            loss = ops.sum(slope * fake) + penalty
        grads = recording.gradients(loss, self.generator_optimizer.scale_loss(1.0))
        return logs | values | self.apply_gradients("generator", grads, variables)

    def _discriminator_in_one_stage(self, real, noise, due, duel, fake):
        """Updates the discriminator; returns logs and the generator's gradient at its samples."""
        samples, variables = tf.identity(fake), duel.discriminator.trainable_variables
        scale = self.discriminator_optimizer.scale_loss(1.0)
        with gradients.Recording(variables, samples) as recording:
            outputs = duel.judge(real, samples, noise.key)
            loss, logs = duel.discriminator_objective(real, noise, due, fake, outputs)
        *grads, slope = recording.gradients(loss, scale)
        logits = [output.logits for output in outputs]
        logs |= {"g_loss": self.rules.loss.generator(*logits)}
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

    def part_of(self, batch: tuple, parts: int, index: tf.Tensor) -> tuple:
        """Returns one of several equal parts of `(real, noise)`, with its own key."""
        (samples, labels), noise = batch
        key = fold_in(noise.key, PART_DRAWS + index)
        samples, labels, latents = (
            None if rows is None else gradients.part_of_rows(rows, parts, index)
            for rows in (samples, labels, noise.latents)
        )
        return (samples, labels), Noise(latents, key)

    def _zero_generator_logs(self):
        """Returns the logs of a step without an update of the generator."""
        zero = ops.zeros((), "float32")
        return {"g_loss": zero, self.gradient_log("generator"): zero}

    def replica_limits(self) -> dict[str, tuple[str, bool]]:
        """Returns settings that can't be distributed: name -> (alternative, whether in use)."""
        parts = self.rules.accumulation
        return {f"accumulation={parts}": ("accumulation=1", parts > 1)}

    def apply_gradients(self, player: str, grads: Sequence, variables: Sequence) -> dict:
        """Updates weights by gradients and applies the constraint to the discriminator's."""
        logs = super().apply_gradients(player, grads, variables)
        if player == "discriminator" and self.rules.constraint is not None:
            for weight in variables:
                weight.assign(self.rules.constraint(weight))
        return logs

    def _apply_augmentation_schedule(self):
        if "augmentation" in self.schedules:
            self.augmentation.p.assign(self.scheduled("augmentation", None))

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

    def check_batch(self, data: Any) -> tuple[tf.Tensor, tf.Tensor | None]:
        """Returns a batch as `(samples, labels)`.

        Raises:
            DataError: For missing or superfluous labels, or another sample shape.
        """
        samples, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        check_batch(samples, labels, weights, self.sample_shape, self.conditional)
        if labels is not None:
            labels = ops.cast(ops.reshape(labels, (-1,)), "int32")
        return scaling.to_floats(samples, self.medium), labels

    def check_arrays(self, x: Any, y: Any) -> None:
        """Raises `DataError` for arrays that the model can't be trained on."""
        super().check_arrays(x, y)
        self.check_batch((x[:1], None if y is None else y[:1]))
        if y is not None and self.num_classes is not None:
            check_labels(np.asarray(y), self.num_classes)

    def get_config(self) -> dict:
        """Returns the constructor's arguments, as Keras serializes them."""
        return {**super().get_config(), "latent_distribution": self.latent_distribution}


def default_optimizer() -> keras.optimizers.Optimizer:
    """Makes the default optimizer, an Adam for GANs."""
    return optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99)
