"""Duel: a generator against a discriminator, and what each of them minimises."""

from typing import NamedTuple

from keras_gan import losses
from keras_gan.models.checks import check_rules_fit
from keras_gan.models.remat import RematerializedNetwork
from keras_gan.models.rules import Rules
from keras_gan.networks import mixes_samples
from keras_gan.noise import fold_in

import keras
import tensorflow as tf
from keras import ops

# Folded into the key of a half-step, one number for each independent draw
AUGMENTATION_DRAW, PENALTY_DRAWS, PART_DRAWS = 1, 2, 1_000


class Noise(NamedTuple):
    """The random numbers of a half-step.

    Attributes:
        latents: `(batch, latent_dim)` float32, or None for a generator that takes none.
        key: A `keras_gan.noise` key, for the augmentation and the penalties.
    """

    latents: tf.Tensor | None
    key: tf.Tensor


class Outputs(NamedTuple):
    """The discriminator's outputs for one batch of samples.

    Attributes:
        logits: `(batch,)` float32, or `(batch, rows, columns)` of a discriminator of patches.
        classes: `(batch, num_classes)` float32 logits of an auxiliary classifier, or None.
    """

    logits: tf.Tensor
    classes: tf.Tensor | None


class Duel:
    """A generator against a discriminator under the rules of a game.

    Its objectives are functions of a batch and of noise: they draw nothing, log nothing and update
    no weight, so that each can be looked at alone. A game has one duel for each discriminator.

    Args:
        generator: Keras model.
        discriminator: Keras model, `samples [, labels] -> logits` or `-> [logits, class logits]`.
        rules: `Rules`. Two duels of one game take `rules.copy()` each, where the penalties or the
            augmentation have state.
        scheduled: `(name, number) -> number`, the game's `scheduled`, for penalties' weights.
        name: Prefix of the logs and of the names of the penalties, for a game of several duels.

    Raises:
        ConfigError: If the networks can't play by the rules.

    Example:

        duel = Duel(generator, discriminator, Rules(loss="hinge"))
        loss, logs = duel.discriminator_objective((images, None), noise)
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        rules: Rules,
        scheduled=lambda name, number: number,
        name: str = "",
    ):
        check_rules_fit(rules, generator, discriminator)
        self.generator, self.discriminator, self.rules = generator, discriminator, rules
        self.scheduled, self.name = scheduled, name
        in_training = RematerializedNetwork if rules.remat else lambda network: network
        self._generator, self._discriminator = map(in_training, (generator, discriminator))

    def generate(self, inputs, labels=None):
        """Returns the generator's float32 samples `(batch, *sample_shape)`, in training."""
        return ops.cast(self._generator(with_labels(inputs, labels), training=True), "float32")

    def discriminator_objective(self, real, noise, due=None, fake=None, outputs=None):
        """Computes the discriminator's loss and its penalties.

        Args:
            real: `(samples, labels)`; labels are None for networks that take none.
            noise: A `Noise`.
            due: Names of the penalties to compute; the others are logged as 0. All by default.
            fake: Generated samples of this noise, where they are at hand.
            outputs: `Outputs` of real and of generated samples, where they are at hand; then the
                penalties' gradients by `fake` are not those by the samples of these outputs.

        Returns:
            `(loss, logs)`: a float32 scalar, and name -> float32 scalar; a penalty is logged
            before its weight.
        """
        fake = ops.stop_gradient(self.generate(noise.latents, real[1]) if fake is None else fake)
        judged = outputs or self.judge(real, fake, noise.key)
        logits = [output.logits for output in judged]
        loss = self.rules.loss.discriminator(*logits)
        logs = {"d_loss": loss, **self.accuracies(*logits)}
        if judged[0].classes is not None:
            logs["class_loss"] = losses.classification(judged[0].classes, real[1])
            loss += logs["class_loss"] + losses.classification(judged[1].classes, real[1])
        if self.rules.augmentation is not None:
            self.rules.augmentation.update(ops.stop_gradient(logits[0]))
        at_hand = logits if outputs is None else [logits[0], None]

        def discriminator(samples):
            return self.outputs(samples, real[1], noise.key).logits

        penalty, values = self._penalties(
            "discriminator", (discriminator, real[0], fake), noise.key, due, logits=at_hand
        )
        return loss + penalty, self._named(logs) | values

    def generator_objective(self, real, noise, due=None, fake=None):
        """Computes the generator's loss and its penalties.

        Args:
            real: `(samples, labels)`; the samples are read by relativistic losses alone.
            noise, due: As in `discriminator_objective`.
            fake: The generator's samples of this noise, made where their gradient is recorded.

        Returns:
            As `discriminator_objective`.
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

    def generator_penalties(self, real, noise, due=None):
        """Computes the generator's penalties; arguments and result as `generator_objective`."""
        return self._penalties(
            "generator", (self.generator, noise.latents, real[1]), noise.key, due
        )

    def judge(self, real, fake, key):
        """Returns the `Outputs` of real and of generated samples.

        Both pass through the discriminator in one batch where it treats each sample by itself.
        """
        samples, labels = real
        if mixes_samples(self.discriminator):
            return self.outputs(samples, labels, key), self.outputs(fake, labels, key)
        both = ops.concatenate([self._augmented(samples, key), self._augmented(fake, key)])
        twice = None if labels is None else ops.concatenate([labels] * 2)
        outputs = discriminate(self._discriminator, both, twice, training=True)
        halves = ([None] * 2 if output is None else ops.split(output, 2) for output in outputs)
        return tuple(map(Outputs, *halves))

    def outputs(self, samples, labels, key):
        """Returns the `Outputs` of samples as the discriminator sees them while it learns."""
        samples = self._augmented(samples, key)
        return discriminate(self._discriminator, samples, labels, training=True)

    def accuracies(self, real_logits, fake_logits):
        """Returns the share of real and of generated samples on the right side."""
        real_margins, fake_margins = self.rules.loss.margins(real_logits, fake_logits)
        return {"real_accuracy": accuracy(real_margins), "fake_accuracy": accuracy(fake_margins)}

    def log_name(self, name):
        """Returns the name under which this duel logs a value."""
        return f"{self.name}_{name}" if self.name else name

    @property
    def log_names(self):
        """Names of the values that both objectives log together."""
        names = ["d_loss", "g_loss", "real_accuracy", "fake_accuracy"]
        names += ["class_loss"] if len(self.discriminator.outputs) == 2 else []
        return [*map(self.log_name, [*names, *(penalty.name for penalty in self.rules.penalties)])]

    def _augmented(self, samples, key):
        if self.rules.augmentation is None:
            return samples
        return self.rules.augmentation(samples, fold_in(key, AUGMENTATION_DRAW))

    def _penalties(self, player, arguments, key, due, **at_hand):
        """Computes a player's penalties: their weighted sum, and name -> value before the weight.

        Args:
            player: Name of the player.
            arguments: The first three of their `measure`.
            key: Of the half-step.
            due: Names of those to compute, or None for all; the others are 0.
            **at_hand: More arguments of `measure`.
        """
        total, values = 0.0, {}
        for index, penalty in enumerate(self.rules.penalties):
            if penalty.player != player:
                continue
            name, value = self.log_name(penalty.name), ops.zeros((), "float32")
            if due is None or name in due:
                value = penalty.measure(*arguments, fold_in(key, PENALTY_DRAWS + index), **at_hand)
                total += penalty.interval * self.scheduled(name, penalty.weight) * value
            values[name] = value
        return total, values

    def _named(self, logs):
        return {self.log_name(name): value for name, value in logs.items()}


def discriminate(discriminator, samples, labels=None, training=False) -> Outputs:
    """Calls a discriminator.

    Args:
        discriminator: Keras model, or one that is rematerialized.
        samples: `(batch, *sample_shape)`.
        labels: `(batch,)`, dropped where the discriminator takes none; or None.
        training: As in Keras.

    Returns:
        Its float32 `Outputs`.
    """
    labels = labels if len(discriminator.inputs) == 2 else None
    outputs = keras.tree.flatten(discriminator(with_labels(samples, labels), training=training))
    logits, *classes = (ops.cast(output, "float32") for output in outputs)
    return Outputs(ops.squeeze(logits, -1), classes[0] if classes else None)


def with_labels(inputs, labels):
    """Returns a network's inputs: `[inputs, labels]`, or `inputs` alone where labels are None."""
    return inputs if labels is None else [inputs, labels]


def accuracy(margins):
    """Returns the share of margins that are positive; a margin of exactly 0 counts half."""
    return ops.mean(ops.sign(margins) + 1.0) / 2.0
