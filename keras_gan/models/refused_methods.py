"""Methods of `keras.Model` that no game has, as they are for one loss and one optimizer."""

from collections.abc import Callable
from typing import Any

from keras_gan.errors import ConfigError


def refused(reason: str, message: str) -> Callable:
    """Returns a method that raises `ConfigError`.

    Args:
        reason: Why no game has the method, for its docstring.
        message: Text of the error.
    """

    def refuse(self, *arguments: Any, **options: Any) -> None:
        raise ConfigError(message)

    refuse.__doc__ = f"Raises `ConfigError`: {reason}."
    return refuse


class RefusedMethods:
    """Mixin of games: methods of `keras.Model` that tell what a game has in their place."""

    export = refused(
        "`keras_gan.export` exports games, and compares what it wrote",
        "expected an export of keras_gan; use keras_gan.export.to_saved_model(model, folder), "
        "to_onnx, to_litert or to_web, which compare the export with the model.",
    )
    quantize = refused(
        "quantized layers can't be trained",
        "expected a game in floating point, as its players train; use "
        "keras_gan.export.to_onnx(model, path, precision='int8') for a small file.",
    )
    compute_loss = refused(
        "each player has an objective of its own",
        "expected the objective of a player, as a game has no single loss; use "
        "duels[0].discriminator_objective or duels[0].generator_objective.",
    )
    add_loss = refused(
        "a game has penalties instead",
        "expected no add_loss, as a game has a loss for each player; pass a "
        "keras_gan.penalties.Penalty to compile().",
    )
    get_state_tree = refused(
        "the tree has a place for one optimizer only",
        "expected a file for all state, as a game has an optimizer for each player; use "
        "save(path), or get_weights() for the weights alone.",
    )
    set_state_tree = refused(
        "the tree has a place for one optimizer only",
        "expected a file for all state, as a game has an optimizer for each player; use "
        "keras_gan.load_model(path), or set_weights(weights) for the weights alone.",
    )
