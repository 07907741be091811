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


def build_progan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """Networks that grow from 4x4 pixels, for squares of 8 to 1024 pixels, with WGAN-GP's loss."""
    common = {"num_classes": num_classes, "max_width": min(8 * width, 512), "dtype": dtype}
    return (
        networks.ProgressiveGenerator(sample_shape, latent_dim, width, **common),
        networks.ProgressiveDiscriminator(sample_shape, width, **common),
    )


def build_r3gan(sample_shape, num_classes, latent_dim, width, dtype, moments=None):
    """The residual networks of 2024 without normalisation, for squares of 4 to 1024 pixels."""
    common = {"num_classes": num_classes, "dtype": dtype}
    return (
        networks.R3GANGenerator(sample_shape, latent_dim, width, **common),
        networks.R3GANDiscriminator(sample_shape, width, **common),
    )
