"""Tiny networks that people bring, of Keras's layers alone."""

import keras_gan as kg

import keras
from conftest import random_images
from keras import layers

SHAPE = (8, 8, 1)


def generator_of(*ends, latent_dim=6):
    """A generator of 8x8 images whose last layers are given."""
    inner = [layers.Dense(64), layers.Reshape(SHAPE)]
    return keras.Sequential([keras.Input((latent_dim,)), *inner, *ends])


def discriminator_of(*ends, shape=SHAPE):
    """A discriminator of 8x8 images whose last layers are given."""
    return keras.Sequential([keras.Input(shape), layers.Flatten(), *ends])


def logits():
    """A discriminator that ends in logits."""
    return discriminator_of(layers.Dense(1))


def functional(inputs, make):
    """A functional model of the tensors that a function makes."""
    return keras.Model(inputs, make(inputs))


def train(generator, discriminator=None, labels=None, **rules):
    """Trains a game of two networks for two steps, and returns it."""
    gan = kg.GAN(generator, logits() if discriminator is None else discriminator)
    gan.compile(run_eagerly=True, **rules)
    gan.fit(random_images(16), labels, batch_size=8, verbose=0)
    assert int(gan.step) == 2
    return gan
