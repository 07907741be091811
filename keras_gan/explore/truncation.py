"""Truncation: from the one picture at the centre to full variety."""

from keras_gan.checks import check_integer
from keras_gan.explore.checks import check_images, labels_for, names_of
from keras_gan.explore.sheets import Sheet

import numpy as np


def truncation(gan, count=8, columns=6, seed=0, labels=None, class_names=None):
    """A sheet of samples whose latents are scaled by psi, a column each from 0 to 1.

    Args:
        gan: A game of images, such as a `GAN`.
        count: Rows: samples.
        columns: Values of psi, at least 2.
        seed: Non-negative int; decides the latents.
        labels: For class-conditional networks: one class, or one a row; all in turn by default.
        class_names: For the captions; numbers by default.

    Returns:
        A `Sheet`.

    Raises:
        ConfigError: For a game of no images, or numbers out of range.

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
        rows=names_of(labels, class_names),
        columns=[f"psi {psi:.2g}" for psi in psis],
    )
