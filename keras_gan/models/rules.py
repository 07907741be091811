"""Rules: the configuration of a game, except for its optimizers."""

import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Any

from keras_gan import augment, losses
from keras_gan.checks import check_bool, check_integer
from keras_gan.errors import ConfigError, abbreviate, unknown
from keras_gan.options import UPDATES
from keras_gan.penalties import Penalty

import keras

PLAYERS = ("discriminator", "generator")


@keras.saving.register_keras_serializable(package="keras_gan")
@dataclasses.dataclass(frozen=True)
class Rules:
    """Rules of a game between a generator and a discriminator.

    Attributes:
        loss: Name of a loss, or a `keras_gan.losses.AdversarialLoss`.
        penalties: `keras_gan.penalties.Penalty` objects for the discriminator or the generator,
            at most one of each kind.
        constraint: A `keras.constraints.Constraint` on the discriminator's weights, such as
            `keras_gan.penalties.WeightClipping`.
        augmentation: A `keras_gan.augment.Augment`, or `"ada"` or `"diffaugment"`. It is applied to
            all inputs of the discriminator. The i-th real and the i-th generated sample of a step
            get the same transformation.
        n_critic: Number of discriminator updates per generator update. Every step of `fit` takes
            one batch and updates the discriminator; each `n_critic`-th also updates the generator.
        update: Order of the updates in a step. `"shared"`: the discriminator, then the generator,
            with the same latents and one pass of the generator; in equal minutes it came closest to
            MNIST. `"alternating"`: each with its own latents. `"one_stage"`: both at once, with one
            forward and one backward pass of each. It supports neither discriminators that mix
            samples (BatchNorm), classify or output a logit per patch, nor losses that are `flat`.
        accumulation: Number of parts into which a batch is split to save memory. Each player is
            updated once, by the mean gradient of the parts. Layers and losses over a batch
            (BatchNorm, relativistic averages, LeCam's anchors) see one part at a time. With
            `"shared"`, each player's update then has its own passes. Not for `"one_stage"`.
        remat: Whether to recompute activations in the backward pass instead of storing them. It
            gives the same numbers, takes more time and saves memory in deep networks.

    Raises:
        ConfigError: For an unknown name or a value out of range.

    Example:

    >>> import keras_gan as kg
    >>> rules = kg.Rules(loss="hinge", penalties=[kg.penalties.R1(0.1)], n_critic=2)
    >>> type(rules.loss).__name__, rules.update
    ('Hinge', 'shared')
    """

    loss: losses.AdversarialLoss | str = "non_saturating"
    penalties: Sequence[Penalty] = ()
    constraint: keras.constraints.Constraint | str | None = None
    augmentation: augment.Augment | str | None = None
    n_critic: int = 1
    update: str = "shared"
    accumulation: int = 1
    remat: bool = False

    def __new__(cls, *values: Any, **fields: Any) -> "Rules":
        """Raises `ConfigError` for an unknown field, also in `dataclasses.replace`."""
        names = [field.name for field in dataclasses.fields(cls)]
        for name in fields:
            if name not in names:
                raise unknown("rule", name, names)
        return super().__new__(cls)

    def __post_init__(self):
        values = {
            "loss": losses.get(self.loss),
            "penalties": check_penalties(self.penalties),
            "constraint": get_constraint(self.constraint),
            "augmentation": augment.get(self.augmentation),
            "n_critic": check_integer("n_critic", self.n_critic),
            "accumulation": check_integer("accumulation", self.accumulation),
            "remat": check_bool("remat", self.remat),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if self.update not in UPDATES:
            raise unknown("update", self.update, UPDATES)
        check_combination(self)

    @classmethod
    def of(cls, rules: "Rules | None" = None, **rule: Any) -> "Rules":
        """Returns the given rules, or makes rules of single fields.

        Raises:
            ConfigError: For both at once, or an unknown rule.
        """
        if rules is None:
            return cls(**rule)
        if rule or not isinstance(rules, cls):
            kind = type(rules).__name__
            received = f"{kind} and {', '.join(rule)}" if rule else abbreviate(rules)
            raise ConfigError(
                f"expected keras_gan.Rules, or rules one by one, got {received}; use "
                "dataclasses.replace(rules, ...) to change some."
            )
        return rules

    def get_config(self) -> dict:
        """Returns the fields, as Keras serializes them."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            name: keras.saving.serialize_keras_object(list(value) if name == "penalties" else value)
            for name, value in fields.items()
        }

    @classmethod
    def from_config(cls, config: dict) -> "Rules":
        """Makes the rules of a config."""
        return cls(**{n: keras.saving.deserialize_keras_object(v) for n, v in config.items()})

    @property
    def variables(self) -> list[keras.Variable]:
        """State of the penalties and of the augmentation."""
        variables = [variable for penalty in self.penalties for variable in penalty.variables]
        return variables if self.augmentation is None else variables + self.augmentation.variables

    def copy(self) -> "Rules":
        """Returns equal rules with new penalties and a new augmentation.

        Several discriminators need a copy each if a penalty or the augmentation has state.
        """
        augmentation = self.augmentation and copy_of(self.augmentation)
        penalties = [copy_of(penalty) for penalty in self.penalties]
        return dataclasses.replace(self, penalties=penalties, augmentation=augmentation)


def copy_of(part: Any) -> Any:
    """Returns a new object of the same config.

    While Keras loads a model, `deserialize_keras_object` would return the same object each time.
    """
    return type(part).from_config(part.get_config())


def check_penalties(penalties: Any) -> tuple[Penalty, ...]:
    """Returns penalties as a tuple.

    Raises:
        ConfigError: For anything but a list of `Penalty` objects, or two of one kind.
    """
    others = [penalties]
    if isinstance(penalties, list | tuple):
        others = [penalty for penalty in penalties if not isinstance(penalty, Penalty)]
    if others:
        raise ConfigError(
            "expected a list of keras_gan.penalties.Penalty objects such as [R1(0.1)], got "
            f"{abbreviate(others[0])}."
        )
    for penalty in penalties:
        if penalty.player not in PLAYERS:
            raise ConfigError(
                f"expected {' or '.join(PLAYERS)} as the player of {type(penalty).__name__}, got "
                f"{penalty.player!r}."
            )
    names = [penalty.name for penalty in penalties]
    if len(set(names)) < len(names):
        raise ConfigError(f"expected one penalty of each kind, got {', '.join(names)}.")
    return tuple(penalties)


def get_constraint(
    identifier: keras.constraints.Constraint | str | None,
) -> keras.constraints.Constraint | None:
    """Returns a Keras constraint by name; a `Constraint` or None is returned unchanged.

    Raises:
        ConfigError: For an unknown name or another type.
    """
    constraint = identifier
    if isinstance(identifier, str):
        with contextlib.suppress(ValueError):
            constraint = keras.constraints.get(identifier)
    if constraint is None or isinstance(constraint, keras.constraints.Constraint):
        return constraint
    raise ConfigError(
        "expected a keras.constraints.Constraint such as keras_gan.penalties.WeightClipping(0.01), "
        f"or the name of Keras's, such as 'max_norm', got {abbreviate(identifier)}."
    )


def check_combination(rules: Rules) -> None:
    """Raises `ConfigError` for fields that exclude each other."""
    for penalty in rules.penalties:
        if penalty.player == "generator" and rules.n_critic > 1:
            raise ConfigError(
                f"expected n_critic=1 for {type(penalty).__name__}, a penalty on the generator, "
                f"got {rules.n_critic}: the generator may not be updated when the penalty is due."
            )
    if rules.accumulation > 1 and rules.update == "one_stage":
        raise ConfigError(
            f"expected update='shared' or 'alternating' for accumulation={rules.accumulation}, got "
            "'one_stage', which holds both players' activations of the whole batch."
        )
