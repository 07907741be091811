"""keras_gan: learn a data set's distribution and sample from it, with Keras."""

import importlib.metadata

from keras_gan import (
    callbacks,
    datasets,
    export,
    layers,
    losses,
    models,
    networks,
    penalties,
    recipes,
    runs,
)
from keras_gan.models import GAN, AdversarialModel

__version__ = importlib.metadata.version("keras_gan")

__all__ = [
    "GAN",
    "AdversarialModel",
    "callbacks",
    "datasets",
    "export",
    "layers",
    "losses",
    "models",
    "networks",
    "penalties",
    "recipes",
    "runs",
]
