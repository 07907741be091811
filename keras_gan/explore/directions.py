"""Directions: the latent directions along which generated images change most."""

import dataclasses
import os

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, labels_for
from keras_gan.explore.interpolate import latents_of
from keras_gan.explore.styles import has_styles, images_of, styles_of
from keras_gan.export.directions import main_directions, orient
from keras_gan.files.atomic import save_npz
from keras_gan.options import DIRECTION_METHODS
from keras_gan.pictures.sheets import Sheet
from keras_gan.sampling import Sampling
from keras_gan.tf32 import allow_tf32

import keras
import numpy as np

POINTS = {"pca": 1_000, "jacobian": 32}
STYLES = 10_000  # pca in w needs the mapping network only, so more points cost little
MEASURES = {"pca": "variance", "jacobian": "mean squared change"}
SPREAD = {"normal": 1.0, "uniform": 3**-0.5}  # standard deviations of a latent


@dataclasses.dataclass(frozen=True)
class Directions:
    """Directions in a model's latent space, the strongest first.

    Args:
        vectors: `(count, size)`; each vector is a step of one standard deviation.
        shares: `(count,)` shares of the variance (pca) or of the mean squared change (jacobian).
        space: `"latents"`, or `"styles"` (w) for generators with a mapping network.
        by: Method that computed them, one of `DIRECTION_METHODS`.
    """

    vectors: np.ndarray
    shares: np.ndarray
    space: str
    by: str

    def save(self, path: str | os.PathLike) -> None:
        """Writes all four fields to an `.npz` file, atomically; creates its folder."""
        save_npz(path, **dataclasses.asdict(self))

    def sheet(
        self,
        gan: Sampling,
        seed: int = 0,
        label: int | None = None,
        columns: int = 5,
        reach: float = 2.0,
    ) -> Sheet:
        """Returns a sheet with one row per direction, from `-reach` to `reach`.

        Args:
            gan: The model that the directions belong to.
            seed: Seed of the sample in the middle.
            label: Class of the sample, for class-conditional networks; the first by default.
            columns: Number of images per row; an odd number puts the sample itself in the middle.
            reach: Standard deviations to move on each side.

        Returns:
            A `Sheet`; the caption of each row is its direction's share.
        """
        check_integer("columns", columns, minimum=2)
        label = 0 if gan.conditional and label is None else label
        labels = labels_for(gan, len(self.vectors) * columns, label)
        start, steps = latents_of(gan, seed), np.linspace(-reach, reach, columns)
        if self.space == "styles":
            start = styles_of(gan.moving_average, start, None if labels is None else labels[:1])
        codes = start + steps[:, None] * self.vectors[:, None]
        codes = codes.reshape(-1, codes.shape[-1]).astype("float32")
        images = (
            images_of(gan.moving_average, codes)
            if self.space == "styles"
            else gan.sample_at(codes, labels)
        )
        return Sheet(
            images.reshape(len(self.vectors), columns, *gan.sample_shape),
            rows=[f"{rank}.  {share:.1%}" for rank, share in enumerate(self.shares, start=1)],
            columns=[f"{step:+.2g} sd" if step else "0" for step in steps],
            title=f"{self.by} of {self.space}: shares of the {MEASURES[self.by]}",
        )


@allow_tf32(False)
def directions(
    gan: Sampling,
    by: str = "pca",
    count: int = 8,
    label: int | None = None,
    seed: int = 0,
    points: int | None = None,
) -> Directions:
    """Computes the main latent directions of a generator.

    - `"pca"` (GANSpace): the principal axes of w for generators with a mapping network; otherwise
      those of the first layer's activations, mapped back to the latents by least squares.
    - `"jacobian"`: the directions along which the images themselves change most, as the exported
      web page shows them; see `keras_gan.export.directions.main_directions`.

    For a linear first layer and independent latents, pca returns that layer's singular vectors
    and ignores all later layers. For such generators, DCGAN's for example, prefer the jacobian.

    Args:
        gan: A model of images, such as a `GAN`.
        by: `"pca"` or `"jacobian"`.
        count: Number of directions, at most the size of the latents.
        label: One class, for class-conditional networks. By default all classes in turn, each
            centred on its own mean.
        seed: Non-negative int that determines the latents.
        points: Number of latent vectors to sample; by default 1,000 for pca, 10,000 for pca in w,
            32 for jacobian.

    Returns:
        `Directions`.

    Raises:
        ConfigError: For an unknown method, numbers out of range, or a generator without a
            recognizable first layer.

    Source: Harkonen et al., "GANSpace: Discovering Interpretable GAN Controls", NeurIPS 2020,
    sections 2.1 and 2.2.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.DCGANGenerator((8, 8, 1), latent_dim=4, width=4),
    ...              kg.networks.DCGANDiscriminator((8, 8, 1), width=4))
    >>> directions = kg.explore.directions(gan, count=3)
    >>> directions.vectors.shape, directions.space
    ((3, 4), 'latents')
    """
    check_images(gan)
    check_integer("count", count)
    if by not in DIRECTION_METHODS:
        raise ConfigError(f"expected directions by {' or '.join(DIRECTION_METHODS)}, got {by!r}.")
    generator = gan.moving_average
    has_w = by == "pca" and has_styles(generator)
    if points is None:
        points = STYLES if has_w else POINTS[by]
    check_integer("number of points", points, minimum=2)
    labels = labels_for(gan, points, label)
    latents = np.asarray(gan.latents(points, seed))
    if by == "jacobian":
        vectors, shares = main_directions(gan.sample_at, latents, labels, count)
        return Directions(vectors * SPREAD[gan.latent_distribution], shares, "latents", by)
    if has_w:
        codes = activations = styles_of(generator, latents, labels)
    else:
        codes, activations = latents, activations_of(generator, latents, labels)
    vectors, shares = principal_directions(codes, activations, count, labels)
    return Directions(vectors, shares, "styles" if has_w else "latents", by)


def principal_directions(
    codes: np.ndarray, activations: np.ndarray, count: int, labels: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Maps the principal axes of activations back to the codes that produced them.

    With centred activations `Y = E S V^T` (singular value decomposition), the points' coordinates
    are `E S`. Least squares from the coordinates to the codes gives `codes^T e_k / sqrt(n)` as
    the step for one standard deviation along the k-th axis. If codes and activations are equal,
    that is the k-th principal axis.

    Args:
        codes: `(n, size)`.
        activations: `(n, features)`.
        count: Number of directions, at most `size`.
        labels: `(n,)` classes, each of which is centred on its own mean.

    Returns:
        `(directions (count, size), shares of the variance (count,))`.
    """
    codes, activations = (centred(values, labels) for values in (codes, activations))
    count = min(count, codes.shape[1])
    wide = activations.shape[1] > len(codes)  # the smaller Gram matrix has the same eigenvalues
    products = activations @ activations.T if wide else activations.T @ activations
    values, vectors = np.linalg.eigh(products)
    total = max(values.sum(), np.finfo(float).tiny)
    values, vectors = np.maximum(values[::-1][:count], 0), vectors[:, ::-1][:, :count]
    if not wide:
        vectors = activations @ vectors / np.maximum(values, np.finfo(float).tiny) ** 0.5
    return orient(vectors.T @ codes / len(codes) ** 0.5), values / total


def centred(values: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
    """Returns `(n, ...)` values flattened in float64, minus their mean or their class's mean."""
    values = values.reshape(len(values), -1).astype("float64")
    labels = np.zeros(len(values)) if labels is None else labels
    for label in np.unique(labels):
        values[labels == label] -= values[labels == label].mean(axis=0)
    return values


def activations_of(
    generator: keras.Model, latents: np.ndarray, labels: np.ndarray | None
) -> np.ndarray:
    """Computes the activations `(n, ...)` of a generator's first layer."""
    layer = first_layer(generator)
    model = keras.Model(generator.inputs, layer.output)
    inputs = latents if labels is None else [latents, labels]
    return model.predict(inputs, batch_size=256, verbose=0)


def first_layer(generator: keras.Model) -> keras.Layer:
    """Returns the first layer with weights that the latents pass through.

    Raises:
        ConfigError: For a model that isn't a graph of layers.
    """
    for layer in getattr(generator, "layers", ()) if generator.inputs else ():
        if layer.weights and not isinstance(layer, keras.layers.Embedding):
            return layer
    raise ConfigError(
        f"expected a generator that is a functional Keras model with a first layer, got "
        f"{type(generator).__name__}; compute directions by the jacobian."
    )
