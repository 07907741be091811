"""Rules: the configuration of a game, except for its optimizers."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from keras_gan import augment, losses
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, unknown
from keras_gan.options import UPDATES
from keras_gan.penalties import Penalty

import keras


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

    def __post_init__(self):
        values = {
            "loss": losses.get(self.loss),
            "penalties": tuple(self.penalties),
            "constraint": keras.constraints.get(self.constraint),
            "augmentation": augment.get(self.augmentation),
            "n_critic": check_integer("n_critic", self.n_critic),
            "accumulation": check_integer("accumulation", self.accumulation),
            "remat": bool(self.remat),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        if self.update not in UPDATES:
            raise unknown("update", self.update, UPDATES)
        check_penalties(self.penalties, self.n_critic)
        if self.accumulation > 1 and self.update == "one_stage":
            raise ConfigError(
                "expected update='shared' or 'alternating' for "
                f"accumulation={self.accumulation}, got 'one_stage', which holds both players' "
                "activations of the whole batch."
            )

    @classmethod
    def of(cls, rules: "Rules | None" = None, **rule: Any) -> "Rules":
        """Returns the given rules, or makes rules of single fields.

        Raises:
            ConfigError: For both at once, or an unknown rule.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        for name in rule:
            if name not in names:
                raise unknown("rule", name, names)
        if rules is None:
            return cls(**rule)
        if rule or not isinstance(rules, cls):
            received = f"{type(rules).__name__} and {', '.join(rule)}" if rule else repr(rules)
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
        return type(self).from_config(self.get_config())


def check_penalties(penalties: Sequence[Penalty], n_critic: int) -> None:
    """Raises `ConfigError` for penalties that can't be combined in one game."""
    others = [penalty for penalty in penalties if not isinstance(penalty, Penalty)]
    if others:
        raise ConfigError(
            f"expected keras_gan.penalties.Penalty objects such as R1(0.1), got {others[0]!r}."
        )
    names = [penalty.name for penalty in penalties]
    if len(set(names)) < len(names):
        raise ConfigError(f"expected one penalty of each kind, got {', '.join(names)}.")
    for penalty in penalties:
        if penalty.player == "generator" and n_critic > 1:
            raise ConfigError(
                f"expected n_critic=1 for {type(penalty).__name__}, a penalty on the generator, "
                f"got {n_critic}: the generator may not be updated when the penalty is due."
            )
