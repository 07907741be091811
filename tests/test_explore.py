"""Exploration of a generator: interpolation, sheets, directions, mixing."""

import keras_gan as kg
from keras_gan import explore, pictures
from keras_gan.errors import ConfigError
from keras_gan.explore.directions import principal_directions
from keras_gan.explore.interpolate import path

import keras
import numpy as np
import pytest
from conftest import random_images

RNG = np.random.default_rng(0)


# Interpolation.


def test_slerp_is_the_great_circle():
    angle, t = 0.7, np.linspace(0, 1, 11)[:, None]
    first, second = np.array([1.0, 0.0, 0.0]), np.array([np.cos(angle), np.sin(angle), 0.0])
    expected = np.concatenate([np.cos(angle * t), np.sin(angle * t), 0 * t], axis=1)
    np.testing.assert_allclose(explore.slerp(first, second, t), expected, atol=1e-12)
    ends = RNG.normal(size=(2, 50, 64))
    ends /= np.linalg.norm(ends, axis=-1, keepdims=True)
    between = explore.slerp(*ends, 0.3)
    np.testing.assert_allclose(np.linalg.norm(between, axis=-1), 1, atol=1e-12)


def test_slerp_of_equal_and_of_opposite_vectors_is_linear():
    vector = np.array([[3.0, 4.0]])
    np.testing.assert_allclose(explore.slerp(vector, vector, 0.3), vector)
    np.testing.assert_allclose(explore.slerp(vector, -vector, 0.25), 0.5 * vector, atol=1e-9)


@pytest.mark.parametrize("straight", [False, True])
def test_a_loop_is_closed_and_smooth(straight):
    keys = RNG.normal(size=(4, 16)).astype("float32")
    latents = path(keys, 50, straight=straight)
    assert latents.shape == (200, 16)
    np.testing.assert_allclose(latents[::50], keys, atol=1e-6)
    steps = np.linalg.norm(np.roll(latents, -1, axis=0) - latents, axis=1)
    assert steps[-1] <= 0.1 * steps.max()
    jolts = np.abs(np.roll(steps, -1) - steps)
    assert jolts.max() <= 0.1 * steps.max()
    open_path = path(keys, 50, loop=False, straight=straight)
    assert open_path.shape == (151, 16)
    np.testing.assert_allclose(open_path[-1], keys[-1])


def test_uniform_latents_move_along_lines(plain):
    gan = kg.GAN(plain.generator, plain.discriminator, latent_distribution="uniform")
    film = explore.interpolate(gan, [3, 4], frames=4)
    ends = np.concatenate([gan.latents(1, 3), gan.latents(1, 4)])
    middle = gan.sample_at(ends.mean(axis=0, keepdims=True))
    assert np.array_equal(film.frames[2], pictures.to_uint8(middle)[0])


def test_a_film_passes_through_the_samples_of_its_seeds(digits_like):
    frames = explore.interpolate(digits_like, [5, 6, 7], frames=4, labels=2).frames
    assert frames.shape == (12, 8, 8, 1)
    for index, seed in enumerate([5, 6, 7]):
        sample = pictures.to_uint8(digits_like.sample(1, seed=seed, labels=2))[0]
        assert np.abs(frames[4 * index].astype(int) - sample).max() <= 1
    all_classes = explore.interpolate(digits_like, [5, 6, 7], frames=4).frames
    assert all_classes.shape == (12, 8, 24, 1)
    assert np.abs(all_classes[:, :, 16:].astype(int) - frames).max() <= 1


def test_truncation_goes_from_the_centre_to_the_samples(digits_like):
    sheet = explore.truncation(digits_like, count=4, columns=3, seed=2, class_names=["a", "b", "c"])
    assert (sheet.rows, sheet.columns) == (["a", "b", "c", "a"], ["psi 0", "psi 0.5", "psi 1"])
    labels = np.array([0, 1, 2, 0])
    samples = digits_like.sample(4, seed=2, labels=labels)
    np.testing.assert_allclose(sheet.images[:, 2], samples, atol=1e-6)
    np.testing.assert_allclose(sheet.images[0, 0], sheet.images[3, 0], atol=1e-6)


def test_columns_of_the_class_sweep_are_samples_of_the_classes(digits_like):
    sheet = explore.classes(digits_like, count=3, seed=4, truncation=0.7)
    for label in range(3):
        expected = digits_like.sample(3, seed=4, labels=label, truncation=0.7)
        assert np.array_equal(sheet.images[:, label], expected)
    assert explore.classes(digits_like, 2, labels=[2, 0]).columns == ["2", "0"]


def test_neighbours_of_copies_are_the_copies(plain, tmp_path):
    samples = plain.sample(3, seed=0)
    others = random_images(40, channels=3)
    np.save(tmp_path / "data.npy", np.concatenate([others, samples[::-1]]))
    source = kg.datasets.open_source(tmp_path / "data.npy")
    nearest = explore.nearest_in_source(samples, source, k=2)
    assert nearest.indices[:, 0].tolist() == [42, 41, 40]
    assert nearest.distances[:, 0].tolist() == [0, 0, 0]
    sheet = explore.neighbours(plain, source, count=3, k=2)
    assert np.array_equal(sheet.images[:, 0], sheet.images[:, 1])
    assert [row[1] for row in sheet.cells] == ["0", "0", "0"]
    flat = np.concatenate([others, samples[::-1]]).reshape(43, -1).astype("float64")
    exact = np.linalg.norm(samples.reshape(3, 1, -1) - flat, axis=2)
    np.testing.assert_allclose(nearest.distances, np.sort(exact, axis=1)[:, :2], rtol=1e-6)


def test_neighbours_across_batches():
    digits = kg.datasets.open_source("digits")
    queries = np.stack([digits[index][0] for index in (5, 9_999)])
    nearest = explore.nearest_in_source(queries, digits, k=3)
    assert nearest.indices[:, 0].tolist() == [5, 9_999]
    assert (np.diff(nearest.distances, axis=1) > 0).all()


# Directions.


def test_directions_of_a_linear_generator_are_its_principal_axes():
    """The images are `z W^T`, so the axes are W's right singular vectors."""
    left, _ = np.linalg.qr(RNG.normal(size=(64, 5)))
    right, _ = np.linalg.qr(RNG.normal(size=(5, 5)))
    strengths = np.array([8, 4, 2, 1, 0.5])
    latents = keras.Input((5,))
    images = keras.layers.Reshape((8, 8, 1))(keras.layers.Dense(64, use_bias=False)(latents))
    generator = keras.Model(latents, images)
    generator.set_weights([((left * strengths) @ right.T).T])
    gan = kg.GAN(generator, kg.networks.DCGANDiscriminator((8, 8, 1), 4))
    pca = explore.directions(gan, count=4)
    np.testing.assert_allclose(np.linalg.norm(pca.vectors, axis=1), 1, atol=0.1)
    units = pca.vectors / np.linalg.norm(pca.vectors, axis=1, keepdims=True)
    assert (np.abs(np.sum(units * right.T[:4], axis=1)) > 0.99).all()
    expected = strengths[:4] ** 2 / (strengths**2).sum()
    np.testing.assert_allclose(pca.shares, expected, rtol=0.1)
    jacobian = explore.directions(gan, by="jacobian", count=4)
    np.testing.assert_allclose(np.abs(np.sum(jacobian.vectors * right.T[:4], 1)), 1, atol=1e-3)
    np.testing.assert_allclose(jacobian.shares, expected, rtol=1e-3)


@pytest.mark.parametrize("features", [4, 300])
def test_principal_directions_are_exact_for_white_codes(features):
    """The codes have unit sample covariance; the activations are narrow or wide."""
    codes = RNG.normal(size=(100, 4))
    codes = 10 * np.linalg.qr(codes - codes.mean(axis=0))[0]
    weights = np.linalg.qr(RNG.normal(size=(features, 4)))[0] * [4, 3, 2, 1]
    activations = codes @ weights.T + 7.0
    vectors, shares = principal_directions(codes, activations, count=9)
    np.testing.assert_allclose(np.abs(vectors), np.eye(4), atol=1e-8)
    np.testing.assert_allclose(shares, np.array([16, 9, 4, 1]) / 30, atol=1e-8)


def test_class_means_do_not_contribute_to_directions(digits_like):
    """With each class centred, shares are those within classes, close to a single class's."""
    all_classes = explore.directions(digits_like, count=6, points=3_000)
    one_class = explore.directions(digits_like, count=6, label=1, points=3_000)
    np.testing.assert_allclose(all_classes.shares, one_class.shares, atol=0.02)
    np.testing.assert_allclose(all_classes.shares.sum(), 1, atol=1e-6)


def test_a_sheet_of_directions_and_its_file(digits_like, tmp_path):
    directions = explore.directions(digits_like, count=2)
    sheet = directions.sheet(digits_like, seed=5, label=1, columns=3)
    assert sheet.columns == ["-2 sd", "0", "+2 sd"]
    middle = digits_like.sample(1, seed=5, labels=1)[0]
    np.testing.assert_allclose(sheet.images[:, 1], [middle, middle], atol=1e-6)
    latents = digits_like.latents(1, 5) + 2 * directions.vectors[1].astype("float32")
    np.testing.assert_allclose(sheet.images[1, 2], digits_like.sample_at(latents, 1)[0], atol=1e-5)
    directions.save(tmp_path / "deep" / "directions.npz")
    with np.load(tmp_path / "deep" / "directions.npz") as arrays:
        assert np.array_equal(arrays["vectors"], directions.vectors)
        assert str(arrays["by"]) == "pca"


# Networks with styles.


def test_mixing_takes_coarse_styles_from_rows_and_fine_styles_from_columns(styled):
    sheet = explore.mix(styled, [1, 2], [3, 4, 5], layer=1)
    assert sheet.images.shape == (3, 4, 8, 8, 1)
    sources = {seed: styled.sample(1, seed=seed)[0] for seed in range(1, 6)}
    for row, coarse in enumerate([1, 2], start=1):
        np.testing.assert_allclose(sheet.images[row, 0], sources[coarse], atol=1e-6)
        for column, fine in enumerate([3, 4, 5], start=1):
            np.testing.assert_allclose(sheet.images[0, column], sources[fine], atol=1e-6)
            mixed = sheet.images[row, column]
            np.testing.assert_allclose(mixed[:2], sources[coarse][:2], atol=1e-6)
            np.testing.assert_allclose(mixed[2:], sources[fine][2:], atol=1e-6)


def test_mixing_needs_styles_and_an_inner_layer(styled, plain):
    with pytest.raises(ConfigError, match=r"StyleGAN2's, got DCGANGenerator, which has none"):
        explore.mix(plain, [1], [2])
    with pytest.raises(ConfigError, match=r"layer from 1 to 3, .*got 4"):
        explore.mix(styled, [1], [2], layer=4)
    with pytest.raises(ConfigError, match="at least one seed"):
        explore.mix(styled, [], [2])


def test_directions_of_styles_are_the_axes_of_w(styled):
    directions = explore.directions(styled, count=6)
    assert (directions.space, directions.vectors.shape) == ("styles", (6, 6))
    w = np.asarray(styled.moving_average.mapping(styled.latents(10_000)), "float64")[:, 0]
    values, axes = np.linalg.eigh(np.cov(w.T, bias=True))
    lengths = np.linalg.norm(directions.vectors, axis=1)
    np.testing.assert_allclose(lengths[:3], values[::-1][:3] ** 0.5, rtol=1e-4)
    cosines = np.abs(np.sum(directions.vectors / lengths[:, None] * axes.T[::-1], axis=1))
    np.testing.assert_allclose(cosines[:3], 1, atol=1e-4)
    sheet = directions.sheet(styled, seed=5, columns=3)
    np.testing.assert_allclose(sheet.images[0, 1], styled.sample(1, seed=5)[0], atol=1e-5)


# Bad input, in Python.


def test_errors_for_points_and_for_models_without_classes(plain, digits_like):
    points = kg.GAN(
        kg.networks.MLPGenerator((2,), 4, (8,)), kg.networks.MLPDiscriminator((2,), (8,))
    )
    for function in (explore.truncation, explore.classes, explore.directions):
        with pytest.raises(ConfigError, match=r"a model of images to explore, got .* \(2,\)"):
            function(points)
    with pytest.raises(ConfigError, match="class-conditional generator"):
        explore.classes(plain)
    with pytest.raises(ConfigError, match="expected no labels"):
        explore.truncation(plain, labels=1)
    with pytest.raises(ConfigError, match="at least two seeds"):
        explore.interpolate(plain, [1])
    with pytest.raises(ConfigError, match="pca or jacobian, got 'ica'"):
        explore.directions(plain, by="ica")
    with pytest.raises(ConfigError, match="integer count >= 1, got 0"):
        explore.classes(digits_like, count=0)
    with pytest.raises(ConfigError, match=r"latents \(n, 6\), at least one, got \(2, 5\)"):
        plain.sample_at(np.zeros((2, 5)))
    with pytest.raises(ConfigError, match="take a class for each sample"):
        digits_like.sample_at(np.zeros((2, 6)))
