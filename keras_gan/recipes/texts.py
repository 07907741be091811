"""The rules and numbers of a recipe as text."""

from collections.abc import Mapping

from keras_gan.checks import is_number
from keras_gan.recipes.changes import AUGMENTATION, CLIPPING, HALF_LIFE, PROBABILITY, RAMP, change
from keras_gan.recipes.recipe import NO_AUGMENTATION, Recipe

SIZES = (32, 64)  # in pixels, for which numbers that depend on the size are shown
LARGE = 1_000  # numbers from which on commas are shown


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
    '0.05 to 0.005 (at 32 pixels), 2 to 0.2 (at 64 pixels)'
    """
    fields = ("latent_dim", "latent_distribution", "width", "batch_size", "steps", "loss")
    texts = {name: at_sizes(recipe, name) for name in fields}
    rates = {f"{player}_learning_rate": recipe.rate_of(player) for player in recipe.game.players}
    if len(set(rates.values())) == 1 and not rates.keys() & recipe.ends.keys():
        rates = {"learning_rate": next(iter(rates.values()))}
    texts |= {name: with_end(recipe, rate, name) for name, rate in rates.items()}
    texts |= {"beta_1": text_of(recipe.beta_1), "beta_2": with_end(recipe, recipe.beta_2, "beta_2")}
    texts |= {"epsilon": text_of(recipe.epsilon)}
    start = 0 if HALF_LIFE in recipe.ends else recipe.moving_average_half_life
    texts[HALF_LIFE] = with_end(recipe, start, HALF_LIFE)
    texts |= {} if HALF_LIFE in recipe.ends else {RAMP: text_of(recipe.moving_average_ramp)}
    weights = recipe.penalty_weights().items()
    texts |= {name: with_end(recipe, weight, name) for name, weight in weights}
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
        texts[PROBABILITY] = with_end(recipe, values.pop("p", 0), "augmentation")
    if "transforms" in values:
        values["transforms"] = ",".join(values["transforms"])
    if "factors" in values:
        pairs = values["factors"].items()
        values["factors"] = ",".join(f"{name}={factor:g}" for name, factor in pairs)
    return texts | {AUGMENTATION + name: text_of(value) for name, value in values.items()}


def at_sizes(recipe: Recipe, name: str) -> str:
    """Returns a field of a recipe as text, at two sizes if it depends on the size."""
    return join({size: text_of(getattr(recipe.at(size), name)) for size in SIZES})


def with_end(recipe: Recipe, start: object, name: str) -> str:
    """Returns a number and its value at the end of the run as text, at two sizes if it has some."""
    values = (start, recipe.ends[name]) if name in recipe.ends else (start,)
    return join({size: " to ".join(text_of(v, recipe, size) for v in values) for size in SIZES})


def join(texts: Mapping[int, str]) -> str:
    """Returns the texts of several sizes as one, a single text if all are equal."""
    if len(set(texts.values())) == 1:
        return texts[SIZES[0]]
    return ", ".join(f"{text} (at {size} pixels)" for size, text in texts.items())


def text_of(value: object, recipe: Recipe | None = None, size: int | None = None) -> str:
    """Returns a value as text; a function of size, batch and images is called."""
    if callable(value):
        recipe = recipe.at(size)
        value = value(size, recipe.batch_size, recipe.steps * recipe.batch_size)
    if not is_number(value):
        return str(value)
    return f"{value:,.0f}" if value >= LARGE else f"{value:g}"
