"""Directions: the latent directions along which a generator's pictures change most."""

import dataclasses

from keras_gan.checks import check_integer
from keras_gan.errors import ConfigError
from keras_gan.explore.checks import check_images, labels_for
from keras_gan.explore.interpolate import latents_of
from keras_gan.explore.sheets import Sheet
from keras_gan.explore.styles import has_styles, images_of, styles_of
from keras_gan.export.directions import main_directions, orient
from keras_gan.files.atomic import save_npz
from keras_gan.options import DIRECTION_METHODS

import keras
import numpy as np

POINTS = {"pca": 1_000, "jacobian": 32}
STYLES = 10_000  # points of pca where only a mapping network is computed
MEASURES = {"pca": "variance", "jacobian": "mean squared change"}
SPREAD = {"normal": 1.0, "uniform": 3**-0.5}  # standard deviations of a latent


@dataclasses.dataclass(frozen=True)
class Directions:
    """Directions of a game's latents, the strongest first.

    Args:
        vectors: `(count, size)`; one of them is a step of one standard deviation.
        shares: `(count,)`, of the variance (pca) or of the mean squared change (jacobian).
        space: `"latents"`, or `"styles"`: w, for generators with a mapping network.
        by: How they were found.
    """

    vectors: np.ndarray
    shares: np.ndarray
    space: str
    by: str

    def save(self, path):
        """Writes all four as an `.npz`; its folder is made, and a failure leaves what was there."""
        save_npz(path, **dataclasses.asdict(self))

    def sheet(self, gan, seed=0, label=None, columns=5, reach=2.0):
        """A sheet with a row a direction, from `-reach` to `reach` standard deviations.

        Args:
            gan: The game that the directions are of.
            seed: Of the sample in the middle.
            label: For class-conditional networks: its class; the first by default.
            columns: Pictures a row; odd, to have the sample itself in the middle.
            reach: Standard deviations on each side.

        Returns:
            A `Sheet`; beside each row stands its direction's share.
        """
        check_integer("columns", columns, minimum=2)
        label = 0 if gan.conditional and label is None else label
        labels = labels_for(gan, len(self.vectors) * columns, label)
        start, steps = latents_of(gan, seed), np.linspace(-reach, reach, columns)
        if self.space == "styles":
            start = styles_of(gan.moving_average, start, None if labels is None else labels[:1])
        moved = start + steps[:, None] * self.vectors[:, None]
        moved = moved.reshape(-1, moved.shape[-1]).astype("float32")
        images = (
            images_of(gan.moving_average, moved)
            if self.space == "styles"
            else gan.sample_at(moved, labels)
        )
        return Sheet(
            images.reshape(len(self.vectors), columns, *gan.sample_shape),
            rows=[f"{place}.  {share:.1%}" for place, share in enumerate(self.shares, start=1)],
            columns=[f"{step:+.2g} sd" if step else "0" for step in steps],
            title=f"{self.by} of {self.space}: shares of the {MEASURES[self.by]}",
        )


def directions(gan, by="pca", count=8, label=None, seed=0, points=None):
    """The main latent directions of a generator.

    - `"pca"`: principal axes of what the first layer makes of latents, brought back to them by
      least squares; of w where there is a mapping network (GANSpace).
    - `"jacobian"`: along which the pictures themselves change most, as the exported web page has
      them; see `keras_gan.export.directions.main_directions`.

    Where the first layer is linear and the latents are independent, pca gives its singular vectors
    and knows nothing of the layers behind it: of such generators, as DCGAN's, the jacobian's show
    more.

    Args:
        gan: A game of images, such as a `GAN`.
        by: `"pca"` or `"jacobian"`.
        count: How many; all where the latents are fewer.
        label: For class-conditional networks: one class; all in turn by default, whose means
            don't count.
        seed: Non-negative int; decides the latents.
        points: How many latents are looked at; by default 1,000 for pca, 10,000 of w, 32 for
            jacobian.

    Returns:
        `Directions`.

    Raises:
        ConfigError: For an unknown way, numbers out of range, or a generator whose first layer
            isn't found.

    Source: Harkonen et al., "GANSpace: Discovering Interpretable GAN Controls", NeurIPS 2020,
    sections 2.1 and 2.2.

    Example:

    >>> import keras_gan as kg
    >>> gan = kg.GAN(kg.networks.DCGANGenerator((8, 8, 1), latent_dim=4, width=4),
    ...              kg.networks.DCGANDiscriminator((8, 8, 1), width=4))
    >>> found = kg.explore.directions(gan, count=3)
    >>> found.vectors.shape, found.space
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


def principal_directions(codes, activations, count, labels=None):
    """The principal axes of activations as directions of the codes that they were made of.

    With centred activations `Y = E S V^T` (singular values), the coordinates of the points are
    `E S`; least squares from them to the codes gives, for a standard deviation of the k-th, the
    step `codes^T e_k / sqrt(n)`. Where codes and activations are the same, that is the k-th
    principal axis.

    Args:
        codes: `(n, size)`.
        activations: `(n, features)`.
        count: How many; at most `size`.
        labels: `(n,)` classes, each of which is centred by itself.

    Returns:
        `(directions (count, size), shares of the variance (count,))`.
    """
    codes, activations = (centred(values, labels) for values in (codes, activations))
    count = min(count, codes.shape[1])
    wide = activations.shape[1] > len(codes)  # the smaller of both products has all that is needed
    products = activations @ activations.T if wide else activations.T @ activations
    values, vectors = np.linalg.eigh(products)
    total = max(values.sum(), np.finfo(float).tiny)
    values, vectors = np.maximum(values[::-1][:count], 0), vectors[:, ::-1][:, :count]
    if not wide:
        vectors = activations @ vectors / np.maximum(values, np.finfo(float).tiny) ** 0.5
    return orient(vectors.T @ codes / len(codes) ** 0.5), values / total


def centred(values, labels=None):
    """`(n, ...)` values flattened in float64, less their mean, or less their class's."""
    values = values.reshape(len(values), -1).astype("float64")
    labels = np.zeros(len(values)) if labels is None else labels
    for label in np.unique(labels):
        values[labels == label] -= values[labels == label].mean(axis=0)
    return values


def activations_of(generator, latents, labels):
    """What a generator's first layer makes of latents, `(n, ...)`."""
    layer = first_layer(generator)
    model = keras.Model(generator.inputs, layer.output)
    inputs = latents if labels is None else [latents, labels]
    return model.predict(inputs, batch_size=256, verbose=0)


def first_layer(generator):
    """The first layer with weights through which the latents go.

    Raises:
        ConfigError: For a model that is no graph of such layers.
    """
    for layer in getattr(generator, "layers", ()) if generator.inputs else ():
        if layer.weights and not isinstance(layer, keras.layers.Embedding):
            return layer
    raise ConfigError(
        f"expected a generator that is a functional Keras model with a first layer, got "
        f"{type(generator).__name__}; look for directions by the jacobian."
    )
