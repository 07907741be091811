"""The data and the settings of a run; the recipe `auto` chooses settings that the user doesn't."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from keras_gan import datasets, machine, media, recipes
from keras_gan.datasets.fitting import check_image_size
from keras_gan.errors import RunError, printable
from keras_gan.files.json_file import read_json
from keras_gan.runs.folder import Run
from keras_gan.runs.schemas import AUTO_CONFIG
from keras_gan.runs.settings import Settings

CHOICES = ("width", "image_size", "batch_size", "augmentation", "conditional")


def open_data(
    settings: Settings, run: Run, tell: Callable[[str], None]
) -> tuple[Settings, datasets.Source]:
    """Opens the source of a run, and completes its settings with the choices of `auto`.

    A run that started with `auto` resumes with its first choices, whatever `auto` would choose now.

    Args:
        settings: `Settings`.
        run: The `Run`.
        tell: Function to call with a line of text for each choice.

    Returns:
        `(settings, source)`; the settings name a recipe other than `auto`.

    Raises:
        RunError: If the recipe is `auto`, but the run started with another one.
    """
    if settings.recipe != recipes.AUTO:
        return settings, open_source(settings, settings.image_size, settings.cache)
    if run.config_path.exists():
        settings = restore_choices(settings, run)
        source = open_source(settings, settings.image_size, settings.cache)
    else:
        once = dataclasses.replace(settings, mirror=False)  # mirrored images are no new ones
        source = open_source(once, settings.image_size or datasets.TYPICAL)
        choice = recipes.auto(auto_facts(source, settings))
        source = with_choice(source, choice.image_size, settings)
        settings = with_choices(settings, vars(choice), choice.reasons)
    for line in recipes.describe_choices({**vars(settings), **settings.changes}, settings.choices):
        tell(printable(line))
    return settings, source


def with_choice(
    source: datasets.Source, image_size: int | tuple[int, int] | None, settings: Settings
) -> datasets.Source:
    """Returns a source at the image size that `auto` chose, cached and mirrored as settings say."""
    if image_size is not None and source.sample_shape[:2] != check_image_size(image_size):
        source = source.resized(image_size)
    if settings.cache is not None:
        source = datasets.CachedSource(source, settings.cache)
    return source.mirrored() if settings.mirror else source


def open_source(
    settings: Settings, image_size: int | tuple[int, int] | str | None, cache: str | None = None
) -> datasets.Source:
    """Opens the source of some settings, at an image size."""
    return datasets.open_source(
        settings.data,
        image_size,
        settings.channels,
        settings.skip_corrupt,
        cache,
        settings.background,
        settings.medium,
        settings.fit,
        settings.mirror,
    )


def auto_facts(source: datasets.Source, settings: Settings | None = None) -> recipes.Facts:
    """Collects the inputs of `auto`'s choice from a source and this machine.

    Args:
        source: A `Source`.
        settings: `Settings` with the user's requests.

    Example:

    >>> import keras_gan as kg
    >>> facts = kg.runs.auto_facts(kg.datasets.open_source("digits"))
    >>> facts.sample_shape, facts.count, facts.num_classes
    ((28, 28, 1), 10000, 10)
    """
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
        gpus=len(machine.gpus()),
    )


def restore_choices(settings: Settings, run: Run) -> Settings:
    """Returns the settings with the choices that `auto` made when the run started."""
    config = run.read_config()
    if config.get("choices") is None:
        raise RunError(
            f"expected a run that started with {recipes.AUTO} in {run.folder}, got one that "
            f"started with the recipe {config['recipe']}; name that recipe to resume it, or choose "
            "another --out."
        )
    config = read_json(run.config_path, AUTO_CONFIG, RunError)
    augmentation = config["rules"]["augmentation"] or recipes.NO_AUGMENTATION
    choices = {**config, "augmentation": augmentation}
    are_images = isinstance(media.from_config(config["medium"]), media.Image)
    choices["image_size"] = size_of(config["sample_shape"]) if are_images else None
    choices["conditional"] = config["classes"] is not None
    return with_choices(settings, choices, config["choices"])


def size_of(sample_shape: Sequence[int]) -> int | tuple[int, int]:
    """Returns the size of images of a shape, one integer for a square."""
    height, width, _ = sample_shape
    return height if height == width else (height, width)


def with_choices(settings: Settings, choices: Mapping, reasons: Mapping[str, str]) -> Settings:
    """Returns the settings with a choice for each one that the user left open.

    A requested width only replaces the width: it doesn't turn a recipe's variant for a CPU into the
    recipe with its many steps.

    Args:
        settings: `Settings`.
        choices: Name -> value.
        reasons: Name -> reason.
    """
    choices = {**choices, "width": recipes.combine_widths(choices["width"], settings.width)}
    values = {**vars(settings), **settings.changes}
    is_open = {name: values.get(name) is None for name in CHOICES}
    is_open["width"] = choices["width"] != settings.width
    names = ("recipe", *(name for name in CHOICES if is_open[name]))
    reasons = {name: reason for name, reason in reasons.items() if name in names}
    values = {name: choices[name] for name in names}
    changes = {name: values.pop(name) for name in ("augmentation",) if name in values}
    changes = {**settings.changes, **changes}
    return dataclasses.replace(settings, **values, changes=changes, choices=reasons)
