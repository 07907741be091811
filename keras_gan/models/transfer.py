"""Transfer: a game starts with the weights of another one, for fine-tuning on other data."""

import dataclasses
import difflib
import math
import re
from collections.abc import Sequence

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, abbreviate, counted
from keras_gan.models.adversarial import AdversarialModel
from keras_gan.networks import Network, freeze_layers
from keras_gan.networks.network import first_layers

import keras

LEAST_SHARE = 0.01  # of a network; less may be alike by chance
NAMED = 3  # weights that a line names


@dataclasses.dataclass(frozen=True)
class Transferred:
    """What became of the weights of one network.

    Attributes:
        network: Name of the network.
        copied: Names of weights that were copied.
        share: Share of the network's numbers in them.
        new: Names of weights without a counterpart, which keep their initial values.
        dropped: Names of the other network's weights without a counterpart.
    """

    network: str
    copied: tuple[str, ...]
    share: float
    new: tuple[str, ...]
    dropped: tuple[str, ...]

    def __str__(self):
        share = f"{self.share:.0%} of its numbers"
        parts = [f"{self.network}: {counted(len(self.copied), 'weight')} copied, {share}"]
        for names, word in ((self.new, "new"), (self.dropped, "dropped")):
            if names:
                more = ", ..." if len(names) > NAMED else ""
                parts.append(f"{len(names)} {word} ({', '.join(names[:NAMED])}{more})")
        return ", ".join(parts)


def transfer(
    game: AdversarialModel, other: AdversarialModel, freeze_discriminator: int = 0
) -> list[Transferred]:
    r"""Copies the weights of another game's networks and averages, by name, order and shape.

    The game's step, optimizers, schedules and augmentation begin anew. Its averages go on from the
    other's without a warm-up, in which they would forget them. The other game may have been trained
    on samples of another size or with other classes: what has no counterpart stays new.

    Args:
        game: The game that starts, before its first step.
        other: A game with networks of the same family, such as one of `kg.load_model`.
        freeze_discriminator: Number of the discriminator's layers with weights, from the samples
            on, that aren't trained.

    Returns:
        What was copied, for each network and average.

    Raises:
        ConfigError: If a game is of another type, has been trained, shares no weight with the
            other, or has fewer layers to freeze; the game is then as before.

    Source: Mo et al., "Freeze the Discriminator: a Simple Baseline for Fine-Tuning GANs", 2020;
    Karras et al., "Training Generative Adversarial Networks with Limited Data", NeurIPS 2020.

    Example:

    >>> import keras_gan as kg
    >>> cats, dogs = (kg.recipes.build("quick", (8, 8, 3), width=4) for _ in range(2))
    >>> print(*kg.transfer(dogs, cats), sep="\n")
    generator: 7 weights copied, 100% of its numbers
    discriminator: 6 weights copied, 100% of its numbers
    moving_average: 7 weights copied, 100% of its numbers
    """
    check_games(game, other)
    check_integer("freeze_discriminator", freeze_discriminator, minimum=0)
    pairs = pair_networks(game, other)
    counterparts = {name: find_counterparts(*pair) for name, pair in pairs.items()}
    transfers = [describe(name, *pair, counterparts[name]) for name, pair in pairs.items()]
    check_share(transfers, game, other)
    check_frozen(game, freeze_discriminator, transfers)
    for name, (network, source) in pairs.items():
        copy_weights(network, source, counterparts[name])
    game.images_before.assign(int(other.images_seen) + int(other.images_before))
    if freeze_discriminator:
        freeze(game, freeze_discriminator)
        if game.compiled:
            game.compile_from_config(game.get_compile_config())  # optimizers of fewer weights
    return transfers


def check_games(game: AdversarialModel, other: AdversarialModel) -> None:
    """Raises `ConfigError` unless weights can be copied between two games."""
    for each in (game, other):
        if not isinstance(each, AdversarialModel):
            raise ConfigError(
                f"expected two keras_gan games, got {abbreviate(each)}; kg.load_model loads one."
            )
    if int(game.step):
        raise ConfigError(
            f"expected a game before its first step, got one with {int(game.step):,} steps; build "
            "a new one to fine-tune."
        )


def pair_networks(
    game: AdversarialModel, other: AdversarialModel
) -> dict[str, tuple[keras.Model, keras.Model | None]]:
    """Returns name -> each network and average of a game, and the other game's or None."""
    sources = dict.fromkeys(game.network_names()) | game.averages
    pairs = {}
    for name, network in sources.items():
        candidates = (getattr(other, each, None) for each in (name, network) if each)
        source = next((each for each in candidates if isinstance(each, keras.Model)), None)
        pairs[name] = getattr(game, name), source
    return pairs


def find_counterparts(network: keras.Model, other: keras.Model | None) -> dict[int, int]:
    """Returns index of a weight of a network -> index of its counterpart in another one.

    Counterparts have the same name and shape, in the same order. Names that Keras numbered are
    compared without their numbers, as these count all layers of a process.
    """
    keys, other_keys = (keys_of(each) if each else [] for each in (network, other))
    matcher = difflib.SequenceMatcher(None, keys, other_keys, autojunk=False)
    return {
        block.a + index: block.b + index
        for block in matcher.get_matching_blocks()
        for index in range(block.size)
    }


def describe(
    name: str, network: keras.Model, other: keras.Model | None, counterparts: dict[int, int]
) -> Transferred:
    """Describes what `copy_weights` does for the network of this name."""
    weights, others = network.weights, other.weights if other else []
    numbers = sum(math.prod(weights[index].shape) for index in counterparts)
    dropped = sorted({*range(len(others))} - {*counterparts.values()})
    return Transferred(
        name,
        copied=tuple(weights[index].path for index in counterparts),
        share=numbers / max(network.count_params(), 1),
        new=tuple(each.path for index, each in enumerate(weights) if index not in counterparts),
        dropped=tuple(others[index].path for index in dropped),
    )


def copy_weights(
    network: keras.Model, other: keras.Model | None, counterparts: dict[int, int]
) -> None:
    """Copies the weights of another network to their counterparts in a network."""
    for index, source in counterparts.items():
        network.weights[index].assign(other.weights[source])


def keys_of(network: keras.Model) -> list[tuple[str, tuple[int, ...]]]:
    """Returns the name of each weight, without numbers that Keras gave, and its shape."""
    kinds = {default_name(layer) for layer in network._flatten_layers()}

    def plain(part):
        short = re.sub(r"_\d+$", "", part)
        return short if short in kinds else part

    paths = ([part for part in w.path.split("/") if part != network.name] for w in network.weights)
    shapes = (tuple(weight.shape) for weight in network.weights)
    return [("/".join(map(plain, path)), shape) for path, shape in zip(paths, shapes, strict=True)]


def check_share(
    transfers: Sequence[Transferred], game: AdversarialModel, other: AdversarialModel
) -> None:
    """Raises `ConfigError` unless networks have weights in common; names media that differ."""
    if max(each.share for each in transfers) >= LEAST_SHARE:
        return
    if type(game.medium) is not type(other.medium):
        raise ConfigError(
            f"expected weights of a game of {game.medium}, got those of one of {other.medium}, "
            "whose layers have other shapes; start with a game of the same medium."
        )
    raise ConfigError(
        "expected a game with networks of the same family and widths, got one whose layers "
        "have other shapes; train with the recipe and the width of the other game."
    )


def check_frozen(game: AdversarialModel, count: int, transfers: Sequence[Transferred]) -> None:
    """Raises `ConfigError` if a layer would be frozen that has weights of its own to learn.

    Args:
        game: The game.
        count: Number of layers to freeze.
        transfers: What will be copied.
    """
    new = {name for each in transfers for name in each.new}
    networks = game.networks_of("discriminator") if count else ()
    layers = [layer for network in networks for layer in first_layers(network, count)]
    fresh = [weight.path for layer in layers for weight in layer.weights if weight.path in new]
    if fresh:
        raise ConfigError(
            f"expected the other game's weights in all layers to freeze, got none for "
            f"{', '.join(fresh[:NAMED])}; freeze fewer layers, or choose the other game's size, "
            "classes and width."
        )


def default_name(layer: keras.layers.Layer) -> str:
    """Returns the name that Keras gives a layer, without a number, such as `conv2d_transpose`."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", type(layer).__name__)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def freeze(game: AdversarialModel, count: int) -> None:
    """Freezes the first layers with weights of each of the discriminator's networks."""
    for network in game.networks_of("discriminator"):
        if isinstance(network, Network):
            network.frozen_layers = count
        else:
            freeze_layers(network, count)
