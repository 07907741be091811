"""The recipe `auto`: chooses the recipe that fits the data and the machine, with reasons.

The choice depends only on `Facts`. The thresholds below are estimates rather than measurements.
"""

import dataclasses
import math
from collections.abc import Mapping

from keras_gan import media
from keras_gan.errors import counted
from keras_gan.networks.sizes import largest_power_of_two, nearest_size
from keras_gan.recipes.recipe import NO_AUGMENTATION, Recipe
from keras_gan.recipes.table import SMALL, SMALL_RECIPES, get

AUTO = "auto"
FEW_IMAGES = 5_000  # fewer need augmentation
FEW_OF_A_CLASS = 50  # fewer are too few to learn a class
SHORT_CORE_HOURS, SHORT_STEPS, SHORT_GPU_HOURS = 4, 10_000, 1
LARGEST_SIZE = 1024
LARGEST_ON_CPU, LARGEST_IN_SHORT = 64, 32
BATCH_TIMES_SIZE = 8_192
SMALLEST_BATCH = 8
LITTLE_MEMORY = 4  # GiB, without a GPU


@dataclasses.dataclass(frozen=True)
class Facts:
    """The inputs of a choice: the data, the machine, and the user's requests.

    Attributes:
        sample_shape: Shape of one sample; `(height, width, channels)` for images.
        count: Number of samples.
        num_classes: Number of classes; None without labels.
        image_size: Requested image size, one integer or height and width; None for any.
        hours: Requested training time in hours; None for any.
        steps: Requested number of steps; None for any.
        cores: Number of CPU cores.
        memory: Main memory in GiB; None if unknown.
        gpus: Number of GPUs.
        medium: `keras_gan.media.Medium` of the samples; inferred from their shape by default.
    """

    sample_shape: tuple
    count: int
    num_classes: int | None = None
    image_size: int | tuple[int, int] | None = None
    hours: float | None = None
    steps: int | None = None
    cores: int = 1
    memory: float | None = None
    gpus: int = 0
    medium: media.Medium | None = None

    @property
    def are_images(self) -> bool:
        """Whether the samples are images."""
        return isinstance(self.medium or media.of(self.sample_shape), media.Image)

    @property
    def are_points(self) -> bool:
        """Whether the samples are points, and not the rows of a table."""
        return isinstance(self.medium or media.of(self.sample_shape), media.Points)

    @property
    def side(self) -> int:
        """Shorter side of the images, in pixels."""
        return min(self.sample_shape[:2])

    @property
    def are_few(self) -> bool:
        """Whether there are fewer samples than training without augmentation needs."""
        return self.count < FEW_IMAGES

    @property
    def time_is_short(self) -> bool:
        """Whether the user requested a short training."""
        if self.hours is None:
            return False
        if self.gpus:
            return self.hours < SHORT_GPU_HOURS
        return self.hours * self.cores < SHORT_CORE_HOURS

    @property
    def is_for_minutes(self) -> bool:
        """Whether the training should take minutes: if requested, or by default without a GPU."""
        long_is_requested = self.hours is not None or (self.steps or 0) > SHORT_STEPS
        return self.time_is_short or not (self.gpus or long_is_requested)


@dataclasses.dataclass(frozen=True)
class Choice:
    """A recipe and its settings, as `auto` chose them.

    Attributes:
        recipe: Name of the recipe.
        width: Width of the networks, or `"small"`.
        image_size: Height and width of the images, one integer for a square; None for other
            samples.
        batch_size: Number of samples per step.
        augmentation: Name of the augmentation, or `"none"`.
        conditional: Whether to learn the classes; None without labels.
        reasons: Name of a setting above -> the reason for its value.
    """

    recipe: str
    width: int | str
    image_size: int | tuple[int, int] | None
    batch_size: int
    augmentation: str
    conditional: bool | None
    reasons: dict[str, str]


def auto(facts: Facts) -> Choice:
    """Chooses a recipe and its settings for a data set and a machine.

    Args:
        facts: `Facts`; `keras_gan.runs.auto_facts` collects them from a source and this machine.

    Returns:
        A `Choice`, with the reason for each setting.

    Example:

    >>> import keras_gan as kg
    >>> facts = kg.recipes.Facts((64, 64, 3), count=12_000, gpus=1)
    >>> choice = kg.recipes.auto(facts)
    >>> choice.recipe, choice.batch_size
    ('r3gan', 128)
    >>> choice.reasons["recipe"]
    '5,000 images or more, and a GPU'
    """
    recipe, recipe_reason = pick_recipe(facts)
    size, size_reason = pick_size(facts)
    scale = size_of(facts, size)
    width, width_reason = pick_width(facts, recipe, scale)
    picks = {
        "recipe": (recipe, recipe_reason),
        "width": (width, width_reason),
        "image_size": (size, size_reason),
        "batch_size": pick_batch_size(facts, get(recipe, width).at(scale), width, size),
        "augmentation": pick_augmentation(facts, get(recipe)),
        "conditional": pick_conditional(facts),
    }
    reasons = {name: reason for name, (_, reason) in picks.items() if reason is not None}
    return Choice(**{name: value for name, (value, _) in picks.items()}, reasons=reasons)


def combine_widths(chosen: int | str, requested: int | str | None) -> int | str:
    """Returns the requested width, in the variant for a CPU where `auto` chose that.

    Args:
        chosen: Width of a `Choice`.
        requested: Width that the user requested; None for any.

    Example:

    >>> combine_widths("small", 4), combine_widths(384, 4), combine_widths("small", None)
    ('small:4', 4, 'small')
    """
    if requested is None:
        return chosen
    is_small = isinstance(chosen, str) and isinstance(requested, int)
    return f"{SMALL}:{requested}" if is_small else requested


def describe_choices(values: Mapping, reasons: Mapping[str, str]) -> list[str]:
    """Returns a line of text for each choice.

    Args:
        values: Name -> value of the setting.
        reasons: Name -> reason; settings without a reason are left out.

    Example:

    >>> describe_choices({"recipe": "quick", "width": 64}, {"recipe": "small grey images"})
    ['auto: recipe quick: small grey images']
    """
    return [
        f"auto: {name.replace('_', ' ')} {to_text(values[name])}: {reason}"
        for name, reason in reasons.items()
    ]


def to_text(value: object) -> str:
    """Returns a value as text, bools as yes or no."""
    if isinstance(value, tuple):  # a size
        return "x".join(map(str, value))
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


def size_of(facts: Facts, size: int | tuple[int, int] | None) -> int:
    """Returns the size by which recipes scale, for images of a size or for other samples."""
    shape = facts.sample_shape
    if size is not None:
        shape = (*(size if isinstance(size, tuple) else (size, size)), shape[2])
    return (facts.medium or media.of(shape)).size(shape)


def longer_side(size: int | tuple[int, int] | None) -> int | None:
    """Returns the longer side of an image size; None without one."""
    return max(size) if isinstance(size, tuple) else size


# Each function below returns `(value, reason)`; the reason is None if there was no choice.


def pick_recipe(facts: Facts) -> tuple[str, str]:
    """Picks the name of the recipe."""
    if facts.are_points and facts.sample_shape == (1,):
        return "toy1d", "points on a line"
    if facts.are_points and facts.sample_shape == (2,):
        return "toy25", "points in a plane"
    if not facts.are_images:
        return "gan", "not images, and perceptrons take samples of any shape"
    side = longer_side(facts.image_size) or facts.side
    is_small_and_grey = facts.sample_shape[2] == 1 and side <= LARGEST_IN_SHORT
    if is_small_and_grey and facts.is_for_minutes:
        return "quick", "small grey images and not much time; it learns within minutes"
    if facts.are_few:
        return "stylegan2_ada", f"fewer than {FEW_IMAGES:,} images; it is designed for few"
    if facts.gpus:
        return "r3gan", f"{FEW_IMAGES:,} images or more, and a GPU"
    return "stylegan2_ada", "no GPU; it was the best recipe on cats after one hour on a CPU"


def pick_size(facts: Facts) -> tuple[int | tuple[int, int] | None, str | None]:
    """Picks the height and width of the images, in the proportions of the data."""
    if not facts.are_images:
        return None, None
    if facts.image_size is not None:
        return facts.image_size, "as requested"
    height, width = own = facts.sample_shape[:2]
    limit = LARGEST_SIZE
    if not facts.gpus:
        limit = LARGEST_IN_SHORT if facts.time_is_short else LARGEST_ON_CPU
    share = min(1.0, limit / math.sqrt(height * width))
    size = nearest_size((height * share, width * share))
    picked = size[0] if size[0] == size[1] else size
    if share < 1.0:
        cores = counted(facts.cores, "core")
        time = f" in {facts.hours:g} h on {cores}" if facts.time_is_short else ""
        return picked, f"the limit without a GPU{time}; doubling the size takes four times as long"
    if size == own:
        return picked, "the size of the images, or the largest that most of them reach"
    return picked, f"the nearest size that networks support; the images have {height}x{width}"


def pick_width(facts: Facts, recipe: str, scale: int) -> tuple[int | str, str]:
    """Picks the width of the networks."""
    if not facts.gpus and recipe in SMALL_RECIPES:
        return SMALL, "the recipe's variant for a CPU, as there is no GPU"
    width = get(recipe).at(scale).width
    if not facts.are_images or width == get(recipe).width:
        return width, "the recipe's default"
    return width, "the recipe's default at this size"


def pick_batch_size(
    facts: Facts, recipe: Recipe, width: int | str, size: int | tuple[int, int] | None
) -> tuple[int, str]:
    """Picks the number of samples per step; the recipe is that at the picked size."""
    default = batch = recipe.batch_size
    reason = "the recipe's default" if width != SMALL else "the default of the variant for a CPU"
    side = longer_side(size)
    if side is not None and batch * side > BATCH_TIMES_SIZE:
        batch = max(largest_power_of_two(BATCH_TIMES_SIZE / side), SMALLEST_BATCH)
        reason = f"less than the recipe's {default}, to fit images of {side} pixels"
    if not facts.gpus and facts.memory is not None and facts.memory < LITTLE_MEMORY:
        batch, reason = max(batch // 2, SMALLEST_BATCH), f"only {facts.memory:.1f} GiB of memory"
    if batch > facts.count:
        return largest_power_of_two(facts.count), f"only {counted(facts.count, 'sample')}"
    return batch, reason


def pick_augmentation(facts: Facts, recipe: Recipe) -> tuple[str, str | None]:
    """Picks the augmentation of the discriminator's inputs."""
    if recipe.augmentation is not None:
        return recipe.augmentation, "the recipe's default"
    if not facts.are_images:
        return NO_AUGMENTATION, None
    if facts.are_few:
        return "diffaugment", f"fewer than {FEW_IMAGES:,} images"
    return NO_AUGMENTATION, f"{FEW_IMAGES:,} images or more"


def pick_conditional(facts: Facts) -> tuple[bool | None, str | None]:
    """Decides whether to learn the classes."""
    if facts.num_classes is None:
        return None, None
    if facts.num_classes < 2:
        return False, "there is only one class"
    if facts.count < FEW_OF_A_CLASS * facts.num_classes:
        each = facts.count / facts.num_classes
        return False, f"{facts.num_classes} classes of only {each:.0f} samples each"
    return True, f"{facts.num_classes} classes"
