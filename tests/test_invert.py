"""Inversion: real pictures, and generated ones, found in the latents."""

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


def test_a_generated_picture_is_found_again(digits_like):
    images = digits_like.sample(4, seed=9, labels=np.array([0, 1, 2, 1]))
    found = explore.invert(digits_like, images, search=search())
    assert (found.errors <= found.start_errors + 1e-3).all()
    assert found.errors.max() < 5
    assert found.errors.mean() < 0.2 * found.start_errors.mean()
    remade = digits_like.sample_at(found.latents, found.labels)
    np.testing.assert_allclose(root_mean_squares(remade, images), found.errors, atol=1e-2)


def test_noise_never_ends_worse_than_its_start_and_is_found_again():
    gan, images = spread(tiny_gan(num_classes=3)), random_images(3)
    found = explore.invert(gan, images, labels="all", search=search(steps=40))
    assert (found.errors <= found.start_errors + 1e-3).all()
    again = explore.invert(gan, images, labels="all", search=search(steps=40))
    assert np.array_equal(found.latents, again.latents)


def test_the_pull_keeps_latents_where_they_lie(digits_like):
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


def test_given_labels_are_kept_and_all_are_tried(digits_like):
    images = digits_like.sample(2, seed=3, labels=np.array([2, 0]))
    few = search(steps=60)
    given = explore.invert(digits_like, images, labels=[1, 1], search=few)
    assert given.labels.tolist() == [1, 1]
    tried = explore.invert(digits_like, images, labels="all", search=few)
    assert tried.labels.tolist() == [2, 0]
    assert (tried.errors < given.errors).all()


def test_uniform_latents_are_looked_for_in_their_box(plain):
    gan = kg.GAN(plain.generator, plain.discriminator, latent_distribution="uniform")
    found = explore.invert(gan, random_images(2, channels=3), search=search(steps=40, pull=10.0))
    assert np.abs(found.latents).max() < 1.2


def test_an_extractor_through_which_gradients_flow(digits_like):
    images = digits_like.sample(2, seed=3, labels=0)
    features = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3)])
    found = explore.invert(
        digits_like, images, 0, search=search(steps=60, extractor=features, feature_weight=1.0)
    )
    assert found.errors.mean() < 0.5 * found.start_errors.mean()
    with pytest.raises(ConfigError, match="gradients flow, but values is none"):
        explore.invert(digits_like, images, 0, search=search(extractor="values"))


def test_tuning_moves_a_copy_alone(digits_like):
    images, before = random_images(2), digits_like.moving_average.get_weights()
    few = search(steps=20)
    plain_one = explore.invert(digits_like, images, search=few)
    tuned = explore.invert(digits_like, images, search=few, tuning=60)
    np.testing.assert_allclose(tuned.latents, plain_one.latents)
    assert (tuned.errors < 0.98 * plain_one.errors).all()
    assert all(
        np.array_equal(a, b)
        for a, b in zip(before, digits_like.moving_average.get_weights(), strict=True)
    )
    made = tuned.generator([tuned.latents, tuned.labels], training=False)
    np.testing.assert_allclose(made, tuned.found, atol=1e-6)


def test_the_sheet_and_the_words_of_an_inversion(digits_like, tmp_path):
    images = digits_like.sample(2, seed=3, labels=0)
    np.save(tmp_path / "data.npy", random_images(9))
    source = kg.datasets.open_source(tmp_path / "data.npy")
    found = explore.invert(digits_like, images, 0, search=search(steps=40))
    nearest = explore.nearest_in_source(images, source)
    sheet = found.sheet(nearest, ["zero", "one", "two"])
    assert sheet.rows == ["real", "found", "difference", "nearest real"]
    assert sheet.cells[1] == [f"as zero: {error:.1f}" for error in found.errors]
    grey_levels = 127.5 * nearest.distances[:, 0] / 8
    assert sheet.cells[3] == [f"{error:.1f}" for error in grey_levels]
    np.testing.assert_allclose(2 * sheet.images[2], found.found - images, atol=1e-6)
    assert found.summary(nearest).endswith("nearer than those in 2 of 2")
    found.save(tmp_path / "found.npz")
    with np.load(tmp_path / "found.npz") as saved:
        assert np.array_equal(saved["latents"], found.latents)


def test_bad_inversions(digits_like, plain):
    images = random_images(2)
    with pytest.raises(ConfigError, match=r"expected pictures \(count, 8, 8, 3\)"):
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


def test_inversion_by_styles(styled):
    """A mixed picture has no w of its own, but styles layer by layer."""
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


def test_held_out_digits_are_found_nearer_than_any_training_digit(real_data):
    """The shipped generator, and 16 digits of MNIST's test split that it never saw."""
    images = invert.pictures_of(kg.datasets.open_source("mnist:test"), 16, seed=0)
    training = kg.datasets.open_source("digits")
    found = explore.invert(parity.shipped_digits(), images, search=explore.SearchOptions(steps=100))
    nearest = explore.nearest_in_source(images, training)
    of_nearest = root_mean_squares(nearest.images[:, 0], images)
    assert (found.errors < of_nearest).all()
    assert found.errors.mean() < 0.5 * of_nearest.mean()
    linear = invert.principal_components(training, 32)(images)
    assert found.errors.mean() < 0.7 * root_mean_squares(linear, images).mean()
    assert np.square(found.latents).mean(axis=1).max() < 3
