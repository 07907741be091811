"""The table of recipes."""

from keras_gan.errors import unknown
from keras_gan.models import ProgressiveGAN
from keras_gan.recipes.pairs import (
    build_acgan,
    build_biggan,
    build_dcgan,
    build_mlp,
    build_points,
    build_progan,
    build_quick,
    build_r3gan,
    build_sagan,
    build_small_r3gan,
    build_small_sngan,
    build_sngan,
    build_stylegan2,
    build_wgan_gp,
)
from keras_gan.recipes.recipe import SCHEDULED, Recipe

NS, RP, WA, HI = "non_saturating", "relativistic_paired", "wasserstein", "hinge"


CIFAR = 32  # pixels, up to which R3GAN's numbers are those for CIFAR-10, beyond those for faces

# Functions of the images' size, the batch size and the images seen in the run.


def r3gan_gamma(size, batch_size, images):
    """R3GAN's gamma at its begin: 2 for faces of 64 pixels and about 150 of 256, as published."""
    return 2.0 * (size / 64) ** 3


def r3gan_gamma_at_the_end(size, batch_size, images):
    """A tenth of that."""
    return r3gan_gamma(size, batch_size, images) / 10


def r3gan_augmentation(size, batch_size, images):
    """The augmentation's p at the end, as published."""
    return 0.55 if size <= CIFAR else 0.3


def r3gan_half_life(size, batch_size, images):
    """The moving average's half-life at the end: of 20M images 5M or 0.5M, of fewer that share."""
    return (0.25 if size <= CIFAR else 0.025) * images


def stylegan2_gamma(size, batch_size, images):
    """ADA's rule for gamma."""
    return 0.0002 * size**2 / batch_size


def stylegan2_small_gamma(size, batch_size, images):
    """Its begin on a processor: by ADA's rule an hour's few images end in one layout for all."""
    return 0.5 * (size / 32) ** 2


def stylegan2_small_gamma_at_the_end(size, batch_size, images):
    """A tenth of that."""
    return stylegan2_small_gamma(size, batch_size, images) / 10


# fmt: off
RECIPES = {
    #                build     latent width loss  lr    b1   b2  half-life batch steps
    "gan":   Recipe(build_mlp,    100, 1200, NS, 2e-4, 0.5, 0.99, 20_000,  64,  6_000),
    "dcgan": Recipe(build_dcgan,   32,   64, NS, 6e-4, 0.5, 0.99, 20_000,  64,  1_200,
                    small={"width": 32, "steps": 12_000}),
    "quick": Recipe(build_quick,   32,   64, NS, 2e-3, 0.0, 0.95, 10_000,  64,  2_000,
                    penalties={"R1": 1.0}, interval=16, update="shared"),
    "acgan": Recipe(build_acgan,   32,   64, NS, 2e-3, 0.0, 0.95, 10_000,  64,  2_000,
                    penalties={"R1": 1.0}, interval=16, update="shared"),
    "toy1d": Recipe(build_points,   1,   64, NS, 1e-3, 0.0, 0.99, 20_000, 256,  6_000,
                    penalties={"R1": 0.5}, ends={"learning_rate": 1e-5},
                    latent_distribution="uniform", jit=True, steps_per_execution=50),
    "toy25": Recipe(build_points,   2,  256, RP, 1e-3, 0.0, 0.99, 20_000, 256, 12_000,
                    penalties={"R1": 0.2, "R2": 0.2},
                    ends={"learning_rate": 1e-5, "r1": 0.002, "r2": 0.002},
                    jit=True, steps_per_execution=50),
    # five moves of the critic for each of the generator's 100,000 and 50,000
    "wgan_gp": Recipe(build_wgan_gp, 128, 128, WA, 2e-4, 0.0, 0.9, 20_000, 64, 500_000,
                    penalties={"GradientPenalty": 10.0}, n_critic=5,
                    small={"width": 32, "batch_size": 32, "steps": 10_000}),
    "sngan": Recipe(build_sngan, 128, 256, HI, 2e-4, 0.0, 0.9, 20_000, 64, 250_000,
                    n_critic=5,
                    # on a processor the critic learns twice as fast instead of more often, and is
                    # as wide as the generator, as half of so little sees too little; both come to
                    # rest, as at rates that stay the samples fall apart
                    small={"build": build_small_sngan, "width": 32, "batch_size": 32,
                           "steps": 14_000, "n_critic": 1, "update": "shared",
                           "discriminator_learning_rate": 4e-4,
                           "moving_average_half_life": 5_000,
                           "ends": {"generator_learning_rate": 0.0,
                                    "discriminator_learning_rate": 0.0}}),
    # the critic learns four times as fast instead of five times as often
    "sagan": Recipe(build_sagan, 128, 64, HI, 1e-4, 0.0, 0.9, 100_000, 256, 1_000_000,
                    discriminator_learning_rate=4e-4,
                    small={"width": 16, "batch_size": 32, "steps": 10_000}),
    "biggan": Recipe(build_biggan, 120, 96, HI, 5e-5, 0.0, 0.999, 1_800_000, 256, 1_000_000,
                    discriminator_learning_rate=2e-4, n_critic=2,
                    small={"width": 16, "batch_size": 32, "steps": 10_000,
                           "moving_average_half_life": 20_000}),
    "progan": Recipe(build_progan, 128, 64, WA, 1e-3, 0.0, 0.99, 11_000,  16, 750_000,
                    game=ProgressiveGAN, penalties={"GradientPenalty": 10.0, "Drift": 0.001},
                    small={"width": 16, "latent_dim": 64, "batch_size": 32, "steps": 4_000,
                           "update": "shared"}),
    "stylegan2_ada": Recipe(build_stylegan2, 512, 64, NS, 2.5e-3, 0.0, 0.99, 20_000, 64, 390_000,
                    penalties={"R1": stylegan2_gamma}, interval=16, update="shared",
                    augmentation="ada",
                    small={"width": 16, "latent_dim": 64, "batch_size": 32, "steps": 10_000,
                           "learning_rate": 1e-2, "moving_average_half_life": 5_000,
                           "penalties": {"R1": stylegan2_small_gamma},
                           "ends": {"learning_rate": 2.5e-3,
                                    "r1": stylegan2_small_gamma_at_the_end}}),
    "r3gan": Recipe(build_r3gan,   64,  384, RP, 2e-4, 0.0, 0.9, 500_000, 256, 78_125,
                    penalties={"R1": r3gan_gamma, "R2": r3gan_gamma}, update="shared",
                    augmentation=SCHEDULED,
                    ends={"learning_rate": 5e-5, "beta_2": 0.99,
                          "r1": r3gan_gamma_at_the_end, "r2": r3gan_gamma_at_the_end,
                          "augmentation": r3gan_augmentation,
                          "moving_average_half_life": r3gan_half_life},
                    # few steps have to be large, and penalties are most of a step's cost
                    small={"build": build_small_r3gan, "width": 16, "batch_size": 32,
                           "steps": 6_000, "learning_rate": 1e-3, "beta_2": 0.95, "interval": 4,
                           "augmentation": None, "moving_average_half_life": 5_000,
                           "ends": {"learning_rate": 1e-4, "beta_2": 0.99,
                                    "r1": r3gan_gamma_at_the_end, "r2": r3gan_gamma_at_the_end}}),
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
