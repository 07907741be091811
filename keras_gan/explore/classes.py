"""Classes: the same latents as a picture of every class."""

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, names_of
from keras_gan.explore.sheets import Sheet

import numpy as np


def classes(gan, count=8, seed=0, labels=None, truncation=1.0, class_names=None):
    """A sheet with a row a latent and a column a class.

    Args:
        gan: A class-conditional game of images.
        count: Rows: latents.
        seed: Non-negative int; decides the latents.
        labels: The classes, in order; all by default.
        truncation: As in `GAN.sample`.
        class_names: For the captions; numbers by default.

    Returns:
        A `Sheet`; the column of a class is `gan.sample(count, seed, label, truncation)`.

    Raises:
        ConfigError: For a game of no images or without classes.

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
    return Sheet(np.stack(images, axis=1), columns=names_of(labels, class_names))
