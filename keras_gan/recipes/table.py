"""The table of recipes."""

from keras_gan.errors import unknown
from keras_gan.models import ProgressiveGAN
from keras_gan.recipes.pairs import (
    build_dcgan,
    build_mlp,
    build_points,
    build_progan,
    build_quick,
    build_r3gan,
)
from keras_gan.recipes.recipe import Recipe

NS, RP, WA = "non_saturating", "relativistic_paired", "wasserstein"


def r3gan_gamma(size):
    """R3GAN's gamma at its begin: 2 for faces of 64 pixels and about 150 of 256, as published."""
    return 2.0 * (size / 64) ** 3


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
    "progan": Recipe(build_progan, 128, 64, WA, 1e-3, 0.0, 0.99, 11_000,  16, 750_000,
                    game=ProgressiveGAN, penalties={"GradientPenalty": 10.0, "Drift": 0.001},
                    small={"width": 16, "latent_dim": 64, "batch_size": 32, "steps": 4_000,
                           "update": "shared"}),
    "r3gan": Recipe(build_r3gan,   64,  384, RP, 2e-4, 0.0, 0.9, 500_000, 256, 78_125,
                    penalties={"R1": r3gan_gamma, "R2": r3gan_gamma}, update="shared",
                    ends={"learning_rate": 5e-5, "beta_2": 0.99,
                          "r1": lambda size: r3gan_gamma(size) / 10,
                          "r2": lambda size: r3gan_gamma(size) / 10},
                    small={"width": 16, "batch_size": 32, "steps": 6_000}),
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
