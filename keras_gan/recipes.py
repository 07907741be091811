"""Recipes: the networks and settings of a paper by name, a line each."""

import dataclasses
from collections.abc import Callable

import keras

from keras_gan import losses, models, networks, penalties
from keras_gan.errors import unknown


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What a name stands for.

    Attributes:
        build: `(sample_shape, num_classes, latent_dim, width, dtype) -> networks`, the generator
            and the discriminator. The first line of its docstring tells users what the recipe is.
        latent_dim: Size of the latent vector.
        width: The networks' width: channels, or hidden units.
        learning_rate: Adam's, for both players.
        beta_1, beta_2: Adam's.
        r1: Weight of the R1 penalty; 0 for none.
        r1_interval: Steps between two computations of it.
        moving_average_half_life: In images.
        batch_size: Samples a step.
        steps: Steps of a run, where the user doesn't say.
        loss: Name of the loss.
    """

    build: Callable
    latent_dim: int
    width: int
    learning_rate: float
    beta_1: float
    beta_2: float
    r1: float
    r1_interval: int
    moving_average_half_life: int
    batch_size: int
    steps: int
    loss: str = "non_saturating"

    @property
    def about(self) -> str:
        """One line for the user."""
        return self.build.__doc__.splitlines()[0]


def build_mlp(sample_shape, num_classes, latent_dim, width, dtype):
    """The perceptrons of 2014, for samples of any shape, points too."""
    return (
        networks.MLPGenerator(
            sample_shape, latent_dim, (width, width), num_classes=num_classes, dtype=dtype
        ),
        networks.MLPDiscriminator(
            sample_shape, (width // 5,) * 2, dropout=0.5, num_classes=num_classes, dtype=dtype
        ),
    )


def build_dcgan(sample_shape, num_classes, latent_dim, width, dtype):
    """The convolutions of 2015, for square images of 28 or of 8 to 256 pixels (8 * 2^k)."""
    return (
        networks.DCGANGenerator(sample_shape, latent_dim, width, num_classes, dtype=dtype),
        networks.DCGANDiscriminator(sample_shape, width, num_classes, dtype=dtype),
    )


# fmt: off
RECIPES = {
    #                build        latent width  lr    b1   b2    r1  every half-life batch steps
    "gan":   Recipe(build_mlp,    100,   1200,  2e-4, 0.5, 0.99, 0.0, 8,   20_000,   64,  6_000),
    "dcgan": Recipe(build_dcgan,   32,     64,  6e-4, 0.5, 0.99, 0.0, 8,   20_000,   64,  1_200),
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
    recipe, sample_shape, num_classes=None, seed=0, width=None, dtype=None, jit_compile="auto"
):
    """The compiled game of a recipe.

    Args:
        recipe: A `Recipe`, or its name.
        sample_shape: Shape of the data's samples.
        num_classes: For a class-conditional game; None without labels.
        seed: Decides all noise; the initial weights are drawn as Keras draws them.
        width: The networks' width instead of the recipe's.
        dtype: Precision policy, such as `"mixed_bfloat16"`; Keras's global one by default.
        jit_compile: As in `GAN.compile`.

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
        sample_shape, num_classes, recipe.latent_dim, width, dtype
    )
    gan = models.GAN(generator, discriminator, seed, recipe.moving_average_half_life)

    def adam(player):
        name = f"{player}_adam"
        return keras.optimizers.Adam(recipe.learning_rate, recipe.beta_1, recipe.beta_2, name=name)

    gan.compile(
        adam("generator"),
        adam("discriminator"),
        loss=losses.get(recipe.loss),
        penalties=[penalties.R1(recipe.r1, recipe.r1_interval)] if recipe.r1 else (),
        jit_compile=jit_compile,
    )
    return gan
