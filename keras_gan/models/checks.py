"""Checks of rules and of Keras's options before training."""

from collections.abc import Collection
from typing import Any

from keras_gan import media
from keras_gan.augment import Augment
from keras_gan.checks import check_bool, check_integer, is_number
from keras_gan.errors import ConfigError, abbreviate
from keras_gan.losses import AdversarialLoss
from keras_gan.models.callback_checks import check_callback_types
from keras_gan.models.network_checks import (
    check_network,
    check_output_range,
    check_regularizers,
    check_shapes_fit,
)
from keras_gan.models.rules import Rules
from keras_gan.networks import mixes_samples

import keras

KERAS_WORDS = {  # arguments of `compile` in Keras and its examples -> what a GAN has
    "optimizer": "generator_optimizer and discriminator_optimizer",
    **dict.fromkeys(("g_optimizer", "gen_optimizer"), "generator_optimizer"),
    **dict.fromkeys(("d_optimizer", "disc_optimizer"), "discriminator_optimizer"),
    **dict.fromkeys(("loss_fn", "g_loss_fn", "d_loss_fn"), "loss, such as loss='hinge'"),
    **dict.fromkeys(("metrics", "weighted_metrics"), "the callback keras_gan.callbacks.Evaluate"),
    **dict.fromkeys(("gp_weight", "loss_weights"), "penalties, each with its weight"),
    **dict.fromkeys(("discriminator_extra_steps", "d_steps"), "n_critic"),
}
UNUSED = {  # options of `fit` and `evaluate` that no game uses -> what to do instead
    "class_weight": "a game weights no classes; leave it out, or balance the data",
    "sample_weight": "a game weights no samples; leave it out, or repeat the important ones",
    "validation_split": "the data are read by step; pass validation_data",
}

COUNTS = {  # integers among the options of `fit` and `evaluate` -> their minimum
    **dict.fromkeys(("batch_size", "steps_per_epoch", "validation_batch_size"), 1),
    **dict.fromkeys(("steps", "validation_steps", "validation_freq"), 1),
    **dict.fromkeys(("epochs", "initial_epoch"), 0),
}


def check_compiled(model: keras.Model, method: str) -> None:
    """Raises `ConfigError` before `compile`, for a method that needs it."""
    if not model.compiled:
        raise ConfigError(f"expected a compiled model; call compile() before {method}().")


def check_compile_words(names: Collection[str]) -> None:
    """Raises `ConfigError` for names that Keras or its examples have for arguments of `compile`."""
    for name in names:
        if name in KERAS_WORDS:
            raise ConfigError(f"expected no {name}: a game has {KERAS_WORDS[name]}; pass that.")


def check_keras_options(**options: Any) -> None:
    """Raises `ConfigError` for options of Keras's methods that no game uses, or out of range.

    Args:
        **options: Name -> value; None stands for Keras's default, as 0 does for those of no use.
    """
    for name, advice in UNUSED.items():
        value = options.get(name)
        if value is not None and not (is_number(value) and value == 0):
            raise ConfigError(f"expected no {name}: {advice}.")
    for name, minimum in COUNTS.items():
        value = options.get(name)
        are_epochs = name == "validation_freq" and isinstance(value, list)
        if value is not None and not are_epochs:
            check_integer(name, value, minimum)
    check_callback_types(options.get("callbacks"))


def check_duel(generator: Any, discriminator: Any, rules: Any, scheduled: Any, name: Any) -> None:
    """Raises `ConfigError` unless the arguments of a `Duel` have their types and fit each other."""
    check_network("generator", generator)
    check_network("discriminator", discriminator)
    if not isinstance(rules, Rules):
        raise ConfigError(
            "expected keras_gan.Rules for a Duel, such as Rules(loss='hinge'), got "
            f"{abbreviate(rules)}."
        )
    if not callable(scheduled):
        raise ConfigError(
            "expected a function (name, number) -> number as scheduled, such as the model's "
            f"scheduled, got {abbreviate(scheduled)}."
        )
    if not isinstance(name, str):
        raise ConfigError(f"expected a str as the name of a Duel, got {abbreviate(name)}.")
    check_shapes_fit(generator, discriminator)
    check_output_range(generator)
    check_regularizers(generator, discriminator)
    check_rules_fit(rules, generator, discriminator)


def check_rules_fit(rules: Rules, generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises `ConfigError` unless the `Rules` fit the networks."""
    networks = {"generator": generator, "discriminator": discriminator}
    for penalty in rules.penalties:
        penalty.check(networks[penalty.player])
    check_augmentation(rules.augmentation, generator)
    if rules.update == "one_stage":
        check_one_stage(rules.loss, discriminator)


def check_augmentation(augmentation: Augment | None, generator: keras.Model) -> None:
    """Raises `ConfigError` unless an augmentation is None or fits a generator's samples."""
    if augmentation is None:
        return
    medium = media.of_network(generator)
    if not medium.augmentations:
        raise ConfigError(
            f"expected images for an augmentation, got {medium.noun} of shape "
            f"{tuple(generator.output_shape[1:])}."
        )


def check_one_stage(loss: AdversarialLoss, discriminator: keras.Model) -> None:
    """Raises `ConfigError` if `update="one_stage"` would give the generator a wrong gradient."""
    obstacles = {
        "a discriminator that mixes samples, as BatchNorm does": mixes_samples(discriminator),
        "a discriminator that classifies": len(discriminator.outputs) == 2,
        "a discriminator of patches": len(discriminator.outputs[0].shape) > 2,
        f"{type(loss).__name__}, with a discriminator loss that is flat in places": loss.flat,
    }
    present = [obstacle for obstacle, is_present in obstacles.items() if is_present]
    if present:
        raise ConfigError(
            f"expected update='shared' or 'alternating' for {present[0]}, got 'one_stage': the "
            "generator's gradient would be wrong."
        )


def check_trainer(
    jit_compile: bool | str, run_eagerly: bool, steps_per_execution: int
) -> dict[str, Any]:
    """Returns arguments of `keras.Model.compile`; raises `ConfigError` for a bad one."""
    if jit_compile != "auto":
        check_bool("jit_compile", jit_compile)
    check_bool("run_eagerly", run_eagerly)
    check_integer("steps_per_execution", steps_per_execution)
    return {
        "jit_compile": jit_compile,
        "run_eagerly": run_eagerly,
        "steps_per_execution": steps_per_execution,
    }
