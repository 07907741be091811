"""Checks of a game's networks: inputs, shapes, labels, ends, and what can be trained."""

from typing import Any

from keras_gan import media
from keras_gan.errors import ConfigError, abbreviate
from keras_gan.networks.graph import End, find_end, has_graph, num_classes_of

import keras


def check_network(name: str, network: Any) -> None:
    """Raises `ConfigError` unless a player's network is a Keras model with known inputs."""
    if not has_graph(network) or not network.built:
        raise ConfigError(
            f"expected a functional or Sequential keras.Model with keras.Input as the {name}, got "
            f"{abbreviate(network)}{advise_inputs(network)}."
        )


def advise_inputs(network: Any) -> str:
    """Returns what gives a Keras model known inputs, for an error."""
    if isinstance(network, keras.Sequential):
        return (
            "; begin it with keras.Input(shape), and give layers of your own whose call can't be "
            "traced a compute_output_shape"
        )
    if isinstance(network, keras.Model):
        return "; make it functional: x = keras.Input(shape); keras.Model(x, network(x))"
    return ""


def check_networks_fit(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises `ConfigError` unless both networks agree about samples and labels."""
    check_shapes_fit(generator, discriminator)
    check_separate(generator, discriminator)
    conditional = len(generator.inputs) == 2
    discriminator_is_conditional = len(discriminator.inputs) == 2 or len(discriminator.outputs) == 2
    if conditional != discriminator_is_conditional or len(generator.inputs) > 2:
        raise ConfigError(
            "expected both networks to know labels or neither, got a generator of "
            f"{len(generator.inputs)} inputs and a discriminator of {len(discriminator.inputs)} "
            f"inputs and {len(discriminator.outputs)} outputs; build both with the same "
            "num_classes."
        )
    classes = [num_classes_of(network) for network in (generator, discriminator)]
    if None not in classes and classes[0] != classes[1]:
        raise ConfigError(f"expected the same num_classes in both networks, got {classes}.")


def advise_shape(sample_shape: tuple, input_shape: tuple) -> str:
    """Returns what to do about a discriminator of other samples, for an error."""
    is_conditioned = sample_shape[:-1] == input_shape[:-1] and len(sample_shape) == 3
    if is_conditioned and input_shape[-1] > 4:
        return (
            "give it a second input for labels, keras.Input((), dtype='int32'), and concatenate "
            "their one-hot maps inside; the generator likewise"
        )
    return "build both with the same shape"


def check_separate(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises `ConfigError` for networks with a weight in common, which both players would move."""
    own = {id(weight) for weight in generator.weights}
    common = [weight.path for weight in discriminator.weights if id(weight) in own]
    if common:
        raise ConfigError(
            f"expected networks without common weights, got {', '.join(common[:3])} in both; make "
            "a layer for each."
        )


def check_shapes_fit(generator: keras.Model, discriminator: keras.Model) -> None:
    """Raises `ConfigError` unless the discriminator takes the samples and gives logits."""
    sample_shape = tuple(generator.output_shape[1:])
    input_shape = tuple(discriminator.inputs[0].shape[1:])
    if sample_shape != input_shape:
        raise ConfigError(
            f"expected a discriminator of samples {sample_shape}, which the generator makes, got "
            f"one of {input_shape}; {advise_shape(sample_shape, input_shape)}."
        )
    logits = tuple(discriminator.outputs[0].shape)
    if len(logits) < 2 or logits[-1] != 1:
        raise ConfigError(
            "expected a discriminator with one logit for each sample, (batch, 1), or for each "
            f"patch, (batch, rows, columns, 1), got {logits}; end it with Dense(1) or Conv2D(1, "
            "...), without a sigmoid."
        )
    check_logits(discriminator)


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


def check_output_range(generator: keras.Model) -> None:
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
