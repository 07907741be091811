"""Kinds of steps: which updates and penalties are due in a step, as branches of its graph."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
from keras import ops

MAX_PERIOD = 100_000  # a longer period isn't enumerated: all combinations become branches


def step_kinds(
    kind_of_step: Callable[[int], dict], period: int, names: Sequence[str]
) -> list[dict[str, bool]]:
    """Returns the different kinds of steps.

    Args:
        kind_of_step: `step -> name -> bool`.
        period: Number of steps after which the kinds repeat.
        names: Names that distinguish kinds; others are ignored.
    """
    if period <= MAX_PERIOD:
        phases = map(kind_of_step, range(period))
        kinds = {tuple(phase[name] for name in names) for phase in phases}
    else:
        kinds = itertools.product((False, True), repeat=len(names))
    return [dict(zip(names, kind, strict=True)) for kind in sorted(kinds)]


def kind_index(flags: dict[str, Any], kinds: Sequence[dict[str, bool]]) -> tf.Tensor:
    """Returns the index of a step's kind.

    Args:
        flags: Name -> whether it is due, a boolean scalar.
        kinds: The kinds that can occur, each name -> bool for the names of `flags`.
    """
    indices = {kind_code(kind): index for index, kind in enumerate(kinds)}
    table = [indices.get(code, 0) for code in range(2 ** len(flags))]
    code = kind_code({name: ops.cast(flag, "int32") for name, flag in flags.items()})
    return tf.gather(table, code)


def due_names(kind: dict[str, Any]) -> tuple[str, ...]:
    """Returns the names that are due in a kind of step."""
    return tuple(name for name, due in kind.items() if due)


def kind_code(kind: dict[str, Any]) -> Any:
    """Encodes a kind of step, of bools or of integer scalars 0 and 1, as a number."""
    return sum(due * 2**place for place, due in enumerate(kind.values()))
