"""Schedules: hyperparameters as functions of the number of images seen in training.

The model saves the number of images seen, so a schedule has no state of its own.
"""

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

from keras_gan.checks import check_number, check_positive
from keras_gan.errors import ConfigError, abbreviate

import keras
import tensorflow as tf
from keras import ops


class Schedule:
    """Base of schedules: `schedule(images_seen) -> float32 scalar`."""

    def __call__(self, images_seen: int | tf.Tensor) -> tf.Tensor:
        """Returns the value after a number of images; subclasses implement this.

        Args:
            images_seen: Integer scalar.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no __call__.")

    def get_config(self) -> dict:
        """Returns the constructor's arguments, as Keras serializes them."""
        raise NotImplementedError(f"{type(self).__name__} defines no get_config.")

    @classmethod
    def from_config(cls, config: dict) -> "Schedule":
        """Makes the schedule from its constructor's arguments."""
        return cls(**config)


class Decay(Schedule):
    """Base of schedules from `start` to `end` over the first `images`, constant afterwards.

    Args:
        start: Value at the beginning.
        end: Value from `images` on.
        images: Number of images over which the value changes, above 0.

    Raises:
        ConfigError: If `images` isn't positive.
    """

    def __init__(self, start: float, end: float, images: int):
        self.start, self.end, self.images = start, end, check_positive("images", images)

    def __call__(self, images_seen: int | tf.Tensor) -> tf.Tensor:
        """Returns the value after a number of images."""
        fraction = ops.minimum(ops.cast(images_seen, "float64") / float(self.images), 1.0)
        return self.end + (self.start - self.end) * self.remaining(ops.cast(fraction, "float32"))

    def remaining(self, fraction: tf.Tensor) -> tf.Tensor:
        """Returns the part of the way to the end that remains after a fraction of the images."""
        raise NotImplementedError(f"{type(self).__name__} defines no remaining.")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"start": self.start, "end": self.end, "images": self.images}


@keras.saving.register_keras_serializable(package="keras_gan")
class Linear(Decay):
    """Linear decay from `start` to `end` over the first `images`, constant afterwards.

    Args:
        start, end, images: As in `Cosine`.

    Source: the learning rates of Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS
    2017, appendix F.

    Example:

    >>> import keras_gan as kg
    >>> rate = kg.schedules.Linear(2e-4, 0.0, images=1_000)
    >>> [round(float(rate(images)), 5) for images in (0, 250, 1_000, 2_000)]
    [0.0002, 0.00015, 0.0, 0.0]
    """

    def remaining(self, fraction: tf.Tensor) -> tf.Tensor:
        """Returns the part of the way that remains."""
        return 1.0 - fraction


@keras.saving.register_keras_serializable(package="keras_gan")
class Cosine(Decay):
    """Cosine decay from `start` to `end` over the first `images`, constant afterwards.

    The value is end + (start - end) (1 + cos(pi t)) / 2 with t = min(images seen / images, 1).

    Args:
        start: Value at the beginning.
        end: Value from `images` on.
        images: Number of images over which the value changes, above 0.

    Raises:
        ConfigError: If `images` isn't positive.

    Source: Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5; by images seen as in Huang et
    al., "The GAN is dead; long live the GAN!", NeurIPS 2024.

    Example:

    >>> import keras_gan as kg
    >>> gamma = kg.schedules.Cosine(0.05, 0.005, images=20_000_000)
    >>> [round(float(gamma(images)), 4) for images in (0, 10_000_000, 20_000_000, 30_000_000)]
    [0.05, 0.0275, 0.005, 0.005]
    """

    def remaining(self, fraction: tf.Tensor) -> tf.Tensor:
        """Returns the part of the way that remains."""
        return (1.0 + ops.cos(math.pi * fraction)) / 2.0


@keras.saving.register_keras_serializable(package="keras_gan")
class Growth(Schedule):
    """Level of a `ProgressiveGAN`: alternately constant and rising by 1.

    Level s is 4 * 2^s pixels. The model limits it to the last stage of its networks.

    Args:
        stable_images: Number of images at each size, at least 1.
        fade_images: Number of images over which the next size fades in; 0 for no fading.

    Raises:
        ConfigError: For a number out of range.

    Source: Karras et al., "Progressive Growing of GANs", ICLR 2018, appendix A.1.

    Example:

    >>> import keras_gan as kg
    >>> level = kg.schedules.Growth(stable_images=600, fade_images=400)
    >>> [float(level(images)) for images in (0, 600, 700, 1000, 1700)]
    [0.0, 0.0, 0.25, 1.0, 1.25]
    """

    def __init__(self, stable_images: int = 800_000, fade_images: int = 800_000):
        self.stable_images = check_number("stable_images", stable_images, minimum=1)
        self.fade_images = check_number("fade_images", fade_images)

    def __call__(self, images_seen: int | tf.Tensor) -> tf.Tensor:
        """Returns the value after a number of images."""
        images = ops.cast(images_seen, "float64")
        period = float(self.stable_images + self.fade_images)
        level = ops.floor(images / period)
        fading = ops.maximum(images - level * period - float(self.stable_images), 0.0)
        return ops.cast(level + fading / max(float(self.fade_images), 1.0), "float32")

    def get_config(self) -> dict:
        """Returns the constructor's arguments."""
        return {"stable_images": self.stable_images, "fade_images": self.fade_images}


OPTIMIZER_NUMBERS = ("learning_rate", "beta_1", "beta_2")


def optimizer_numbers(player: str) -> dict[str, str]:
    """Returns name of a schedule -> name of the number of a player's optimizer.

    Schedules of all players come first, those of the player last: they take precedence.
    """
    shared = {name: name for name in OPTIMIZER_NUMBERS}
    return shared | {f"{player}_{name}": name for name in OPTIMIZER_NUMBERS}


def inner_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Returns the optimizer inside a `LossScaleOptimizer`, or the optimizer itself."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def has_fixed_rate(optimizer: keras.optimizers.Optimizer) -> bool:
    """Returns whether the learning rate is a number instead of a Keras schedule."""
    return isinstance(inner_optimizer(optimizer)._learning_rate, keras.Variable)


@contextlib.contextmanager
def override_numbers(
    optimizer: keras.optimizers.Optimizer, numbers: dict[str, Any]
) -> Iterator[None]:
    """Replaces numbers of an optimizer inside of a `with` block.

    The old numbers are restored at its end, so the optimizer's config doesn't change.

    Args:
        optimizer: Keras optimizer, or a `LossScaleOptimizer` around one.
        numbers: Name -> scalar, with names of `OPTIMIZER_NUMBERS`.
    """
    optimizer = inner_optimizer(optimizer)
    betas = {name: number for name, number in numbers.items() if name != "learning_rate"}
    old_betas = {name: getattr(optimizer, name) for name in betas}
    for name, number in betas.items():
        setattr(optimizer, name, number)
    try:
        with override_learning_rate(optimizer, numbers.get("learning_rate")):
            yield
    finally:
        for name, number in old_betas.items():
            setattr(optimizer, name, number)


@contextlib.contextmanager
def override_learning_rate(
    optimizer: keras.optimizers.Optimizer, rate: float | tf.Tensor | None
) -> Iterator[None]:
    """Sets the learning rate, a variable, inside of a `with` block; None leaves it unchanged."""
    if rate is None:
        yield
        return
    old_rate = ops.copy(optimizer.learning_rate)  # without a copy it would read the new value
    optimizer.learning_rate.assign(rate)
    try:
        yield
    finally:
        optimizer.learning_rate.assign(old_rate)


def check_schedules(
    schedules: dict[str, Schedule],
    numbers: Sequence[str],
    optimizers: dict[str, keras.optimizers.Optimizer],
) -> None:
    """Raises `ConfigError` unless each schedule belongs to a number of the model.

    Args:
        schedules: Name -> `Schedule`.
        numbers: Names of the model's numbers besides those of its optimizers.
        optimizers: Player name -> optimizer.
    """
    if not isinstance(schedules, dict):
        raise ConfigError(
            "expected schedules as a dict of names and keras_gan.schedules.Schedule objects, got "
            f"{abbreviate(schedules)}."
        )
    names = {*numbers, *(name for player in optimizers for name in optimizer_numbers(player))}
    for name, schedule in schedules.items():
        if not isinstance(schedule, Schedule):
            raise ConfigError(
                f"expected a keras_gan.schedules.Schedule for {name}, got {schedule!r}."
            )
        if name not in names:
            raise ConfigError(
                f"expected a schedule for one of {', '.join(sorted(names))}, got "
                f"{name!r}; add the penalty or the augmentation to schedule it."
            )
        for player, optimizer in optimizers.items():
            check_optimizer(optimizer_numbers(player).get(name), inner_optimizer(optimizer))


def check_optimizer(name: str | None, optimizer: keras.optimizers.Optimizer) -> None:
    """Raises `ConfigError` if a number of the optimizer can't be scheduled."""
    if name == "learning_rate" and not has_fixed_rate(optimizer):
        raise ConfigError(
            "expected an optimizer with a number as its learning_rate beside a schedule for it, "
            "got one with a Keras schedule; use one of the two."
        )
    if name in ("beta_1", "beta_2") and not hasattr(optimizer, name):
        raise ConfigError(f"expected an optimizer with {name}, such as Adam, got {optimizer.name}.")
