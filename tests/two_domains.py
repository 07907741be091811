"""A game of two domains, as small as can be: two generators, two discriminators, cycles."""

import functools

import keras_gan as kg
from keras_gan.signature import Signature

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="tests")
class TwoDomains(kg.AdversarialModel):
    """Images of domain A become images of domain B, and back."""

    players = {
        "generator": ("generator_ab", "generator_ba"),
        "discriminator": ("discriminator_a", "discriminator_b"),
    }
    averages = {"average_ab": "generator_ab", "average_ba": "generator_ba"}
    domains = {"a": "discriminator_a", "b": "discriminator_b"}
    test_log_names = ("cycle_loss",)

    def compile(
        self, generator_optimizer, discriminator_optimizer, rules, schedules=None, **trainer
    ):
        optimizers = {"generator": generator_optimizer, "discriminator": discriminator_optimizer}
        self.compile_players(optimizers, rules, schedules, **trainer)

    def make_duels(self, rules):
        return (
            kg.Duel(self.generator_ab, self.discriminator_b, rules.copy(), self.scheduled, "b"),
            kg.Duel(self.generator_ba, self.discriminator_a, rules.copy(), self.scheduled, "a"),
        )

    @property
    def log_names(self):
        return (*super().log_names, "cycle_loss")

    def update_kind(self, batch, step, due):
        noise = kg.models.Noise(None, kg.noise.stream_key(self.seed, "domains", step))
        objectives = {
            "generator": functools.partial(self.generator_objective, due=due),
            "discriminator": functools.partial(self.discriminator_objective, due=due),
        }
        logs = [self.minimize(name, each, (batch, noise)) for name, each in objectives.items()]
        return logs[0] | logs[1]

    def generator_objective(self, batch, noise, due):
        total, logs = 0.0, {}
        for duel, back, a, b in zip(self.duels, self.duels[::-1], batch, batch[::-1], strict=True):
            fake = duel.generate(a)
            loss, more = duel.generator_objective((b, None), noise, due, fake)
            cycle = ops.mean(ops.abs(back.generate(fake) - a))
            total, logs = total + loss + 10.0 * cycle, logs | more | {"cycle_loss": cycle}
        return total, logs

    def discriminator_objective(self, batch, noise, due):
        total, logs = 0.0, {}
        for duel, a, b in zip(self.duels, batch, batch[::-1], strict=True):
            fake = duel.generate(a)
            loss, more = duel.discriminator_objective((b, None), noise, due, fake)
            total, logs = total + loss, logs | more
        return total, logs

    def test_batch(self, batch, index):
        back = self.average_ba(self.average_ab(batch[0]))
        return {"cycle_loss": ops.mean(ops.abs(back - batch[0]))}

    def signatures(self):
        networks = {"a_to_b": self.average_ab, "b_to_a": self.average_ba}
        return {n: Signature.between(net, kg.media.Image()) for n, net in networks.items()}

    def preview(self, rows=None, columns=None, seed=0):
        images = self.signatures()["a_to_b"].example_inputs(rows or 4, seed)["images"]
        translated = self.average_ab(images)
        rows = ops.stack([images, translated, self.average_ba(translated)], axis=1)
        return np.reshape(rows, (-1, *images.shape[1:])), 3
