"""The halves of a GAN's step: each moves one player down its own objective."""

from typing import NamedTuple

from keras_gan import gradients, losses
from keras_gan.models.view import View
from keras_gan.noise import fold_in

import tensorflow as tf
from keras import ops

PENALTY_DRAWS = 2  # the penalties' first number to fold into a half-step's key
PART_DRAWS = 1_000  # likewise the batch's parts'


class Noise(NamedTuple):
    """All that a half-step needs by chance.

    Attributes:
        latents: `(batch, latent_dim)` float32.
        key: A `keras_gan.noise` key, for the augmentation and the penalties.
    """

    latents: tf.Tensor
    key: tf.Tensor


class HalfSteps:
    """Mixin of `GAN`: its half-steps, functions of a batch and of noise.

    Both draw nothing and log nothing, so each can be looked at alone.
    """

    def discriminator_step(self, real, noise, penalties=(), fake=None):
        """The discriminator's half of a step; no other weight moves.

        Args:
            real: `(samples, labels)`, labels None where the networks take none.
            noise: A `Noise`.
            penalties: Those of `self.penalties` to compute, of which the other player's are passed
                over; its own that aren't among them are reported as 0. What is reported is the
                penalty before its weight.
            fake: The generator's samples of this noise, where they are at hand.

        Returns:
            Name -> float32 scalar.
        """

        def objective(real, noise):
            seen = ops.stop_gradient(self._fake(real, noise) if fake is None else fake)
            view = View(self, real[1], noise.key)
            loss, measured, _ = self._adversarial(view, real, seen)
            penalty, values = self._discriminator_penalties(view, real, seen, noise, penalties)
            return loss + penalty, {**measured, **values}

        measured = self._move_in_parts("discriminator", objective, real, noise)
        self._constrain()
        return measured

    def generator_step(self, real, noise, penalties=()):
        """The generator's half of a step; no other weight moves.

        Args:
            real: `(samples, labels)`; the samples are read by relativistic losses alone.
            noise: A `Noise`.
            penalties: As in `discriminator_step`.

        Returns:
            Name -> float32 scalar.
        """

        def objective(real, noise):
            return self._generator_objective(real, noise, self._fake(real, noise), penalties)

        return self._move_in_parts("generator", objective, real, noise)

    def _move_in_parts(self, player, objective, real, noise):
        """Moves a player down the mean of `objective(real, noise)` over the parts of a batch."""
        if self.accumulation == 1:
            return self.move(player, lambda: objective(real, noise))
        pieces = [
            None
            if tensor is None
            else ops.reshape(tensor, (self.accumulation, -1, *tensor.shape[1:]))
            for tensor in (*real, noise.latents)
        ]

        def of_part(index):
            *part, latents = (None if tensor is None else tensor[index] for tensor in pieces)
            return objective(part, Noise(latents, fold_in(noise.key, PART_DRAWS + index)))

        return self.move(player, of_part, parts=self.accumulation)

    def shared_step(self, real, noise, penalties=()):
        """Both halves on one pass of the generator: first the discriminator moves.

        Equal to `discriminator_step` and then `generator_step` of the same noise, where the
        generator's batch statistics move once instead of twice. Where the batch passes in parts
        it is just these, so that no activations wait for the other player.

        Args:
            real, noise, penalties: As in `discriminator_step`.

        Returns:
            Name -> float32 scalar.
        """
        if self.accumulation > 1:
            measured = self.discriminator_step(real, noise, penalties)
            return measured | self.generator_step(real, noise, penalties)

        def objective():
            fake = self._fake(real, noise)
            measured = self.discriminator_step(real, noise, penalties, fake)
            loss, more = self._generator_objective(real, noise, fake, penalties)
            return loss, {**measured, **more}

        return self.move("generator", objective)

    def one_stage_step(self, real, noise, penalties=()):
        """Both players move at once, on one pass of each and one way back.

        The discriminator's gradient at its input, a by-product, becomes the generator's: sample i
        is scaled by (dL_G / df_i) / (dL_D / df_i), of its logit f_i. That holds where a sample's
        logit depends on no other sample.

        Args:
            real, noise, penalties: As in `discriminator_step`.

        Returns:
            Name -> float32 scalar.

        Source: Shen et al., "Training Generative Adversarial Networks in One Stage", CVPR 2021.
        """

        def objective():
            fake = self._fake(real, noise)
            measured, slope = self._move_and_pull(real, noise, penalties, ops.stop_gradient(fake))
            penalty, values = self._generator_penalties(real, noise, penalties)
            return ops.sum(slope * fake) + penalty, {**measured, **values}

        return self.move("generator", objective)

    def _move_and_pull(self, real, noise, penalties, fake):
        """Moves the discriminator; also gives the generator's slope at its samples."""
        seen = tf.identity(fake)  # what the penalties see of `fake` isn't the losses' slope

        def objective():
            view = View(self, real[1], noise.key)
            loss, measured, (real_logits, fake_logits) = self._adversarial(view, real, seen)
            penalty, values = self._discriminator_penalties(view, real, fake, noise, penalties)
            measured["g_loss"] = self.loss.generator(real_logits, fake_logits)
            ratio = gradients.ratio_of_slopes(self.loss, real_logits, fake_logits)
            return loss + penalty, {**measured, **values, "ratio": ratio}

        measured = self.move("discriminator", objective, seen)
        self._constrain()
        slope, ratio = measured.pop("slope"), measured.pop("ratio")
        return measured, ops.reshape(ratio, (-1, *[1] * (len(slope.shape) - 1))) * slope

    # What they minimise.

    def _fake(self, real, noise):
        return self.generate(noise.latents, real[1], training=True)

    def _adversarial(self, view, real, fake):
        """The discriminator's loss without its penalties, what is measured, and the logits."""
        samples, labels = real
        (real_logits, real_classes), (fake_logits, fake_classes) = view.both(samples, fake)
        loss = self.loss.discriminator(real_logits, fake_logits)
        measured = {"d_loss": loss, **self._accuracies(real_logits, fake_logits)}
        if self.classifies:
            measured["class_loss"] = losses.classification(real_classes, labels)
            loss += measured["class_loss"] + losses.classification(fake_classes, labels)
        if self.augmentation is not None:
            self.augmentation.update(ops.stop_gradient(real_logits))
        return loss, measured, (real_logits, fake_logits)

    def _discriminator_penalties(self, view, real, fake, noise, due):
        seen = (lambda x: view(x)[0]), real[0], fake
        return self._penalties("discriminator", seen, noise.key, due)

    def _generator_penalties(self, real, noise, due):
        seen = self.generator, noise.latents, real[1]
        return self._penalties("generator", seen, noise.key, due)

    def _penalties(self, player, seen, key, due):
        """A player's: the weighted sum, and name -> the penalty before its weight.

        Args:
            player: Name of the player.
            seen: The first three arguments of their `measure`.
            key: Of the half-step.
            due: Those to compute; the others are 0.
        """
        total, values = 0.0, {}
        for index, penalty in enumerate(self.penalties):
            if penalty.player != player:
                continue
            value = ops.zeros((), "float32")
            if penalty in due:
                value = penalty.measure(*seen, fold_in(key, PENALTY_DRAWS + index))
                weight = self.scheduled(penalty.name, penalty.weight)
                total += penalty.interval * weight * value
            values[penalty.name] = value
        return total, values

    def _generator_objective(self, real, noise, fake, penalties):
        """The generator's loss at its samples with its penalties, and what is measured."""
        samples, labels = real
        view = View(self, labels, noise.key)
        fake_logits, fake_classes = view(fake)
        real_logits = view(samples)[0] if self.loss.relativistic else None
        loss = self.loss.generator(real_logits, fake_logits)
        measured = {"g_loss": loss}
        if self.classifies:
            loss = loss + losses.classification(fake_classes, labels)
        penalty, values = self._generator_penalties(real, noise, penalties)
        return loss + penalty, {**measured, **values}

    def _accuracies(self, real_logits, fake_logits):
        real_margins, fake_margins = self.loss.margins(real_logits, fake_logits)
        return {"real_accuracy": accuracy(real_margins), "fake_accuracy": accuracy(fake_margins)}

    def _constrain(self):
        if self.constraint is not None:
            for weight in self.discriminator.trainable_variables:
                weight.assign(self.constraint(weight))


def accuracy(margins):
    """Share of margins on the positive side; a margin of exactly 0 counts half."""
    return ops.mean(ops.sign(margins) + 1.0) / 2.0
