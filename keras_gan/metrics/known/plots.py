"""Plots of a known distribution D, the generated distribution D', and the discriminator.

All plots of one distribution have the same size, limits and scales, so that they can be combined
to a film. They need matplotlib, the extra `plots`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keras_gan.datasets.toy.mixture import GaussianMixture
from keras_gan.errors import ConfigError, DataError, missing_extra
from keras_gan.files.atomic import atomic_write
from keras_gan.metrics.known import cell_centres, masses_on_grid, optimal_discriminator, sigmoid

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap, PowerNorm
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

CELLS = {1: 120, 2: 160}  # per axis
BATCH_SIZE = 4_096
# Okabe and Ito's palette for colour-blind readers: blue is D, orange is D'.
INK, GREY, BLUE, ORANGE = "#222222", "#767676", "#0072b2", "#e69f00"
DENSITIES = ("#ffffff", "#56b4e9", BLUE, "#0b2545")
PROBABILITIES = (ORANGE, "#f7f7f7", BLUE)
ROOT_TICKS = np.array([0, 1, 4, 9, 16]) / 16  # equal steps of the square root
SMALL, LARGE = 10, 12
DPI = 110


def density_1d(
    distribution: GaussianMixture,
    samples: np.ndarray,
    path: str | os.PathLike,
    discriminator: Callable[[np.ndarray], ArrayLike] | None = None,
    title: str | None = None,
) -> None:
    """Plots D and D' in one dimension and, below, the learned and the optimal discriminator.

    Args:
        distribution: A known distribution of one dimension, such as a `GaussianMixture`.
        samples: `(n, 1)` generated points; 10,000 give a smooth plot.
        path: PNG file to write, 880x660 pixels, or 880x440 without a discriminator; its folder is
            created if needed.
        discriminator: Function `points (n, 1) -> logits (n,)`, such as `gan.judge`.
        title: Title, such as the step.

    Raises:
        ConfigError: Without matplotlib, or for a distribution of another dimension.
        DataError: For samples of another shape, or samples that aren't finite.

    Example:

        from keras_gan.metrics.known import plots

        distribution = kg.datasets.open_source("toy:gaussian1d").distribution
        plots.density_1d(distribution, gan.sample(10_000), "density.png", gan.judge)
    """
    edges, p, q = grid_masses(distribution, samples, 1)
    panels = 1 if discriminator is None else 2
    figure = new_figure(8, 2 + 2 * panels, title)
    axes = figure.subplots(panels, 1, sharex=True, squeeze=False, height_ratios=[3, 2][:panels])[
        :, 0
    ]
    draw_densities(axes[0], edges[0], p, q)
    if discriminator is not None:
        draw_discriminators(axes[1], edges[0], p, q, discriminator)
    for panel in axes:
        style(panel)
        panel.legend(frameon=False, fontsize=SMALL, labelcolor=INK, loc="upper left")
    axes[-1].set(xlim=edges[0][[0, -1]], xlabel="x")
    save(figure, path)


def draw_densities(axes: Axes, edges: np.ndarray, p: np.ndarray, q: np.ndarray) -> None:
    """Draws D as a line and D' as a histogram, on the scale of D."""
    width = edges[1] - edges[0]
    axes.plot(midpoints(edges), p / width, color=BLUE, linewidth=2.5, label="D, the data")
    axes.stairs(q / width, edges, fill=True, color=ORANGE, alpha=0.6, label="D', generated")
    axes.set(ylim=(0, 1.6 * p.max() / width), ylabel="density")
    note_outside(axes, q)


def draw_discriminators(
    axes: Axes,
    edges: np.ndarray,
    p: np.ndarray,
    q: np.ndarray,
    discriminator: Callable[[np.ndarray], ArrayLike],
) -> None:
    """Draws the learned discriminator, and D / (D + D') where either has mass."""
    has_mass = p + q > 1e-3 * p.max()
    best = np.where(has_mass, optimal_discriminator(p, q), np.nan)
    learned = probabilities(discriminator, cell_centres([edges]))
    axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=(0, (6, 4)))
    axes.plot(midpoints(edges), best, ".", color=BLUE, label="best, D / (D + D')")
    axes.plot(midpoints(edges), learned, color=INK, linewidth=2.5, label="learned")
    axes.set(ylim=(-0.04, 1.04), yticks=(0, 0.5, 1), ylabel="discriminator")


def density_2d(
    distribution: GaussianMixture,
    samples: np.ndarray,
    path: str | os.PathLike,
    discriminator: Callable[[np.ndarray], ArrayLike] | None = None,
    title: str | None = None,
) -> None:
    """Plots D and D' in two dimensions as heat maps on one scale, and the discriminator.

    Colours follow the square root of the density, so that low densities are visible.

    Args:
        distribution: A known distribution of two dimensions.
        samples: `(n, 2)` generated points; 10,000 give a smooth plot.
        path: PNG file to write, 1430x484 pixels, or 990x484 without a discriminator; its folder is
            created if needed.
        discriminator: Function `points (n, 2) -> logits (n,)`, such as `gan.judge`.
        title: Title, such as the step.

    Raises:
        ConfigError: Without matplotlib, or for a distribution of another dimension.
        DataError: For samples of another shape, or samples that aren't finite.

    Example:

        from keras_gan.metrics.known import plots

        distribution = kg.datasets.open_source("toy:gaussians25").distribution
        plots.density_2d(distribution, gan.sample(10_000), "density.png", gan.judge)
    """
    edges, p, q = grid_masses(distribution, samples, 2)
    panels = 2 if discriminator is None else 3
    figure = new_figure(1 + 4 * panels, 4.4, title)
    axes = figure.subplots(1, panels, sharey=True)
    area = np.prod([values[1] - values[0] for values in edges])
    colours = {"cmap": colour_map(DENSITIES), "norm": root_scale(p.max() / area)}
    draw_map(axes[0], edges, p / area, "D, the data", **colours)
    image = draw_map(axes[1], edges, q / area, "D', generated", **colours)
    add_scale(image, "density", ticks=ROOT_TICKS * p.max() / area)
    note_outside(axes[1], q)
    axes[0].set_ylabel("y")
    if discriminator is not None:
        values = probabilities(discriminator, cell_centres(edges)).reshape(p.shape)
        colours = {"cmap": colour_map(PROBABILITIES), "vmin": 0, "vmax": 1}
        image = draw_map(axes[2], edges, values, "Discriminator", **colours)
        add_scale(image, "probability of being real", ticks=[0, 0.25, 0.5, 0.75, 1])
    save(figure, path)


def draw_map(
    axes: Axes, edges: Sequence[np.ndarray], values: np.ndarray, name: str, **colours
) -> AxesImage:
    """Draws a heat map of the values of a grid's cells."""
    extent = [*edges[0][[0, -1]], *edges[1][[0, -1]]]
    image = axes.imshow(values.T, origin="lower", extent=extent, interpolation="nearest", **colours)
    axes.set_title(name, loc="left", fontsize=LARGE, color=INK)
    axes.set_xlabel("x")
    style(axes)
    return image


def colour_map(colours: Sequence[str]) -> LinearSegmentedColormap:
    """Makes a colour map that interpolates between colours."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("keras_gan", colours)


def root_scale(top: float) -> PowerNorm:
    """Makes a square-root normalization from 0 to `top`."""
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, vmin=0, vmax=top, clip=True)


def add_scale(image: AxesImage, label: str, ticks: ArrayLike) -> None:
    """Adds a colour bar of equal height to the right of a heat map."""
    axes = image.axes.inset_axes([1.03, 0, 0.04, 1])
    bar = image.figure.colorbar(image, cax=axes, ticks=ticks, format="%.2g")
    bar.outline.set_visible(False)
    bar.set_label(label, color=INK, fontsize=SMALL)
    axes.tick_params(colors=GREY, labelsize=SMALL)


def plot_for(dim: int) -> Callable[..., None]:
    """Returns the plotting function for distributions of `dim` dimensions.

    Raises:
        ConfigError: Without matplotlib, or for more than two dimensions.
    """
    require_matplotlib()
    if dim not in CELLS:
        raise ConfigError(f"expected a distribution of 1 or 2 dimensions to draw, got {dim}.")
    return {1: density_1d, 2: density_2d}[dim]


def grid_masses(
    distribution: GaussianMixture, samples: np.ndarray, dim: int
) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    """Returns the edges of the plot's grid, and the masses of D and of D' on it."""
    require_matplotlib()
    if distribution.dim != dim:
        raise ConfigError(
            f"expected a distribution of dimension {dim}, got {distribution.dim}; use density_1d "
            "for one dimension and density_2d for two."
        )
    edges = grid_edges(distribution)
    return edges, distribution.cell_masses(edges), masses_on_grid(samples, edges)


def grid_edges(distribution: GaussianMixture) -> list[np.ndarray]:
    """Computes edges per axis, all of one length, with a margin around the distribution."""
    low, high = distribution.means.min(axis=0), distribution.means.max(axis=0)
    extent = (high - low).max()
    half = extent / 2 + max(10 * distribution.sigma, 0.15 * extent)
    cells = CELLS[distribution.dim]
    return [np.linspace(middle - half, middle + half, cells + 1) for middle in (low + high) / 2]


def midpoints(edges: np.ndarray) -> np.ndarray:
    """Computes the midpoint of every cell of an axis."""
    return (edges[1:] + edges[:-1]) / 2


def probabilities(
    discriminator: Callable[[np.ndarray], ArrayLike], points: np.ndarray
) -> np.ndarray:
    """Computes sigmoid(logit) at points, `(n,)`, in batches."""
    starts = range(0, len(points), BATCH_SIZE)
    logits = [np.asarray(discriminator(points[i : i + BATCH_SIZE])) for i in starts]
    logits = np.concatenate([part.reshape(-1) for part in logits])
    if logits.shape != (len(points),):
        raise DataError(f"expected a logit for each of {len(points)} points, got {len(logits)}.")
    return sigmoid(logits)


def note_outside(axes: Axes, q: np.ndarray) -> None:
    """Writes the share of samples outside the plot into its corner."""
    share = 1 - q.sum()
    if share >= 0.0005:
        anchor = {"transform": axes.transAxes, "ha": "right", "va": "top"}
        axes.text(0.98, 0.97, f"{share:.1%} outside", fontsize=SMALL, color=GREY, **anchor)


def require_matplotlib() -> None:
    """Raises `ConfigError` if matplotlib isn't installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ConfigError(missing_extra("plots", "to plot", error)) from error


def new_figure(width: float, height: float, title: str | None) -> Figure:
    """Makes an empty figure of a size in inches, with a title."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1, wspace=0.03)
    if title is not None:
        figure.suptitle(title, fontsize=LARGE, color=GREY)
    return figure


def style(axes: Axes) -> None:
    """Removes the top and right spines, and sets colours and sizes of the labels."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY, labelsize=SMALL)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, fontsize=LARGE)


def save(figure: Figure, path: str | os.PathLike) -> None:
    """Writes a figure as a PNG, atomically; creates its folder."""
    with atomic_write(path) as new:
        figure.savefig(new, format="png")
