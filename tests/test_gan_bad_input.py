"""Errors of a GAN for networks, rules, data and samples that don't fit."""

import keras_gan as kg
from keras_gan.errors import ConfigError, DataError

import numpy as np
import pytest
import tensorflow as tf
from conftest import random_images, tiny_gan


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda g, d: kg.GAN(g((8, 8, 1)), d((16, 16, 1))),
            r"\(8, 8, 1\).*got one of \(16, 16, 1\)",
        ),
        (lambda g, d: kg.GAN(g(num_classes=3), d()), "know labels or neither"),
        (lambda g, d: kg.GAN(g(num_classes=3), d(num_classes=4)), r"got \[3, 4\]"),
        (lambda g, d: kg.GAN(g(), g()), "both|expected a discriminator"),
        (lambda g, d: kg.GAN(g(), d(), seed=-1), "seed from 0"),
        (lambda g, d: kg.GAN(g(), d(), moving_average_half_life=0), "half-life"),
        (lambda g, d: kg.GAN(g(), d(), latent_distribution="cauchy"), "normal, uniform"),
        (lambda g, d: kg.GAN(g(), d(num_classes=3, conditioning="auxiliary")), "or neither"),
    ],
)
def test_networks_that_do_not_fit(make, message):
    def generator(shape=(8, 8, 1), **kwargs):
        return kg.networks.DCGANGenerator(shape, 4, 2, **kwargs)

    def discriminator(shape=(8, 8, 1), **kwargs):
        return kg.networks.DCGANDiscriminator(shape, 2, **kwargs)

    with pytest.raises(ConfigError, match=message):
        make(generator, discriminator)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"loss": "hinje"}, "unknown loss"),
        ({"n_critic": 0}, "n_critic >= 1, got 0"),
        ({"penalties": [kg.penalties.R1(1), kg.penalties.R1(2)]}, "one penalty of each kind"),
        ({"penalties": ["r1"]}, "Penalty objects"),
        ({"augmentation": "diffaug"}, "did you mean 'diffaugment'"),
        ({"augmentation": 0.5}, "Augment such as DiffAugment"),
    ],
)
def test_bad_rules(arguments, message):
    with pytest.raises(ConfigError, match=message):
        tiny_gan().compile(**arguments)


@pytest.mark.parametrize(
    ("num_classes", "x", "y", "message"),
    [
        (None, random_images(8), np.zeros(8, int), "got labels for networks that take none"),
        (3, random_images(8), None, "got samples alone"),
        (3, random_images(8), np.full(8, 3), "from 0 to 2, got 3 to 3"),
        (3, random_images(8), np.zeros(8), "integers from 0 to 2, got float64"),
        (3, random_images(8), np.zeros(7, int), "as many labels as samples, got 7 and 8"),
        (None, random_images(8, size=16), None, r"shape \(8, 8, 1\).*\(16, 16, 1\)"),
        (None, random_images(4), None, "at least one batch of 8 samples, got 4"),
        (None, np.zeros((8, 8, 8, 1), "int32"), None, "images as uint8 or floats, got int32"),
        (None, np.full((8, 8, 8, 1), np.nan, "float32"), None, "NaN or infinity in 8 of 8"),
    ],
)
def test_data_that_do_not_fit(num_classes, x, y, message):
    gan = tiny_gan(num_classes)
    gan.compile()
    with pytest.raises(DataError, match=message):
        gan.fit(x, y, batch_size=8, verbose=0)


def test_data_sets_that_do_not_fit():
    gan = tiny_gan()
    gan.compile()
    dataset = tf.data.Dataset.from_tensor_slices((random_images(8), np.zeros(8))).batch(8)
    with pytest.raises(DataError, match="got labels for networks that take none"):
        gan.fit(dataset, verbose=0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "at least 1, got 0"),
        ({"n": 2, "truncation": 1.5}, "truncation from 0 to 1"),
        ({"n": 2, "labels": 3}, "from 0 to 2, got 3"),
        ({"n": 2, "labels": [0, 1, 2]}, "one label or 2"),
        ({"n": 2, "seed": -1}, "seed"),
    ],
)
def test_bad_sampling(arguments, message):
    with pytest.raises(ConfigError, match=message):
        tiny_gan(3).sample(**arguments)


def test_labels_where_none_are_wanted():
    with pytest.raises(ConfigError, match="expected no labels"):
        tiny_gan().sample(2, labels=1)


def test_fit_before_compile():
    with pytest.raises(ConfigError, match="call compile"):
        tiny_gan().fit(random_images(8))
