"""Inversion: the latents of real and of generated images."""

import pathlib
import sys

import keras_gan as kg
from keras_gan import explore
from keras_gan.errors import ConfigError, DataError
from keras_gan.explore.distance import root_mean_squares
from keras_gan.explore.spaces import space_of

import keras
import numpy as np
import pytest
from conftest import random_images, spread, tiny_gan

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))

import invert
import parity


def search(**changes):
    return explore.SearchOptions(**{"candidates": 96, "steps": 150, "starts": 3, **changes})


def test_inversion_reconstructs_generated_images(digits_like):
    images = digits_like.sample(4, seed=9, labels=np.array([0, 1, 2, 1]))
    inversion = explore.invert(digits_like, images, search=search())
    assert (inversion.errors <= inversion.start_errors + 1e-3).all()
    assert inversion.errors.max() < 5
    assert inversion.errors.mean() < 0.2 * inversion.start_errors.mean()
    samples = digits_like.sample_at(inversion.latents, inversion.labels)
    np.testing.assert_allclose(root_mean_squares(samples, images), inversion.errors, atol=1e-2)


def test_inversion_of_noise_is_reproducible_and_no_worse_than_its_start():
    gan, images = spread(tiny_gan(num_classes=3)), random_images(3)
    inversion = explore.invert(gan, images, labels="all", search=search(steps=40))
    assert (inversion.errors <= inversion.start_errors + 1e-3).all()
    repeated = explore.invert(gan, images, labels="all", search=search(steps=40))
    assert np.array_equal(inversion.latents, repeated.latents)


def test_the_pull_keeps_latents_near_their_sphere(digits_like):
    images = np.clip(5 * digits_like.sample(4, seed=3, labels=0), -1, 1)
    lengths = [
        np.square(
            explore.invert(digits_like, images, 0, search=search(starts=1, pull=pull)).latents
        )
        for pull in (0.0, 1.0)
    ]
    free, pulled = (squares.mean(axis=1) for squares in lengths)
    assert free.max() > 2
    assert np.abs(pulled - 1).max() < 0.2


def test_inversion_keeps_given_labels_or_tries_all(digits_like):
    images = digits_like.sample(2, seed=3, labels=np.array([2, 0]))
    few = search(steps=60)
    given = explore.invert(digits_like, images, labels=[1, 1], search=few)
    assert given.labels.tolist() == [1, 1]
    best = explore.invert(digits_like, images, labels="all", search=few)
    assert best.labels.tolist() == [2, 0]
    assert (best.errors < given.errors).all()


def test_the_pull_keeps_uniform_latents_in_their_box(plain):
    gan = kg.GAN(plain.generator, plain.discriminator, latent_distribution="uniform")
    options = search(steps=40, pull=10.0)
    inversion = explore.invert(gan, random_images(2, channels=3), search=options)
    assert np.abs(inversion.latents).max() < 1.2


def test_the_extractor_must_be_differentiable(digits_like):
    images = digits_like.sample(2, seed=3, labels=0)
    features = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)])
    inversion = explore.invert(
        digits_like, images, 0, search=search(steps=60, extractor=features, feature_weight=1.0)
    )
    assert inversion.errors.mean() < 0.5 * inversion.start_errors.mean()
    with pytest.raises(ConfigError, match="differentiable extractor, got values"):
        explore.invert(digits_like, images, 0, search=search(extractor="values"))


def test_tuning_changes_only_a_copy_of_the_generator(digits_like):
    images, before = random_images(2), digits_like.moving_average.get_weights()
    few = search(steps=20)
    untuned = explore.invert(digits_like, images, search=few)
    tuned = explore.invert(digits_like, images, search=few, tuning=60)
    np.testing.assert_allclose(tuned.latents, untuned.latents)
    assert (tuned.errors < 0.98 * untuned.errors).all()
    assert all(
        np.array_equal(a, b)
        for a, b in zip(before, digits_like.moving_average.get_weights(), strict=True)
    )
    samples = tuned.generator([tuned.latents, tuned.labels], training=False)
    np.testing.assert_allclose(samples, tuned.reconstructions, atol=1e-6)


def test_the_sheet_and_the_summary_of_an_inversion(digits_like, tmp_path):
    images = digits_like.sample(2, seed=3, labels=0)
    np.save(tmp_path / "data.npy", random_images(9))
    source = kg.datasets.open_source(tmp_path / "data.npy")
    inversion = explore.invert(digits_like, images, 0, search=search(steps=40))
    nearest = explore.nearest_in_source(images, source)
    sheet = inversion.sheet(nearest, ["zero", "one", "two"])
    assert sheet.rows == ["real", "reconstruction", "difference", "nearest real"]
    assert sheet.cells[1] == [f"as zero: {error:.1f}" for error in inversion.errors]
    grey_levels = 127.5 * nearest.distances[:, 0] / 8
    assert sheet.cells[3] == [f"{error:.1f}" for error in grey_levels]
    np.testing.assert_allclose(2 * sheet.images[2], inversion.reconstructions - images, atol=1e-6)
    assert inversion.summary(nearest).endswith("nearer than the training image in 2 of 2")
    inversion.save(tmp_path / "inversion.npz")
    with np.load(tmp_path / "inversion.npz") as arrays:
        assert np.array_equal(arrays["latents"], inversion.latents)


def test_errors_of_inversion(digits_like, plain):
    images = random_images(2)
    with pytest.raises(ConfigError, match=r"expected images \(count, 8, 8, 3\)"):
        explore.invert(plain, images)
    with pytest.raises(DataError, match=r"in \[-1, 1\], got 0 to 255"):
        explore.invert(digits_like, np.linspace(0, 255, 64).reshape(1, 8, 8, 1))
    with pytest.raises(ConfigError, match="'guess' or 'all', got 'best'"):
        explore.invert(digits_like, images, "best")
    with pytest.raises(ConfigError, match="label"):
        explore.invert(digits_like, images, 3)
    with pytest.raises(ConfigError, match="these networks take none"):
        explore.invert(plain, random_images(2, channels=3), 0)
    with pytest.raises(ConfigError, match="integer steps >= 1, got 0"):
        explore.SearchOptions(steps=0)
    with pytest.raises(ConfigError, match="at least 3 candidates"):
        explore.invert(digits_like, images, search=search(candidates=2))
    with pytest.raises(ConfigError, match="expected a generator with styles"):
        explore.invert(digits_like, images, space="w")


def test_inversion_in_style_spaces(styled):
    """A style-mixed image has no single w, but one style per layer."""
    mixed = explore.mix(styled, [1], [2]).images[1, 1][None]
    few = search(steps=200, pull=0.0)
    w = explore.invert(styled, mixed, search=few)
    each = explore.invert(styled, mixed, space="w+", search=few)
    assert (w.space, w.latents.shape, each.latents.shape) == ("w", (1, 1, 6), (1, 4, 6))
    assert each.errors[0] < 5 < w.errors[0]
    assert w.errors[0] <= w.start_errors[0]
    tuned = explore.invert(styled, mixed, search=few, tuning=40)
    assert tuned.errors[0] < w.errors[0]
    space = space_of(styled, "w+")
    assert space.middle.shape == (4, 6)
    assert (
        np.asarray(space.pull(styled.moving_average.mapping(styled.latents(500))[:, :1])).mean() < 1
    )


def test_reconstructions_of_held_out_digits_are_nearer_than_any_training_digit(real_data):
    """The shipped generator was not trained on the 16 digits of MNIST's test split."""
    images = invert.pictures_of(kg.datasets.open_source("mnist:test"), 16, seed=0)
    training = kg.datasets.open_source("digits")
    options = explore.SearchOptions(steps=100)
    inversion = explore.invert(parity.shipped_digits(), images, search=options)
    nearest = explore.nearest_in_source(images, training)
    nearest_errors = root_mean_squares(nearest.images[:, 0], images)
    assert (inversion.errors < nearest_errors).all()
    assert inversion.errors.mean() < 0.5 * nearest_errors.mean()
    linear = invert.principal_components(training, 32)(images)
    assert inversion.errors.mean() < 0.7 * root_mean_squares(linear, images).mean()
    assert np.square(inversion.latents).mean(axis=1).max() < 3
