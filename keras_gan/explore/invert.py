"""Inversion: the latents whose sample is nearest to a real image.

Source: Zhu et al., "Generative Visual Manipulation on the Natural Image Manifold", ECCV 2016; the
schedule is that of StyleGAN2's projector (Karras et al., CVPR 2020, appendix D).
"""

import dataclasses
import os
from collections.abc import Sequence

from keras_gan import memory
from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError, DataError
from keras_gan.explore.checks import check_images, class_captions, labels_for
from keras_gan.explore.distance import Distance, root_mean_squares
from keras_gan.explore.neighbours import Nearest
from keras_gan.explore.search import SearchOptions, search_all
from keras_gan.explore.spaces import Space, space_of
from keras_gan.explore.starts import choose_starts
from keras_gan.explore.tuning import tune
from keras_gan.files.atomic import save_npz
from keras_gan.pictures.sheets import Sheet
from keras_gan.sampling import Sampling
from keras_gan.tf32 import allow_tf32

import keras
import numpy as np
from numpy.typing import ArrayLike


@dataclasses.dataclass(frozen=True)
class Inversion:
    """Images and their reconstructions from latents.

    Errors are root mean squares over the pixels, in grey levels from 0 to 255.

    Args:
        images: `(count, *sample_shape)`, the real images.
        reconstructions: `(count, *sample_shape)`, the generated images nearest to them.
        latents: `(count, latent_dim)`, or styles `(count, 1 or num_styles, w_dim)`.
        labels: `(count,)` int32, or None.
        start_errors: `(count,)`, errors of the nearest random candidates.
        errors: `(count,)`, errors of the reconstructions.
        space: Space of the latents, one of `keras_gan.explore.SPACES`.
        generator: Generator of the reconstructions: the averaged one, or its tuned copy.
    """

    images: np.ndarray
    reconstructions: np.ndarray
    latents: np.ndarray
    labels: np.ndarray | None
    start_errors: np.ndarray
    errors: np.ndarray
    space: str
    generator: keras.Model

    def save(self, path: str | os.PathLike) -> None:
        """Writes latents, labels and errors to an `.npz` file, atomically."""
        names = ("latents", "labels", "start_errors", "errors")
        arrays = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        save_npz(path, space=self.space, **arrays)

    def sheet(
        self, nearest: Nearest | None = None, class_names: Sequence[str] | None = None
    ) -> Sheet:
        """Returns a sheet with one column per image.

        Its rows are the real images, their reconstructions, the differences and, with `nearest`,
        the nearest training images.

        Args:
            nearest: A `Nearest` of the images in the training data, in pixels; None for no such
                row.
            class_names: Names of the classes, for the captions; their numbers by default.
        """
        names = class_captions(self.labels, class_names) or [None] * len(self.errors)
        captions = [
            f"{error:.1f}" if name is None else f"as {name}: {error:.1f}"
            for name, error in zip(names, self.errors, strict=True)
        ]
        empty = [""] * len(captions)
        rows = {
            "real": (self.images, empty),
            "reconstruction": (self.reconstructions, captions),
            "difference": ((self.reconstructions - self.images) / 2, empty),
        }
        if nearest is not None:
            neighbours = nearest.images[:, 0]
            errors = root_mean_squares(neighbours, self.images)
            rows["nearest real"] = (neighbours, [f"{error:.1f}" for error in errors])
        return Sheet(
            np.stack([images for images, _ in rows.values()]),
            rows=list(rows),
            cells=[captions for _, captions in rows.values()],
            title="root mean square errors, in grey levels of 255",
        )

    def summary(self, nearest: Nearest) -> str:
        """Returns a sentence that compares the errors with those of the nearest training images.

        Args:
            nearest: A `Nearest` of the images in the training data.
        """
        near = root_mean_squares(nearest.images[:, 0], self.images)
        closer = int((self.errors < near).sum())
        return (
            f"{len(near)} images, root mean square errors in grey levels of 255: reconstructions "
            f"{self.errors.mean():.1f} ({self.errors.min():.1f} to {self.errors.max():.1f}), "
            f"nearest random samples {self.start_errors.mean():.1f}, nearest training images "
            f"{near.mean():.1f}; the reconstruction is nearer than the training image in {closer} "
            f"of {len(near)}"
        )


@memory.name_remedy(memory.IN_INFERENCE)
@allow_tf32(False)
def invert(
    gan: Sampling,
    images: np.ndarray,
    labels: ArrayLike | str | None = "guess",
    space: str | None = None,
    search: SearchOptions | None = None,
    tuning: int = 0,
    seed: int = 0,
) -> Inversion:
    """Finds the latents whose images are nearest to real ones, by optimization.

    Adam starts from the nearest of many random candidates and from the mean. It minimizes the
    mean squared error of the pixels, plus a prior that pulls codes to where latents lie. The best
    codes of all steps are kept.

    Args:
        gan: A model of images, such as a `GAN`.
        images: `(count, *sample_shape)` floats in [-1, 1].
        labels: For class-conditional networks: one class, one class per image, `"guess"` (the
            classes of the nearest candidates) or `"all"` (each image starts once in every class).
        space: `"z"`, or, for generators with a mapping network, `"w"` (their default) or `"w+"`.
        search: `SearchOptions`.
        tuning: Number of steps that fine-tune a copy of the generator to the images with the
            latents fixed (pivotal tuning). The model's own generator doesn't change.
        seed: Non-negative int that determines the candidates.

    Returns:
        An `Inversion`.

    Raises:
        ConfigError: For a model that doesn't generate images, or for images, labels or numbers
            that don't fit.

    Source: pivotal tuning: Roich et al., "Pivotal Tuning for Latent-based Editing of Real
    Images", ACM Transactions on Graphics, 2021.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.DCGANGenerator((8, 8, 1), latent_dim=4, width=4),
    ...              kg.networks.DCGANDiscriminator((8, 8, 1), width=4))
    >>> search = kg.explore.SearchOptions(candidates=64, steps=40)
    >>> inversion = kg.explore.invert(gan, gan.sample(2, seed=1), search=search)
    >>> bool((inversion.errors <= inversion.start_errors + 1e-3).all())
    True
    """
    check_images(gan)
    check_integer("number of tuning steps", tuning, minimum=0)
    search = search or SearchOptions()
    images = check_targets(gan, images)
    labels = check_label_choice(gan, labels, len(images))
    distance = Distance(search.extractor, search.feature_weight)
    space = space_of(gan, space, seed, labels)
    starts, start_labels = choose_starts(gan, space, images, labels, search, seed)
    generator = gan.moving_average
    first = decode_all(space, generator, starts[:, 0], of_first(start_labels), search.batch_size)
    codes, labels = search_all(generator, space, images, starts, start_labels, search, distance)
    if tuning:
        generator = tune(generator, space, images, codes, labels, tuning, distance)
    last = decode_all(space, generator, codes, labels, search.batch_size)
    errors = [root_mean_squares(samples, images) for samples in (first, last)]
    return Inversion(images, last, codes, labels, *errors, space.name, generator)


def check_targets(gan: Sampling, images: np.ndarray) -> np.ndarray:
    """Returns the images as float32.

    Raises:
        ConfigError: For another shape than that of the model's samples.
        DataError: For values outside [-1, 1].
    """
    images = np.asarray(images, "float32")
    if images.shape[1:] != gan.sample_shape or not len(images):
        raise ConfigError(
            f"expected images (count, {', '.join(map(str, gan.sample_shape))}), as the generator "
            f"makes them, at least one, got {images.shape}."
        )
    if not np.abs(images).max() <= 1 + 1e-6:
        raise DataError(
            f"expected images in [-1, 1], got {images.min():g} to {images.max():g}; scale uint8 "
            "images by images / 127.5 - 1."
        )
    return images


def check_label_choice(
    gan: Sampling, labels: ArrayLike | str | None, count: int
) -> np.ndarray | str | None:
    """Returns a label per image, `"guess"`, `"all"`, or None for networks without labels."""
    if not isinstance(labels, str):
        return labels_for(gan, count, labels)
    if labels not in ("guess", "all"):
        raise ConfigError(f"expected labels as numbers, 'guess' or 'all', got {labels!r}.")
    if gan.conditional and gan.num_classes is None:
        raise ConfigError("expected labels: the generator doesn't say its num_classes.")
    return labels if gan.conditional else None


def of_first(labels: np.ndarray | None) -> np.ndarray | None:
    """Returns the labels of each image's first start, or None."""
    return None if labels is None else labels[:, 0]


def decode_all(
    space: Space,
    generator: keras.Model,
    codes: np.ndarray,
    labels: np.ndarray | None,
    batch_size: int,
) -> np.ndarray:
    """Decodes codes in batches to images `(count, *sample_shape)` float32."""
    parts = [slice(start, start + batch_size) for start in range(0, len(codes), batch_size)]
    return np.concatenate(
        [
            space.decode(generator, codes[part], None if labels is None else labels[part])
            for part in parts
        ]
    )
