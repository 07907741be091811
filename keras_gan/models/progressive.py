"""ProgressiveGAN: a GAN whose players start at 4x4 pixels and grow during training."""

import functools

from keras_gan import schedules
from keras_gan.errors import ConfigError
from keras_gan.layers.resampling import repeat_pixels
from keras_gan.models.duel import Duel
from keras_gan.models.gan import GAN
from keras_gan.models.rules import Rules
from keras_gan.networks.progressive import GrowingNetwork

import keras
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="keras_gan")
class ProgressiveGAN(GAN):
    """A GAN that trains on images of growing size (ProGAN).

    The level is a function of the images seen: `schedules["level"]`, by default
    `keras_gan.schedules.Growth()`. Level s is 4 * 2^s pixels; from s - 1 to s the larger size fades
    in, also in the real images. A step only computes the current size. Samples always have the
    final size: images of lower levels are enlarged. Both optimizers are reset whenever the set of
    trained layers changes.

    Args:
        generator: A `keras_gan.networks.ProgressiveGenerator`.
        discriminator: A `keras_gan.networks.ProgressiveDiscriminator`.
        seed, moving_average_half_life, latent_distribution, name: As in `GAN`.

    Raises:
        ConfigError: For networks that can't grow or don't fit each other.

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
        generator: GrowingNetwork,
        discriminator: GrowingNetwork,
        seed: int = 0,
        moving_average_half_life: float = 20_000,
        latent_distribution: str = "normal",
        name: str = "progressive_gan",
    ):
        for network in (generator, discriminator):
            if not isinstance(network, GrowingNetwork):
                raise ConfigError(
                    "expected networks that grow, ProgressiveGenerator and "
                    f"ProgressiveDiscriminator, got a {type(network).__name__}; use GAN for it."
                )
        super().__init__(
            generator, discriminator, seed, moving_average_half_life, latent_distribution, name
        )
        self._set_level(0.0)

    @property
    def level(self) -> keras.Variable:
        """Level of the last step, a scalar."""
        return self.generator.level

    def _set_level(self, level):
        for network in (self.generator, self.discriminator, self.moving_average):
            network.level.assign(level)

    def make_duels(self, rules: Rules) -> tuple[Duel, ...]:
        """Returns the duel of the last stage; `duel_at` returns those of others."""
        self._duels = {}
        return super().make_duels(rules)

    def compile_optimizers(
        self,
        optimizers: dict[str, keras.optimizers.Optimizer | str | None],
        schedules_by_name: dict[str, schedules.Schedule],
    ) -> None:
        """Builds the optimizers, which a new stage resets, and sets the schedules."""
        super().compile_optimizers(optimizers, schedules_by_name)
        for player in self.players:
            if not schedules.has_fixed_rate(self.optimizer_of(player)):
                raise ConfigError(
                    "expected an optimizer with a number as its learning_rate, as each stage "
                    "resets the optimizer, got one with a Keras schedule; pass "
                    "schedules={'learning_rate': ...}."
                )

    def default_schedules(self, images: int | None = None) -> dict[str, schedules.Schedule]:
        """Returns the schedule of the level: each size fades in over a phase, then trains for one.

        The last size trains for two.

        Args:
            images: Number of images of the run; None for the phases of `Growth()`.
        """
        if images is None:
            return {"level": schedules.Growth()}
        phase = max(1, images // (2 * self.generator.last_stage + 2))
        return {"level": schedules.Growth(phase, phase)}

    @property
    def scheduled_numbers(self) -> tuple[str, ...]:
        """Names of the numbers that can be scheduled, besides those of the optimizers."""
        return (*super().scheduled_numbers, "level")

    @property
    def log_names(self) -> tuple[str, ...]:
        """Names of the values that a step logs."""
        return (*super().log_names, "level")

    # The step at the current size.

    def update_players(self, real: tuple, step: tf.Tensor) -> dict:
        """Updates the players at the current stage and returns the logs."""
        level = self._level_of_step()
        stage, is_new = self._stage_of_kind()
        self._set_level(level)
        ops.cond(is_new, self._reset_optimizers, lambda: None)
        stages = range(self.generator.last_stage + 1)
        branches = [functools.partial(self._update_stage, real, step, each) for each in stages]
        logs = branches[stage]() if isinstance(stage, int) else tf.switch_case(stage, branches)
        return {**logs, "level": level}

    def _stage_of_kind(self):
        """Returns `_stage_of_step()`, as an int and a bool if the kind of the step is fixed."""
        kind = self.fixed_kind
        return self._stage_of_step() if kind is None else (kind["stage"], kind["is_new"])

    def _update_stage(self, real, step, stage):
        return self.update_duel(self.duel_at(stage), self.images_at(stage, real), step)

    def duel_at(self, stage: int) -> Duel:
        """Returns the duel between the networks of a stage."""
        if stage not in self._duels:
            networks = self.generator.at(stage), self.discriminator.at(stage)
            self._duels[stage] = Duel(*networks, self.rules, self.scheduled)
        return self._duels[stage]

    def images_at(self, stage: int, real: tuple) -> tuple:
        """Returns `(images, labels)` with images of a stage's size."""
        last_stage = self.generator.last_stage
        return images_of_stage(real[0], last_stage, stage, self._level_of_step()), real[1]

    def next_duel(self, real: tuple) -> tuple[tuple, Duel]:
        """Returns the batch `(images, labels)` and the duel of the next step."""
        stage = int(self._stage_of_step()[0])
        return self.images_at(stage, real), self.duel_at(stage)

    def _level_of_step(self):
        """Returns the level for the images seen, a float32 scalar."""
        return ops.minimum(self.scheduled("level", None), float(self.generator.last_stage))

    def _stage_of_step(self):
        """Returns the stage of the step, and whether it trains other layers than the last step."""
        level, last = self._level_of_step(), ops.convert_to_tensor(self.level)
        is_new = (ops.floor(level) != ops.floor(last)) | (ops.ceil(level) != ops.ceil(last))
        return ops.cast(ops.ceil(level), "int32"), is_new

    def next_kind(self) -> dict:
        """Returns the kind of the next step, with its stage and whether the stage is new."""
        stage, is_new = self._stage_of_step()
        return {**super().next_kind(), "stage": int(stage), "is_new": bool(is_new)}

    def _reset_optimizers(self):
        """Resets the optimizers' moments and step counts."""
        for player in self.players:
            optimizer = schedules.inner_optimizer(self.optimizer_of(player))
            for variable in optimizer.variables:
                if variable is not optimizer._learning_rate:
                    variable.assign(ops.zeros_like(variable))

    def update_averages(self, batch_size: int | tf.Tensor) -> None:
        """Updates the moving averages, but copies the level."""
        super().update_averages(batch_size)
        self.moving_average.level.assign(self.generator.level)


def images_of_stage(
    images: tf.Tensor, last_stage: int, stage: int, level: float | tf.Tensor
) -> tf.Tensor:
    """Returns real images at the size of a stage, with details that fade in with the stage.

    Args:
        images: `(batch, size, size, channels)`, of the last stage's size.
        last_stage: Stage of that size.
        stage: From 0 to `last_stage`.
        level: From `stage - 1` to `stage`, a scalar.
    """
    images = shrink(images, 2 ** (last_stage - stage))
    if stage == 0:
        return images
    alpha = level - (stage - 1.0)
    coarse = repeat_pixels(shrink(images, 2), 2)
    return (1.0 - alpha) * coarse + alpha * images


def shrink(images: tf.Tensor, factor: int) -> tf.Tensor:
    """Shrinks images by averaging squares of `factor` x `factor` pixels."""
    return images if factor == 1 else ops.average_pool(images, factor, factor)
