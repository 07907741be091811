"""Pictures of a known distribution D, of what a game made of it, D', and of the discriminator.

All pictures of one distribution have the same size, limits and scales, so that they make a film.
They are drawn by matplotlib, the extra `plots`.
"""

import io
import pathlib

from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics.known import cell_centres, masses_on_grid, optimal_discriminator, sigmoid

import numpy as np

CELLS = {1: 120, 2: 160}  # an axis
JUDGED_AT_ONCE = 4_096
# Okabe and Ito's colours, which the colour-blind can tell apart: blue is D, orange is D'.
INK, GREY, BLUE, ORANGE = "#222222", "#767676", "#0072b2", "#e69f00"
DENSITIES = ("#ffffff", "#56b4e9", BLUE, "#0b2545")
CHANCES = (ORANGE, "#f7f7f7", BLUE)
ROOT_TICKS = np.array([0, 1, 4, 9, 16]) / 16  # even steps of the square root
SMALL, LARGE = 10, 12
DPI = 110


def density_1d(distribution, samples, path, discriminator=None, title=None):
    """Draws D and D' on the line and, below them, the learned discriminator beside the best one.

    Args:
        distribution: A known distribution of one dimension, such as a `GaussianMixture`.
        samples: `(n, 1)` generated points; 10,000 give a quiet picture.
        path: PNG to write, 880x660 pixels, or 880x440 without a discriminator; its folder is made.
        discriminator: `points (n, 1) -> logits (n,)`, such as `gan.judge`.
        title: What to write above, such as the step.

    Raises:
        ConfigError: Without matplotlib, or for a distribution of another dimension.
        DataError: For samples of another shape, or not finite.

    Example:

        from keras_gan.metrics.known import plots

        distribution = kg.datasets.open_source("toy:gaussian1d").distribution
        plots.density_1d(distribution, gan.sample(10_000), "density.png", gan.judge)
    """
    edges, p, q = on_grid(distribution, samples, 1)
    judged = discriminator is not None
    figure = new_figure(8, 6 if judged else 4, title)
    axes = figure.subplots(
        1 + judged, 1, sharex=True, squeeze=False, height_ratios=[3, 2][: 1 + judged]
    )[:, 0]
    draw_densities(axes[0], edges[0], p, q)
    if judged:
        draw_discriminators(axes[1], edges[0], p, q, discriminator)
    for panel in axes:
        tidy(panel)
        panel.legend(frameon=False, fontsize=SMALL, labelcolor=INK, loc="upper left")
    axes[-1].set(xlim=edges[0][[0, -1]], xlabel="x")
    save(figure, path)


def draw_densities(axes, edges, p, q):
    """D as a line and D' as a histogram; the scale is D's."""
    width = edges[1] - edges[0]
    axes.plot(middles(edges), p / width, color=BLUE, linewidth=2.5, label="D, the data")
    axes.stairs(q / width, edges, fill=True, color=ORANGE, alpha=0.6, label="D', generated")
    axes.set(ylim=(0, 1.6 * p.max() / width), ylabel="density")
    note_outside(axes, q)


def draw_discriminators(axes, edges, p, q, discriminator):
    """The learned discriminator, and D / (D + D') where either has mass."""
    seen = p + q > 1e-3 * p.max()
    best = np.where(seen, optimal_discriminator(p, q), np.nan)
    learned = chances(discriminator, cell_centres([edges]))
    axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=(0, (6, 4)))
    axes.plot(middles(edges), best, ".", color=BLUE, label="best, D / (D + D')")
    axes.plot(middles(edges), learned, color=INK, linewidth=2.5, label="learned")
    axes.set(ylim=(-0.04, 1.04), yticks=(0, 0.5, 1), ylabel="discriminator")


def density_2d(distribution, samples, path, discriminator=None, title=None):
    """Draws D and D' in the plane as heat maps of one scale, and the discriminator's landscape.

    The colour goes with the square root of the density, so that thin places show too.

    Args:
        distribution: A known distribution of two dimensions.
        samples: `(n, 2)` generated points; 10,000 give a quiet picture.
        path: PNG to write, 1430x484 pixels, or 990x484 without a discriminator.
        discriminator: `points (n, 2) -> logits (n,)`, such as `gan.judge`.
        title: What to write above, such as the step.

    Raises:
        ConfigError: Without matplotlib, or for a distribution of another dimension.
        DataError: For samples of another shape, or not finite.

    Example:

        from keras_gan.metrics.known import plots

        distribution = kg.datasets.open_source("toy:gaussians25").distribution
        plots.density_2d(distribution, gan.sample(10_000), "density.png", gan.judge)
    """
    edges, p, q = on_grid(distribution, samples, 2)
    judged = discriminator is not None
    figure = new_figure(13 if judged else 9, 4.4, title)
    axes = figure.subplots(1, 2 + judged, sharey=True)
    area = np.prod([of_axis[1] - of_axis[0] for of_axis in edges])
    colours = {"cmap": colour_map(DENSITIES), "norm": root_scale(p.max() / area)}
    draw_map(axes[0], edges, p / area, "D, the data", **colours)
    image = draw_map(axes[1], edges, q / area, "D', generated", **colours)
    add_scale(image, "density", ticks=ROOT_TICKS * p.max() / area)
    note_outside(axes[1], q)
    axes[0].set_ylabel("y")
    if judged:
        landscape = chances(discriminator, cell_centres(edges)).reshape(p.shape)
        colours = {"cmap": colour_map(CHANCES), "vmin": 0, "vmax": 1}
        image = draw_map(axes[2], edges, landscape, "Discriminator", **colours)
        add_scale(image, "chance of being real", ticks=[0, 0.25, 0.5, 0.75, 1])
    save(figure, path)


def draw_map(axes, edges, values, name, **colours):
    """A heat map of the values of a grid's cells."""
    extent = [*edges[0][[0, -1]], *edges[1][[0, -1]]]
    image = axes.imshow(values.T, origin="lower", extent=extent, interpolation="nearest", **colours)
    axes.set_title(name, loc="left", fontsize=LARGE, color=INK)
    axes.set_xlabel("x")
    tidy(axes)
    return image


def colour_map(colours):
    """A colour map that runs through these colours."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("keras_gan", colours)


def root_scale(top):
    """Colours by the square root, from 0 to `top`."""
    from matplotlib.colors import PowerNorm

    return PowerNorm(0.5, vmin=0, vmax=top, clip=True)


def add_scale(image, label, ticks):
    """A colour bar on the right of a heat map, as high as it."""
    axes = image.axes.inset_axes([1.03, 0, 0.04, 1])
    bar = image.figure.colorbar(image, cax=axes, ticks=ticks, format="%.2g")
    bar.outline.set_visible(False)
    bar.set_label(label, color=INK, fontsize=SMALL)
    axes.tick_params(colors=GREY, labelsize=SMALL)


def of_dimension(dim):
    """The plot for distributions of `dim` dimensions.

    Raises:
        ConfigError: Without matplotlib, or for more than two dimensions.
    """
    require_matplotlib()
    if dim not in CELLS:
        raise ConfigError(f"expected a distribution of 1 or 2 dimensions to draw, got {dim}.")
    return {1: density_1d, 2: density_2d}[dim]


def on_grid(distribution, samples, dim):
    """The grid that is drawn, and the masses of D and of D' on it."""
    require_matplotlib()
    if distribution.dim != dim:
        raise ConfigError(
            f"expected a distribution of dimension {dim}, got {distribution.dim}; density_1d "
            "draws the line and density_2d the plane."
        )
    edges = frame(distribution)
    return edges, distribution.cell_masses(edges), masses_on_grid(samples, edges)


def frame(distribution):
    """The drawn grid: edges an axis, all of one length, with air around the distribution."""
    low, high = distribution.means.min(axis=0), distribution.means.max(axis=0)
    extent = (high - low).max()
    half = extent / 2 + max(10 * distribution.sigma, 0.15 * extent)
    cells = CELLS[distribution.dim]
    return [np.linspace(middle - half, middle + half, cells + 1) for middle in (low + high) / 2]


def middles(edges):
    """The middle of every cell of an axis."""
    return (edges[1:] + edges[:-1]) / 2


def chances(discriminator, points):
    """sigmoid(logit) at points, `(n,)`, judged in parts that fit into memory."""
    parts = range(0, len(points), JUDGED_AT_ONCE)
    logits = [np.asarray(discriminator(points[i : i + JUDGED_AT_ONCE])) for i in parts]
    logits = np.concatenate([part.reshape(-1) for part in logits])
    if logits.shape != (len(points),):
        raise DataError(f"expected a logit for each of {len(points)} points, got {len(logits)}.")
    return sigmoid(logits)


def note_outside(axes, q):
    """Names in the corner the share of the samples that the frame doesn't show."""
    share = 1 - q.sum()
    if share >= 0.0005:
        place = {"transform": axes.transAxes, "ha": "right", "va": "top"}
        axes.text(0.98, 0.97, f"{share:.1%} outside", fontsize=SMALL, color=GREY, **place)


def require_matplotlib():
    """Raises `ConfigError` where matplotlib isn't installed."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f'expected matplotlib to draw ({error}); install it: pip install "keras_gan[plots]".'
        ) from error


def new_figure(width, height, title):
    """An empty figure of so many inches, with the title above."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1, wspace=0.03)
    if title is not None:
        figure.suptitle(title, fontsize=LARGE, color=GREY)
    return figure


def tidy(axes):
    """Quiet axes."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY, labelsize=SMALL)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, fontsize=LARGE)


def save(figure, path):
    """Writes the figure as a PNG."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png")
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture.getvalue())
