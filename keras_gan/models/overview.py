"""The overview of a game: players, rules and state, as text and as HTML."""

import html
from collections.abc import Callable, Sequence
from typing import Any

from keras_gan.errors import printable
from keras_gan.schedules import inner_optimizer

import keras
from keras import ops

OPTIMIZER_NUMBERS = "learning_rate", "beta_1", "beta_2", "momentum"

Table = tuple[str, list[Sequence[str]]]  # a title, and rows whose first cell is a name


class Overview:
    """Mixin of games that prints their overview, and shows it in notebooks."""

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable | None = None,
        expand_nested: bool = False,
        **options: Any,
    ) -> None:
        """Prints the players, their networks and optimizers, the rules and the step.

        Args:
            line_length, positions, **options: As in `keras.Model.summary`, for the networks.
            print_fn: Function to call with the text; `print` by default.
            expand_nested: Whether to print Keras's summary of each network, too.

        Example:

            gan.summary()
        """
        print_fn = print_fn or print
        print_fn(as_text(self))
        for name in self.network_names() if expand_nested else ():
            getattr(self, name).summary(line_length, positions, print_fn, **options)

    def _repr_html_(self):
        """Returns the overview that notebooks show."""
        return as_html(self)


def as_text(game: keras.Model) -> str:
    """Returns the overview of an `AdversarialModel` as lines of text."""
    lines = [title_of(game)]
    for title, rows in tables(game):
        lines += ["", title, *align(rows)]
    return printable("\n".join(lines))


def as_html(game: keras.Model) -> str:
    """Returns the overview of an `AdversarialModel` as HTML, with all names escaped."""
    parts = [f"<p><b>{html.escape(title_of(game))}</b></p>"]
    for title, rows in tables(game):
        parts += [
            f'<table style="text-align: left"><caption>{title}</caption>',
            *map(html_row, rows),
            "</table>",
        ]
    return "".join(parts)


def title_of(game: keras.Model) -> str:
    """Returns the class and the name of a game."""
    return f"{type(game).__name__} {game.name!r}"


def tables(game: keras.Model) -> list[Table]:
    """Returns the tables of the overview."""
    return [("Players", player_rows(game)), ("Rules", rule_rows(game)), ("State", state_rows(game))]


def player_rows(game: keras.Model) -> list[Sequence[str]]:
    """Returns a row for each network of each player, and for each moving average."""
    rows = []
    for player in game.players:
        optimizer = describe_optimizer(game.optimizer_of(player)) if game.compiled else "none yet"
        for name, network in zip(game.players[player], game.networks_of(player), strict=True):
            rows.append((name, *describe_network(network), optimizer))
    for average, name in game.averages.items():
        rows.append((average, *describe_network(getattr(game, average)), f"average of {name}"))
    return rows


def describe_network(network: keras.Model) -> tuple[str, str, str]:
    """Returns the class and name, the shapes and the number of parameters of a network."""
    shapes = " -> ".join(
        " and ".join(str(tuple(tensor.shape[1:])) for tensor in tensors)
        for tensors in (network.inputs, network.outputs)
    )
    kind = f"{type(network).__name__} {network.name!r}"
    return kind, shapes, f"{network.count_params():,} parameters"


def describe_optimizer(optimizer: keras.optimizers.Optimizer) -> str:
    """Returns the class of an optimizer and its current numbers."""
    inner = inner_optimizer(optimizer)
    numbers = {name: getattr(inner, name, None) for name in OPTIMIZER_NUMBERS}
    words = [
        f"{name}={float(ops.convert_to_numpy(value)):.6g}"
        for name, value in numbers.items()
        if value is not None
    ]
    return f"{type(inner).__name__}({', '.join(words)})"


def rule_rows(game: keras.Model) -> list[Sequence[str]]:
    """Returns a row for each of the rules and each schedule."""
    if game.rules is None:
        return [("rules", "none yet; call compile()")]
    rules = dict(vars(game.rules))
    penalties = [(p.name, describe(p)) for p in rules.pop("penalties")]
    rows = [(name, describe(value)) for name, value in rules.items() if value is not None]
    schedules = [(f"{name} (schedule)", describe(s)) for name, s in game.schedules.items()]
    return [rows[0], *penalties, *rows[1:], *schedules]


def state_rows(game: keras.Model) -> list[Sequence[str]]:
    """Returns a row for each of the counters, and for the seed."""
    return [
        ("step", f"{int(game.step):,}"),
        (f"{game.medium.noun} seen", f"{int(game.images_seen):,}"),
        ("seed", str(game.seed)),
    ]


def describe(value: Any) -> str:
    """Returns a rule in one line: a value, or a class with the arguments of its constructor.

    Example:

    >>> from keras_gan import penalties
    >>> describe(penalties.R1(0.1, interval=16)), describe(2)
    ('R1(weight=0.1, interval=16)', '2')
    """
    if hasattr(value, "get_config"):
        value = {"class_name": type(value).__name__, "config": value.get_config()}
    if isinstance(value, dict) and "class_name" in value:  # as Keras serializes an argument
        arguments = ", ".join(f"{name}={describe(v)}" for name, v in value["config"].items())
        return f"{value['class_name']}({arguments})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def align(rows: list[Sequence[str]]) -> list[str]:
    """Returns rows as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[*map(str.ljust, row, widths)] for row in rows]
    return [f"  {'  '.join(row)}".rstrip() for row in padded]


def html_row(row: Sequence[str]) -> str:
    """Returns a row of an HTML table, whose first cell is a heading."""
    name, *cells = map(html.escape, row)
    return f"<tr><th>{name}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
