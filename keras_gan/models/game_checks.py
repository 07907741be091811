"""Checks of what a game's own code defines and returns."""

import dataclasses
import numbers
from collections.abc import Callable, Collection, Sequence
from typing import Any

from keras_gan.checks import is_number
from keras_gan.errors import ConfigError, abbreviate, unknown
from keras_gan.models.data_checks import describe, has_rows
from keras_gan.models.rules import Rules

import keras
import tensorflow as tf


def is_names(value: Any) -> bool:
    """Returns whether a value is a tuple or a list of strings."""
    return isinstance(value, tuple | list) and all(isinstance(name, str) for name in value)


def is_name_map(value: Any, is_value: Callable = lambda value: isinstance(value, str)) -> bool:
    """Returns whether a value is a dict of strings to strings, or to other values."""
    return isinstance(value, dict) and is_names([*value]) and all(map(is_value, value.values()))


FORMS = {
    "players": (lambda value: is_name_map(value, is_names), "{'generator': ('generator',)}"),
    "averages": (is_name_map, "{'moving_average': 'generator'}"),
    "domains": (is_name_map, "{'a': 'discriminator_a'}"),
    "log_prefixes": (is_name_map, "{'generator': 'g'}"),
    "log_names": (is_names, "('d_loss', 'g_loss')"),
    "played_rules": (is_names, "('n_critic',)"),
    "test_log_names": (is_names, "('d_loss',)"),
}


def check_forms(game: keras.Model, names: Sequence[str]) -> None:
    """Raises `ConfigError` unless attributes that a game defines have the form in `FORMS`."""
    for name in names:
        has_form, example = FORMS[name]
        value = getattr(game, name)
        if not has_form(value):
            raise ConfigError(
                f"expected {name} of {type(game).__name__} as names in the form {example}, got "
                f"{abbreviate(value)}."
            )


def check_free(game: keras.Model, name: str) -> None:
    """Raises `ConfigError` for a name of a network that another attribute of a game has."""
    if name in dir(game):
        raise ConfigError(
            f"expected a name of its own for each network of {type(game).__name__}, got {name!r}, "
            "which is another attribute; rename it in players or averages."
        )


def check_domain_networks(game: keras.Model) -> None:
    """Raises `ConfigError` unless each of a game's domains names one of its networks."""
    for domain, name in game.domains.items():
        if not isinstance(getattr(game, name, None), keras.Model):
            raise unknown(
                f"network of domain {domain}", name, (*game.network_names(), *game.averages)
            )


def check_intervals(intervals: Any, game: str) -> None:
    """Raises `ConfigError` unless a game's intervals are a dict of names to pairs of integers."""
    example = "(interval, offset) of integers, such as {'r1': (16, 0)}"
    if not isinstance(intervals, dict):
        raise ConfigError(
            f"expected {game}.intervals as a dict of {example}, got {abbreviate(intervals)}."
        )
    for name, value in intervals.items():
        is_pair = isinstance(value, tuple | list) and len(value) == 2
        if not is_pair or not all(is_number(n, numbers.Integral) for n in value) or value[0] < 1:
            raise ConfigError(
                f"expected {game}.intervals as a dict of {example}, with an interval >= 1, got "
                f"{abbreviate(value)} for {name}."
            )


def check_played(rules: Rules, played: Sequence[str], game: str) -> None:
    """Raises `ConfigError` for rules that a game doesn't play, or that don't exist.

    Args:
        rules: The `Rules`.
        played: Names of the fields that the game plays; the others need their default.
        game: Name of the game's class.
    """
    config, plain = rules.get_config(), Rules().get_config()
    defaults = {field.name: field.default for field in dataclasses.fields(Rules)}
    for name in played:
        if name not in defaults:
            raise unknown(f"rule in played_rules of {game}", name, defaults)
    for name in config:
        if name not in played and config[name] != plain[name]:
            raise ConfigError(
                f"expected {name}={defaults[name]!r} for {game}, which doesn't play this rule, got "
                f"{abbreviate(getattr(rules, name))}; leave it out, or play it in update_kind and "
                "name it in played_rules."
            )


def check_loss(result: Any, player: str) -> tuple[tf.Tensor, dict]:
    """Returns a player's `(loss, logs)`; raises `ConfigError` for another result."""
    is_pair = isinstance(result, tuple | list) and len(result) == 2
    if not is_pair or not isinstance(result[1], dict):
        raise ConfigError(
            f"expected the objective of {player} to return (loss, logs), a scalar and a dict, got "
            f"{abbreviate(result)}."
        )
    return result


def check_logs(logs: Any, names: Collection[str], function: str) -> None:
    """Raises `ConfigError` unless a game's function returns the logs of these names."""
    if not isinstance(logs, dict):
        raise ConfigError(f"expected a dict of logs from {function}, got {abbreviate(logs)}.")
    missing, others = sorted(set(names) - logs.keys()), sorted(logs.keys() - set(names))
    if missing or others:
        raise ConfigError(
            f"expected {function} to return the logs {', '.join(names)} in every step, got "
            f"{', '.join([f'no {name}' for name in missing] + others)}; log_names lists them all."
        )


def first_rows(batch: Any, function: str) -> Any:
    """Returns the first array of a batch; raises `ConfigError` unless a game's function gives one.

    Args:
        batch: A tensor, or a nest of tensors and None, that the function returned.
        function: Name of the function.
    """
    rows = next((part for part in keras.tree.flatten(batch) if part is not None), None)
    if not has_rows(rows):
        raise ConfigError(
            f"expected {function} to return a batch, a nest of tensors (batch, ...), got "
            f"{describe(batch)}."
        )
    return rows


def check_names(names: Collection[str], expected: Collection[str], what: str) -> None:
    """Raises `ConfigError` unless names are the expected ones."""
    if set(names) != set(expected):
        received = ", ".join(names) or "none"
        raise ConfigError(f"expected {what} {', '.join(expected)}, got {received}.")
