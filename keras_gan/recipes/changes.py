"""Changes of a recipe: other rules and numbers than its own, by name."""

import dataclasses
import numbers
from collections.abc import Mapping

from keras_gan import augment, losses, options, penalties
from keras_gan.checks import check_bool, check_integer, check_number, check_positive, is_number
from keras_gan.errors import ConfigError, abbreviate, unknown
from keras_gan.recipes.recipe import NO_AUGMENTATION, PLAIN_RULES, SCHEDULED, Recipe
from keras_gan.sampling import LATENT_DISTRIBUTIONS, Sampling

PLAIN = (str, numbers.Number)
END, CLIPPING = ".end", "weight_clipping"
AUGMENTATION, PROBABILITY = "augmentation.", "augmentation.p"
HALF_LIFE, RAMP = "moving_average_half_life", "moving_average_ramp"
ARGUMENTS = ("batch_size", "steps", "width")  # of `Settings` and of the command line
SAMPLING = ("latent_dim", "latent_distribution")
FIELDS = ("beta_1", "beta_2", "epsilon", "interval", *SAMPLING, HALF_LIFE, RAMP)
ADA_OPTIONS = ("factors", "images", "interval", "p", "target", "transforms")
PENALTIES = {  # name -> name of the class, for penalties of one weight
    getattr(penalties, name).name: name
    for name in (
        "R1",
        "R2",
        "GradientPenalty",
        "ZeroCentered",
        "DRAGAN",
        "Drift",
        "LeCam",
        "PathLength",
    )
}


def change(recipe: Recipe, changes: Mapping[str, object]) -> Recipe:
    """Returns a recipe with other rules and numbers.

    A number that is set stays at its value during the run; `NAME.end` sets the value that it takes
    on a cosine by the end.

    Args:
        recipe: A `Recipe`.
        changes: Name -> text, number or bool. `names` lists the names.

    Raises:
        ConfigError: For an unknown name, or a value that the recipe can't have.

    Example:

    >>> from keras_gan import recipes
    >>> recipe = recipes.change(recipes.get("dcgan"), {"r1": 0.5, "learning_rate": 1e-4})
    >>> recipe.penalties, recipe.rates
    ({'R1': 0.5}, 0.0001)
    """
    known = names(recipe)
    check_changes(changes, known)
    rest = dict(changes)
    if "augmentation" in rest:
        recipe = with_augmentation(recipe, rest.pop("augmentation"))
    for name in sorted(rest, key=lambda name: (name.endswith(END), known.index(name))):
        recipe = set_value(recipe, name, rest[name])
    check_together(recipe, rest)
    return recipe


def without_own(recipe: Recipe, changes: Mapping[str, object]) -> dict[str, object]:
    """Returns the changes without rules that are the recipe's own."""
    own = {name: value or NO_AUGMENTATION for name, value in recipe.plain_rules().items()}
    own |= {"remat": recipe.remat}
    return {name: value for name, value in changes.items() if value != own.get(name)}


def names(recipe: Recipe) -> list[str]:
    """Returns the names that `change` knows for a recipe, in the order in which they are applied.

    Example:

    >>> from keras_gan import recipes
    >>> recipes.names(recipes.get("quick"))[:3]
    ['accumulation', 'augmentation', 'loss']
    """
    rules = sorted(field.name for field in PLAIN_RULES)
    rates = ["learning_rate", *(f"{player}_learning_rate" for player in recipe.game.players)]
    scheduled = [*rates, "beta_2", HALF_LIFE, PROBABILITY, *sorted(PENALTIES)]
    plain = [*rules, *FIELDS, *(AUGMENTATION + name for name in ADA_OPTIONS), CLIPPING]
    others = [name for name in scheduled if name not in plain]
    return [*plain, *others, *(name + END for name in scheduled)]


def check_changes(changes: Mapping[str, object], known: list[str]) -> None:
    """Raises `ConfigError` for names that aren't a recipe's, or values that JSON can't hold."""
    for name, value in changes.items():
        check_name(name, known)
        if not isinstance(value, PLAIN):
            raise ConfigError(
                f"expected text, a number or a bool for {name}, got {abbreviate(value)}."
            )


def check_name(name: str, known: list[str]) -> None:
    """Raises `ConfigError` for a name that isn't a recipe's."""
    if name in ARGUMENTS:
        option = f"--{name.replace('_', '-')}"
        raise ConfigError(
            f"expected {name} as an argument of its own, {name}= or {option}, got it among the "
            "changes (--set)."
        )
    if name not in known:
        raise unknown("setting", name, [each for each in known if not each.endswith(END)])


def set_value(recipe: Recipe, name: str, value: object) -> Recipe:
    """Returns a recipe with one other value, checked."""
    if name.endswith(END):
        return set_end(recipe, name.removesuffix(END), value)
    if name.endswith("learning_rate"):
        return set_rate(recipe, name, check_positive(name, value))
    if name in PENALTIES:
        recipe = without_ends(recipe, name)
        weights = {**recipe.penalties, PENALTIES[name]: check_number(name, value)}
        return dataclasses.replace(recipe, penalties={n: w for n, w in weights.items() if w})
    if name.startswith(AUGMENTATION):
        return set_augmentation_option(recipe, name.removeprefix(AUGMENTATION), value)
    if name == CLIPPING:
        constraint = penalties.WeightClipping(check_positive(name, value))
        return dataclasses.replace(recipe, constraint=constraint)
    return dataclasses.replace(without_ends(recipe, name), **{name: check_value(name, value)})


def check_value(name: str, value: object) -> object:
    """Returns the value of a field of `Recipe`; raises `ConfigError` for one out of range."""
    if name in ("accumulation", "interval", "latent_dim", "n_critic"):
        return check_integer(name, value)
    if name in (HALF_LIFE, RAMP, "epsilon"):
        return check_positive(name, value)
    if name in ("beta_1", "beta_2"):
        if not is_number(value) or not 0 <= value < 1:
            raise ConfigError(f"expected {name} from 0 to below 1, got {abbreviate(value)}.")
        return value
    if name == "remat":
        return check_bool(name, value)
    choices = {
        "loss": losses.LOSSES,
        "update": options.UPDATES,
        "latent_distribution": LATENT_DISTRIBUTIONS,
    }[name]
    if value not in choices:
        raise unknown(name, value, choices)
    return value


def set_rate(recipe: Recipe, name: str, rate: float) -> Recipe:
    """Returns a recipe with another constant learning rate of both players, or of one."""
    recipe = without_ends(recipe, name)
    if name == "learning_rate":
        return dataclasses.replace(recipe, rates=rate)
    rates = {player: recipe.rate_of(player) for player in recipe.game.players}
    return dataclasses.replace(recipe, rates={**rates, name.removesuffix("_learning_rate"): rate})


def set_end(recipe: Recipe, name: str, value: object) -> Recipe:
    """Returns a recipe with another value at the end of the run."""
    if name in PENALTIES and PENALTIES[name] not in recipe.penalties:
        raise ConfigError(f"expected {name} beside {name + END}, as the recipe has none.")
    is_share = name in ("beta_2", PROBABILITY)
    check_number(name + END, value, maximum=1 if is_share else float("inf"))
    recipe, keys = without_ends(recipe, name), [name]
    if name == PROBABILITY:
        check_option(recipe, "p")
        keys = ["augmentation"]
    elif name == "learning_rate" and isinstance(recipe.rates, dict):
        keys = [f"{player}_learning_rate" for player in recipe.game.players]
    return dataclasses.replace(recipe, ends={**recipe.ends, **dict.fromkeys(keys, value)})


def without_ends(recipe: Recipe, name: str) -> Recipe:
    """Returns a recipe without the schedule of a number; other players keep that of their rate."""
    ends = dict(recipe.ends)
    if name == "learning_rate":
        ends = {key: end for key, end in ends.items() if not key.endswith(name)}
    elif name.endswith("learning_rate") and "learning_rate" in ends:
        common = ends.pop("learning_rate")
        ends |= {f"{player}_learning_rate": common for player in recipe.game.players}
    ends.pop("augmentation" if name == PROBABILITY else name, None)
    return dataclasses.replace(recipe, ends=ends)


def with_augmentation(recipe: Recipe, augmentation: object) -> Recipe:
    """Returns a recipe with another augmentation, without a schedule of its p."""
    if augmentation == (recipe.augmentation or NO_AUGMENTATION):
        return recipe
    if augmentation not in (NO_AUGMENTATION, *augment.AUGMENTATIONS):
        raise unknown("augmentation", augmentation, (NO_AUGMENTATION, *augment.AUGMENTATIONS))
    recipe = without_ends(recipe, "augmentation")
    augmentation = None if augmentation == NO_AUGMENTATION else augmentation
    return dataclasses.replace(recipe, augmentation=augmentation, augmentation_options={})


def set_augmentation_option(recipe: Recipe, name: str, value: object) -> Recipe:
    """Returns a recipe with another option of its augmentation; a p that is set is constant."""
    check_option(recipe, name)
    if name in ("p", "target"):
        recipe = without_ends(recipe, PROBABILITY)
    if name in PARSERS:
        value = PARSERS[name](value)
    augmentation_options = {**recipe.augmentation_options, name: value}
    return dataclasses.replace(recipe, augmentation_options=augmentation_options)


def parse_transforms(text: object) -> tuple[str, ...]:
    """Returns the transformations that a text such as `"blit,color"` lists."""
    return tuple(str(text).split(","))


def parse_factors(text: object) -> dict[str, float]:
    """Returns the factors that a text such as `"color=0.5,cutout=1"` lists, by name.

    Raises:
        ConfigError: For other texts.
    """
    pairs = [pair.partition("=") for pair in str(text).split(",")]
    try:
        return {name: float(factor) for name, _, factor in pairs}
    except ValueError:
        raise ConfigError(
            f"expected {AUGMENTATION}factors such as 'color=0.5,cutout=1', got {abbreviate(text)}."
        ) from None


PARSERS = {"transforms": parse_transforms, "factors": parse_factors}


def check_option(recipe: Recipe, name: str) -> None:
    """Raises `ConfigError` for an option that the recipe's augmentation doesn't have."""
    kind = recipe.augmentation
    if kind is None:
        raise ConfigError(
            f"expected an augmentation for {AUGMENTATION}{name}, but the recipe has none; set "
            f"augmentation too, to {' or '.join(augment.AUGMENTATIONS)}."
        )
    known = ADA_OPTIONS if kind in ("ada", SCHEDULED) else ("transforms",)
    if name not in known:
        raise unknown(f"option of {kind}", name, known)


def check_together(recipe: Recipe, changes: Mapping[str, object]) -> None:
    """Raises `ConfigError` for changes that exclude each other, or that have no effect."""
    p_end = PROBABILITY + END
    for first, second, reason in (
        (HALF_LIFE, HALF_LIFE + END, "a scheduled half-life rises from 0"),
        (RAMP, HALF_LIFE + END, "a scheduled half-life rises from 0"),
        (f"{AUGMENTATION}target", p_end, "p follows either the target or the schedule"),
    ):
        if first in changes and second in changes:
            raise ConfigError(f"expected {first} or {second}, got both; {reason}.")
    if "interval" in changes and not recipe.penalties:
        raise ConfigError("expected a penalty, such as r1, for interval; the recipe has none.")
    if "latent_distribution" in changes and not issubclass(recipe.game, Sampling):
        raise ConfigError("expected a game with latents for latent_distribution.")
    dataclasses.replace(recipe, penalties={}).rules()  # raises the errors of rules
