"""Penalty: what each of them has, and which are due in a step."""

import math

from keras_gan.checks import check_integer, check_number

from keras import ops

MOST_PHASES = 100_000  # of a step that are gone through to leave out what can't be met


class Penalty:
    """What a penalty has to offer.

    Args:
        weight: The factor in front, at least 0.
        interval: The penalty is computed every `interval` steps and then counts `interval`
            times as much ("lazy regularisation", Karras et al. 2020). 1 is every step.

    Attributes:
        name: Under which it is logged, and scheduled.
        player: Whose objective it is a part of.
        variables: What it remembers from step to step, to be saved with the model.
    """

    name = "penalty"
    player = "discriminator"
    variables = ()

    def __init__(self, weight: float, interval: int = 1):
        self.weight = check_number("weight", weight)
        self.interval = check_integer("interval", interval)

    def __call__(self, discriminator, real, fake, key=None):
        """The penalty at these samples times weight and interval, a float32 scalar.

        Args:
            discriminator: `samples -> (batch,)` float32 logits.
            real, fake: Real and generated samples `(batch, *sample_shape)`.
            key: A `keras_gan.noise` key; None will do for penalties that draw nothing.
        """
        return self.weight * self.interval * self.measure(discriminator, real, fake, key)

    def measure(self, discriminator, real, fake, key=None):
        """The penalty before its weight: what a penalty defines."""
        raise TypeError(f"{type(self).__name__} defines no measure.")

    def check(self, network):
        """Raises `ConfigError` for a network, its player, that can't have it."""

    def get_config(self):
        """Constructor arguments, as Keras serialises them."""
        return {"weight": self.weight, "interval": self.interval}

    @classmethod
    def from_config(cls, config):
        """The penalty with these constructor arguments."""
        return cls(**config)


def branch_on_interval(penalties, step, half_step, phases=None, due=()):
    """Runs `half_step(due)` with the penalties that fall due at this step.

    Each lazy penalty is a branch rather than a mask, so that the steps without it do none of
    its work, under XLA too. Only what can fall due together has a branch.

    Args:
        penalties: `Penalty` objects.
        step: Integer scalar, or an int: then the branches are chosen now, and no other is there.
        half_step: `(penalties due) -> measured`, of one structure whatever is due.
        phases: What `step` can be here, as in `phases_of`; all it can be by default.
        due: More penalties, that are due in any case.

    Returns:
        What `half_step` returned.
    """
    if not penalties:
        return half_step(due)
    if phases is None:
        phases = phases_of(step, *(penalty.interval for penalty in penalties))
    interval = min(penalty.interval for penalty in penalties)
    here = tuple(penalty for penalty in penalties if penalty.interval == interval)
    rest = [penalty for penalty in penalties if penalty.interval != interval]
    return branch_on_phase(
        lambda step: is_due(here[0], step),
        step,
        phases,
        lambda phases: branch_on_interval(rest, step, half_step, phases, (*due, *here)),
        lambda phases: branch_on_interval(rest, step, half_step, phases, due),
    )


def is_due(penalty, step):
    """Whether the penalty is computed at this step: a boolean scalar, or a bool for an int."""
    return step % penalty.interval == 0


def phases_of(step, *intervals):
    """What `step` can be modulo the intervals' least common multiple; an int is what it is.

    None where that is too much to go through.
    """
    if isinstance(step, int):
        return [step]
    period = math.lcm(*intervals)
    return range(period) if period <= MOST_PHASES else None


def branch_on_phase(condition, step, phases, yes, no):
    """`yes(phases)` where the condition holds of the step, else `no(phases)`.

    There is a branch for each only where each can be met, as far as that is known.

    Args:
        condition: `step -> boolean`, of integer scalars and of ints, with the phases' period.
        step: Integer scalar or int.
        phases: What it can be, as in `phases_of`; `yes` and `no` are given what is left of it.
        yes, no: Of one structure.
    """
    if phases is None:
        return ops.cond(condition(step), lambda: yes(None), lambda: no(None))
    true = [phase for phase in phases if condition(phase)]
    false = [phase for phase in phases if not condition(phase)]
    if not false:
        return yes(true)
    if not true:
        return no(false)
    return ops.cond(condition(step), lambda: yes(true), lambda: no(false))


def branch(condition, yes, no):
    """`yes()` or `no()`: chosen now for a bool, in each step for a boolean scalar."""
    if isinstance(condition, bool):
        return yes() if condition else no()
    return ops.cond(condition, yes, no)
