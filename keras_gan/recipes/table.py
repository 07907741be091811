"""The table of recipes."""

import dataclasses
import functools

from keras_gan import media
from keras_gan.errors import ConfigError, unknown
from keras_gan.models import ProgressiveGAN
from keras_gan.recipes import networks
from keras_gan.recipes.recipe import SCHEDULED, Recipe

SMALL = "small"
NS, RP, WA, HI = "non_saturating", "relativistic_paired", "wasserstein", "hinge"
CIFAR = 32  # pixels, up to which R3GAN's numbers are those for CIFAR-10, beyond those for faces

# Functions of the images' size, the batch size and the images seen in the run.


def r3gan_gamma(size, batch_size, images):
    """Returns R3GAN's gamma at the beginning: as published, 2 for faces of 64, 150 of 256."""
    return 2.0 * (size / 64) ** 3


def r3gan_last_gamma(size, batch_size, images):
    """Returns a tenth of that."""
    return r3gan_gamma(size, batch_size, images) / 10


def r3gan_augmentation(size, batch_size, images):
    """Returns the augmentation's p at the end, as published."""
    return 0.55 if size <= CIFAR else 0.3


def r3gan_half_life(size, batch_size, images):
    """Returns the average's half-life at the end: of 20M images 5M or 0.5M, of fewer that share."""
    return (0.25 if size <= CIFAR else 0.025) * images


def stylegan2_gamma(size, batch_size, images):
    """Returns ADA's gamma."""
    return 0.0002 * size**2 / batch_size


def stylegan2_small_gamma(size, batch_size, images):
    """Returns gamma on a processor: by ADA's, an hour's few images end in one layout for all."""
    return 0.5 * (size / 32) ** 2


def stylegan2_small_last_gamma(size, batch_size, images):
    """Returns a tenth of that."""
    return stylegan2_small_gamma(size, batch_size, images) / 10


ACGAN = functools.partial(networks.quick, conditioning="auxiliary")
SNGAN = functools.partial(networks.resnet, normalization="spectral")
EVEN_SNGAN = functools.partial(networks.resnet, normalization="spectral", share=1.0)
R3GAN_OF_ONE_BLOCK = functools.partial(networks.r3gan, blocks=1)


def rates(generator, discriminator):
    """Returns the learning rates of players that differ."""
    return {"generator": generator, "discriminator": discriminator}


ANY = tuple(media.MEDIA)

# fmt: off
RECIPES = {
    #       networks, latent, width, loss, rate, beta_1, beta_2, half-life, batch, steps
    "gan": Recipe("the perceptrons of 2014, for samples of any shape",
            networks.mlp,    100, 1200, NS, 2e-4, 0.5, 0.99, 20_000,  64,   6_000, media=ANY),
    "dcgan": Recipe("the convolutions of 2015, for square images of 28 or of 8 to 256 pixels "
            "(8 * 2^k)",
            networks.dcgan,   32,   64, NS, 6e-4, 0.5, 0.99, 20_000,  64,   1_200),
    "quick": Recipe("DCGAN by today's rules, for minutes on a CPU: R1, large steps",
            networks.quick,   32,   64, NS, 2e-3, 0.0, 0.95, 10_000,  64,   2_000,
            penalties={"R1": 1.0}, interval=16, update="shared"),
    "acgan": Recipe("quick with the auxiliary classifier of 2017: samples truer to their class, "
            "less varied",
            ACGAN,            32,   64, NS, 2e-3, 0.0, 0.95, 10_000,  64,   2_000,
            penalties={"R1": 1.0}, interval=16, update="shared"),
    "toy1d": Recipe("plain perceptrons for points on a line",
            networks.points,   1,   64, NS, 1e-3, 0.0, 0.99, 20_000, 256,   6_000,
            media=ANY, penalties={"R1": 0.5}, ends={"learning_rate": 1e-5},
            latent_distribution="uniform", jit=True, steps_per_execution=50),
    "toy25": Recipe("plain perceptrons for points of a few dimensions",
            networks.points,   2,  256, RP, 1e-3, 0.0, 0.99, 20_000, 256,  12_000,
            media=ANY, penalties={"R1": 0.2, "R2": 0.2},
            ends={"learning_rate": 1e-5, "r1": 0.002, "r2": 0.002},
            jit=True, steps_per_execution=50),
    # five discriminator steps for each of the generator's 100,000 and 50,000
    "wgan_gp": Recipe("the residual networks and the gradient penalty of 2017, BatchNorm in the "
            "generator alone",
            networks.resnet, 128,  128, WA, 2e-4, 0.0, 0.9,  20_000,  64, 500_000,
            penalties={"GradientPenalty": 10.0}, n_critic=5),
    "sngan": Recipe("residual networks with a spectrally normalised discriminator, of 2018",
            SNGAN,           128,  256, HI, 2e-4, 0.0, 0.9,  20_000,  64, 250_000, n_critic=5),
    # the discriminator learns four times as fast instead of five times as often
    "sagan": Recipe("residual networks with self-attention, both spectrally normalised, of 2018",
            networks.sagan,  128,   64, HI, rates(1e-4, 4e-4), 0.0, 0.9,
            100_000, 256, 1_000_000),
    "biggan": Recipe("SAGAN with latents for every block and orthogonal weights, of 2019",
            networks.biggan, 120,   96, HI, rates(5e-5, 2e-4), 0.0, 0.999,
            1_800_000, 256, 1_000_000, n_critic=2),
    "progan": Recipe("networks that grow from 4x4 pixels, for squares of 8 to 1024, with WGAN-GP's "
            "loss",
            networks.progan, 128,   64, WA, 1e-3, 0.0, 0.99, 11_000,  16, 750_000,
            game=ProgressiveGAN, penalties={"GradientPenalty": 10.0, "Drift": 0.001}),
    "stylegan2_ada": Recipe("styles, noise and adaptive augmentation, of 2020, for few data, for "
            "squares to 1024",
            networks.stylegan2, 512, 64, NS, 2.5e-3, 0.0, 0.99, 20_000, 64, 390_000,
            penalties={"R1": stylegan2_gamma}, interval=16, update="shared", augmentation="ada"),
    "r3gan": Recipe("the residual networks of 2024 without normalisation, for squares of 4 to 1024",
            networks.r3gan,   64,  384, RP, 2e-4, 0.0, 0.9, 500_000, 256,  78_125,
            penalties={"R1": r3gan_gamma, "R2": r3gan_gamma}, update="shared",
            augmentation=SCHEDULED,
            ends={"learning_rate": 5e-5, "beta_2": 0.99,
                  "r1": r3gan_last_gamma, "r2": r3gan_last_gamma,
                  "augmentation": r3gan_augmentation,
                  "moving_average_half_life": r3gan_half_life}),
}

# What differs on a processor: less width, and the numbers that go with it
DIFFERENCES = {
    "dcgan": dict(width=32, steps=12_000),
    "wgan_gp": dict(width=32, batch_size=32, steps=10_000),
    # the discriminator learns twice as fast instead of more often, and is as wide as the generator,
    # as half of so little sees too little; both come to rest, as at rates that stay the samples
    # fall apart
    "sngan": dict(networks=EVEN_SNGAN, width=32, batch_size=32, steps=14_000, n_critic=1,
            update="shared", rates=rates(2e-4, 4e-4), moving_average_half_life=5_000,
            ends={"generator_learning_rate": 0.0, "discriminator_learning_rate": 0.0}),
    "sagan": dict(width=16, batch_size=32, steps=10_000),
    "biggan": dict(width=16, batch_size=32, steps=10_000, moving_average_half_life=20_000),
    "progan": dict(width=16, latent_dim=64, batch_size=32, steps=4_000, update="shared"),
    "stylegan2_ada": dict(width=16, latent_dim=64, batch_size=32, steps=10_000, rates=1e-2,
            moving_average_half_life=5_000, penalties={"R1": stylegan2_small_gamma},
            ends={"learning_rate": 2.5e-3, "r1": stylegan2_small_last_gamma}),
    # few steps have to be large, and penalties are most of a step's cost
    "r3gan": dict(networks=R3GAN_OF_ONE_BLOCK, width=16, batch_size=32, steps=6_000, rates=1e-3,
            beta_2=0.95, interval=4, augmentation=None, moving_average_half_life=5_000,
            ends={"learning_rate": 1e-4, "beta_2": 0.99,
                  "r1": r3gan_last_gamma, "r2": r3gan_last_gamma}),
}
# fmt: on
SMALL_RECIPES = {
    name: dataclasses.replace(RECIPES[name], **fields) for name, fields in DIFFERENCES.items()
}


def get(name: str, width: int | str | None = None) -> Recipe:
    """Returns a recipe by name.

    Args:
        name: One of `RECIPES`.
        width: The networks' width instead of the recipe's own; or `"small"` for the recipe as it
            is for a processor, where it has one.

    Raises:
        ConfigError: For a name or a width that isn't known.

    Example:

    >>> import keras_gan as kg
    >>> kg.recipes.get("dcgan").width, kg.recipes.get("dcgan", "small").width
    (64, 32)
    """
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    if width == SMALL:
        return SMALL_RECIPES.get(name, RECIPES[name])
    return of_width(RECIPES[name], width)


def of_width(recipe: Recipe, width: int | None) -> Recipe:
    """Returns a recipe with networks of another width, or as it is for None."""
    if isinstance(width, str):
        raise ConfigError(f"expected a width as a whole number or {SMALL!r}, got {width!r}.")
    return recipe if width is None else dataclasses.replace(recipe, width=width)
