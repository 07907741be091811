"""Penalty: the base class of all penalties."""

from collections.abc import Callable

from keras_gan.checks import check_integer, check_number

import keras
import tensorflow as tf


class Penalty:
    """Base of the penalties: a subclass defines `measure`.

    Args:
        weight: Factor of the penalty, at least 0.
        interval: Number of steps between two evaluations. The penalty then counts `interval` times
            as much ("lazy regularization", Karras et al. 2020). 1 is every step.

    Attributes:
        name: Name in logs and schedules.
        player: Name of the player whose objective includes the penalty.
        variables: State that is saved with the model.
    """

    name = "penalty"
    player = "discriminator"
    variables = ()

    def __init__(self, weight: float, interval: int = 1):
        self.weight = check_number("weight", weight)
        self.interval = check_integer("interval", interval)

    def __call__(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """Computes the penalty times weight and interval, a float32 scalar.

        Args:
            discriminator: `samples -> (batch,)` float32 logits, or `(batch, ...)` for patches.
            real, fake: Real and generated samples `(batch, *sample_shape)`.
            key: A `keras_gan.noise` key, or None for penalties without random numbers.
        """
        return self.weight * self.interval * self.measure(discriminator, real, fake, key)

    def measure(
        self,
        discriminator: Callable,
        real: tf.Tensor,
        fake: tf.Tensor,
        key: tf.Tensor | None = None,
        logits: tuple = (None, None),
    ) -> tf.Tensor:
        """Computes the penalty without its weight; subclasses implement this.

        Args:
            discriminator, real, fake, key: As in `__call__`.
            logits: Logits of `real` and of `fake`, each None if they aren't computed yet.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no measure.")

    def check(self, network: keras.Model) -> None:
        """Raises `ConfigError` if the penalty can't be applied to a network."""

    def get_config(self) -> dict:
        """Returns the constructor's arguments, as Keras serializes them."""
        return {"weight": self.weight, "interval": self.interval}

    @classmethod
    def from_config(cls, config: dict) -> "Penalty":
        """Makes the penalty from its constructor's arguments."""
        return cls(**config)


def logits_of(discriminator: Callable, samples: tf.Tensor, logits: tf.Tensor | None) -> tf.Tensor:
    """Returns the logits, computing them if they are None."""
    return discriminator(samples) if logits is None else logits
