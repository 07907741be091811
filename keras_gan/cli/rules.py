"""Options of `keras-gan train` for the rules of the game, and for the numbers of a recipe."""

import argparse
import contextlib

from keras_gan import options
from keras_gan.errors import ConfigError

RULE = "rule_"  # prefix of the parsed arguments that are fields of `keras_gan.Rules`


def add_rules(train: argparse.ArgumentParser) -> None:
    """Adds the options of the rules, of which some have an option of their own."""
    group = train.add_argument_group("the rules of the game (default: the recipe's)")
    add_rule(
        group,
        "--augment",
        "augmentation",
        choices=(*options.AUGMENTATIONS, "none"),
        help="augment the inputs of the discriminator, for few data",
    )
    add_rule(
        group,
        "--update",
        "update",
        choices=options.UPDATES,
        help="order of the updates in a step: same samples for both players, separate samples, or "
        "one pass for both",
    )
    add_rule(
        group,
        "--accumulation",
        "accumulation",
        type=int,
        metavar="N",
        help="split batches into N parts, which saves memory; not with --update one_stage",
    )
    add_rule(
        group,
        "--remat",
        "remat",
        action="store_true",
        default=None,
        help="recompute activations instead of storing them: saves memory, takes time",
    )
    group.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="NAME=VALUE",
        help="change a rule or a number of the recipe, such as loss=hinge, r1=0.5, "
        "learning_rate=1e-4 or augmentation.p=0.3; may be repeated (see: keras-gan recipes RECIPE)",
    )


def add_rule(group: argparse._ArgumentGroup, option: str, name: str, **arguments) -> None:
    """Adds an option for a field of `keras_gan.Rules`; None keeps the recipe's."""
    group.add_argument(option, dest=RULE + name, **arguments)


def read_changes(arguments: argparse.Namespace) -> dict[str, str | int | float | bool]:
    """Reads the changes of the recipe, from `--set` and from the options of single rules.

    Raises:
        ConfigError: For what isn't `NAME=VALUE`, or a name that is given twice.
    """
    values = {name: value for name, value in vars(arguments).items() if value is not None}
    changes = {name.removeprefix(RULE): v for name, v in values.items() if name.startswith(RULE)}
    for text in arguments.changes:
        name, equals, value = map(str.strip, text.partition("="))
        if not (name and equals and value):
            raise ConfigError(f"expected --set NAME=VALUE, such as --set r1=0.5, got {text!r}.")
        if name in changes:
            raise ConfigError(f"expected {name} once, got it twice; leave one of them out.")
        changes[name] = parse_value(value)
    return changes


def parse_value(text: str) -> str | int | float | bool:
    """Parses a value: a bool, an integer, another number, or text.

    Example:

    >>> parse_value("1e-4"), parse_value("2"), parse_value("true"), parse_value("hinge")
    (0.0001, 2, True, 'hinge')
    """
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for number in (int, float):
        with contextlib.suppress(ValueError):
            return number(text)
    return text
