"""Truncation: from the sample at the centre of the latents to full variety."""

from collections.abc import Sequence

from keras_gan.checks import check_integer
from keras_gan.explore.checks import check_images, class_captions, labels_for
from keras_gan.pictures.sheets import Sheet
from keras_gan.sampling import Sampling

import numpy as np
from numpy.typing import ArrayLike


def truncation(
    gan: Sampling,
    count: int = 8,
    columns: int = 6,
    seed: int = 0,
    labels: ArrayLike | None = None,
    class_names: Sequence[str] | None = None,
) -> Sheet:
    """Returns a sheet of samples truncated by psi, with one column per value from 0 to 1.

    Args:
        gan: A model of images, such as a `GAN`.
        count: Number of samples, one per row.
        columns: Number of values of psi, at least 2.
        seed: Non-negative int that determines the latents.
        labels: For class-conditional networks: one class, or one per row; all in turn by default.
        class_names: Names of the classes, for the captions; their numbers by default.

    Returns:
        A `Sheet`.

    Raises:
        ConfigError: For a model that doesn't generate images, or numbers out of range.

    Source: as `GAN.sample`'s truncation.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.DCGANGenerator((8, 8, 1), latent_dim=4, width=4),
    ...              kg.networks.DCGANDiscriminator((8, 8, 1), width=4))
    >>> kg.explore.truncation(gan, count=2, columns=3).columns
    ['psi 0', 'psi 0.5', 'psi 1']
    """
    check_images(gan)
    check_integer("count", count)
    check_integer("columns", columns, minimum=2)
    labels = labels_for(gan, count, labels)
    psis = np.linspace(0, 1, columns)
    images = [gan.sample(count, seed, labels, truncation=float(psi)) for psi in psis]
    return Sheet(
        np.stack(images, axis=1),
        rows=class_captions(labels, class_names),
        columns=[f"psi {psi:.2g}" for psi in psis],
    )
