import sys

import keras_gan as kg
from keras_gan import callbacks, datasets
from keras_gan.errors import ConfigError, DataError
from keras_gan.metrics.known import plots

import numpy as np
import pytest
from conftest import tiny_gan
from PIL import Image

pytest.importorskip("matplotlib")

LINE = datasets.open_source("toy:gaussian1d").distribution
GRID = datasets.open_source("toy:gaussians25").distribution
WHITE = 255


def picture_of(path):
    return np.array(Image.open(path).convert("RGB")).astype(int)


def drawn(tmp_path, draw, *arguments, **options):
    draw(*arguments, path=tmp_path / "new" / "picture.png", **options)
    return picture_of(tmp_path / "new" / "picture.png")


def columns_that_differ(one, other):
    """Returns the first and last different column, as shares of the width."""
    columns = np.flatnonzero((one != other).any(axis=(0, 2)))
    return columns[0] / one.shape[1], columns[-1] / one.shape[1]


def rows_that_differ(one, other):
    rows = np.flatnonzero((one != other).any(axis=(1, 2)))
    return rows[0] / one.shape[0], rows[-1] / one.shape[0]


def test_sizes(tmp_path):
    line, plane = LINE.sample(500), GRID.sample(500)
    assert drawn(tmp_path, plots.density_1d, LINE, line).shape == (440, 880, 3)
    assert drawn(tmp_path, plots.density_2d, GRID, plane).shape == (484, 990, 3)
    one, two = (
        drawn(tmp_path, draw, distribution, samples, discriminator=lambda x: x[:, :1], title="7")
        for draw, distribution, samples in (
            (plots.density_1d, LINE, line),
            (plots.density_2d, GRID, plane),
        )
    )
    assert (one.shape, two.shape) == ((660, 880, 3), (484, 1430, 3))


def test_other_samples_change_only_their_panel(tmp_path):
    one, other = (
        drawn(tmp_path, plots.density_2d, GRID, samples, discriminator=lambda x: x[:, 0])
        for samples in (GRID.sample(2_000), GRID.sample(2_000) * 0.5)
    )
    first, last = columns_that_differ(one, other)
    assert 0.3 < first < last < 0.62


def test_another_discriminator_changes_only_its_panel(tmp_path):
    samples = GRID.sample(2_000)
    one, other = (
        drawn(tmp_path, plots.density_2d, GRID, samples, discriminator=judge)
        for judge in (lambda x: x[:, 0], lambda x: -x[:, 0])
    )
    first, last = columns_that_differ(one, other)
    assert 0.62 < first < last < 0.95


def test_the_discriminator_panel_is_oriented_correctly(tmp_path):
    """It is blue (real) where x > 2 and y > 0, on the right and at the top."""
    picture = drawn(
        tmp_path,
        plots.density_2d,
        GRID,
        GRID.sample(500),
        discriminator=lambda x: np.where((x[:, 0] > 2) & (x[:, 1] > 0), 50.0, -50.0),
    )
    panel = picture[:, int(0.66 * picture.shape[1]) : int(0.925 * picture.shape[1])]
    blue = np.argwhere((panel == [0x00, 0x72, 0xB2]).all(axis=-1))
    orange = np.argwhere((panel == [0xE6, 0x9F, 0x00]).all(axis=-1))
    assert len(orange) > 3 * len(blue) > 3_000
    assert blue[:, 0].mean() < orange[:, 0].mean()
    assert blue[:, 1].min() > orange[:, 1].mean()


def test_density_1d_shows_samples_above_and_discriminators_below(tmp_path):
    def picture(samples, judge):
        return drawn(tmp_path, plots.density_1d, LINE, samples, discriminator=judge)

    def undecided(x):
        return 0 * x[:, 0]

    samples = LINE.sample(5_000)
    plain = picture(samples, undecided)
    first, last = rows_that_differ(plain, picture(samples, lambda x: 4 * (x[:, 0] - 4)))
    assert 0.55 < first < last < 0.95
    first, last = rows_that_differ(plain, picture(samples + 1, undecided))
    assert first < 0.4


def test_limits_are_fixed_and_samples_outside_are_noted(tmp_path):
    """Distant samples are missing at 8.99 and noted in the corner; nothing else changes."""
    near, far = (
        drawn(tmp_path, plots.density_1d, LINE, np.full((10, 1), place), title="step 1")
        for place in (8.99, 1e5)
    )
    first, last = columns_that_differ(near, far)
    assert 0.75 < first < last < 1
    assert (near != far)[: near.shape[0] // 6].any()
    assert plots.grid_edges(LINE)[0][[0, -1]].tolist() == [-1, 9]


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    for draw in (
        lambda: plots.density_1d(LINE, LINE.sample(10), tmp_path / "a.png"),
        lambda: plots.density_2d(GRID, GRID.sample(10), tmp_path / "a.png"),
        lambda: callbacks.DensityPlot(tmp_path, GRID),
    ):
        with pytest.raises(ConfigError, match=r"pip install '\.\[plots\]'"):
            draw()
    assert not list(tmp_path.iterdir())


def test_the_global_state_of_pyplot_does_not_change(tmp_path):
    import matplotlib
    from matplotlib import pyplot

    before = dict(matplotlib.rcParams)
    plots.density_1d(LINE, LINE.sample(10), tmp_path / "a.png")
    plots.density_2d(GRID, GRID.sample(10), tmp_path / "b.png", discriminator=lambda x: x[:, 0])
    assert dict(matplotlib.rcParams) == before
    assert pyplot.get_fignums() == []


def test_invalid_arguments_are_refused(tmp_path):
    path = tmp_path / "a.png"
    with pytest.raises(ConfigError, match="distribution of dimension 1, got 2"):
        plots.density_1d(GRID, GRID.sample(10), path)
    with pytest.raises(DataError, match=r"points of shape \(n, 2\), got \(10, 1\)"):
        plots.density_2d(GRID, LINE.sample(10), path)
    with pytest.raises(DataError, match="a logit for each of 120 points, got 240"):
        plots.density_1d(LINE, LINE.sample(10), path, lambda x: np.zeros((len(x), 2)))
    with pytest.raises(ConfigError, match="1 or 2 dimensions to draw, got 3"):
        plots.plot_for(3)
    assert not path.exists()


def point_gan(distribution):
    shape = (distribution.dim,)
    gan = kg.GAN(
        kg.networks.MLPGenerator(shape, latent_dim=2, units=(16,)),
        kg.networks.MLPDiscriminator(shape, units=(16,), pieces=2),
    )
    gan.compile()
    return gan


@pytest.mark.parametrize(("distribution", "size"), [(LINE, (880, 660)), (GRID, (1430, 484))])
def test_density_plots_are_combined_to_a_film(tmp_path, distribution, size):
    gan = point_gan(distribution)
    folder = tmp_path / "density"
    recorders = [
        callbacks.DensityPlot(folder, distribution, every=2, count=300, seed=3),
        callbacks.LearningGIF(folder, tmp_path / "learning.gif"),
    ]
    gan.fit(distribution.sample(160), batch_size=32, epochs=1, verbose=0, callbacks=recorders)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["00000000.png", "00000002.png", "00000004.png"]
    with Image.open(tmp_path / "learning.gif") as film:
        assert (film.n_frames, film.size) == (3, size)
    gan.fit(distribution.sample(32), batch_size=32, epochs=1, verbose=0, callbacks=recorders)
    expected = drawn(
        tmp_path,
        plots.plot_for(distribution.dim),
        distribution,
        gan.sample(300, seed=3),
        discriminator=gan.judge,
        title="step 6",
    )
    np.testing.assert_array_equal(picture_of(folder / "00000006.png"), expected)


def test_density_plot_needs_points_of_the_distributions_dimension(tmp_path):
    film = callbacks.DensityPlot(tmp_path, GRID)
    gan = tiny_gan()
    gan.compile()
    images = np.zeros((8, 8, 8, 1), "float32")
    with pytest.raises(ConfigError, match=r"points \(2,\), as the distribution's are; got samples"):
        gan.fit(images, batch_size=8, verbose=0, callbacks=[film])
    gan = point_gan(LINE)
    with pytest.raises(ConfigError, match=r"got samples \(1,\)"):
        gan.fit(LINE.sample(8), batch_size=8, verbose=0, callbacks=[film])
