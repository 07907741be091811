"""ProgressiveGAN: a GAN whose players begin with 4x4 pixels and grow while they learn."""

import functools

from keras_gan import schedules
from keras_gan.errors import ConfigError
from keras_gan.models.duel import Duel
from keras_gan.models.gan import GAN
from keras_gan.networks.progressive import GrowingNetwork

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class ProgressiveGAN(GAN):
    """ProGAN: as `GAN`, but that the images of a step are of the size that has been reached.

    Both players stand at a level, a function of the images seen: `schedules["level"]`, by default
    `keras_gan.schedules.Growth()`. Level s is 4 * 2^s pixels; from s - 1 to s the larger size
    fades in, in the real images too. A step computes that size alone. Samples always have the
    final size: what a lower level makes is enlarged. When other layers begin to take part, both
    optimizers begin anew.

    Args:
        generator: A `keras_gan.networks.ProgressiveGenerator`.
        discriminator: A `keras_gan.networks.ProgressiveDiscriminator`.
        seed, moving_average_half_life, latent_distribution, name: As in `GAN`.

    Raises:
        ConfigError: For networks that don't grow, or that don't fit each other.

    Source: Karras et al., "Progressive Growing of GANs for Improved Quality, Stability, and
    Variation", ICLR 2018.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.ProgressiveGAN(kg.networks.ProgressiveGenerator((8, 8, 1), 4, width=4),
    ...                         kg.networks.ProgressiveDiscriminator((8, 8, 1), width=4))
    >>> gan.compile(loss="wasserstein",
    ...             penalties=[kg.penalties.GradientPenalty(10.0), kg.penalties.Drift()],
    ...             schedules={"level": kg.schedules.Growth(20_000, 20_000)})
    >>> gan.sample(2).shape, float(gan.level)
    ((2, 8, 8, 1), 0.0)
    """

    def __init__(
        self,
        generator,
        discriminator,
        seed=0,
        moving_average_half_life=20_000,
        latent_distribution="normal",
        name="progressive_gan",
    ):
        for network in (generator, discriminator):
            if not isinstance(network, GrowingNetwork):
                raise ConfigError(
                    "expected networks that grow, ProgressiveGenerator and "
                    f"ProgressiveDiscriminator, got a {type(network).__name__}; play it with GAN."
                )
        super().__init__(
            generator, discriminator, seed, moving_average_half_life, latent_distribution, name
        )
        self._duels = {}
        self._set_level(0.0)

    @property
    def level(self):
        """The level that was trained last, a scalar."""
        return self.generator.level

    def _set_level(self, level):
        for network in (self.generator, self.discriminator, self.moving_average):
            network.level.assign(level)

    def compile_players(self, optimizers, schedules_by_name, numbers, config, **trainer):
        """Does what the base class does; the level is a schedule too."""
        self._duels = {}
        growing = {"level": schedules.Growth(), **schedules_by_name}
        super().compile_players(optimizers, growing, [*numbers, "level"], config, **trainer)
        for player in self.players:
            if not schedules.has_fixed_rate(self.optimizer_of(player)):
                raise ConfigError(
                    "expected an optimizer with a number as its learning_rate, as each stage "
                    "begins with a new one's state, got one with a Keras schedule; pass "
                    "schedules={'learning_rate': ...}."
                )

    @property
    def log_names(self):
        """Names of the values that a step logs."""
        return (*super().log_names, "level")

    # A step at the size that has been reached.

    def update_players(self, real, step):
        """Runs the step of the stage that the images seen so far have led to."""
        level = self._level_of_step()
        stage, begins = self._stage_of_step() if self.fixed_kind is None else self._fixed_stage()
        self._set_level(level)
        if self.fixed_kind is None:
            tf.cond(begins, self._begin_anew, lambda: None)
            stages = range(self.generator.last_stage + 1)
            ways = [functools.partial(self._update_stage, real, step, stage) for stage in stages]
            return {**tf.switch_case(stage, ways), "level": level}
        if begins:
            self._begin_anew()
        return {**self._update_stage(real, step, stage), "level": level}

    def _update_stage(self, real, step, stage):
        images = self.images_at(stage, real)
        return super().update_players(images, step, self.duel_at(stage))

    def duel_at(self, stage: int) -> Duel:
        """Returns the duel of the networks of a stage."""
        if stage not in self._duels:
            networks = self.generator.at(stage), self.discriminator.at(stage)
            self._duels[stage] = Duel(*networks, self.rules, self.scheduled)
        return self._duels[stage]

    def images_at(self, stage: int, real):
        """Returns `(images, labels)` with the images at the size of a stage."""
        last_stage = self.generator.last_stage
        return images_of_stage(real[0], last_stage, stage, self._level_of_step()), real[1]

    def next_duel(self, real):
        """Returns the batch as the next step sees it, and the duel that it plays."""
        stage = int(self._stage_of_step()[0])
        return self.images_at(stage, real), self.duel_at(stage)

    def _level_of_step(self):
        """Returns the level that the images seen have led to, a float32 scalar."""
        return ops.minimum(self.scheduled("level", None), float(self.generator.last_stage))

    def _stage_of_step(self):
        """Returns the stage that the step trains, and whether other layers take part now."""
        level, before = self._level_of_step(), ops.convert_to_tensor(self.level)
        other = (ops.floor(level) != ops.floor(before)) | (ops.ceil(level) != ops.ceil(before))
        return ops.cast(ops.ceil(level), "int32"), other

    def next_kind(self):
        """Returns the kind of the next step, with its stage and whether that begins."""
        stage, begins = self._stage_of_step()
        return {**super().next_kind(), "stage": int(stage), "begins": bool(begins)}

    def _fixed_stage(self):
        return self.fixed_kind["stage"], self.fixed_kind["begins"]

    def _begin_anew(self):
        """Forgets all that the optimizers know of earlier gradients, and how many there were."""
        for player in self.players:
            optimizer = schedules.inner_optimizer(self.optimizer_of(player))
            for variable in optimizer.variables:
                if variable is not optimizer._learning_rate:
                    variable.assign(ops.zeros_like(variable))

    def update_averages(self, batch_size):
        """Does what the base class does; the level isn't averaged."""
        super().update_averages(batch_size)
        self.moving_average.level.assign(self.generator.level)


def images_of_stage(images, last_stage, stage, level):
    """Returns real images at the size of a stage; while that fades in, so do their details.

    Args:
        images: `(batch, size, size, channels)`, of the last stage.
        last_stage: The stage of that size.
        stage: Int, from 0 to `last_stage`.
        level: From `stage - 1` to `stage`, a scalar.
    """
    images = shrink(images, 2 ** (last_stage - stage))
    if stage == 0:
        return images
    alpha = level - (stage - 1.0)
    coarse = repeat_pixels(shrink(images, 2), 2)
    return (1.0 - alpha) * coarse + alpha * images


def shrink(images, factor):
    """Returns images of 1/factor the size: means of squares of pixels."""
    return images if factor == 1 else ops.average_pool(images, factor, factor)
