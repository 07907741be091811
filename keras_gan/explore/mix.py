"""Style mixing: the coarse styles of one image with the fine styles of another."""

from collections.abc import Sequence

from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, labels_for
from keras_gan.explore.interpolate import latents_of
from keras_gan.explore.styles import images_of, require_styles, styles_of
from keras_gan.pictures.sheets import Sheet
from keras_gan.sampling import Sampling

import numpy as np


def mix(
    gan: Sampling,
    coarse_seeds: Sequence[int],
    fine_seeds: Sequence[int],
    layer: int | None = None,
    label: int | None = None,
) -> Sheet:
    """Returns a sheet of mixed styles: coarse styles by row, fine styles by column.

    The first row and the first column show the source images.

    Args:
        gan: A model whose generator has styles, such as a `GAN` of StyleGAN2's networks.
        coarse_seeds: Seeds of the rows, which determine pose and shape.
        fine_seeds: Seeds of the columns, which determine colour and texture.
        layer: Index of the first fine style, from 1 to `num_styles - 1`; the middle by default.
        label: Class, for class-conditional networks; the first by default.

    Returns:
        A `Sheet`.

    Raises:
        ConfigError: For a generator without styles, no seeds, or a layer out of range.

    Source: Karras et al., "A Style-Based Generator Architecture for Generative Adversarial
    Networks", CVPR 2019, section 3.1.

    Example:

        kg.explore.mix(gan, coarse_seeds=[1, 2, 3], fine_seeds=[4, 5, 6], layer=4).save("mix.png")
    """
    check_images(gan)
    generator = gan.moving_average
    require_styles(generator)
    if not len(coarse_seeds) or not len(fine_seeds):
        raise ConfigError("expected at least one seed for the rows and one for the columns.")
    layer = check_layer(layer, generator.num_styles)
    seeds = [*coarse_seeds, *fine_seeds]
    latents = np.concatenate([latents_of(gan, seed) for seed in seeds])
    if gan.conditional and label is None:
        label = 0
    labels = labels_for(gan, len(seeds), label)
    styles = np.repeat(styles_of(generator, latents, labels)[:, None], generator.num_styles, axis=1)
    coarse, fine = np.split(styles, [len(coarse_seeds)])
    mixtures = mix_styles(coarse, fine, layer).reshape(-1, *styles.shape[1:])
    sources = np.split(images_of(generator, styles), [len(coarse)])
    return Sheet(
        add_margins(images_of(generator, mixtures), *sources),
        rows=["", *(f"seed {seed}" for seed in coarse_seeds)],
        columns=["", *(f"seed {seed}" for seed in fine_seeds)],
        title=f"rows: styles 1 to {layer}; columns: styles {layer + 1} to {generator.num_styles}",
    )


def mix_styles(coarse: np.ndarray, fine: np.ndarray, layer: int) -> np.ndarray:
    """Combines the styles before a layer of one sample with those from it on of another.

    Args:
        coarse: `(rows, num_styles, style)`.
        fine: `(columns, num_styles, style)`.
        layer: Index of the first fine style.

    Returns:
        `(rows, columns, num_styles, style)`.
    """
    mixtures = np.repeat(coarse[:, None], len(fine), axis=1)
    mixtures[:, :, layer:] = fine[None, :, layer:]
    return mixtures


def check_layer(layer: int | None, num_styles: int) -> int:
    """Returns the index of the first fine style, the middle for None."""
    layer = num_styles // 2 if layer is None else layer
    if not 1 <= layer < num_styles:
        raise ConfigError(
            f"expected a layer from 1 to {num_styles - 1}, the first fine style, got {layer}."
        )
    return layer


def add_margins(images: np.ndarray, left: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Returns a table of images with an extra column on the left and an extra row on top.

    Args:
        images: `(rows * columns, height, width, channels)`, row by row.
        left: `(rows, ...)`, the images of the extra column.
        above: `(columns, ...)`, the images of the extra row.
    """
    table = images.reshape(len(left), len(above), *images.shape[1:])
    table = np.concatenate([left[:, None], table], axis=1)
    corner = np.ones_like(left[:1])
    return np.concatenate([np.concatenate([corner, above])[None], table])
