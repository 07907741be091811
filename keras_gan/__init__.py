"""keras_gan: learn a data set's distribution and sample from it, with Keras."""

import importlib.metadata

import keras_gan.environment  # noqa: F401 - before anything imports TensorFlow
from keras_gan import (
    augment,
    callbacks,
    checkpoints,
    datasets,
    explore,
    export,
    layers,
    losses,
    metrics,
    models,
    networks,
    noise,
    optimizers,
    penalties,
    pictures,
    recipes,
    runs,
    schedules,
    verdicts,
)
from keras_gan.models import GAN, AdversarialModel, ProgressiveGAN, Rules

__version__ = importlib.metadata.version("keras_gan")

__all__ = [
    "GAN",
    "AdversarialModel",
    "ProgressiveGAN",
    "Rules",
    "augment",
    "callbacks",
    "checkpoints",
    "datasets",
    "explore",
    "export",
    "layers",
    "losses",
    "metrics",
    "models",
    "networks",
    "noise",
    "optimizers",
    "penalties",
    "pictures",
    "recipes",
    "runs",
    "schedules",
    "verdicts",
]
