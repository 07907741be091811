"""Building of models from recipes."""

import dataclasses

from keras_gan import media, memory, models, optimizers, schedules
from keras_gan.errors import ConfigError, unknown
from keras_gan.recipes.changes import PENALTIES, PLAIN, change, with_augmentation
from keras_gan.recipes.networks import NetworkSpec
from keras_gan.recipes.recipe import NO_AUGMENTATION, Recipe
from keras_gan.recipes.table import get, with_width
from keras_gan.sampling import Sampling

import keras


@memory.name_remedy(memory.IN_BUILDING)
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
    **changes,
) -> models.AdversarialModel:
    """Builds and compiles the model of a recipe.

    Args:
        recipe: A `Recipe`, or its name.
        sample_shape: Shape of one sample of the data.
        num_classes: Number of classes of a class-conditional model; None without labels.
        seed: Seed of all noise. The initial weights come from Keras's global seed.
        width: Width of the networks, which replaces the recipe's. With a recipe's name it may be
            `"small"`, which selects the recipe's variant for a CPU, or `"small:8"`; see `get`.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global policy by default.
        jit_compile: As in `GAN.compile`; the recipe's setting by default.
        images: Number of images over which the recipe's schedules run; by default as many as the
            recipe's own steps see.
        moments: `(means, variances)` of the data, if they are points; see `MLPGenerator`.
        medium: Medium of the samples; inferred from their shape by default.
        **changes: Rules and numbers that replace the recipe's, such as `loss`, `learning_rate`,
            `r1` or `n_critic`; see `keras_gan.recipes.change`. Fields of `keras_gan.Rules` may be
            objects. None keeps the recipe's. An `augmentation` of `"none"` disables augmentation.
            The recipe's schedules of a replaced augmentation or of replaced penalties don't apply.

    Returns:
        A compiled model.

    Raises:
        ConfigError: If the name or the width is unknown, or the networks don't support an argument.
        OutOfMemoryError: If the networks don't fit in the device's memory.

    Example:

    >>> import keras_gan as kg
    >>> kg.recipes.build("dcgan", (28, 28, 1), width=8).sample_shape
    (28, 28, 1)
    """
    recipe = get(recipe, width) if isinstance(recipe, str) else with_width(recipe, width)
    medium = medium or media.of(sample_shape)
    size = medium.size(sample_shape)
    changes, rules = split_changes(changes)
    recipe = change(recipe.at(size), changes)
    if "augmentation" in rules:
        recipe = with_augmentation(recipe, NO_AUGMENTATION)
    recipe = without_penalties(recipe) if "penalties" in rules else recipe
    images = images or recipe.steps * recipe.batch_size
    recipe = scale_penalties(resolve_numbers(recipe, size, images), moments)
    sizes = (sample_shape, recipe.latent_dim, recipe.width)
    spec = NetworkSpec(*sizes, medium, num_classes, dtype, moments)
    samples = issubclass(recipe.game, Sampling)
    options = {"latent_distribution": recipe.latent_distribution} if samples else {}
    model = recipe.game(
        **build_networks(recipe, spec),
        seed=seed,
        moving_average_half_life=recipe.moving_average_half_life,
        **options,
    )
    model.moving_average_ramp = recipe.moving_average_ramp
    compile_model(model, recipe, rules, images, jit_compile)
    return model


def split_changes(changes: dict) -> tuple[dict, dict]:
    """Returns `(changes, rules)`: those of plain values, and fields of `Rules` that are objects.

    Raises:
        ConfigError: For penalties beside a weight of one, as one would replace the other.
    """
    plain, objects = {}, {}
    for name, value in changes.items():
        is_object = name in ("penalties", "constraint") or not isinstance(value, PLAIN)
        if value is not None:
            (objects if is_object else plain)[name] = value
    weights = [name for name in plain if name in PENALTIES or name == "interval"]
    if "penalties" in objects and weights:
        raise ConfigError(
            f"expected penalties or {', '.join(weights)}, got both; set weight and interval of "
            "the objects."
        )
    return plain, objects


def compile_model(
    model: models.AdversarialModel,
    recipe: Recipe,
    rules: dict,
    images: int,
    jit_compile: bool | str | None,
) -> None:
    """Compiles a model with a recipe's numbers; the arguments are those of `build`."""
    if jit_compile is None:
        jit_compile = True if recipe.jit else "auto"
    model.compile(
        **{f"{player}_optimizer": make_optimizer(recipe, player) for player in model.players},
        rules=models.Rules.of(**{**vars(recipe.rules()), **rules}),
        schedules=make_schedules(recipe, model, images),
        jit_compile=jit_compile,
        steps_per_execution=recipe.steps_per_execution,
    )


def without_penalties(recipe: Recipe) -> Recipe:
    """Returns the recipe without its penalties and their schedules."""
    names = recipe.penalty_weights()
    ends = {name: end for name, end in recipe.ends.items() if name not in names}
    return dataclasses.replace(recipe, penalties={}, ends=ends)


def build_networks(recipe: Recipe, spec: NetworkSpec) -> dict[str, keras.Model]:
    """Builds the networks of a recipe; sets their medium if the shape doesn't imply it.

    Raises:
        ConfigError: If the recipe doesn't support the medium.
    """
    medium = spec.medium
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


def resolve_numbers(recipe: Recipe, size: int, images: int) -> Recipe:
    """Returns the recipe with its functions of image size and image count evaluated.

    Penalties whose weight is 0 at this size are left out.
    """

    def resolve(table):
        return {
            name: number(size, recipe.batch_size, images) if callable(number) else number
            for name, number in table.items()
        }

    ends = resolve(recipe.ends)
    weights = {name: weight for name, weight in resolve(recipe.penalties).items() if weight}
    return dataclasses.replace(recipe, penalties=weights, ends=ends)


def scale_penalties(recipe: Recipe, moments: tuple | None) -> Recipe:
    """Returns the recipe with the weights of its gradient penalties scaled to the data.

    The recipe's weights are for data of variance 1. Squared gradients are inversely proportional
    to the variance, so the weights are multiplied by it.
    """
    if moments is None:
        return recipe
    variance = sum(moments[1]) / len(moments[1])
    weights = {name: variance * weight for name, weight in recipe.penalties.items()}
    names = recipe.penalty_weights()
    ends = {name: variance * end if name in names else end for name, end in recipe.ends.items()}
    return dataclasses.replace(recipe, penalties=weights, ends=ends)


def make_optimizer(recipe: Recipe, player: str) -> keras.optimizers.Optimizer:
    """Makes a player's optimizer, with a fixed name so that settings of runs are comparable."""
    rate = recipe.rate_of(player)
    numbers = recipe.beta_1, recipe.beta_2, recipe.epsilon
    return optimizers.Adam(rate, *numbers, name=f"{player}_adam")


def make_schedules(
    recipe: Recipe, model: models.AdversarialModel, images: int
) -> dict[str, schedules.Schedule]:
    """Makes the schedules that take the recipe's numbers to their ends, and those of the game.

    Args:
        recipe: The `Recipe`.
        model: Its model.
        images: Number of images over which the schedules run.

    Returns:
        Name of a scheduled number -> schedule.

    Raises:
        ConfigError: For an end of an unknown number, or of `learning_rate` if the players' differ.
    """
    rates = [recipe.rate_of(player) for player in model.players]
    starts = {f"{player}_learning_rate": r for player, r in zip(model.players, rates, strict=True)}
    starts |= {"learning_rate": rates[0]} if len(set(rates)) == 1 else {}
    starts |= {"beta_2": recipe.beta_2}
    starts |= {"augmentation": recipe.augmentation_options.get("p", 0.0)}
    starts |= {"moving_average_half_life": 0.0}
    starts |= recipe.penalty_weights()
    for name in recipe.ends.keys() - starts.keys():
        raise unknown("scheduled number", name, starts)
    kind = {"cosine": schedules.Cosine, "linear": schedules.Linear}[recipe.decay]
    decays = {name: kind(starts[name], end, images) for name, end in recipe.ends.items()}
    return {**model.default_schedules(images), **decays}
