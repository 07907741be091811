"""Duel: a generator against a discriminator, and the objective of each."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from keras_gan import compilation, gradients, losses
from keras_gan.errors import ConfigError, abbreviate
from keras_gan.models.checks import check_duel
from keras_gan.models.remat import RematerializedNetwork
from keras_gan.models.rules import Rules
from keras_gan.networks import mixes_samples
from keras_gan.noise import fold_in

import keras
import tensorflow as tf
from keras import ops

# Folded into the key of an update, one number for each independent draw
AUGMENTATION_DRAW, PENALTY_DRAWS, PART_DRAWS = 1, 2, 1_000


class Noise(NamedTuple):
    """Random numbers of one player's update.

    Attributes:
        latents: `(batch, latent_dim)` float32, or None for a generator without latents.
        key: A `keras_gan.noise` key, for the augmentation and the penalties.
    """

    latents: tf.Tensor | None
    key: tf.Tensor

    def part(self, parts: int, index: tf.Tensor) -> "Noise":
        """Returns one of several equal parts of the noise, with a key of its own."""
        latents = part_of(self.latents, parts, index)
        return Noise(latents, fold_in(self.key, PART_DRAWS + index))


class Outputs(NamedTuple):
    """Outputs of the discriminator for a batch of samples.

    Attributes:
        logits: `(batch,)` float32, or `(batch, rows, columns)` for a discriminator of patches.
        classes: `(batch, num_classes)` float32 logits of an auxiliary classifier, or None.
    """

    logits: tf.Tensor
    classes: tf.Tensor | None


class Duel:
    """A generator and a discriminator under the rules of a game.

    Its objectives are functions of a batch and noise. They draw no random numbers and update no
    weights, so each can be examined alone. A game has one duel for each discriminator.

    Args:
        generator: Keras model.
        discriminator: Keras model, `samples [, labels] -> logits` or `-> [logits, class logits]`.
        rules: `Rules`. Several duels of one game need a `rules.copy()` each if the penalties or the
            augmentation have state.
        scheduled: `(name, number) -> number`, the model's `scheduled`, for weights of penalties.
        name: Prefix of logs and penalties, for a game of several duels.

    Raises:
        ConfigError: For arguments of other types, networks whose shapes don't fit each other, or
            rules that don't fit them.

    Example:

        duel = Duel(generator, discriminator, Rules(loss="hinge"))
        loss, logs = duel.discriminator_objective((images, None), noise)
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        rules: Rules,
        scheduled: Callable[[str, float], Any] = lambda name, number: number,
        name: str = "",
    ):
        check_duel(generator, discriminator, rules, scheduled, name)
        self.generator, self.discriminator, self.rules = generator, discriminator, rules
        self.scheduled, self.name = scheduled, name
        wrap = RematerializedNetwork if rules.remat else lambda network: network
        self._generator, self._discriminator = wrap(generator), wrap(discriminator)

    def generate(self, inputs: tf.Tensor, labels: tf.Tensor | None = None) -> tf.Tensor:
        """Generates float32 samples `(batch, *sample_shape)` in training mode."""
        generator = compilation.compile_network(self._generator)
        return ops.cast(generator(with_labels(inputs, labels), training=True), "float32")

    def discriminator_objective(
        self,
        real: tuple,
        noise: Noise,
        due: Sequence[str] | None = None,
        fake: tf.Tensor | None = None,
        outputs: tuple[Outputs, Outputs] | None = None,
    ) -> tuple[tf.Tensor, dict]:
        """Computes the discriminator's loss and its penalties.

        Args:
            real: `(samples, labels)`, with labels None for networks without labels.
            noise: A `Noise`.
            due: Names of the penalties to compute, all by default; others are logged as 0.
            fake: Generated samples of this noise, if they are computed already.
            outputs: `Outputs` of real and of generated samples, if they are computed already.
                Penalties then compute the logits of `fake` again, to differentiate by it.

        Returns:
            `(loss, logs)`: a float32 scalar, and name -> float32 scalar. Penalties are logged
            without their weight.
        """
        fake = ops.stop_gradient(self.generate(noise.latents, real[1]) if fake is None else fake)
        real_outputs, fake_outputs = outputs or self.both_outputs(real, fake, noise.key)
        logits = [real_outputs.logits, fake_outputs.logits]
        loss = self.rules.loss.discriminator(*logits)
        logs = {"d_loss": loss, **self.accuracies(*logits)}
        if real_outputs.classes is not None:
            logs["class_loss"] = losses.classification(real_outputs.classes, real[1])
            loss += logs["class_loss"] + losses.classification(fake_outputs.classes, real[1])
        if self.rules.augmentation is not None:
            self.rules.augmentation.update(ops.stop_gradient(logits[0]))
        penalty_logits = logits if outputs is None else [logits[0], None]

        def discriminator(samples):
            return self.outputs(samples, real[1], noise.key).logits

        penalty, values = self._penalties(
            "discriminator", (discriminator, real[0], fake), noise.key, due, logits=penalty_logits
        )
        return loss + penalty, self._named(logs) | values

    def generator_objective(
        self,
        real: tuple,
        noise: Noise,
        due: Sequence[str] | None = None,
        fake: tf.Tensor | None = None,
    ) -> tuple[tf.Tensor, dict]:
        """Computes the generator's loss and its penalties.

        Args:
            real: `(samples, labels)`. Only relativistic losses read the samples.
            noise, due: As in `discriminator_objective`.
            fake: Generated samples of this noise, computed while their gradient is recorded.

        Returns:
            `(loss, logs)` as in `discriminator_objective`.
        """
        fake = self.generate(noise.latents, real[1]) if fake is None else fake
        relativistic = self.rules.loss.relativistic
        generated = self.outputs(fake, real[1], noise.key)
        logits = self.outputs(*real, noise.key).logits if relativistic else None
        loss = self.rules.loss.generator(logits, generated.logits)
        logs = {"g_loss": loss}
        if generated.classes is not None:
            loss = loss + losses.classification(generated.classes, real[1])
        penalty, values = self.generator_penalties(real, noise, due)
        return loss + penalty, self._named(logs) | values

    def generator_penalties(
        self, real: tuple, noise: Noise, due: Sequence[str] | None = None
    ) -> tuple[tf.Tensor | float, dict]:
        """Computes the generator's penalties as `(sum, logs)`; see `generator_objective`."""
        return self._penalties(
            "generator", (self.generator, noise.latents, real[1]), noise.key, due
        )

    def both_outputs(self, real: tuple, fake: tf.Tensor, key: tf.Tensor) -> tuple[Outputs, Outputs]:
        """Returns the `Outputs` of real and of generated samples.

        Both pass through the discriminator as one batch, unless it mixes the samples of a batch.
        """
        samples, labels = real
        if mixes_samples(self.discriminator):
            return self.outputs(samples, labels, key), self.outputs(fake, labels, key)
        both = ops.concatenate([self._augmented(samples, key), self._augmented(fake, key)])
        both_labels = None if labels is None else ops.concatenate([labels] * 2)
        outputs = discriminate(self._discriminator, both, both_labels, training=True)
        halves = ([None] * 2 if output is None else ops.split(output, 2) for output in outputs)
        return tuple(map(Outputs, *halves))

    def outputs(self, samples: tf.Tensor, labels: tf.Tensor | None, key: tf.Tensor) -> Outputs:
        """Returns the `Outputs` of augmented samples, in training mode."""
        samples = self._augmented(samples, key)
        return discriminate(self._discriminator, samples, labels, training=True)

    def accuracies(self, real_logits: tf.Tensor, fake_logits: tf.Tensor) -> dict:
        """Computes the discriminator's accuracies on real and on generated samples."""
        real_margins, fake_margins = self.rules.loss.margins(real_logits, fake_logits)
        return {"real_accuracy": accuracy(real_margins), "fake_accuracy": accuracy(fake_margins)}

    def constrain(self, variables: Sequence[keras.Variable]) -> None:
        """Applies the rules' constraint to the discriminator's weights among the variables."""
        if self.rules.constraint is None:
            return
        own = {id(weight) for weight in self.discriminator.trainable_variables}
        for weight in variables:
            if id(weight) in own:
                weight.assign(self.rules.constraint(weight))

    def schedule_augmentation(self) -> None:
        """Sets the augmentation's p to the value of its schedule, if it has one."""
        p = self.scheduled(self.log_name("augmentation"), None)
        if p is not None:
            self.rules.augmentation.p.assign(p)

    def augmentation_logs(self) -> dict:
        """Returns the augmentation's p by the name of its log; empty without an augmentation."""
        if self.rules.augmentation is None:
            return {}
        return {self.log_name("augmentation_p"): ops.convert_to_tensor(self.rules.augmentation.p)}

    def log_name(self, name: str) -> str:
        """Returns the name of a value in this duel's logs."""
        return f"{self.name}_{name}" if self.name else name

    @property
    def log_names(self) -> list[str]:
        """Names of the logs of both objectives."""
        names = ["d_loss", "g_loss", "real_accuracy", "fake_accuracy"]
        names += ["class_loss"] if len(self.discriminator.outputs) == 2 else []
        return [*map(self.log_name, [*names, *(penalty.name for penalty in self.rules.penalties)])]

    @property
    def scheduled_numbers(self) -> list[str]:
        """Names of the numbers to schedule: weights of penalties and the augmentation's p."""
        augmentation = [] if self.rules.augmentation is None else ["augmentation"]
        return [*map(self.log_name, [*(p.name for p in self.rules.penalties), *augmentation])]

    def _augmented(self, samples, key):
        if self.rules.augmentation is None:
            return samples
        return self.rules.augmentation(samples, fold_in(key, AUGMENTATION_DRAW))

    def _penalties(self, player, arguments, key, due, **kwargs):
        """Computes a player's penalties: their weighted sum, and name -> unweighted value.

        Args:
            player: Name of the player.
            arguments: First three arguments of `measure`.
            key: Key of the update's `Noise`.
            due: Names of the penalties to compute, or None for all; the others are 0.
            **kwargs: Further arguments of `measure`.
        """
        total, values = 0.0, {}
        for index, penalty in enumerate(self.rules.penalties):
            if penalty.player != player:
                continue
            name, value = self.log_name(penalty.name), ops.zeros((), "float32")
            if due is None or name in due:
                value = penalty.measure(*arguments, fold_in(key, PENALTY_DRAWS + index), **kwargs)
                total += penalty.interval * self.scheduled(name, penalty.weight) * value
            values[name] = value
        return total, values

    def _named(self, logs):
        return {self.log_name(name): value for name, value in logs.items()}


def check_duels(duels: Any, game: str) -> tuple[Duel, ...]:
    """Returns the duels of a game's `make_duels`; raises `ConfigError` for anything else."""
    if not isinstance(duels, tuple | list) or not all(isinstance(duel, Duel) for duel in duels):
        raise ConfigError(
            f"expected {game}.make_duels to return a tuple of keras_gan.Duel objects, such as "
            f"(Duel(...),), got {abbreviate(duels)}."
        )
    return tuple(duels)


def part_of(batch: Any, parts: int, index: tf.Tensor) -> Any:
    """Returns one of several equal parts of a batch.

    Args:
        batch: Nest of tensors whose first axis is the batch, of `Noise` and of None.
        parts: Number of parts, which divides the batch size.
        index: Index of the part, an integer scalar.
    """

    def part(value):
        if isinstance(value, Noise):
            return value.part(parts, index)
        return gradients.part_of_rows(value, parts, index) if hasattr(value, "shape") else None

    return keras.tree.traverse(part, batch)


def discriminate(
    discriminator: keras.Model | RematerializedNetwork,
    samples: tf.Tensor,
    labels: tf.Tensor | None = None,
    training: bool = False,
) -> Outputs:
    """Calls a discriminator and returns its float32 outputs.

    Args:
        discriminator: Keras model or `RematerializedNetwork`.
        samples: `(batch, *sample_shape)`.
        labels: `(batch,)`, or None; ignored by a discriminator without labels.
        training: Whether to run in training mode.
    """
    labels = labels if len(discriminator.inputs) == 2 else None
    network = compilation.compile_network(discriminator)
    outputs = keras.tree.flatten(network(with_labels(samples, labels), training=training))
    logits, *classes = (ops.cast(output, "float32") for output in outputs)
    return Outputs(ops.squeeze(logits, -1), classes[0] if classes else None)


def with_labels(inputs: tf.Tensor, labels: tf.Tensor | None) -> tf.Tensor | list[tf.Tensor]:
    """Returns the inputs of a network: `[inputs, labels]`, or `inputs` if labels are None."""
    return inputs if labels is None else [inputs, labels]


def accuracy(margins: tf.Tensor) -> tf.Tensor:
    """Computes the fraction of positive margins; a margin of 0 counts half."""
    return ops.mean(ops.sign(margins) + 1.0) / 2.0
