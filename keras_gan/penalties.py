"""What keeps the discriminator smooth.

A penalty is called as `(discriminator, real, fake) -> scalar`, where `discriminator` maps samples
to `(batch,)` logits. Its weight and its interval belong to it.
"""

import keras
from keras import ops

from keras_gan import gradients
from keras_gan.errors import ConfigError


class Penalty:
    """What a penalty has to offer.

    Args:
        weight: The factor in front, at least 0.
        interval: The penalty is computed every `interval` steps and then counts `interval`
            times as much ("lazy regularisation", Karras et al. 2020). 1 is every step.
    """

    name = "penalty"

    def __init__(self, weight: float, interval: int = 1):
        if not weight >= 0:
            raise ConfigError(f"expected a penalty weight >= 0, got {weight}.")
        if interval < 1 or int(interval) != interval:
            raise ConfigError(f"expected a whole penalty interval >= 1, got {interval}.")
        self.weight = weight
        self.interval = int(interval)

    @property
    def strength(self) -> float:
        """The factor of one computation: weight times interval."""
        return self.weight * self.interval

    def __call__(self, discriminator, real, fake):
        """The penalty at these samples with its strength, a float32 scalar."""
        return self.strength * self.measure(discriminator, real, fake)

    def measure(self, discriminator, real, fake):
        """The penalty before its weight: what a penalty defines."""
        raise TypeError(f"{type(self).__name__} defines no measure.")

    def get_config(self):
        """Constructor arguments, as Keras serialises them."""
        return {"weight": self.weight, "interval": self.interval}

    @classmethod
    def from_config(cls, config):
        """The penalty with these constructor arguments."""
        return cls(**config)


def squared_norm(gradient):
    """Squared L2 norm of each sample: `(batch, ...) -> (batch,)`, in float32."""
    gradient = ops.cast(gradient, "float32")
    return ops.sum(ops.square(gradient), axis=tuple(range(1, len(gradient.shape))))


@keras.saving.register_keras_serializable(package="keras_gan")
class R1(Penalty):
    """Gradient penalty at real samples: (weight / 2) E[|grad_x D(x)|^2].

    Args:
        weight: gamma. Scale it with the number of pixels: about 0.1 to 1 for digits.
        interval: Every how many steps; see `Penalty`.

    Source: Mescheder et al., "Which Training Methods for GANs do actually Converge?", ICML 2018,
    equation 9.

    Example:

    >>> import keras_gan as kg
    >>> from keras import ops
    >>> penalty = kg.penalties.R1(weight=2.0)
    >>> linear = lambda x: 3.0 * x[:, 0]
    >>> float(penalty(linear, ops.ones((4, 1)), None))
    9.0
    """

    name = "r1"

    def measure(self, discriminator, real, fake):
        """E[|grad_x D(x)|^2] / 2."""
        return ops.mean(squared_norm(gradients.of_inputs(discriminator, real))) / 2.0


def branch_on_interval(penalties, step, half_step, due=()):
    """Runs `half_step(due)` with the penalties that fall due at this step.

    Each lazy penalty is a branch rather than a mask, so that the steps without it do none of
    its work, under XLA too.

    Args:
        penalties: `Penalty` objects.
        step: Integer scalar.
        half_step: `(penalties due) -> measured`, of one structure whatever is due.

    Returns:
        What `half_step` returned.
    """
    if not penalties:
        return half_step(due)
    first, rest = penalties[0], penalties[1:]

    def with_it():
        return branch_on_interval(rest, step, half_step, (*due, first))

    def without_it():
        return branch_on_interval(rest, step, half_step, due)

    return with_it() if first.interval == 1 else ops.cond(is_due(first, step), with_it, without_it)


def is_due(penalty, step):
    """Whether the penalty is computed at this step (boolean scalar)."""
    return ops.equal(step % penalty.interval, 0)
