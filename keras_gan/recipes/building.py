"""From a recipe to a game."""

import dataclasses

from keras_gan import augment, losses, media, models, optimizers, penalties, schedules
from keras_gan.errors import ConfigError
from keras_gan.recipes.recipe import SCHEDULED
from keras_gan.recipes.table import get

SMALL, NO_AUGMENTATION = "small", "none"


def build(
    recipe,
    sample_shape,
    num_classes=None,
    seed=0,
    width=None,
    dtype=None,
    jit_compile=None,
    images=None,
    augmentation=None,
    moments=None,
    update=None,
    accumulation=1,
    remat=False,
    medium=None,
):
    """The compiled game of a recipe.

    Args:
        recipe: A `Recipe`, or its name.
        sample_shape: Shape of the data's samples.
        num_classes: For a class-conditional game; None without labels.
        seed: Decides all noise; the initial weights are drawn as Keras draws them.
        width: The networks' width instead of the recipe's, or `"small"` for all that the recipe
            does otherwise on a processor.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global one by default.
        jit_compile: As in `GAN.compile`; as the recipe says by default.
        images: Images over which the recipe's schedules run; its own steps' by default.
        augmentation: As in `GAN.compile`; the recipe's by default, and `"none"` for none. A
            schedule of the recipe for its own augmentation's p doesn't move another one's.
        moments: `(means, variances)` of the data, where these are points; see `MLPGenerator`.
        update: As in `GAN.compile`; the recipe's by default.
        accumulation, remat: As in `GAN.compile`.
        medium: The samples' `keras_gan.media.Medium`; by their shape by default.

    Returns:
        A compiled `GAN`.

    Example:

    >>> import keras_gan as kg
    >>> kg.recipes.build("dcgan", (28, 28, 1), width=8).sample_shape
    (28, 28, 1)
    """
    recipe = sized(get(recipe) if isinstance(recipe, str) else recipe, width)
    recipe, images = augmented(recipe, augmentation), images or recipe.steps * recipe.batch_size
    recipe = in_unit_of(for_size(recipe, sample_shape[0], images), moments)
    generator, discriminator = recipe.build(
        sample_shape, num_classes, recipe.latent_dim, recipe.width, dtype, moments
    )
    if medium not in (None, media.of(sample_shape)):
        generator.medium = medium
    gan = recipe.game(
        generator,
        discriminator,
        seed,
        recipe.moving_average_half_life,
        recipe.latent_distribution,
    )
    made = [getattr(penalties, n)(w, recipe.interval) for n, w in recipe.penalties.items()]
    if jit_compile is None:
        jit_compile = True if recipe.jit else "auto"
    gan.compile(
        adam(recipe, "generator"),
        adam(recipe, "discriminator"),
        loss=losses.get(recipe.loss),
        penalties=made,
        augmentation=augmentation_of(recipe),
        schedules=schedules_of(recipe, gan, made, images),
        n_critic=recipe.n_critic,
        update=update or recipe.update,
        accumulation=accumulation,
        remat=remat,
        jit_compile=jit_compile,
        steps_per_execution=recipe.steps_per_execution,
    )
    return gan


def sized(recipe, width):
    """The recipe with another width, or as it is for a processor.

    Args:
        recipe: A `Recipe`.
        width: A whole number, `"small"`, or None for the recipe's own.

    Raises:
        ConfigError: For a word that isn't known.
    """
    if width is None:
        return recipe
    if width == SMALL:
        return dataclasses.replace(recipe, **recipe.small)
    if isinstance(width, str):
        raise ConfigError(f"expected a width as a whole number or {SMALL!r}, got {width!r}.")
    return dataclasses.replace(recipe, width=width)


def augmented(recipe, augmentation):
    """The recipe with another augmentation, whose p no schedule moves; None for its own."""
    if augmentation is None or augmentation == recipe.augmentation:
        return recipe
    ends = {name: end for name, end in recipe.ends.items() if name != "augmentation"}
    chosen = None if augmentation == NO_AUGMENTATION else augmentation
    return dataclasses.replace(recipe, augmentation=chosen, ends=ends)


def augmentation_of(recipe):
    """The recipe's augmentation as `GAN.compile` takes it."""
    if recipe.augmentation == SCHEDULED and "augmentation" in recipe.ends:
        return augment.ADA(target=None, name="augmentation")
    return recipe.augmentation


def for_size(recipe, size, images):
    """The recipe with the numbers worked out that depend on the images' size or their number."""

    def settled(numbers):
        return {
            name: n(size, recipe.batch_size, images) if callable(n) else n
            for name, n in numbers.items()
        }

    return dataclasses.replace(
        recipe, penalties=settled(recipe.penalties), ends=settled(recipe.ends)
    )


def in_unit_of(recipe, moments):
    """The recipe with the weights of its gradient penalties for data of these moments.

    A gradient is per unit of the data, so that its square is smaller where the data are larger.
    """
    if moments is None:
        return recipe
    unit = sum(moments[1]) / len(moments[1])
    weights = {name: unit * weight for name, weight in recipe.penalties.items()}
    names = {getattr(penalties, name).name for name in weights}
    ends = {name: unit * end if name in names else end for name, end in recipe.ends.items()}
    return dataclasses.replace(recipe, penalties=weights, ends=ends)


def adam(recipe, player):
    """A player's optimizer; its name is fixed, so that two runs' settings can be compared."""
    rate = rate_of(recipe, player)
    return optimizers.Adam(rate, recipe.beta_1, recipe.beta_2, name=f"{player}_adam")


def rate_of(recipe, player):
    """The learning rate with which a player begins."""
    own = recipe.discriminator_learning_rate if player == "discriminator" else None
    return recipe.learning_rate if own is None else own


def schedules_of(recipe, gan, made, images):
    """The schedules that bring the recipe's numbers to their ends, and let a game grow.

    Args:
        recipe: The `Recipe`.
        gan: Its game; in one that grows each size fades in and rests over as many images, and the
            last size rests twice as long.
        made: Its penalties.
        images: Images over which they run.
    """
    numbers = {"learning_rate": recipe.learning_rate, "beta_2": recipe.beta_2}
    for player in gan.players:
        numbers[f"{player}_learning_rate"] = rate_of(recipe, player)
    numbers |= {"augmentation": 0.0, "moving_average_half_life": 0.0}
    numbers |= {penalty.name: penalty.weight for penalty in made}
    made = {name: schedules.Cosine(numbers[name], end, images) for name, end in recipe.ends.items()}
    if isinstance(gan, models.ProgressiveGAN):
        phase = max(1, images // (2 * gan.generator.last_stage + 2))
        made["level"] = schedules.Growth(phase, phase)
    return made
