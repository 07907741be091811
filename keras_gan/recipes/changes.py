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
END, AUGMENTATION, CLIPPING = ".end", "augmentation.", "weight_clipping"
HALF_LIFE = "moving_average_half_life"
ARGUMENTS = ("batch_size", "steps", "width")  # of `Settings` and of the command line
FIELDS = ("beta_1", "beta_2", "interval", "latent_dim", "latent_distribution", HALF_LIFE)
SIZES = (32, 64)  # for which numbers that depend on it are shown
LARGE = 1_000  # numbers from which on commas are shown
ADA_OPTIONS = ("images", "interval", "p", "target", "transforms")
WEIGHTED = {
    getattr(penalties, name).name: name
    for name in ("R1", "R2", "GradientPenalty", "ZeroCentered", "DRAGAN", "Drift", "LeCam")
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
    scheduled = [*rates, "beta_2", HALF_LIFE, f"{AUGMENTATION}p", *sorted(WEIGHTED)]
    plain = [*rules, *FIELDS, *(AUGMENTATION + name for name in ADA_OPTIONS), CLIPPING]
    numbers = [*plain, *(name for name in scheduled if name not in plain)]
    return [*numbers, *(name + END for name in scheduled)]


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
    if name in WEIGHTED:
        recipe = without_ends(recipe, name)
        weights = {**recipe.penalties, WEIGHTED[name]: check_number(name, value)}
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
    if name == HALF_LIFE:
        return check_number(name, value)
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
    if name in WEIGHTED and WEIGHTED[name] not in recipe.penalties:
        raise ConfigError(f"expected {name} beside {name + END}, as the recipe has none.")
    is_share = name in ("beta_2", f"{AUGMENTATION}p")
    check_number(name + END, value, maximum=1 if is_share else float("inf"))
    recipe = without_ends(recipe, name)
    if name == f"{AUGMENTATION}p":
        check_option(recipe, "p")
        name = "augmentation"
    ends = {name: value}
    if name == "learning_rate" and isinstance(recipe.rates, dict):
        ends = {f"{player}_learning_rate": value for player in recipe.game.players}
    return dataclasses.replace(recipe, ends={**recipe.ends, **ends})


def without_ends(recipe: Recipe, name: str) -> Recipe:
    """Returns a recipe without the schedule of a number; other players keep that of their rate."""
    ends = dict(recipe.ends)
    if name == "learning_rate":
        ends = {key: end for key, end in ends.items() if not key.endswith(name)}
    elif name.endswith("learning_rate") and "learning_rate" in ends:
        common = ends.pop("learning_rate")
        ends |= {f"{player}_learning_rate": common for player in recipe.game.players}
    ends.pop("augmentation" if name == f"{AUGMENTATION}p" else name, None)
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
        recipe = without_ends(recipe, f"{AUGMENTATION}p")
    value = tuple(str(value).split(",")) if name == "transforms" else value
    options_of_it = {**recipe.augmentation_options, name: value}
    return dataclasses.replace(recipe, augmentation_options=options_of_it)


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
    p_end = f"{AUGMENTATION}p{END}"
    for first, second, reason in (
        (HALF_LIFE, HALF_LIFE + END, "a scheduled half-life rises from 0"),
        (f"{AUGMENTATION}target", p_end, "p follows either the target or the schedule"),
    ):
        if first in changes and second in changes:
            raise ConfigError(f"expected {first} or {second}, got both; {reason}.")
    if "interval" in changes and not recipe.penalties:
        raise ConfigError("expected a penalty, such as r1, for interval; the recipe has none.")
    if "latent_distribution" in changes and not issubclass(recipe.game, Sampling):
        raise ConfigError("expected a game with latents for latent_distribution.")
    dataclasses.replace(recipe, penalties={}).rules()


def describe_changes(recipe: Recipe, changes: Mapping[str, object]) -> str | None:
    """Returns a line on what the changes of a recipe change; None if they change nothing.

    Example:

    >>> from keras_gan import recipes
    >>> recipes.describe_changes(recipes.get("quick"), {"loss": "hinge", "r1": 0.5})
    'Changed from the recipe: loss hinge instead of non_saturating, r1 0.5 instead of 1.'
    """
    before, after = numbers_of(recipe), numbers_of(change(recipe, changes))
    texts = [
        f"{name} {after.get(name, 'none')} instead of {before.get(name, 'none')}"
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
    return f"Changed from the recipe: {', '.join(texts)}." if texts else None


def numbers_of(recipe: Recipe) -> dict[str, str]:
    """Returns all rules and numbers of a recipe as text, by name.

    Example:

    >>> from keras_gan import recipes
    >>> recipes.numbers_of(recipes.get("r3gan"))["r1"]
    '0.25 to 0.025 (at 32 pixels), 2 to 0.2 (at 64 pixels)'
    """
    fields = ("latent_dim", "latent_distribution", "width", "batch_size", "steps", "loss")
    texts = {name: text_of(getattr(recipe, name)) for name in fields}
    rates = {f"{player}_learning_rate": recipe.rate_of(player) for player in recipe.game.players}
    if len(set(rates.values())) == 1 and not rates.keys() & recipe.ends.keys():
        rates = {"learning_rate": next(iter(rates.values()))}
    texts |= {name: with_end(recipe, rate, name) for name, rate in rates.items()}
    texts |= {"beta_1": text_of(recipe.beta_1), "beta_2": with_end(recipe, recipe.beta_2, "beta_2")}
    start = 0 if HALF_LIFE in recipe.ends else recipe.moving_average_half_life
    texts[HALF_LIFE] = with_end(recipe, start, HALF_LIFE)
    for name, weight in recipe.penalties.items():
        texts[getattr(penalties, name).name] = with_end(
            recipe, weight, getattr(penalties, name).name
        )
    if recipe.penalties:
        texts["interval"] = text_of(recipe.interval)
    if recipe.constraint is not None:
        texts[CLIPPING] = text_of(recipe.constraint.limit)
    texts |= {name: text_of(getattr(recipe, name)) for name in ("n_critic", "update")}
    texts |= {name: text_of(getattr(recipe, name)) for name in ("accumulation", "remat")}
    return {**texts, **augmentation_numbers(recipe)}


def augmentation_numbers(recipe: Recipe) -> dict[str, str]:
    """Returns the numbers of a recipe's augmentation as text, by name."""
    texts = {"augmentation": recipe.augmentation or NO_AUGMENTATION}
    values = dict(recipe.augmentation_options)
    if "augmentation" in recipe.ends:
        texts[f"{AUGMENTATION}p"] = with_end(recipe, values.pop("p", 0), "augmentation")
    transforms = values.pop("transforms", None)
    texts |= {AUGMENTATION + name: text_of(value) for name, value in values.items()}
    if transforms is not None:
        texts[f"{AUGMENTATION}transforms"] = ",".join(transforms)
    return texts


def with_end(recipe: Recipe, start: object, name: str) -> str:
    """Returns a number and its value at the end of the run as text, at two sizes if it has some."""
    values = (start, recipe.ends[name]) if name in recipe.ends else (start,)
    at = {size: " to ".join(text_of(v, recipe, size) for v in values) for size in SIZES}
    if len(set(at.values())) == 1:
        return at[SIZES[0]]
    return ", ".join(f"{text} (at {size} pixels)" for size, text in at.items())


def text_of(value: object, recipe: Recipe | None = None, size: int | None = None) -> str:
    """Returns a value as text; a function of size, batch and images is called."""
    if callable(value):
        value = value(size, recipe.batch_size, recipe.steps * recipe.batch_size)
    if not is_number(value):
        return str(value)
    return f"{value:,.0f}" if value >= LARGE else f"{value:g}"
