"""Class sweeps: samples of every class at the same latents."""

from collections.abc import Sequence

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, class_captions
from keras_gan.pictures.sheets import Sheet
from keras_gan.sampling import Sampling

import numpy as np


def classes(
    gan: Sampling,
    count: int = 8,
    seed: int = 0,
    labels: Sequence[int] | None = None,
    truncation: float = 1.0,
    class_names: Sequence[str] | None = None,
) -> Sheet:
    """Returns a sheet with one row per latent vector and one column per class.

    Args:
        gan: A class-conditional model of images.
        count: Number of rows (latent vectors).
        seed: Non-negative int that determines the latents.
        labels: Classes, in order; all by default.
        truncation: As in `GAN.sample`.
        class_names: Names of the classes, for the captions; their numbers by default.

    Returns:
        A `Sheet`; the column of a class is `gan.sample(count, seed, label, truncation)`.

    Raises:
        ConfigError: For a model that doesn't generate images or takes no labels.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.DCGANGenerator((8, 8, 1), 4, 4, num_classes=3),
    ...              kg.networks.DCGANDiscriminator((8, 8, 1), 4, num_classes=3))
    >>> kg.explore.classes(gan, count=2, class_names=["cat", "dog", "owl"]).columns
    ['cat', 'dog', 'owl']
    """
    check_images(gan)
    check_integer("count", count)
    if not gan.conditional:
        raise ConfigError("expected a class-conditional generator to sweep the classes of.")
    if labels is None:
        if gan.num_classes is None:
            raise ConfigError("expected labels: the generator doesn't say its num_classes.")
        labels = range(gan.num_classes)
    images = [gan.sample(count, seed, label, truncation) for label in labels]
    return Sheet(np.stack(images, axis=1), columns=class_captions(labels, class_names))
