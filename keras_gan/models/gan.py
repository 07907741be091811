"""GAN: noise, and where wanted a label, becomes a sample; a discriminator tells it from real."""

import functools
import math

from keras_gan import gradients, optimizers, replicas
from keras_gan.checks import check_labels
from keras_gan.errors import ConfigError
from keras_gan.models.adversarial import AdversarialModel, part_of_rows
from keras_gan.models.checks import check_batch, check_networks_fit, check_parts
from keras_gan.models.duel import PART_DRAWS, Duel, Noise, discriminate, with_labels
from keras_gan.models.rules import Rules
from keras_gan.noise import fold_in, stream_key
from keras_gan.sampling import LATENT_DISTRIBUTIONS, Sampling

import keras
import numpy as np
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class GAN(Sampling, AdversarialModel):
    """A generative adversarial network.

    Args:
        generator: Keras model, `latents (batch, latent_dim) [, labels (batch,)] -> samples`.
        discriminator: Keras model, `samples [, labels] -> logits (batch, 1)`, without a sigmoid,
            or logits of patches `(batch, rows, columns, 1)`; or `samples -> [logits, class logits
            (batch, num_classes)]` (ACGAN).
        seed: Non-negative int. With the step it decides all noise.
        moving_average_half_life: Of the averaged generator, in images.
        latent_distribution: `"normal"`, or `"uniform"` in [-1, 1).
        name: Name of the model.

    Attributes:
        moving_average: The averaged generator: the one that `sample` and the exports use.
        rules: The `Rules` that it was compiled with.
        duel: Its `Duel`: the objectives of both players.

    Raises:
        ConfigError: If the two networks don't fit each other.

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
        super().__init__(seed, moving_average_half_life, name)
        check_networks_fit(generator, discriminator)
        if latent_distribution not in LATENT_DISTRIBUTIONS:
            raise ConfigError(
                f"expected a latent_distribution of {' or '.join(LATENT_DISTRIBUTIONS)}, got "
                f"{latent_distribution!r}."
            )
        self.latent_distribution = latent_distribution
        self.rules = self.duel = None
        self.add_networks(generator=generator, discriminator=discriminator)

    def compile(
        self,
        generator_optimizer=None,
        discriminator_optimizer=None,
        rules: Rules | None = None,
        schedules: dict | None = None,
        jit_compile: bool | str = "auto",
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        **rule,
    ):
        """Sets the rules of the game.

        Args:
            generator_optimizer: Keras optimizer or its name; `Adam(1e-3, 0.0, 0.99)` by default.
            discriminator_optimizer: Likewise.
            rules: `keras_gan.Rules`.
            schedules: Name of a number -> `keras_gan.schedules.Schedule` by images seen:
                `learning_rate`, `beta_1`, `beta_2` (of both optimizers, or of one as in
                `discriminator_learning_rate`), `augmentation` (its p),
                `moving_average_half_life`, or a penalty's name, such as `r1`, for its weight.
            jit_compile: Whether to compile the step with XLA; `"auto"` is yes on a GPU.
            run_eagerly: For debugging.
            steps_per_execution: As in Keras.
            **rule: The fields of `Rules` one by one, in place of `rules`: `loss`, `penalties`,
                `constraint`, `augmentation`, `n_critic`, `update`, `accumulation`, `remat`.

        Raises:
            ConfigError: For an unknown rule or name, or a value out of range.

        Example:

            gan.compile(loss="non_saturating", penalties=[kg.penalties.R1(0.1)])
        """
        rules = Rules.of(rules, **rule)
        self.duel = Duel(self.generator, self.discriminator, rules, self.scheduled)
        self.rules, self.augmentation = rules, rules.augmentation  # Keras tracks the latter's p
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

    def log_weights(self, kind):
        """Returns name of a log -> whether it is measured in a step of this kind."""
        moves = dict.fromkeys(("g_loss", self.gradient_log("generator")), kind["generator"])
        return super().log_weights(kind) | moves

    @property
    def duels(self):
        """The one `Duel`, once the model is compiled."""
        return () if self.duel is None else (self.duel,)

    # The game.

    def kind_of_step(self, step):
        """Returns which penalties are due at this step, and whether the generator is updated."""
        due = {penalty.name: step % penalty.interval == 0 for penalty in self.rules.penalties}
        return {**due, "generator": (step + 1) % self.rules.n_critic == 0}

    @property
    def period(self):
        """Number of steps after which the kinds of steps repeat."""
        intervals = (penalty.interval for penalty in self.rules.penalties)
        return math.lcm(self.rules.n_critic, *intervals)

    def update_players(self, real, step, duel=None):
        """Updates the players in the order of the rules.

        Args:
            real: `(samples, labels)`.
            step: Integer scalar.
            duel: The `Duel` to play; the game's own by default.

        Returns:
            Logs.
        """
        check_parts(real[0].shape[0], self.rules.accumulation)
        self._follow_augmentation_schedule()
        if self.rules.update == "alternating":
            logs = self._alternate(real, step, duel)
        else:
            noise = self.draw_noise(ops.shape(real[0])[0], "discriminator", step)
            logs = self.switch(step, functools.partial(self.update_kind, real, noise, duel=duel))
        if self.augmentation is not None:
            logs["augmentation_p"] = ops.convert_to_tensor(self.augmentation.p)
        return logs

    def update_kind(self, real, noise, due, duel=None):
        """Updates both players with the same noise, or the discriminator alone.

        Args:
            real: `(samples, labels)`.
            noise: A `Noise`.
            due: Names of the penalties that are due, and `"generator"` where it is.
            duel: As in `update_players`.

        Returns:
            Logs.
        """
        if "generator" not in due:
            return self.discriminator_step(real, noise, due, duel) | self._zero_generator_logs()
        both = self.shared_step if self.rules.update == "shared" else self.one_stage_step
        return both(real, noise, due, duel)

    def _alternate(self, real, step, duel):
        """Updates the discriminator, then the generator, each with latents of its own."""
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

    def discriminator_step(self, real, noise, due=None, duel=None):
        """Updates the discriminator; no other weight changes.

        Args:
            real: `(samples, labels)`, labels None where the networks take none.
            noise: A `Noise`.
            due: Names of the penalties to compute; all by default. The others are logged as 0.
            duel: The `Duel` to play; the game's own by default.

        Returns:
            Logs, name -> float32 scalar; penalties before their weight.
        """
        duel = duel or self.duel
        return self.minimize(
            "discriminator",
            functools.partial(duel.discriminator_objective, due=due),
            (real, noise),
            duel.discriminator.trainable_variables,
            self.rules.accumulation,
        )

    def generator_step(self, real, noise, due=None, duel=None):
        """Updates the generator; no other weight changes.

        Args:
            real: `(samples, labels)`; the samples are read by relativistic losses alone.
            noise, due, duel: As in `discriminator_step`.

        Returns:
            Logs.
        """
        duel = duel or self.duel
        return self.minimize(
            "generator",
            functools.partial(duel.generator_objective, due=due),
            (real, noise),
            duel.generator.trainable_variables,
            self.rules.accumulation,
        )

    def shared_step(self, real, noise, due=None, duel=None):
        """Updates the discriminator, then the generator, on one pass of the generator.

        Equal to `discriminator_step` and then `generator_step` of the same noise, where the
        generator's batch statistics move once instead of twice. Where the batch passes in parts
        it is just these, so that no activations wait for the other player.

        Args:
            real, noise, due, duel: As in `discriminator_step`.

        Returns:
            Logs.
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
                judges = duel.discriminator.trainable_variables
                logs = self.minimize("discriminator", objective, (real, noise), judges)
            loss, more = duel.generator_objective(real, noise, due, fake)
        grads = recording.gradients(loss, self.generator_optimizer.scale_loss(1.0))
        return logs | more | self.apply_gradients("generator", grads, variables)

    def one_stage_step(self, real, noise, due=None, duel=None):
        """Updates both players at once, on one forward and one backward pass of each.

        The discriminator's gradient at its input, a by-product, becomes the generator's: sample i
        is scaled by (dL_G / df_i) / (dL_D / df_i), of its logit f_i. That holds where a sample's
        logit depends on no other sample.

        Args:
            real, noise, due, duel: As in `discriminator_step`.

        Returns:
            Logs.

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
        """Updates the discriminator; also returns the generator's gradient at its samples."""
        watched, variables = tf.identity(fake), duel.discriminator.trainable_variables
        scale = self.discriminator_optimizer.scale_loss(1.0)
        with gradients.Recording(variables, watched) as recording:
            outputs = duel.judge(real, watched, noise.key)
            loss, logs = duel.discriminator_objective(real, noise, due, fake, outputs)
        *grads, slope = recording.gradients(loss, scale)
        logits = [output.logits for output in outputs]
        logs |= {"g_loss": self.rules.loss.generator(*logits)}
        ratio = gradients.slope_ratio(self.rules.loss, *logits)
        logs |= self.apply_gradients("discriminator", grads, variables)
        return logs, ops.reshape(ratio, (-1, *[1] * (len(slope.shape) - 1))) * (slope / scale)

    def next_duel(self, real):
        """Returns the batch as the next step sees it, and the duel that it plays.

        Args:
            real: `(samples, labels)`.
        """
        return real, self.duel

    def draw_noise(self, batch_size, stream, step):
        """Draws the `Noise` of a half-step: a function of (seed, stream, step)."""
        key = stream_key(self.seed, stream, step)
        latents = replicas.rows_of_batch(
            lambda shape: self.draw_latents(shape[0], key), (batch_size, self.latent_dim)
        )
        return Noise(latents, key)

    def part_of(self, batch, parts, index):
        """Returns one of several equal parts of `(real, noise)`, with a key of its own."""
        (samples, labels), noise = batch
        key = fold_in(noise.key, PART_DRAWS + index)
        samples, labels, latents = (
            None if rows is None else part_of_rows(rows, parts, index)
            for rows in (samples, labels, noise.latents)
        )
        return (samples, labels), Noise(latents, key)

    def _zero_generator_logs(self):
        """Returns the logs of a generator that isn't updated."""
        zero = ops.zeros((), "float32")
        return {"g_loss": zero, self.gradient_log("generator"): zero}

    def replica_limits(self):
        """Returns settings of the game that can't be distributed: name -> (instead, if in use)."""
        parts = self.rules.accumulation
        return {f"accumulation={parts}": ("accumulation=1", parts > 1)}

    def apply_gradients(self, player, grads, variables):
        """Updates weights by gradients, and constrains the discriminator's."""
        logs = super().apply_gradients(player, grads, variables)
        if player == "discriminator" and self.rules.constraint is not None:
            for weight in variables:
                weight.assign(self.rules.constraint(weight))
        return logs

    def _follow_augmentation_schedule(self):
        if "augmentation" in self.schedules:
            self.augmentation.p.assign(self.scheduled("augmentation", None))

    def test_batch(self, batch, index):
        """Computes losses and accuracies of the averaged generator on unseen data."""
        samples, labels = batch
        latents = self.draw_noise(ops.shape(samples)[0], "test", index).latents
        fake = self(with_labels(latents, labels), training=False)
        logits = [self.judge(x, labels) for x in (samples, fake)]
        return {
            "d_loss": self.rules.loss.discriminator(*logits),
            "g_loss": self.rules.loss.generator(*logits),
            **self.duel.accuracies(*logits),
        }

    def judge(self, samples, labels=None):
        """Returns the discriminator's float32 logits `(batch,)`, or `(batch, rows, columns)`."""
        return discriminate(self.discriminator, samples, labels).logits

    def check_batch(self, data):
        """Returns a batch as `(samples, labels)`.

        Raises:
            DataError: For labels where none are wanted, the reverse, or another sample shape.
        """
        samples, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        check_batch(samples, labels, weights, self.sample_shape, self.conditional)
        if labels is not None:
            labels = ops.cast(ops.reshape(labels, (-1,)), "int32")
        return ops.cast(samples, "float32"), labels

    def check_arrays(self, x, y):
        """Raises `DataError` where arrays can't be learned from, before the first step."""
        super().check_arrays(x, y)
        self.check_batch((x[:1], None if y is None else y[:1]))
        if y is not None and self.num_classes is not None:
            check_labels(np.asarray(y), self.num_classes)

    def get_config(self):
        """Returns the constructor's arguments, as Keras serialises them."""
        return {**super().get_config(), "latent_distribution": self.latent_distribution}


def default_optimizer():
    """Makes an Adam with which the package's networks train at once."""
    return optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.99)
