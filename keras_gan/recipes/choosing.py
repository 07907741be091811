"""The recipe `auto`: which recipe fits the data and the machine, and why.

The choice is a function of `Facts` alone. Numbers that were judged and not measured stand at the
top, to be changed.
"""

import dataclasses
import math

from keras_gan import media
from keras_gan.recipes.recipe import NO_AUGMENTATION
from keras_gan.recipes.table import SMALL, SMALL_RECIPES, get

AUTO = "auto"
FEW_IMAGES = 5_000  # fewer want an augmentation
FEW_OF_A_CLASS = 50  # fewer are no class to learn
SHORT_CORE_HOURS, SHORT_STEPS, SHORT_GPU_HOURS = 4, 10_000, 1
SMALLEST_SIZE, LARGEST_SIZE = 8, 1024
LARGEST_ON_CPU, LARGEST_IN_SHORT = 64, 32
MOST_ENLARGED = 1.25
DIGITS_SIZE = 28  # the one size that is no power of two, of DCGAN's networks
FULL_WIDTH_UP_TO = {"r3gan": 64, "stylegan2_ada": 512}  # pixels, as published
BATCH_TIMES_SIZE = 8_192
SMALLEST_BATCH = 8
LITTLE_MEMORY = 4  # GiB, for a processor


@dataclasses.dataclass(frozen=True)
class Facts:
    """What decides a choice: the data, the machine, and what was asked for.

    Attributes:
        sample_shape: Shape of a sample; of images `(height, width, channels)`.
        count: Number of samples.
        num_classes: Number of classes; None without labels.
        image_size: The image size asked for; None for any.
        hours: The time asked for; None for any.
        steps: The steps asked for; None for any.
        cores: Processors.
        memory: GiB of main memory; None where it isn't known.
        gpus: Number of GPUs.
        compute_capability: The first one's, such as `(8, 0)`; None where it isn't known.
        medium: The samples' `keras_gan.media.Medium`; by their shape by default.
    """

    sample_shape: tuple
    count: int
    num_classes: int | None = None
    image_size: int | None = None
    hours: float | None = None
    steps: int | None = None
    cores: int = 1
    memory: float | None = None
    gpus: int = 0
    compute_capability: tuple | None = None
    medium: media.Medium | None = None

    @property
    def are_images(self) -> bool:
        """Returns whether the samples are images."""
        return isinstance(self.medium or media.of(self.sample_shape), media.Image)

    @property
    def side(self) -> int:
        """The images' shorter side."""
        return min(self.sample_shape[:2])

    @property
    def are_few(self) -> bool:
        """Whether there are few samples."""
        return self.count < FEW_IMAGES

    @property
    def time_is_short(self) -> bool:
        """Whether a short time was asked for."""
        if self.hours is None:
            return False
        if self.gpus:
            return self.hours < SHORT_GPU_HOURS
        return self.hours * self.cores < SHORT_CORE_HOURS

    @property
    def is_for_minutes(self) -> bool:
        """Whether a short time was asked for, or on a processor none at all."""
        asked = self.hours is not None or (self.steps or 0) > SHORT_STEPS
        return self.time_is_short or not (self.gpus or asked)


@dataclasses.dataclass(frozen=True)
class Choice:
    """What `auto` picked.

    Attributes:
        recipe: Name of a recipe.
        width: The networks' width, or `"small"`.
        image_size: Height and width of the images; None for points.
        batch_size: Samples a step.
        augmentation: Name of an augmentation, or `"none"`.
        mixed_precision: `"bfloat16"` or `"float32"`.
        conditional: Whether the classes are learned; None without labels.
        reasons: Why: name of each of these that isn't None -> a text.
    """

    recipe: str
    width: int | str
    image_size: int | None
    batch_size: int
    augmentation: str
    mixed_precision: str
    conditional: bool | None
    reasons: dict


def auto(facts) -> Choice:
    """The recipe for some data on some machine, its settings, and the reason for each.

    Args:
        facts: `Facts`; `keras_gan.runs.auto_facts` reads them from a source and this machine.

    Returns:
        A `Choice`.

    Example:

    >>> import keras_gan as kg
    >>> facts = kg.recipes.Facts((64, 64, 3), count=12_000, gpus=1, compute_capability=(9, 0))
    >>> choice = kg.recipes.auto(facts)
    >>> choice.recipe, choice.batch_size, choice.mixed_precision
    ('r3gan', 128, 'bfloat16')
    >>> choice.reasons["recipe"]
    '5,000 images or more, and a GPU'
    """
    recipe, reason = pick_recipe(facts)
    size, about_size = pick_size(facts, recipe)
    width, about_width = pick_width(facts, recipe, size)
    picks = {
        "recipe": (recipe, reason),
        "width": (width, about_width),
        "image_size": (size, about_size),
        "batch_size": pick_batch_size(facts, get(recipe, width), size),
        "augmentation": pick_augmentation(facts, get(recipe)),
        "mixed_precision": pick_precision(facts),
        "conditional": pick_conditional(facts),
    }
    reasons = {name: why for name, (_, why) in picks.items() if why is not None}
    return Choice(**{name: value for name, (value, _) in picks.items()}, reasons=reasons)


def tell_choices(values, reasons):
    """A line for each choice.

    Args:
        values: Name -> what was picked.
        reasons: Name -> why; those that aren't in it are left out.

    Example:

    >>> tell_choices({"recipe": "quick", "width": 64}, {"recipe": "small grey images"})
    ['auto: recipe quick: small grey images']
    """
    return [
        f"auto: {name.removeprefix('mixed_').replace('_', ' ')} {in_words(values[name])}: {why}"
        for name, why in reasons.items()
    ]


def in_words(value):
    """A value for people."""
    return ("no", "yes")[value] if isinstance(value, bool) else str(value)


# Each pick is `(value, reason)`; the reason is None where there is nothing to pick.


def pick_recipe(facts):
    """The recipe's name."""
    if facts.sample_shape == (1,):
        return "toy1d", "points on a line"
    if facts.sample_shape == (2,):
        return "toy25", "points in a plane"
    if not facts.are_images:
        return "gan", "samples that are no images: perceptrons take any shape"
    grey = facts.sample_shape[2] == 1
    if grey and (facts.image_size or facts.side) <= LARGEST_IN_SHORT and facts.is_for_minutes:
        return "quick", "small grey images and not much time: it is made for minutes"
    if facts.are_few:
        return "stylegan2_ada", f"fewer than {FEW_IMAGES:,} images: it is made for few"
    if facts.gpus:
        return "r3gan", f"{FEW_IMAGES:,} images or more, and a GPU"
    return "stylegan2_ada", "no GPU: of the recipes it came closest to cats in a processor's hour"


def pick_size(facts, recipe):
    """Height and width of the images."""
    if not facts.are_images:
        return None, None
    if facts.image_size is not None:
        return facts.image_size, "as asked for"
    if recipe == "quick" and facts.side == DIGITS_SIZE:
        return DIGITS_SIZE, "what the images have"
    size = largest_power_of_two(facts.side * MOST_ENLARGED)
    size = min(max(size, SMALLEST_SIZE), LARGEST_SIZE)
    most = LARGEST_SIZE
    if not facts.gpus:
        most = LARGEST_IN_SHORT if facts.time_is_short else LARGEST_ON_CPU
    if size > most:
        time = f" in {facts.hours:g} hours on {facts.cores} cores" if facts.time_is_short else ""
        return most, f"twice the size is four times the computing; no more without a GPU{time}"
    if size == facts.side:
        return size, "what the images have"
    return size, f"networks take powers of two, and the images have {facts.side} pixels"


def pick_width(facts, recipe, size):
    """The networks' width."""
    own = get(recipe).width
    if not facts.gpus and recipe in SMALL_RECIPES:
        return SMALL, "the recipe's way on a processor, as there is no GPU"
    full = FULL_WIDTH_UP_TO.get(recipe, LARGEST_SIZE)
    if size is None or size <= full:
        return own, "the recipe's own"
    return own * full // size, f"the recipe's {own} up to {full} pixels, then half at each doubling"


def pick_batch_size(facts, recipe, size):
    """Samples a step."""
    batch, why = recipe.batch_size, "the recipe's own"
    if size is not None and batch * size > BATCH_TIMES_SIZE:
        batch = max(BATCH_TIMES_SIZE // size, SMALLEST_BATCH)
        why = f"less than the recipe's {recipe.batch_size}, as images of {size} pixels take memory"
    if not facts.gpus and facts.memory is not None and facts.memory < LITTLE_MEMORY:
        batch, why = max(batch // 2, SMALLEST_BATCH), f"only {facts.memory:.1f} GiB of memory"
    if batch > facts.count:
        return largest_power_of_two(facts.count), f"only {facts.count} samples"
    return batch, why


def pick_augmentation(facts, recipe):
    """What the discriminator sees everything through."""
    if recipe.augmentation is not None:
        return recipe.augmentation, "the recipe's own"
    if not facts.are_images:
        return NO_AUGMENTATION, None
    if facts.are_few:
        return "diffaugment", f"fewer than {FEW_IMAGES:,} images"
    return NO_AUGMENTATION, f"{FEW_IMAGES:,} images or more"


def pick_precision(facts):
    """What the networks compute in."""
    if not facts.gpus:
        return "float32", "there is no GPU"
    if not facts.are_images:
        return "float32", "the networks of points are tiny"
    if facts.compute_capability is None or tuple(facts.compute_capability) < (8, 0):
        return "float32", "this GPU has no bfloat16, or doesn't say"
    return "bfloat16", "this GPU has it"


def pick_conditional(facts):
    """Whether to learn the classes."""
    if facts.num_classes is None:
        return None, None
    if facts.num_classes < 2:
        return False, "there is only one class"
    if facts.count < FEW_OF_A_CLASS * facts.num_classes:
        each = facts.count / facts.num_classes
        return False, f"{facts.num_classes} classes of {each:.0f} samples: too few of each"
    return True, f"{facts.num_classes} classes"


def largest_power_of_two(number):
    """The largest one that is not above a number of 1 or more."""
    return 2 ** math.floor(math.log2(number))
