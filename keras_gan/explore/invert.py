"""Inversion: the latents whose picture is nearest to a real one.

Source: Zhu et al., "Generative Visual Manipulation on the Natural Image Manifold", ECCV 2016; the
schedule is that of StyleGAN2's projector (Karras et al., CVPR 2020, appendix D).
"""

import dataclasses

from keras_gan.checks import check_integer, check_number
from keras_gan.errors import ConfigError, DataError
from keras_gan.explore.checks import check_images, labels_for, names_of
from keras_gan.explore.distance import Distance, root_mean_squares
from keras_gan.explore.search import search_all
from keras_gan.explore.sheets import Sheet
from keras_gan.explore.spaces import space_of
from keras_gan.explore.starts import choose_starts
from keras_gan.explore.tuning import tuned
from keras_gan.files.atomic import save_npz

import keras
import numpy as np


@dataclasses.dataclass(frozen=True)
class SearchOptions:
    """How latents are looked for.

    Attributes:
        candidates: Random latents, of which each picture's nearest are the starts.
        starts: From which each picture is looked for, the mean among them.
        steps: Of Adam.
        learning_rate: In standard deviations of a latent.
        pull: Weight of the pull to where latents lie; see `Space.pull`.
        extractor: What looks at the pictures beside the squared error, `"digits"` or a Keras model;
            None for the error alone.
        feature_weight: Of the mean squared difference of its features.
        batch_size: Pictures a pass.
    """

    candidates: int = 2_048
    starts: int = 4
    steps: int = 200
    learning_rate: float = 0.1
    pull: float = 0.01
    extractor: object = None
    feature_weight: float = 0.01
    batch_size: int = 64

    def __post_init__(self):
        for name in ("candidates", "starts", "steps", "batch_size"):
            check_integer(name, getattr(self, name))
        for name in ("learning_rate", "pull", "feature_weight"):
            check_number(name, getattr(self, name))


@dataclasses.dataclass(frozen=True)
class Inversion:
    """Pictures and what was found for them.

    Errors are root mean squares over the pixels, in grey levels from 0 to 255.

    Args:
        pictures: `(count, *sample_shape)`, the real ones.
        found: Likewise.
        latents: `(count, latent_dim)`, or styles `(count, 1 or num_styles, w_dim)`.
        labels: `(count,)` int32, or None.
        start_errors: `(count,)`, of the nearest random candidates.
        errors: `(count,)`, of what was found.
        space: The space of the latents, one of `keras_gan.explore.spaces.SPACES`.
        generator: What makes the found pictures: the averaged generator, or its tuned copy.
    """

    pictures: np.ndarray
    found: np.ndarray
    latents: np.ndarray
    labels: np.ndarray | None
    start_errors: np.ndarray
    errors: np.ndarray
    space: str
    generator: keras.Model

    def save(self, path):
        """Writes latents, labels and errors as an `.npz`; a failure leaves what was there."""
        names = ("latents", "labels", "start_errors", "errors")
        arrays = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        save_npz(path, space=self.space, **arrays)

    def sheet(self, nearest=None, class_names=None):
        """A sheet with a column a picture: real, found, difference, and the nearest neighbour.

        Args:
            nearest: A `Nearest` of the pictures, of pixels, in the training data; left out for
                None.
            class_names: For the captions; numbers by default.
        """
        names = names_of(self.labels, class_names) or [None] * len(self.errors)
        captions = [
            f"{error:.1f}" if name is None else f"as {name}: {error:.1f}"
            for name, error in zip(names, self.errors, strict=True)
        ]
        empty = [""] * len(captions)
        rows = {
            "real": (self.pictures, empty),
            "found": (self.found, captions),
            "difference": ((self.found - self.pictures) / 2, empty),
        }
        if nearest is not None:
            neighbours = nearest.images[:, 0]
            errors = root_mean_squares(neighbours, self.pictures)
            rows["nearest real"] = (neighbours, [f"{error:.1f}" for error in errors])
        return Sheet(
            np.stack([images for images, _ in rows.values()]),
            rows=list(rows),
            cells=[captions for _, captions in rows.values()],
            title="root mean square errors, in grey levels of 255",
        )

    def summary(self, nearest) -> str:
        """How near it came, in a sentence, beside the `Nearest` of the pictures."""
        near = root_mean_squares(nearest.images[:, 0], self.pictures)
        closer = int((self.errors < near).sum())
        return (
            f"{len(near)} pictures: found within {self.errors.mean():.1f} grey levels of 255 (root "
            f"mean square, {self.errors.min():.1f} to {self.errors.max():.1f}); the nearest random "
            f"samples {self.start_errors.mean():.1f}, the nearest training pictures "
            f"{near.mean():.1f}; nearer than those in {closer} of {len(near)}"
        )


def invert(gan, images, labels="guess", space=None, search=None, tuning=0, seed=0):
    """The latents whose pictures are nearest to real ones, by optimisation.

    From the nearest of random candidates and from the mean, Adam lowers the mean squared error of
    the pixels, with a pull to where latents lie; the best that was met is kept.

    Args:
        gan: A game of images, such as a `GAN`.
        images: `(count, *sample_shape)` floats in [-1, 1].
        labels: For class-conditional networks: one class, one for each picture, `"guess"` (those of
            the nearest candidates) or `"all"` (each picture starts once in every class).
        space: `"z"`, or `"w"` or `"w+"` where there is a mapping network; `"w"` where there is one.
        search: `SearchOptions`.
        tuning: Steps in which a copy of the generator is tuned to the pictures, with what was
            found fixed (pivotal tuning); the game's own stays.
        seed: Non-negative int; decides the candidates.

    Returns:
        An `Inversion`.

    Raises:
        ConfigError: For a game of no images, or pictures, labels or numbers that don't fit.

    Source: of the tuning: Roich et al., "Pivotal Tuning for Latent-based Editing of Real Images",
    ACM Transactions on Graphics, 2021.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.DCGANGenerator((8, 8, 1), latent_dim=4, width=4),
    ...              kg.networks.DCGANDiscriminator((8, 8, 1), width=4))
    >>> search = kg.explore.SearchOptions(candidates=64, steps=40)
    >>> found = kg.explore.invert(gan, gan.sample(2, seed=1), search=search)
    >>> bool((found.errors <= found.start_errors + 1e-3).all())
    True
    """
    check_images(gan)
    check_integer("number of tuning steps", tuning, minimum=0)
    search = search or SearchOptions()
    images = check_pictures(gan, images)
    labels = wanted_labels(gan, labels, len(images))
    distance = Distance(search.extractor, search.feature_weight)
    space = space_of(gan, space, seed, labels)
    starts, start_labels = choose_starts(gan, space, images, labels, search, seed)
    generator = gan.moving_average
    first = decode_all(space, generator, starts[:, 0], of_first(start_labels), search.batch_size)
    codes, labels = search_all(generator, space, images, starts, start_labels, search, distance)
    if tuning:
        generator = tuned(generator, space, images, codes, labels, tuning, distance)
    found = decode_all(space, generator, codes, labels, search.batch_size)
    errors = [root_mean_squares(made, images) for made in (first, found)]
    return Inversion(images, found, codes, labels, *errors, space.name, generator)


def check_pictures(gan, images):
    """The pictures as float32.

    Raises:
        ConfigError: For another shape than the game's samples.
        DataError: For values outside [-1, 1].
    """
    images = np.asarray(images, "float32")
    if images.shape[1:] != gan.sample_shape or not len(images):
        raise ConfigError(
            f"expected pictures (count, {', '.join(map(str, gan.sample_shape))}), as the generator "
            f"makes them, at least one, got {images.shape}."
        )
    if not np.abs(images).max() <= 1 + 1e-6:
        raise DataError(
            f"expected pictures in [-1, 1], got {images.min():g} to {images.max():g}; bring uint8 "
            "pictures there by pictures / 127.5 - 1."
        )
    return images


def wanted_labels(gan, labels, count):
    """The labels of each picture, `"guess"`, `"all"`, or None for networks without classes."""
    if not isinstance(labels, str):
        return labels_for(gan, count, labels)
    if labels not in ("guess", "all"):
        raise ConfigError(f"expected labels as numbers, 'guess' or 'all', got {labels!r}.")
    if gan.conditional and gan.num_classes is None:
        raise ConfigError("expected labels: the generator doesn't say its num_classes.")
    return labels if gan.conditional else None


def of_first(labels):
    """The first start's labels, or None."""
    return None if labels is None else labels[:, 0]


def decode_all(space, generator, codes, labels, batch_size):
    """The images of codes, `(count, *sample_shape)` float32."""
    parts = [slice(start, start + batch_size) for start in range(0, len(codes), batch_size)]
    return np.concatenate(
        [
            space.decode(generator, codes[part], None if labels is None else labels[part])
            for part in parts
        ]
    )
