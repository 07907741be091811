"""A run's data and its settings, which the recipe `auto` picks where the user doesn't."""

import dataclasses

from keras_gan import datasets, machine, media, recipes
from keras_gan.errors import RunError, printable
from keras_gan.files.json_file import read_json
from keras_gan.runs.schemas import CHOSEN
from keras_gan.runs.settings import FLOAT32

PICKED = ("width", "image_size", "batch_size", "augmentation", "mixed_precision", "conditional")


def open_data(settings, run, tell):
    """The source of a run's settings, and the settings with all that `auto` picked.

    A run that `auto` began goes on with what it picked then, whatever it would pick now.

    Args:
        settings: `Settings`.
        run: The `Run`.
        tell: Called with a line for each choice.

    Returns:
        `(settings, source)`; the recipe in these settings is a real one.

    Raises:
        RunError: For `auto` in a run whose recipe was named.
    """
    if settings.recipe != recipes.AUTO:
        return settings, open_source(settings, settings.image_size, settings.cache)
    if run.config_path.exists():
        settings = as_begun(settings, run)
        source = open_source(settings, settings.image_size, settings.cache)
    else:
        source = open_source(settings, settings.image_size or datasets.TYPICAL)
        choice = recipes.auto(auto_facts(source, settings))
        if choice.image_size is not None and source.sample_shape[:2] != (choice.image_size,) * 2:
            source = source.resized(choice.image_size)
        if settings.cache is not None:
            source = datasets.CachedSource(source, settings.cache)
        settings = with_picked(settings, vars(choice), choice.reasons)
    for line in recipes.describe_choices({**vars(settings), **settings.rules}, settings.choices):
        tell(printable(line))
    return settings, source


def open_source(settings, image_size, cache=None):
    """The source that settings name, at a size."""
    return datasets.open_source(
        settings.data,
        image_size,
        settings.channels,
        settings.skip_corrupt,
        cache,
        settings.background,
        settings.medium,
    )


def auto_facts(source, settings=None) -> recipes.Facts:
    """What decides the choice of `auto`: a source's facts, and this machine's.

    Args:
        source: A `Source`.
        settings: `Settings`, for what the user asked for.

    Example:

    >>> import keras_gan as kg
    >>> facts = kg.runs.auto_facts(kg.datasets.open_source("digits"))
    >>> facts.sample_shape, facts.count, facts.num_classes
    ((28, 28, 1), 10000, 10)
    """
    gpus = machine.gpus()
    return recipes.Facts(
        sample_shape=source.sample_shape,
        medium=source.medium,
        count=len(source),
        num_classes=source.class_names and len(source.class_names),
        image_size=settings and settings.image_size,
        hours=settings and settings.hours,
        steps=settings and settings.steps,
        cores=machine.cores(),
        memory=machine.memory(),
        gpus=len(gpus),
        compute_capability=gpus[0].get("compute_capability") if gpus else None,
    )


def as_begun(settings, run):
    """The settings with what `auto` picked when the run began."""
    config = run.read_config()
    if config.get("choices") is None:
        raise RunError(
            f"expected a run that {recipes.AUTO} began in {run.folder}, got one of the recipe "
            f"{config['recipe']}, which was named; name it again to go on, or choose another --out."
        )
    config = read_json(run.config_path, CHOSEN, RunError)
    picked = {**config["rules"], **config}
    picked["recipe"] = config["recipe"]
    are_images = isinstance(media.from_config(config["medium"]), media.Image)
    picked["image_size"] = config["sample_shape"][0] if are_images else None
    picked["mixed_precision"] = config["mixed_precision"] or FLOAT32
    picked["conditional"] = config["classes"] is not None
    return with_picked(settings, picked, config["choices"])


def with_picked(settings, picked, reasons):
    """The settings, with what was picked where the user names nothing, and the reasons for that.

    Args:
        settings: `Settings`.
        picked: Name -> value.
        reasons: Name -> why.
    """
    named = {**vars(settings), **settings.rules}
    free = [name for name in PICKED if named.get(name) is None]
    reasons = {name: why for name, why in reasons.items() if name in ("recipe", *free)}
    values = {name: picked[name] for name in ("recipe", *free)}
    rules = {name: values.pop(name) for name in ("augmentation",) if name in values}
    rules = {**settings.rules, **rules}
    return dataclasses.replace(settings, **values, rules=rules, choices=reasons)
