"""ProgressiveGAN: a GAN whose players begin with 4x4 pixels and grow while they learn."""

import contextlib
import functools

from keras_gan import schedules
from keras_gan.errors import ConfigError
from keras_gan.layers.resampling import repeated
from keras_gan.models.gan import GAN
from keras_gan.models.remat import Rematerialized
from keras_gan.networks.progressive import Growing
from keras_gan.penalties import branch

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
            if not isinstance(network, Growing):
                raise ConfigError(
                    "expected networks that grow, ProgressiveGenerator and "
                    f"ProgressiveDiscriminator, got a {type(network).__name__}; play it with GAN."
                )
        super().__init__(
            generator, discriminator, seed, moving_average_half_life, latent_distribution, name
        )
        self._stage = self._chosen = None
        self._set_level(0.0)

    @property
    def level(self):
        """The level that was trained last, a scalar."""
        return self.generator.level

    def _set_level(self, level):
        for network in (self.generator, self.discriminator, self.moving_average):
            network.level.assign(level)

    def compile_players(self, optimizers, numbers, config, **trainer):
        """As in the base class; the level is a schedule too."""
        growing = {"level": schedules.Growth(), **config["schedules"]}
        super().compile_players(
            optimizers, [*numbers, "level"], {**config, "schedules": growing}, **trainer
        )
        for player in self.players:
            optimizer = getattr(self, f"{player}_optimizer")
            if not schedules.has_fixed_rate(optimizer):
                raise ConfigError(
                    "expected an optimizer with a number as its learning_rate, as each stage "
                    "begins with a new one's state, got one with a Keras schedule; pass "
                    "schedules={'learning_rate': ...}."
                )

    @property
    def measured(self):
        """Names of what is logged."""
        return (*super().measured, "level")

    # A step at the size that has been reached.

    def play(self, real, step):
        """As in `GAN`, at the stage that the images seen so far have led to."""
        level = self._level_of_step()
        stage, begins = self._stage_of_step() if self._chosen is None else self._chosen
        branch(begins, self._begin_anew, lambda: None)
        self._set_level(level)

        def at(stage):
            with self._at(stage):
                images = shown(real[0], self.generator.last_stage, stage, level)
                return super(ProgressiveGAN, self).play((images, real[1]), step)

        if isinstance(stage, int):
            return {**at(stage), "level": level}
        stages = range(self.generator.last_stage + 1)
        measured = tf.switch_case(stage, [functools.partial(at, stage) for stage in stages])
        return {**measured, "level": level}

    @contextlib.contextmanager
    def as_in_a_step(self, real):
        """As in `GAN`: at the next step's stage."""
        stage = int(self._stage_of_step()[0])
        last, level = self.generator.last_stage, self._level_of_step()
        with self._at(stage):
            yield shown(real[0], last, stage, level), real[1]

    def _level_of_step(self):
        """Where the images seen have led to, a float32 scalar."""
        return ops.minimum(self.scheduled("level", None), float(self.generator.last_stage))

    def _stage_of_step(self):
        """The stage that the step trains, and whether other layers take part than before."""
        level, before = self._level_of_step(), ops.convert_to_tensor(self.level)
        other = (ops.floor(level) != ops.floor(before)) | (ops.ceil(level) != ops.ceil(before))
        return ops.cast(ops.ceil(level), "int32"), other

    def kind_of_step(self, step):
        """As in `GAN`, and the stage."""
        stage, begins = self._stage_of_step()
        return *super().kind_of_step(step), int(stage), bool(begins)

    @contextlib.contextmanager
    def choosing_branches_of(self, step):
        """As in the base class; the host has chosen the stage too."""
        with tf.init_scope():
            self._chosen = self.kind_of_step(step)[-2:]
        try:
            with super().choosing_branches_of(step):
                yield
        finally:
            self._chosen = None

    @contextlib.contextmanager
    def _at(self, stage):
        """While it lasts, the players are those of a stage."""
        before, self._stage = self._stage, stage
        try:
            yield
        finally:
            self._stage = before

    def _begin_anew(self):
        """Forgets all that the optimizers know of earlier gradients, and how many there were."""
        for player in self.players:
            optimizer = schedules.inner_optimizer(getattr(self, f"{player}_optimizer"))
            for variable in optimizer.variables:
                if variable is not optimizer._learning_rate:
                    variable.assign(ops.zeros_like(variable))

    def _player(self, player, training):
        """The network of the stage that is played, or in training what stands for it."""
        if self._stage is None:
            return super()._player(player, training)
        network = getattr(self, player).at(self._stage)
        if not (training and self.remat):
            return network
        key = f"{player}_{self._stage}"
        if key not in self._rematerialized:
            self._rematerialized[key] = Rematerialized(network)
        return self._rematerialized[key]

    def moving_variables(self, player):
        """The weights of the stage that is played."""
        if self._stage is None:
            return super().moving_variables(player)
        return getattr(self, player).at(self._stage).trainable_variables

    def update_moving_average(self, average, network, batch_size):
        """As in the base class; the level isn't averaged."""
        super().update_moving_average(average, network, batch_size)
        average.level.assign(network.level)


def shown(images, last_stage, stage, level):
    """Real images at the size of a stage; while that fades in, so do their details.

    Args:
        images: `(batch, size, size, channels)`, of the last stage.
        last_stage: The stage of that size.
        stage: Int, from 0 to `last_stage`.
        level: From `stage - 1` to `stage`, a scalar.
    """
    images = shrunk(images, 2 ** (last_stage - stage))
    if stage == 0:
        return images
    alpha = level - (stage - 1.0)
    coarse = repeated(shrunk(images, 2), 2)
    return (1.0 - alpha) * coarse + alpha * images


def shrunk(images, factor):
    """Images of 1/factor the size: means of squares of pixels."""
    return images if factor == 1 else ops.average_pool(images, factor, factor)
