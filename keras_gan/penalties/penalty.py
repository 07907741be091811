"""Penalty: the base of all of them."""

from keras_gan.checks import check_integer, check_number


class Penalty:
    """Base of the penalties: a subclass defines `measure`.

    Args:
        weight: The factor in front, at least 0.
        interval: The penalty is computed every `interval` steps and then counts `interval`
            times as much ("lazy regularisation", Karras et al. 2020). 1 is every step.

    Attributes:
        name: Name under which it is logged and scheduled.
        player: The player whose objective it is a part of.
        variables: Its state from step to step, to be saved with the model.
    """

    name = "penalty"
    player = "discriminator"
    variables = ()

    def __init__(self, weight: float, interval: int = 1):
        self.weight = check_number("weight", weight)
        self.interval = check_integer("interval", interval)

    def __call__(self, discriminator, real, fake, key=None):
        """Returns the penalty at these samples times weight and interval, a float32 scalar.

        Args:
            discriminator: `samples -> (batch,)` float32 logits; of patches, `(batch, ...)`.
            real, fake: Real and generated samples `(batch, *sample_shape)`.
            key: A `keras_gan.noise` key; None will do for penalties that draw nothing.
        """
        return self.weight * self.interval * self.measure(discriminator, real, fake, key)

    def measure(self, discriminator, real, fake, key=None, logits=(None, None)):
        """Computes the penalty before its weight; a penalty defines it.

        Args:
            discriminator, real, fake, key: As in `__call__`.
            logits: The discriminator's logits of `real` and of `fake`, where they are at hand.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no measure.")

    def check(self, network):
        """Raises `ConfigError` for a network, its player, that can't have it."""

    def get_config(self):
        """Returns the constructor's arguments, as Keras serialises them."""
        return {"weight": self.weight, "interval": self.interval}

    @classmethod
    def from_config(cls, config):
        """Makes the penalty of these constructor's arguments."""
        return cls(**config)


def logits_of(discriminator, samples, logits):
    """Returns the logits at hand, or where they are None, the discriminator's of these samples."""
    return discriminator(samples) if logits is None else logits
