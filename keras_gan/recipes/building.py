"""From a recipe to a game."""

import dataclasses

from keras_gan import media, models, optimizers, penalties, schedules
from keras_gan.errors import ConfigError
from keras_gan.recipes.networks import NetworkSpec
from keras_gan.recipes.recipe import NO_AUGMENTATION, Recipe
from keras_gan.recipes.table import get, of_width


def build(
    recipe: Recipe | str,
    sample_shape: tuple[int, ...],
    num_classes: int | None = None,
    seed: int = 0,
    width: int | str | None = None,
    dtype: str | None = None,
    jit_compile: bool | str | None = None,
    images: int | None = None,
    moments: tuple | None = None,
    medium: media.Medium | None = None,
    **rules,
) -> models.AdversarialModel:
    """Builds and compiles the game of a recipe.

    Args:
        recipe: A `Recipe`, or its name.
        sample_shape: Shape of the data's samples.
        num_classes: For a class-conditional game; None without labels.
        seed: Decides all noise; the initial weights are drawn as Keras draws them.
        width: The networks' width instead of the recipe's; with a name, `"small"` for all that the
            recipe does otherwise on a processor.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global one by default.
        jit_compile: As in `GAN.compile`; as the recipe says by default.
        images: Images over which the recipe's schedules run; its own steps' by default.
        moments: `(means, variances)` of the data, where these are points; see `MLPGenerator`.
        medium: What the samples are; by their shape by default.
        **rules: Fields of `keras_gan.Rules` instead of the recipe's, such as `update` or `remat`;
            None leaves the recipe's. An `augmentation` of `"none"` is none, and a schedule of the
            recipe for its own augmentation's p doesn't move another one's.

    Returns:
        A compiled game.

    Raises:
        ConfigError: For an unknown name, or what the networks can't be.

    Example:

    >>> import keras_gan as kg
    >>> kg.recipes.build("dcgan", (28, 28, 1), width=8).sample_shape
    (28, 28, 1)
    """
    recipe = get(recipe, width) if isinstance(recipe, str) else of_width(recipe, width)
    rules = {name: rule for name, rule in rules.items() if rule is not None}
    recipe = with_augmentation(recipe, rules.pop("augmentation", None))
    images = images or recipe.steps * recipe.batch_size
    recipe = in_unit_of(for_size(recipe, sample_shape[0], images), moments)
    spec = NetworkSpec(sample_shape, recipe.latent_dim, recipe.width, num_classes, dtype, moments)
    game = recipe.game(
        **networks_of(recipe, spec, medium or media.of(sample_shape)),
        seed=seed,
        moving_average_half_life=recipe.moving_average_half_life,
        latent_distribution=recipe.latent_distribution,
    )
    if jit_compile is None:
        jit_compile = True if recipe.jit else "auto"
    game.compile(
        **{f"{player}_optimizer": adam(recipe, player) for player in game.players},
        rules=models.Rules.of(**{**vars(recipe.rules()), **rules}),
        schedules=schedules_of(recipe, game, images),
        jit_compile=jit_compile,
        steps_per_execution=recipe.steps_per_execution,
    )
    return game


def with_augmentation(recipe, augmentation):
    """Returns the recipe with another augmentation, whose p no schedule moves; None for its own."""
    if augmentation is None or augmentation == recipe.augmentation:
        return recipe
    ends = {name: end for name, end in recipe.ends.items() if name != "augmentation"}
    augmentation = None if augmentation == NO_AUGMENTATION else augmentation
    return dataclasses.replace(recipe, augmentation=augmentation, ends=ends)


def networks_of(recipe: Recipe, spec: NetworkSpec, medium: media.Medium) -> dict:
    """Makes the networks of a recipe, which say the medium where their samples' shape doesn't.

    Raises:
        ConfigError: For a medium that the recipe doesn't learn.
    """
    if medium.name not in recipe.media:
        nouns = " or ".join(media.MEDIA[name].noun for name in recipe.media)
        raise ConfigError(
            f"expected {nouns} for this recipe ({recipe.about}), got {medium.noun} of shape "
            f"{tuple(spec.shape)}; choose another one, such as gan."
        )
    networks = recipe.networks(spec)
    if medium != media.of(spec.shape):
        for network in networks.values():
            if network.output_shape[1:] == tuple(spec.shape):
                network.medium = medium
    return networks


def for_size(recipe, size, images):
    """Returns the recipe with the numbers that depend on the images' size or count computed."""

    def numbers(table):
        return {
            name: number(size, recipe.batch_size, images) if callable(number) else number
            for name, number in table.items()
        }

    ends, weights = numbers(recipe.ends), numbers(recipe.penalties)
    return dataclasses.replace(recipe, penalties=weights, ends=ends)


def in_unit_of(recipe, moments):
    """Returns the recipe with the weights of its gradient penalties for data of these moments.

    A gradient is per unit of the data, so that its square is smaller where the data are larger.
    """
    if moments is None:
        return recipe
    unit = sum(moments[1]) / len(moments[1])
    weights = {name: unit * weight for name, weight in recipe.penalties.items()}
    names = {getattr(penalties, name).name for name in weights}
    ends = {name: unit * end if name in names else end for name, end in recipe.ends.items()}
    return dataclasses.replace(recipe, penalties=weights, ends=ends)


def adam(recipe, player):
    """Makes a player's optimizer; its name is fixed, so that two runs' settings can be compared."""
    rate = recipe.rate_of(player)
    return optimizers.Adam(rate, recipe.beta_1, recipe.beta_2, name=f"{player}_adam")


def schedules_of(recipe, game, images):
    """Makes the schedules that bring the recipe's numbers to their ends, and let a game grow.

    Args:
        recipe: The `Recipe`.
        game: Its game; in one that grows each size fades in and rests over as many images, and the
            last size rests twice as long.
        images: Images over which they run.
    """
    starts = {f"{player}_learning_rate": recipe.rate_of(player) for player in game.players}
    starts |= {"learning_rate": recipe.rate_of("generator"), "beta_2": recipe.beta_2}
    starts |= {"augmentation": 0.0, "moving_average_half_life": 0.0}
    starts |= {getattr(penalties, name).name: w for name, w in recipe.penalties.items()}
    made = {name: schedules.Cosine(starts[name], end, images) for name, end in recipe.ends.items()}
    if isinstance(game, models.ProgressiveGAN):
        phase = max(1, images // (2 * game.generator.last_stage + 2))
        made["level"] = schedules.Growth(phase, phase)
    return made
