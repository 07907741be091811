"""Recipes: the networks and settings of a paper by name, a line each."""

import dataclasses
from collections.abc import Callable

from keras_gan import losses, models, networks, optimizers, penalties, schedules
from keras_gan.errors import unknown


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a name stands for.

    Attributes:
        build: `(sample_shape, num_classes, latent_dim, width, dtype, moments) -> networks`, the
            generator and the discriminator; `moments` are the data's where these are points. The
            first line of its docstring tells users what the recipe is.
        latent_dim: Size of the latent vector.
        width: The networks' width: channels, or hidden units.
        loss: Name of the loss.
        learning_rate: Adam's, for both players.
        beta_1, beta_2: Adam's.
        moving_average_half_life: In images.
        batch_size: Samples a step.
        steps: Steps of a run, where the user doesn't say.
        penalties: Class in `keras_gan.penalties` -> weight; for points, of standardised ones.
        interval: Steps between two computations of the penalties.
        update: Who moves when, as in `GAN.compile`; the papers' players alternate.
        ends: Name of a number that `GAN.compile` can schedule -> what a cosine brings it to by the
            end of the run.
        latent_distribution: As in `GAN`.
        jit: Whether to compile with XLA on a CPU too, as tiny networks like.
        steps_per_execution: Steps between two looks of the callbacks.
    """

    build: Callable
    latent_dim: int
    width: int
    loss: str
    learning_rate: float
    beta_1: float
    beta_2: float
    moving_average_half_life: int
    batch_size: int
    steps: int
    penalties: dict = dataclasses.field(default_factory=dict)
    interval: int = 1
    update: str = "alternating"
    ends: dict = dataclasses.field(default_factory=dict)
    latent_distribution: str = "normal"
    jit: bool = False
    steps_per_execution: int = 1

    @property
    def about(self) -> str:
        """One line for the user."""
        return self.build.__doc__.splitlines()[0]


def build_mlp(sample_shape, num_classes, latent_dim, width, dtype, moments):
    """The perceptrons of 2014, for samples of any shape, points too."""
    common = {"num_classes": num_classes, "dtype": dtype, "moments": moments}
    return (
        networks.MLPGenerator(sample_shape, latent_dim, (width, width), **common),
        networks.MLPDiscriminator(sample_shape, (width // 5,) * 2, dropout=0.5, **common),
    )


def build_points(sample_shape, num_classes, latent_dim, width, dtype, moments):
    """Plain perceptrons for points of a few dimensions: three layers each."""
    common = {"num_classes": num_classes, "dtype": dtype, "moments": moments}
    units = (width,) * 3
    return (
        networks.MLPGenerator(sample_shape, latent_dim, units, **common),
        networks.MLPDiscriminator(sample_shape, units, pieces=1, **common),
    )


def build_quick(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """DCGAN by today's rules, for minutes on a CPU: a critic half as wide, R1, large steps."""
    return (
        networks.DCGANGenerator(sample_shape, latent_dim, width, num_classes, dtype=dtype),
        networks.DCGANDiscriminator(sample_shape, max(width // 2, 1), num_classes, dtype=dtype),
    )


def build_dcgan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The convolutions of 2015, for square images of 28 or of 8 to 256 pixels (8 * 2^k)."""
    return (
        networks.DCGANGenerator(sample_shape, latent_dim, width, num_classes, dtype=dtype),
        networks.DCGANDiscriminator(sample_shape, width, num_classes, dtype=dtype),
    )


NS, RP = "non_saturating", "relativistic_paired"

# fmt: off
RECIPES = {
    #                build     latent width loss  lr    b1   b2  half-life batch steps
    "gan":   Recipe(build_mlp,    100, 1200, NS, 2e-4, 0.5, 0.99, 20_000,  64,  6_000),
    "dcgan": Recipe(build_dcgan,   32,   64, NS, 6e-4, 0.5, 0.99, 20_000,  64,  1_200),
    "quick": Recipe(build_quick,   32,   64, NS, 2e-3, 0.0, 0.95, 10_000,  64,  2_000,
                    penalties={"R1": 1.0}, interval=16, update="shared"),
    "toy1d": Recipe(build_points,   1,   64, NS, 1e-3, 0.0, 0.99, 20_000, 256,  6_000,
                    penalties={"R1": 0.5}, ends={"learning_rate": 1e-5},
                    latent_distribution="uniform", jit=True, steps_per_execution=50),
    "toy25": Recipe(build_points,   2,  256, RP, 1e-3, 0.0, 0.99, 20_000, 256, 12_000,
                    penalties={"R1": 0.2, "R2": 0.2},
                    ends={"learning_rate": 1e-5, "r1": 0.002, "r2": 0.002},
                    jit=True, steps_per_execution=50),
}
# fmt: on


def get(name) -> Recipe:
    """A recipe by name.

    Raises:
        ConfigError: For a name that isn't known.

    Example:

    >>> import keras_gan as kg
    >>> kg.recipes.get("dcgan").width
    64
    """
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    return RECIPES[name]


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
):
    """The compiled game of a recipe.

    Args:
        recipe: A `Recipe`, or its name.
        sample_shape: Shape of the data's samples.
        num_classes: For a class-conditional game; None without labels.
        seed: Decides all noise; the initial weights are drawn as Keras draws them.
        width: The networks' width instead of the recipe's.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global one by default.
        jit_compile: As in `GAN.compile`; as the recipe says by default.
        images: Images over which the recipe's schedules run; its own steps' by default.
        augmentation: As in `GAN.compile`.
        moments: `(means, variances)` of the data, where these are points; see `MLPGenerator`.
        update: As in `GAN.compile`; the recipe's by default.
        accumulation, remat: As in `GAN.compile`.

    Returns:
        A compiled `GAN`.

    Example:

    >>> import keras_gan as kg
    >>> kg.recipes.build("dcgan", (28, 28, 1), width=8).sample_shape
    (28, 28, 1)
    """
    recipe = get(recipe) if isinstance(recipe, str) else recipe
    width = width or recipe.width
    generator, discriminator = recipe.build(
        sample_shape, num_classes, recipe.latent_dim, width, dtype, moments
    )
    gan = models.GAN(
        generator,
        discriminator,
        seed,
        recipe.moving_average_half_life,
        recipe.latent_distribution,
    )
    recipe = in_unit_of(recipe, moments)
    made = [getattr(penalties, n)(w, recipe.interval) for n, w in recipe.penalties.items()]
    if jit_compile is None:
        jit_compile = True if recipe.jit else "auto"
    gan.compile(
        adam(recipe, "generator"),
        adam(recipe, "discriminator"),
        loss=losses.get(recipe.loss),
        penalties=made,
        augmentation=augmentation,
        update=update or recipe.update,
        accumulation=accumulation,
        remat=remat,
        schedules=cosines(recipe, made, images or recipe.steps * recipe.batch_size),
        jit_compile=jit_compile,
        steps_per_execution=recipe.steps_per_execution,
    )
    return gan


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
    return optimizers.Adam(
        recipe.learning_rate, recipe.beta_1, recipe.beta_2, name=f"{player}_adam"
    )


def cosines(recipe, made, images):
    """The schedules that bring the recipe's numbers to their ends.

    Args:
        recipe: The `Recipe`.
        made: Its penalties.
        images: Images over which they run.
    """
    numbers = {"learning_rate": recipe.learning_rate, "beta_2": recipe.beta_2}
    numbers |= {penalty.name: penalty.weight for penalty in made}
    return {name: schedules.Cosine(numbers[name], end, images) for name, end in recipe.ends.items()}
