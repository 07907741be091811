"""The players of the recipes: pairs of networks whose widths belong together."""

from keras_gan import networks


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
    return quick_pair(sample_shape, num_classes, latent_dim, width, dtype, "projection")


def build_acgan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The same with the auxiliary classifier of 2017: samples like what was asked, less varied."""
    return quick_pair(sample_shape, num_classes, latent_dim, width, dtype, "auxiliary")


def quick_pair(sample_shape, num_classes, latent_dim, width, dtype, conditioning):
    """DCGAN's networks with a discriminator of half the generator's width."""
    critic = {"num_classes": num_classes, "conditioning": conditioning, "dtype": dtype}
    return (
        networks.DCGANGenerator(sample_shape, latent_dim, width, num_classes, dtype=dtype),
        networks.DCGANDiscriminator(sample_shape, max(width // 2, 1), **critic),
    )


def build_dcgan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The convolutions of 2015, for square images of 28 or of 8 to 256 pixels (8 * 2^k)."""
    return (
        networks.DCGANGenerator(sample_shape, latent_dim, width, num_classes, dtype=dtype),
        networks.DCGANDiscriminator(sample_shape, width, num_classes, dtype=dtype),
    )


def build_wgan_gp(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The residual networks of 2017, BatchNorm in the generator alone, with WGAN-GP's loss."""
    return build_resnet(sample_shape, num_classes, latent_dim, width, dtype, None)


def build_sngan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The same with a spectrally normalised discriminator, of 2018."""
    return build_resnet(sample_shape, num_classes, latent_dim, width, dtype, "spectral")


def build_small_sngan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The same with a discriminator as wide as the generator."""
    return build_resnet(sample_shape, num_classes, latent_dim, width, dtype, "spectral", width)


def build_resnet(
    sample_shape, num_classes, latent_dim, width, dtype, normalization, critic_width=None
):
    """SNGAN's networks for CIFAR-10, of one width: a critic's is half of it unless it is told."""
    critic_width = critic_width or max(width // 2, 1)
    return (
        networks.ResNetGenerator(
            sample_shape, latent_dim, width, num_classes, "batch_norm", max_width=width, dtype=dtype
        ),
        networks.ResNetDiscriminator(
            sample_shape,
            critic_width,
            num_classes,
            normalization=normalization,
            max_width=critic_width,
            smallest_map=min(8, sample_shape[0] // 2),
            dtype=dtype,
        ),
    )


def build_sagan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """Residual networks with self-attention, both spectrally normalised, of 2018."""
    place = {"attention": max(8, sample_shape[0] // 4), "normalization": "spectral"}
    return (
        networks.ResNetGenerator(
            sample_shape, latent_dim, width, num_classes, "batch_norm", **place, dtype=dtype
        ),
        networks.ResNetDiscriminator(sample_shape, width, num_classes, **place, dtype=dtype),
    )


def build_biggan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The same with latents for every block and orthogonal weights, of 2019."""
    place = {"attention": min(64, sample_shape[0] // 2), "normalization": "spectral"}
    place |= {"max_width": 16 * width, "initializer": "orthogonal", "dtype": dtype}
    return (
        networks.ResNetGenerator(
            sample_shape, latent_dim, width, num_classes, "split_latents", **place
        ),
        networks.ResNetDiscriminator(sample_shape, width, num_classes, **place),
    )


def build_stylegan2(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """Styles and noise, a residual critic, ADA, as of 2020 for few data, for squares to 1024."""
    common = {"mapping_layers": 2, "max_width": min(8 * width, 512), "dtype": dtype}
    return (
        networks.StyleGAN2Generator(
            sample_shape, latent_dim, width, num_classes, style_mixing=0.0, **common
        ),
        networks.StyleGAN2Discriminator(sample_shape, width, num_classes, **common),
    )


def build_progan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """Networks that grow from 4x4 pixels, for squares of 8 to 1024 pixels, with WGAN-GP's loss."""
    common = {"num_classes": num_classes, "max_width": min(8 * width, 512), "dtype": dtype}
    return (
        networks.ProgressiveGenerator(sample_shape, latent_dim, width, **common),
        networks.ProgressiveDiscriminator(sample_shape, width, **common),
    )


def build_r3gan(sample_shape, num_classes, latent_dim, width, dtype, moments=None, blocks=2):
    """The residual networks of 2024 without normalisation, for squares of 4 to 1024 pixels."""
    common = {"num_classes": num_classes, "blocks": blocks, "dtype": dtype}
    return (
        networks.R3GANGenerator(sample_shape, latent_dim, width, **common),
        networks.R3GANDiscriminator(sample_shape, width, **common),
    )


def build_small_r3gan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The same with a single residual block a stage."""
    return build_r3gan(sample_shape, num_classes, latent_dim, width, dtype, blocks=1)
