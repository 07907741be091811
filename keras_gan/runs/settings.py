"""What a run is told: recipe, data, how far."""

import dataclasses
import importlib.metadata

from keras_gan import media, recipes
from keras_gan.checks import check_integer, check_positive, check_seed
from keras_gan.datasets.channels import WHITE
from keras_gan.errors import printable

FLOAT32 = "float32"


@dataclasses.dataclass(frozen=True)
class Settings:
    """What to train, on what, and how far.

    Attributes:
        recipe: Name of a recipe, or `"auto"` for the one that fits the data and the machine.
        data: A source, as in `keras_gan.datasets.load`.
        steps: Step at which to end; the recipe's by default.
        batch_size: Samples a step; the recipe's by default.
        width: The networks' width, or `"small"` for the recipe's way on a processor; the recipe's
            by default.
        seed: Decides the initial weights, the noise and the order of the data.
        image_size: As in `keras_gan.datasets.load`.
        channels: Likewise.
        skip_corrupt: Likewise.
        conditional: Whether to learn the classes; where the data have labels by default.
        mixed_precision: `"bfloat16"`, `"float16"` or `"float32"`, which is the default.
        jit: Whether to compile with XLA; on a GPU by default.
        rules: Fields of `keras_gan.Rules` instead of the recipe's, name -> text, number or bool,
            such as `{"update": "alternating", "remat": True}`. An augmentation of `"none"` is none.
        deterministic: Whether TensorFlow may only use operations that give the same bits each
            time, which can be slower.
        prefetch: As in `keras_gan.datasets.load`; it changes no result, and may change in a run.
        cache: Likewise.
        background: As in `keras_gan.datasets.load`.
        medium: Likewise.
        hours: Hours after which a session of the run ends; the same call goes on. No result but
            that and the choice of `auto` hangs on it.
        choices: Why `auto` picked the settings, name -> reason; None where they were named.
    """

    recipe: str
    data: str
    steps: int | None = None
    batch_size: int | None = None
    width: int | str | None = None
    seed: int = 0
    image_size: int | None = None
    channels: int | None = None
    skip_corrupt: bool = False
    conditional: bool | None = None
    mixed_precision: str | None = None
    jit: bool | None = None
    rules: dict = dataclasses.field(default_factory=dict)
    deterministic: bool = False
    prefetch: int = 2
    cache: str | None = None
    background: str = WHITE
    medium: media.Medium | str | None = None
    hours: float | None = None
    choices: dict | None = None

    def config(self, source) -> dict:
        """All of a run's settings, with the recipe's and the data's own filled in.

        Args:
            source: The opened `Source`.
        """
        recipe = recipes.get(self.recipe, self.width)
        if self.conditional:
            source.require_labels()
        classes = None if self.conditional is False else source.class_names
        return {
            "keras_gan_version": importlib.metadata.version("keras_gan"),
            "recipe": self.recipe,
            "choices": self.choices,
            "data": str(self.data),
            "samples": len(source),
            "skipped": source.skipped,
            "sample_shape": list(source.sample_shape),
            "background": source.background,
            "medium": source.medium.to_config(),
            "moments": source.moments() if source.medium.has_units else None,
            "classes": classes and list(classes),
            "steps": recipe.steps if self.steps is None else self.steps,
            "schedule_steps": recipe.steps if self.steps is None else self.steps,
            "batch_size": recipe.batch_size if self.batch_size is None else self.batch_size,
            "width": recipe.width if self.width is None else self.width,
            "seed": self.seed,
            "mixed_precision": None if self.mixed_precision == FLOAT32 else self.mixed_precision,
            "jit": self.jit,
            "rules": {**recipe.plain_rules(), **self.rules},
            "deterministic": self.deterministic,
        }


def summary(config):
    """What is about to be trained, in a line."""
    shape = "x".join(map(str, config["sample_shape"]))
    classes = f" in {len(config['classes'])} classes" if config["classes"] else ""
    skipped = f", {config['skipped']} corrupt files skipped" if config["skipped"] else ""
    return printable(
        f"{config['recipe']} on {config['data']}: {config['samples']:,} samples of {shape}{classes}"
        f"{skipped}; {config['steps']:,} steps of {config['batch_size']}"
    )


def check_settings(settings, every, checkpoints):
    """Raises `ConfigError` for an unknown recipe, or a number that is out of range."""
    if settings.recipe != recipes.AUTO:
        recipes.get(settings.recipe)
    names = ("batch_size", "width", "steps", "prefetch")
    numbers = {name: getattr(settings, name) for name in names}
    numbers |= {"every": every, "checkpoint_every": checkpoints.every, "keep": checkpoints.keep}
    check_integer("roll-backs", checkpoints.roll_backs, minimum=0)
    for name, value in numbers.items():
        if isinstance(value, int):
            check_integer(name.replace("_", "-"), value)
    if settings.hours is not None:
        check_positive("hours", settings.hours)
    check_seed(settings.seed)
