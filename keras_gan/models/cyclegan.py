"""CycleGAN: two domains of images without pairs, each translated into the other and back."""

import functools
import math
from collections.abc import Sequence
from typing import Any

from keras_gan import gradients, media
from keras_gan.checks import check_integer, check_number
from keras_gan.errors import ConfigError
from keras_gan.losses import LeastSquares
from keras_gan.models.adversarial import AdversarialModel
from keras_gan.models.duel import Duel, Noise
from keras_gan.models.image_pool import ImagePool
from keras_gan.models.rules import Rules
from keras_gan.noise import fold_in, stream_key
from keras_gan.schedules import Schedule
from keras_gan.signature import Signature

import keras
import tensorflow as tf
from keras import ops

STREAM = "translation"


@keras.saving.register_keras_serializable(package="keras_gan")
class CycleGAN(AdversarialModel):
    """Translates images of domain A to domain B and back, learnt from unpaired images.

    Each generator faces the discriminator of the domain that it makes. An image translated and
    translated back should be the image again (cycle loss), and one that already is of the domain
    should stay as it is (identity loss). Discriminators see translations of past steps too, from an
    `ImagePool`. As in the authors' code, both generators step first, then both discriminators, on
    the translations from before.

    Args:
        generator_ab, generator_ba: Networks `images -> images`, such as
            `keras_gan.networks.ResNetTranslator`.
        discriminator_a, discriminator_b: Networks of a logit per patch or image, such as
            `keras_gan.networks.PatchDiscriminator`.
        image_size: Height and width of the images in training.
        pool_size: Number of past translations that are kept of each domain; 0 for none.
        seed, moving_average_half_life, name: As in `AdversarialModel`.

    Raises:
        ConfigError: For numbers out of range, or networks whose channels don't fit.

    Source: Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial
    Networks", ICCV 2017.

    Example:

        translator, judge = kg.networks.ResNetTranslator, kg.networks.PatchDiscriminator
        game = kg.CycleGAN(translator(), translator(), judge(), judge())
        game.compile()
        pair = kg.datasets.pair(horses, zebras)
        game.fit(pair.to_dataset(batch_size=1), epochs=200)
        zebras = game.average_ab(horses)
    """

    players = {
        "generator": ("generator_ab", "generator_ba"),
        "discriminator": ("discriminator_a", "discriminator_b"),
    }
    averages = {"average_ab": "generator_ab", "average_ba": "generator_ba"}
    domains = {"a": "generator_ab", "b": "generator_ba"}
    test_log_names = ("cycle_loss",)

    def __init__(
        self,
        generator_ab: keras.Model,
        generator_ba: keras.Model,
        discriminator_a: keras.Model,
        discriminator_b: keras.Model,
        image_size: Sequence[int] = (256, 256),
        pool_size: int = 50,
        seed: int = 0,
        moving_average_half_life: float = 20_000,
        name: str = "cyclegan",
    ):
        super().__init__(
            seed,
            moving_average_half_life,
            name,
            generator_ab=generator_ab,
            generator_ba=generator_ba,
            discriminator_a=discriminator_a,
            discriminator_b=discriminator_b,
        )
        self.image_size = tuple(check_integer("image_size", side) for side in image_size)
        check_sides(self.image_size, (generator_ab, generator_ba))
        self.pool_size = pool_size
        self.pool_a, self.pool_b = (
            ImagePool(pool_size, shape, name=f"pool_{domain}")
            for domain, shape in self.domain_shapes.items()
        )

    def compile(
        self,
        generator_optimizer: keras.optimizers.Optimizer | str | None = None,
        discriminator_optimizer: keras.optimizers.Optimizer | str | None = None,
        rules: Rules | None = None,
        schedules: dict[str, Schedule] | None = None,
        cycle: float = 10.0,
        identity: float = 0.5,
        jit_compile: bool | str = "auto",
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        **rule: Any,
    ) -> None:
        """Configures the model for training.

        Args:
            generator_optimizer, discriminator_optimizer: Keras optimizers or their names;
                `keras_gan.optimizers.Adam(1e-3, 0.0, 0.99)` by default.
            rules: `keras_gan.Rules`; by default least squares as in the authors' code.
            schedules: As in `GAN.compile`.
            cycle: Weight of the cycle loss.
            identity: Weight of the identity loss relative to that of the cycle loss; 0 for domains
                with different numbers of channels.
            jit_compile, run_eagerly, steps_per_execution: As in `GAN.compile`.
            **rule: Fields of `keras_gan.Rules`, in place of `rules`.

        Raises:
            ConfigError: For a value out of range, an identity loss between domains of different
                numbers of channels, or a pool on several replicas.
        """
        if self.replicated and self.pool_size:
            raise ConfigError(
                f"expected pool_size=0 on several replicas, got {self.pool_size}: each would keep "
                "images of its own."
            )
        self.cycle = check_number("cycle", cycle)
        self.identity = check_number("identity", identity)
        if identity and len(set(check_channels(self.generator_ab, self.generator_ba))) > 1:
            raise ConfigError(
                f"expected domains of equally many channels for an identity loss of {identity}, "
                f"got {check_channels(self.generator_ab, self.generator_ba)}; compile with "
                "identity=0."
            )
        if rules is None:
            rules = Rules(**{"loss": LeastSquares(generator_weight=1.0), **rule})
        self.compile_players(
            {"generator": generator_optimizer, "discriminator": discriminator_optimizer},
            rules,
            schedules,
            jit_compile,
            run_eagerly,
            steps_per_execution,
            cycle=cycle,
            identity=identity,
        )

    def make_duels(self, rules: Rules) -> tuple[Duel, Duel]:
        """Returns the duel over B, then that over A."""
        return (
            Duel(self.generator_ab, self.discriminator_b, rules.copy(), self.scheduled, "b"),
            Duel(self.generator_ba, self.discriminator_a, rules.copy(), self.scheduled, "a"),
        )

    @property
    def log_names(self) -> tuple[str, ...]:
        """Names of the values that a step logs."""
        return (*super().log_names, "cycle_loss", "identity_loss")

    @property
    def domain_shapes(self) -> dict[str, tuple]:
        """Name of each domain -> shape of its images in training."""
        channels = check_channels(self.generator_ab, self.generator_ba)
        return {name: (*self.image_size, n) for name, n in zip("ab", channels, strict=True)}

    def update_kind(self, batch: tuple, step: tf.Tensor, due: Sequence[str]) -> dict:
        """Updates both generators, then both discriminators."""
        key = stream_key(self.seed, STREAM, step)
        noise = Noise(None, key)
        logs, fakes = self.generator_step(batch, noise, due)
        pooled = tuple(
            pool(ops.stop_gradient(fake), fold_in(key, index))
            for index, (pool, fake) in enumerate(zip(self.pools, fakes, strict=True))
        )
        objective = functools.partial(self.discriminator_objective, due=due)
        return logs | self.minimize("discriminator", objective, (batch, noise, pooled))

    def generator_step(
        self, batch: tuple, noise: Noise, due: Sequence[str]
    ) -> tuple[dict, tuple[tf.Tensor, tf.Tensor]]:
        """Updates both generators; returns the logs, and the translations from before.

        With accumulation, images are translated again part by part, so that no activations of the
        whole batch are kept.
        """
        objective = functools.partial(self.generator_objective, due=due)
        if self.rules.accumulation > 1:
            fakes = self.translate_batch(batch)
            return self.minimize("generator", objective, (batch, noise)), fakes
        variables = self.variables_of("generator")
        with gradients.Recording(variables) as recording:
            fakes = self.translate_batch(batch)
            loss, logs = objective(batch, noise, fakes)
        grads = recording.gradients(loss, self.optimizer_of("generator").scale_loss(1.0))
        return logs | self.apply_gradients("generator", grads, variables), fakes

    @property
    def pools(self) -> tuple[ImagePool, ImagePool]:
        """Pools of the translations of each duel, as the duels are ordered."""
        return self.pool_b, self.pool_a

    def translate_batch(self, batch: tuple) -> tuple[tf.Tensor, tf.Tensor]:
        """Translates images of both domains, in training mode."""
        return tuple(duel.generate(x) for duel, x in zip(self.duels, batch, strict=True))

    def generator_objective(
        self, batch: tuple, noise: Noise, fakes: tuple | None = None, due: Sequence[str] = ()
    ) -> tuple[tf.Tensor, dict]:
        """Computes the loss of both generators.

        Args:
            batch: Images of A and of B.
            noise: A `Noise`.
            fakes: Their translations, to B and to A, if they are computed already.
            due: Names of the penalties that are due.

        Returns:
            `(loss, logs)`, with cycle and identity losses logged without their weights.
        """
        fakes = self.translate_batch(batch) if fakes is None else fakes
        total, logs = 0.0, {}
        cycle = identity = ops.zeros((), "float32")
        for duel, back, real, other, fake in zip(
            self.duels, self.duels[::-1], batch, batch[::-1], fakes, strict=True
        ):
            loss, more = duel.generator_objective((other, None), noise, due, fake)
            total, logs = total + loss, logs | more
            cycle += ops.mean(ops.abs(back.generate(fake) - real))
            if self.identity:
                identity += ops.mean(ops.abs(duel.generate(other) - other))
        total += self.cycle * (cycle + self.identity * identity)
        return total, logs | {"cycle_loss": cycle, "identity_loss": identity}

    def discriminator_objective(
        self, batch: tuple, noise: Noise, fakes: tuple, due: Sequence[str] = ()
    ) -> tuple[tf.Tensor, dict]:
        """Computes the loss of both discriminators; arguments as in `generator_objective`."""
        total, logs = 0.0, {}
        for duel, other, fake in zip(self.duels, batch[::-1], fakes, strict=True):
            loss, more = duel.discriminator_objective((other, None), noise, due, fake)
            total, logs = total + loss, logs | more
        return total, logs

    def test_batch(self, batch: tuple, index: tf.Tensor) -> dict:
        """Computes the cycle loss of the averaged generators."""
        a, b = batch
        there_and_back = (self.average_ba(self.average_ab(a)), a)
        back_and_there = (self.average_ab(self.average_ba(b)), b)
        errors = (ops.mean(ops.abs(x - y)) for x, y in (there_and_back, back_and_there))
        return {"cycle_loss": sum(errors)}

    def signatures(self) -> dict[str, Signature]:
        """Returns the functions to export: `a_to_b` and `b_to_a`."""
        networks = {"a_to_b": self.average_ab, "b_to_a": self.average_ba}
        return {n: Signature.between(net, media.Image()) for n, net in networks.items()}

    def get_config(self) -> dict:
        """Returns the constructor's arguments, as Keras serializes them."""
        return {
            **super().get_config(),
            "image_size": list(self.image_size),
            "pool_size": self.pool_size,
        }


def check_channels(generator_ab: keras.Model, generator_ba: keras.Model) -> tuple[int, int]:
    """Returns the numbers of channels of both domains.

    Raises:
        ConfigError: For generators that don't lead back.
    """
    forth, back = (
        (network.input_shape[-1], network.output_shape[-1])
        for network in (generator_ab, generator_ba)
    )
    if forth != back[::-1]:
        raise ConfigError(
            f"expected a way back, got generator_ab from {forth[0]} to {forth[1]} channels and "
            f"generator_ba from {back[0]} to {back[1]}."
        )
    return forth


def check_sides(image_size: tuple[int, int], translators: Sequence[keras.Model]) -> None:
    """Raises `ConfigError` for a size that translators would change."""
    factor = math.lcm(*(getattr(network, "side_factor", 1) for network in translators))
    if any(side % factor for side in image_size):
        raise ConfigError(
            f"expected height and width as multiples of {factor} for these generators, got "
            f"image_size={image_size}."
        )
