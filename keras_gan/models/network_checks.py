"""Checks of what ends a network, and of what a game can train of it."""

from keras_gan import media
from keras_gan.errors import ConfigError
from keras_gan.networks.graph import End, find_end

import keras


def check_logits(discriminator: keras.Model) -> None:
    """Raises `ConfigError` for a discriminator whose outputs aren't logits, as with a sigmoid."""
    for index in range(len(discriminator.outputs)):
        end = find_end(discriminator, index)
        if end is None or (end.low, end.high) == (-float("inf"), float("inf")):
            continue
        raise ConfigError(
            f"expected a discriminator whose outputs are logits, any numbers, got {bounds(end)}: "
            f"its layer {end} ends in {end.activation}. {advise_linear(end)}: the loss computes "
            "probabilities itself."
        )


def check_range(generator: keras.Model) -> None:
    """Raises `ConfigError` for a generator that can't reach all values of its medium."""
    medium, end = media.of_network(generator), find_end(generator)
    if end is None or medium.range is None:
        return
    low, high = medium.range
    if end.low <= low and end.high >= high:
        return
    raise ConfigError(
        f"expected a generator of {medium.noun} from {low:g} to {high:g}, got {bounds(end)}: its "
        f"layer {end} ends in {end.activation}. {advise_tanh(end)}, and scale data from 0 to 1 "
        "with 2 * x - 1."
    )


def bounds(end: End) -> str:
    """Returns the range of an end in words, for an error."""
    if end.low == -float("inf"):
        return f"values up to {end.high:g}"
    return f"values from {end.low:g}" + ("" if end.high == float("inf") else f" to {end.high:g}")


def advise_linear(end: End) -> str:
    """Returns how to end a discriminator in logits, for an error."""
    if end.is_alone:
        return "Leave this layer out"
    return f"Leave out its activation='{end.activation}'"


def advise_tanh(end: End) -> str:
    """Returns how to end a generator in a tanh, for an error."""
    if end.is_alone:
        return "Put keras.layers.Activation('tanh') in its place"
    return f"Write activation='tanh' in place of '{end.activation}'"


def check_regularizers(*networks: keras.Model) -> None:
    """Raises `ConfigError` for regularizers, which no loss of a game contains."""
    for network in networks:
        for layer in network._flatten_layers():
            held = {n: v for n, v in vars(layer).items() if n.endswith("regularizer")}
            names = [name for name, value in held.items() if value is not None]
            if names:
                raise ConfigError(
                    "expected layers without regularizers, which no game adds to its losses, got "
                    f"{', '.join(names)} in {layer.name} ({type(layer).__name__}); leave it out, "
                    "and use weight_decay= of the optimizer, or a penalty."
                )


def check_trainable(player: str, networks: dict[str, keras.Model]) -> None:
    """Raises `ConfigError` for a player without weights to train.

    Args:
        player: Name of the player.
        networks: Name of the attribute -> network of the player.
    """
    if any(network.trainable_variables for network in networks.values()):
        return
    if any(network.weights for network in networks.values()):
        raise ConfigError(
            f"expected a {player} with weights to train, got frozen ones; set "
            f"{next(iter(networks))}.trainable = True before compile(): each step updates only one "
            "player, so none needs to be frozen."
        )
    raise ConfigError(
        f"expected a {player} with weights to train, got a network without weights; give it "
        "layers such as keras.layers.Dense."
    )
