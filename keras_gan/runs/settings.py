"""Settings of a run: recipe, data, number of steps."""

import dataclasses
import importlib.metadata
import os

from keras_gan import datasets, media, recipes
from keras_gan.checks import (
    check_bool,
    check_integer,
    check_number,
    check_positive,
    check_seed,
)
from keras_gan.datasets.channels import WHITE
from keras_gan.device_arrays import AUTO, check_choice
from keras_gan.errors import ConfigError, counted, printable
from keras_gan.options import AUTO_PRECISION, CROP
from keras_gan.runs.plan import CheckpointOptions

import numpy as np

MOST_HOURS = 100_000  # eleven years


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of a run: recipe, data, number of steps.

    Attributes:
        recipe: Name of a recipe, or `"auto"` for the one that fits the data and the machine.
        data: Name or path of a source, as in `keras_gan.datasets.load`.
        steps: Total number of steps; the recipe's by default.
        batch_size: Number of samples per step; the recipe's by default.
        width: Width of the networks; `"small"` for the recipe's variant for a CPU, or `"small:8"`
            for that variant with a width of 8; the recipe's width by default.
        seed: Seed of the initial weights, the noise and the order of the data.
        image_size: As in `keras_gan.datasets.load`, without `"typical"`.
        channels: As in `keras_gan.datasets.load`.
        skip_corrupt: As in `keras_gan.datasets.load`.
        conditional: Whether to learn the classes; by default if the data have labels.
        mixed_precision: `"bfloat16"`, `"float16"`, `"float32"`, or `"auto"`, which chooses by
            the machine and, if in doubt, a timing; a run keeps the choice.
        jit: Whether to compile with XLA; by default only on a GPU.
        changes: Rules and numbers that replace the recipe's, as name -> text, number or bool, such
            as `{"loss": "hinge", "r1": 0.5}`; see `keras_gan.recipes.change`. An augmentation of
            `"none"` disables augmentation.
        tf32: Whether GPUs may round float32 products to TF32 in training. Trainings of one process
            should agree in it, as they share XLA's cache of compiled functions.
        deterministic: Whether to use only deterministic operations of TensorFlow, which can be
            slower.
        prefetch: As in `keras_gan.datasets.load`. It doesn't affect results and may differ when
            the run resumes.
        cache: As in `keras_gan.datasets.load`; it may differ too.
        data_on_device: As in `AdversarialModel.fit`; it may differ too.
        background: As in `keras_gan.datasets.load`.
        fit: As in `keras_gan.datasets.load`.
        mirror: As in `keras_gan.datasets.load`.
        medium: As in `keras_gan.datasets.load`.
        hours: Number of hours, at most 100,000, after which a session ends; the same call resumes
            the run. It also affects the choice of `auto`.
        weights_from: Run folder, `.keras` file, or `"hf:OWNER/NAME"` on the Hugging Face hub of
            another game, with whose weights the run starts; see `keras_gan.transfer`.
        freeze_discriminator: As in `keras_gan.transfer`.
        choices: Name of a setting that `auto` chose -> reason; None without `auto`.
    """

    recipe: str
    data: str
    steps: int | None = None
    batch_size: int | None = None
    width: int | str | None = None
    seed: int = 0
    image_size: int | tuple[int, int] | None = None
    channels: int | None = None
    skip_corrupt: bool = False
    conditional: bool | None = None
    mixed_precision: str = AUTO_PRECISION
    jit: bool | None = None
    tf32: bool = True
    changes: dict = dataclasses.field(default_factory=dict)
    deterministic: bool = False
    prefetch: int = 2
    cache: str | None = None
    data_on_device: bool | str = AUTO
    background: str = WHITE
    fit: str = CROP
    mirror: bool = False
    medium: media.Medium | str | None = None
    hours: float | None = None
    weights_from: str | None = None
    freeze_discriminator: int = 0
    choices: dict[str, str] | None = None

    def config(self, source: datasets.Source) -> dict:
        """Returns the content of `config.json`: settings, completed from recipe and data.

        Args:
            source: The opened `Source`.
        """
        size = source.medium.size(source.sample_shape)
        recipe = recipes.get(self.recipe, self.width).at(size)
        if self.conditional:
            source.require_labels()
        classes = None if self.conditional is False else source.class_names
        return {
            "keras_gan_version": importlib.metadata.version("keras_gan"),
            "recipe": self.recipe,
            "choices": self.choices,
            "data": str(self.data).replace(os.sep, "/"),  # so that other systems find it
            "samples": len(source),
            "skipped": source.skipped,
            "sample_shape": list(source.sample_shape),
            "background": source.background,
            "fit": source.fit,
            "mirror": source.mirror,
            "medium": source.medium.to_config(),
            "moments": source.moments() if source.medium.has_units else None,
            "classes": classes and list(classes),
            "steps": recipe.steps if self.steps is None else self.steps,
            "schedule_steps": recipe.steps if self.steps is None else self.steps,
            "batch_size": recipe.batch_size if self.batch_size is None else self.batch_size,
            "width": recipe.width if self.width is None else self.width,
            "seed": self.seed,
            "mixed_precision": self.mixed_precision,
            "jit": self.jit,
            "tf32": self.tf32,
            "rules": recipes.change(recipe, self.changes).plain_rules(),
            "changes": recipes.without_own(recipe, self.changes),
            "deterministic": self.deterministic,
            "weights_from": self.weights_from and str(self.weights_from),
            "freeze_discriminator": self.freeze_discriminator,
        }


def describe_start(config: dict, source: datasets.Source) -> list[str]:
    """Returns lines on a run that starts: its data, its settings, and what can't be met."""
    empty_classes = describe_empty_classes(source) if config["classes"] else []
    settings = [summary(config, source.fitted), *changes_of(config), *unmet_requests(config)]
    return [*source.notes, *empty_classes, *settings]


def summary(config: dict, fitted: str | None = None) -> str:
    """Returns a line of text that describes a run.

    Args:
        config: Content of `config.json`.
        fitted: What fitting does to the images; see `Source`.
    """
    shape = "x".join(map(str, config["sample_shape"]))
    names, files = config["classes"], counted(config["skipped"], "corrupt file")
    classes = f" in {counted(len(names), 'class', 'classes')}" if names else ""
    skipped = f", {files} skipped" if config["skipped"] else ""
    fitted = f", {fitted}" if fitted else ""
    mirror = ", each image also mirrored" if config["mirror"] else ""
    changes = ", ".join(f"{name}={value}" for name, value in config["changes"].items())
    return printable(
        f"{config['recipe']} on {config['data']}: {counted(config['samples'], 'sample')} of {shape}"
        f"{classes}{fitted}{mirror}{skipped}; "
        f"{counted(config['steps'], 'step')} of {config['batch_size']}"
        f"{f', with {changes}' if changes else ''}"
    )


def changes_of(config: dict) -> list[str]:
    """Returns a line on what differs from the recipe, if anything does."""
    recipe = recipes.get(config["recipe"], config["width"])
    line = recipes.describe_changes(recipe, config["changes"])
    return [] if line is None else [line]


def describe_empty_classes(source: datasets.Source) -> list[str]:
    """Returns a line that names the classes without a sample, if there are any."""
    counts = np.bincount(source.read_labels(), minlength=len(source.class_names))
    empty = [str(source.class_names[label]) for label in np.flatnonzero(counts == 0)]
    if not empty:
        return []
    names = ", ".join(empty[:5]) + (", ..." if len(empty) > 5 else "")
    count = counted(len(empty), "class has", "classes have")
    return [printable(f"{count} no sample: {names}; what a generator makes of them is arbitrary.")]


def unmet_requests(config: dict) -> list[str]:
    """Returns a line of text for each request of the user that a run can't meet."""
    recipe, lines = config["recipe"], []
    if str(config["width"]).startswith(recipes.SMALL) and recipe not in recipes.SMALL_RECIPES:
        lines.append(f"{recipe} has no variant for a CPU; its usual settings are used.")
    if recipe == "acgan" and config["classes"] is None:
        lines.append("acgan has no classes to learn here; without its classifier it is quick.")
    return lines


def check_settings(settings: Settings, every: int, checkpoints: CheckpointOptions) -> None:
    """Raises `ConfigError` if the recipe or a rule is unknown or a number is out of range."""
    if settings.recipe == recipes.AUTO:  # values are checked once it has chosen
        recipes.check_changes(settings.changes, recipes.names(recipes.get("quick")))
    else:
        recipes.change(recipes.get(settings.recipe, settings.width), settings.changes)
    names = ("batch_size", "width", "steps", "prefetch")
    numbers = {name: getattr(settings, name) for name in names}
    numbers |= {"every": every, "checkpoint_every": checkpoints.every, "keep": checkpoints.keep}
    check_integer("roll-backs", checkpoints.roll_backs, minimum=0)
    for name, value in numbers.items():
        if isinstance(value, int):
            check_integer(name.replace("_", "-"), value)
    if settings.hours is not None:
        check_number("hours", check_positive("hours", settings.hours), maximum=MOST_HOURS)
    check_integer("freeze_discriminator", settings.freeze_discriminator, minimum=0)
    if settings.freeze_discriminator and settings.weights_from is None:
        raise ConfigError(
            f"expected weights_from (--from) beside freeze_discriminator="
            f"{settings.freeze_discriminator}, as untrained layers must learn, got none."
        )
    check_seed(settings.seed)
    check_bool("tf32", settings.tf32)
    check_choice(settings.data_on_device)
