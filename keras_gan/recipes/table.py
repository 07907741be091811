"""The table of recipes."""

import dataclasses
import functools
import math

from keras_gan import augment, media
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, unknown
from keras_gan.models import ProgressiveGAN
from keras_gan.networks.sizes import largest_power_of_two
from keras_gan.recipes import networks
from keras_gan.recipes.networks import CIFAR
from keras_gan.recipes.recipe import SCHEDULED, Recipe

LARGEST_WIDTH = 65_536  # of the networks
SMALL = "small"
KERAS = 1e-7  # Keras's epsilon of Adam, with which this package's own recipes were tuned
NS, RP, WA, HI = "non_saturating", "relativistic_paired", "wasserstein", "hinge"
R3GAN_IMAGES = 20_000_000


# Functions of the size, in pixels.


def width_at(size: int, product: int, widest: int) -> int:
    """Returns the published width of networks with `product` channels times pixels a side."""
    return min(product // largest_power_of_two(size), widest)


def r3gan_width(size: int) -> int:
    """Returns R3GAN's width; 768 at 32 pixels, 384 at 64, 96 at 256, as published."""
    return width_at(size, 24_576, 768)


def r3gan_batch_size(size: int) -> int:
    """Returns R3GAN's batch size; 512 for CIFAR-10, 256 for faces, as published."""
    return 512 if size <= CIFAR else 256


def r3gan_steps(size: int) -> int:
    """Returns the steps over which R3GAN's schedules run."""
    return R3GAN_IMAGES // r3gan_batch_size(size)


def biggan_width(size: int) -> int:
    """Returns BigGAN's width; 96, and in its authors' code for CIFAR-10 64."""
    return 64 if size <= CIFAR else 96


def progan_width(size: int) -> int:
    """Returns ProGAN's width; 128 for CIFAR-10, 64 at 256 pixels, 16 at 1024."""
    return 128 if size <= CIFAR else width_at(size, 16_384, 512)


def progan_latent_dim(size: int) -> int:
    """Returns the size of ProGAN's latents; 128 for CIFAR-10."""
    return 128 if size <= CIFAR else 512


def stylegan2_width(size: int) -> int:
    """Returns the width of StyleGAN2-ADA's automatic setting; 512 at 32 pixels, 64 at 256."""
    return width_at(size, 32_768 if size >= 512 else 16_384, 512)


# Functions of the size, the batch size and the number of images in the run.


def r3gan_gamma(size: int, batch_size: int, images: int) -> float:
    """Returns R3GAN's initial gamma; as published, 0.05 for CIFAR-10, 2 for 64 pixels, 150 for 256.

    For ImageNet the published ones are 0.5 at 32 pixels and 1 at 64.
    """
    return 0.05 if size <= CIFAR else 2.0 * 75.0 ** math.log(size / 64, 4)


def r3gan_last_gamma(size: int, batch_size: int, images: int) -> float:
    """Returns R3GAN's final gamma, a tenth of the initial one."""
    return r3gan_gamma(size, batch_size, images) / 10


def r3gan_small_gamma(size: int, batch_size: int, images: int) -> float:
    """Returns the initial gamma on a CPU: that of faces, at all sizes."""
    return 2.0 * (size / 64) ** 3


def r3gan_small_last_gamma(size: int, batch_size: int, images: int) -> float:
    """Returns the final gamma on a CPU, a tenth of the initial one."""
    return r3gan_small_gamma(size, batch_size, images) / 10


def r3gan_augmentation(size: int, batch_size: int, images: int) -> float:
    """Returns the final p of R3GAN's augmentation, as published."""
    return 0.55 if size <= CIFAR else 0.3


def r3gan_half_life(size: int, batch_size: int, images: int) -> float:
    """Returns the final half-life of R3GAN's moving average.

    The published values are 5M and 0.5M of 20M images. Runs of fewer images use the same share.
    """
    return (0.25 if size <= CIFAR else 0.025) * images


def stylegan2_gamma(size: int, batch_size: int, images: int) -> float:
    """Returns the gamma of StyleGAN2-ADA."""
    return 0.0002 * size**2 / batch_size


def path_length(size: int, batch_size: int, images: int) -> float:
    """Returns the weight of path length regularization, which has no part at CIFAR-10's size."""
    return 0.0 if size <= CIFAR else 2.0


def stylegan2_small_gamma(size: int, batch_size: int, images: int) -> float:
    """Returns the initial gamma on a CPU.

    With ADA's, all samples have the same layout after the few images of an hour.
    """
    return 0.5 * (size / 32) ** 2


def stylegan2_small_last_gamma(size: int, batch_size: int, images: int) -> float:
    """Returns the final gamma on a CPU, a tenth of the initial one."""
    return stylegan2_small_gamma(size, batch_size, images) / 10


R3GAN_AUGMENTATION = {"transforms": augment.ADA.choices, "factors": {"color": 0.5}}
ACGAN = functools.partial(networks.quick, conditioning="auxiliary")
SNGAN = functools.partial(networks.resnet, normalization="spectral")
EVEN_SNGAN = functools.partial(networks.resnet, normalization="spectral", share=1.0)
SMALL_SAGAN = functools.partial(networks.sagan, small=True)
SMALL_BIGGAN = functools.partial(networks.biggan, small=True)
SMALL_PROGAN = functools.partial(networks.progan, small=True)
SMALL_STYLEGAN2 = functools.partial(networks.stylegan2, small=True)
ONE_BLOCK_R3GAN = functools.partial(networks.r3gan, blocks=1)


def rates(generator: float, discriminator: float) -> dict[str, float]:
    """Returns different learning rates for the two players."""
    return {"generator": generator, "discriminator": discriminator}


ANY = tuple(media.MEDIA)

# fmt: off
RECIPES = {
    #       networks, latent, width, loss, rate, beta_1, beta_2, half-life, batch, steps
    "gan": Recipe("the multilayer perceptrons of 2014, for samples of any shape",
            networks.mlp,    100, 1200, NS, 2e-4, 0.5, 0.99, 20_000,  64,   6_000, media=ANY),
    "dcgan": Recipe("the convolutional networks of 2015, for images of 8 to 256 pixels a side",
            networks.dcgan,   32,   64, NS, 6e-4, 0.5, 0.99, 20_000,  64,   1_200),
    "quick": Recipe("DCGAN with R1 and large learning rates, to learn within minutes on a CPU",
            networks.quick,   32,   64, NS, 2e-3, 0.0, 0.95, 10_000,  64,   2_000,
            epsilon=KERAS, penalties={"R1": 1.0}, interval=16, update="shared"),
    "acgan": Recipe("quick with the auxiliary classifier of 2017: samples match their class more "
            "often and vary less",
            ACGAN,            32,   64, NS, 2e-3, 0.0, 0.95, 10_000,  64,   2_000,
            epsilon=KERAS, penalties={"R1": 1.0}, interval=16, update="shared"),
    "toy1d": Recipe("small multilayer perceptrons for points on a line",
            networks.points,   1,   64, NS, 1e-3, 0.0, 0.99, 20_000, 256,   6_000,
            epsilon=KERAS, media=ANY, penalties={"R1": 0.5}, ends={"learning_rate": 1e-5},
            latent_distribution="uniform", jit=True, steps_per_execution=50),
    "toy25": Recipe("multilayer perceptrons for points of a few dimensions",
            networks.points,   2,  256, RP, 1e-3, 0.0, 0.99, 20_000, 256,  12_000,
            epsilon=KERAS, media=ANY, penalties={"R1": 0.2, "R2": 0.2},
            ends={"learning_rate": 1e-5, "r1": 0.002, "r2": 0.002},
            jit=True, steps_per_execution=50),
    # five discriminator steps for each of 100,000 and 50,000 generator steps
    "wgan_gp": Recipe("residual networks with the gradient penalty of 2017, batch normalization in "
            "the generator only",
            networks.resnet, 128,  128, WA, 2e-4, 0.0, 0.9,  20_000,  64, 500_000,
            penalties={"GradientPenalty": 10.0}, n_critic=5,
            ends={"learning_rate": 0.0}, decay="linear"),
    "sngan": Recipe("the residual networks of 2018, with spectral normalization in the "
            "discriminator",
            SNGAN,           128,  256, HI, 2e-4, 0.0, 0.9,  20_000,  64, 250_000, n_critic=5,
            ends={"learning_rate": 0.0}, decay="linear"),
    # the discriminator learns four times as fast instead of five times as often
    "sagan": Recipe("the residual networks of 2018 with self-attention, spectral normalization in "
            "both",
            networks.sagan,  128,   64, HI, rates(1e-4, 4e-4), 0.0, 0.9,
            100_000, 256, 1_000_000),
    "biggan": Recipe("SAGAN with latents in each block and orthogonal initial weights, of 2019",
            networks.biggan, 120, biggan_width, HI, rates(5e-5, 2e-4), 0.0, 0.999,
            1_800_000, 256, 1_000_000, epsilon=1e-6, n_critic=2),
    "progan": Recipe("networks that grow from small images, of 4x4 pixels, with WGAN-GP's loss",
            networks.progan, progan_latent_dim, progan_width, WA, 1e-3, 0.0, 0.99, 11_000, 16,
            750_000, game=ProgressiveGAN, penalties={"GradientPenalty": 10.0, "Drift": 0.001}),
    "stylegan2_ada": Recipe("the style-based generator of 2020 with adaptive augmentation, for few "
            "images",
            networks.stylegan2, 512, stylegan2_width, NS, 2.5e-3, 0.0, 0.99, 20_000, 64, 390_000,
            penalties={"R1": stylegan2_gamma, "PathLength": path_length}, interval=16,
            moving_average_ramp=0.05, augmentation="ada"),
    "r3gan": Recipe("the residual networks of 2024 without normalization",
            networks.r3gan,   64, r3gan_width, RP, 2e-4, 0.0, 0.9, 500_000,
            r3gan_batch_size, r3gan_steps, penalties={"R1": r3gan_gamma, "R2": r3gan_gamma},
            augmentation=SCHEDULED, augmentation_options=R3GAN_AUGMENTATION,
            ends={"learning_rate": 5e-5, "beta_2": 0.99,
                  "r1": r3gan_last_gamma, "r2": r3gan_last_gamma,
                  "augmentation": r3gan_augmentation,
                  "moving_average_half_life": r3gan_half_life}),
}

# Variants for a CPU: smaller networks, and hyperparameters that fit them
DIFFERENCES = {
    "dcgan": dict(width=32, steps=12_000),
    "wgan_gp": dict(width=32, batch_size=32, steps=10_000),
    # The discriminator learns twice as fast instead of more often. It is as wide as the generator,
    # as half of this width is too weak. Learning rates fall to 0, as samples degrade at constant
    # rates.
    "sngan": dict(networks=EVEN_SNGAN, width=32, batch_size=32, steps=14_000, n_critic=1,
            update="shared", rates=rates(2e-4, 4e-4), moving_average_half_life=5_000,
            ends={"generator_learning_rate": 0.0, "discriminator_learning_rate": 0.0},
            decay="cosine"),
    "sagan": dict(networks=SMALL_SAGAN, width=16, batch_size=32, steps=10_000),
    "biggan": dict(networks=SMALL_BIGGAN, width=16, batch_size=32, steps=10_000,
            moving_average_half_life=20_000),
    "progan": dict(networks=SMALL_PROGAN, width=16, latent_dim=64, batch_size=32, steps=4_000,
            update="shared"),
    "stylegan2_ada": dict(networks=SMALL_STYLEGAN2, width=16, latent_dim=64, batch_size=32,
            steps=10_000, rates=1e-2, update="shared",
            moving_average_half_life=5_000, penalties={"R1": stylegan2_small_gamma},
            ends={"learning_rate": 2.5e-3, "r1": stylegan2_small_last_gamma}),
    # few steps need large learning rates, and penalties are most of a step's cost
    "r3gan": dict(networks=ONE_BLOCK_R3GAN, width=16, batch_size=32, steps=6_000, rates=1e-3,
            beta_2=0.95, interval=4, augmentation=None, augmentation_options={},
            moving_average_half_life=5_000,
            update="shared", penalties={"R1": r3gan_small_gamma, "R2": r3gan_small_gamma},
            ends={"learning_rate": 1e-4, "beta_2": 0.99,
                  "r1": r3gan_small_last_gamma, "r2": r3gan_small_last_gamma}),
}
# fmt: on
SMALL_RECIPES = {
    name: dataclasses.replace(RECIPES[name], **fields) for name, fields in DIFFERENCES.items()
}


def get(name: str, width: int | str | None = None) -> Recipe:
    """Returns a recipe by name.

    Args:
        name: A key of `RECIPES`.
        width: Width of the networks, which replaces the recipe's; `"small"` for the recipe's
            variant for a CPU, if it has one; or `"small:8"` for that variant with a width of 8.

    Raises:
        ConfigError: If the name or the width is unknown.

    Example:

    >>> import keras_gan as kg
    >>> kg.recipes.get("dcgan").width, kg.recipes.get("dcgan", "small").width
    (64, 32)
    """
    if name not in RECIPES:
        raise unknown("recipe", name, ("auto", *RECIPES))
    if not isinstance(width, str):
        return with_width(RECIPES[name], width)
    variant, colon, number = width.partition(":")
    if variant != SMALL or (colon and not (number.isascii() and number.isdecimal())):
        raise ConfigError(
            f"expected width as a whole number, {SMALL!r}, or {SMALL!r} with a width such as "
            f"'{SMALL}:8', got {width!r}."
        )
    return with_width(SMALL_RECIPES.get(name, RECIPES[name]), int(number) if colon else None)


def with_width(recipe: Recipe, width: int | None) -> Recipe:
    """Returns a recipe with networks of another width; None keeps its width.

    Raises:
        ConfigError: For a width that isn't an integer from 1 to 65,536; only names have a
            `"small"` variant.
    """
    if width == SMALL:
        raise ConfigError(
            f"expected the name of a recipe for width={SMALL!r}, got a Recipe object; pass its "
            "name, or a width as an integer."
        )
    return (
        recipe
        if width is None
        else dataclasses.replace(recipe, width=check_integer("width", width, maximum=LARGEST_WIDTH))
    )
