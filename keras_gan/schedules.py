"""Numbers that change while the training goes on, as functions of the images seen.

As the model saves how many images it has seen, a schedule needs no state of its own.
"""

import contextlib
import math

from keras_gan.checks import check_number, check_positive
from keras_gan.errors import ConfigError

import keras
from keras import ops


class Schedule:
    """What a schedule has to offer: `schedule(images_seen) -> float32 scalar`."""

    def __call__(self, images_seen):
        """The number after so many images: what a schedule defines.

        Args:
            images_seen: Integer scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no __call__.")

    def get_config(self):
        """Returns the constructor's arguments, as Keras serialises them."""
        raise NotImplementedError(f"{type(self).__name__} defines no get_config.")

    @classmethod
    def from_config(cls, config):
        """Makes the schedule from its constructor's arguments."""
        return cls(**config)


@keras.saving.register_keras_serializable(package="keras_gan")
class Cosine(Schedule):
    """Half a cosine from `start` to `end` over the first `images`, then held.

    end + (start - end) (1 + cos(pi t)) / 2 with t = min(images seen / images, 1).

    Args:
        start: Value at the beginning.
        end: Value from `images` on.
        images: Images over which it changes, more than 0.

    Raises:
        ConfigError: For no images.

    Source: Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5; by images seen as in Huang et
    al., "The GAN is dead; long live the GAN!", NeurIPS 2024.

    Example:

    >>> import keras_gan as kg
    >>> gamma = kg.schedules.Cosine(0.05, 0.005, images=20_000_000)
    >>> [round(float(gamma(seen)), 4) for seen in (0, 10_000_000, 20_000_000, 30_000_000)]
    [0.05, 0.0275, 0.005, 0.005]
    """

    def __init__(self, start, end, images):
        self.start, self.end, self.images = start, end, check_positive("images", images)

    def __call__(self, images_seen):
        """The number after so many images."""
        part = ops.minimum(ops.cast(images_seen, "float64") / float(self.images), 1.0)
        cosine = ops.cos(math.pi * ops.cast(part, "float32"))
        return self.end + (self.start - self.end) * (1.0 + cosine) / 2.0

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"start": self.start, "end": self.end, "images": self.images}


@keras.saving.register_keras_serializable(package="keras_gan")
class Growth(Schedule):
    """The level of a `ProgressiveGAN`: it rests for `stable_images`, rises by 1 in `fade_images`.

    And so on: level s is 4 * 2^s pixels. The game holds it at its networks' last stage.

    Args:
        stable_images: Images seen at each size, at least 1.
        fade_images: Images over which the next size fades in; 0 for at once.

    Raises:
        ConfigError: For images out of range.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, appendix A.1.

    Example:

    >>> import keras_gan as kg
    >>> level = kg.schedules.Growth(stable_images=600, fade_images=400)
    >>> [float(level(seen)) for seen in (0, 600, 700, 1000, 1700)]
    [0.0, 0.0, 0.25, 1.0, 1.25]
    """

    def __init__(self, stable_images=800_000, fade_images=800_000):
        self.stable_images = check_number("stable_images", stable_images, minimum=1)
        self.fade_images = check_number("fade_images", fade_images)

    def __call__(self, images_seen):
        """The number after so many images."""
        seen = ops.cast(images_seen, "float64")
        each = float(self.stable_images + self.fade_images)
        grown = ops.floor(seen / each)
        faded = ops.maximum(seen - grown * each - float(self.stable_images), 0.0)
        return ops.cast(grown + faded / max(float(self.fade_images), 1.0), "float32")

    def get_config(self):
        """Returns the constructor's arguments."""
        return {"stable_images": self.stable_images, "fade_images": self.fade_images}


OPTIMIZER_NUMBERS = ("learning_rate", "beta_1", "beta_2")


def optimizer_numbers(player):
    """Name of a schedule -> the number of a player's optimizer that it moves.

    Those of both players first, then its own, which count where both are there.
    """
    both = {name: name for name in OPTIMIZER_NUMBERS}
    return both | {f"{player}_{name}": name for name in OPTIMIZER_NUMBERS}


def inner_optimizer(optimizer):
    """The optimizer itself, below a loss scale."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def has_fixed_rate(optimizer):
    """Whether the learning rate is a number, rather than a Keras schedule."""
    return isinstance(inner_optimizer(optimizer)._learning_rate, keras.Variable)


@contextlib.contextmanager
def override_numbers(optimizer, numbers):
    """While it lasts, the optimizer moves with these numbers instead of its own.

    Its own are back afterwards, so that its config stays the one that it was made with.

    Args:
        optimizer: Keras optimizer, or a loss scale around one.
        numbers: Name -> scalar, names in `OPTIMIZER_NUMBERS`.
    """
    optimizer = inner_optimizer(optimizer)
    betas = {name: number for name, number in numbers.items() if name != "learning_rate"}
    own = {name: getattr(optimizer, name) for name in betas}
    for name, number in betas.items():
        setattr(optimizer, name, number)
    try:
        with override_learning_rate(optimizer, numbers.get("learning_rate")):
            yield
    finally:
        for name, number in own.items():
            setattr(optimizer, name, number)


@contextlib.contextmanager
def override_learning_rate(optimizer, rate):
    """While it lasts, the optimizer's learning rate, a variable, holds `rate`; None leaves it."""
    if rate is None:
        yield
        return
    own = ops.copy(optimizer.learning_rate)  # a read without a copy would see the new value
    optimizer.learning_rate.assign(rate)
    yield
    optimizer.learning_rate.assign(own)


def check_schedules(schedules, known, optimizers):
    """Raises `ConfigError` unless each schedule replaces a number that is there.

    Args:
        schedules: Name -> `Schedule`.
        known: Names of the numbers that the game has beside its optimizers'.
        optimizers: Player name -> its optimizer.
    """
    known = {*known, *(name for player in optimizers for name in optimizer_numbers(player))}
    for name, schedule in schedules.items():
        if not isinstance(schedule, Schedule):
            raise ConfigError(
                f"expected a keras_gan.schedules.Schedule for {name}, got {schedule!r}."
            )
        if name not in known:
            raise ConfigError(
                f"expected a schedule for one of {', '.join(sorted(known))}, got "
                f"{name!r}; a penalty or an augmentation must be in the game to be scheduled."
            )
        for player, optimizer in optimizers.items():
            check_optimizer(optimizer_numbers(player).get(name), inner_optimizer(optimizer))


def check_optimizer(name, optimizer):
    """Raises `ConfigError` where the optimizer can't move with a scheduled number."""
    if name == "learning_rate" and not has_fixed_rate(optimizer):
        raise ConfigError(
            "expected an optimizer with a number as its learning_rate beside a schedule for it, "
            "got one with a Keras schedule; use one of the two."
        )
    if name in ("beta_1", "beta_2") and not hasattr(optimizer, name):
        raise ConfigError(f"expected an optimizer with {name}, such as Adam, got {optimizer.name}.")
