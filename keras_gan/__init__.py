"""keras_gan: learn a data set's distribution and sample from it, with Keras.

What it names is imported when it is used, as TensorFlow takes seconds.
"""

import importlib
import importlib.metadata
from typing import TYPE_CHECKING

import keras_gan.environment  # noqa: F401 - before anything imports TensorFlow

if TYPE_CHECKING:
    from keras_gan import (
        augment,
        callbacks,
        checkpoints,
        datasets,
        errors,
        explore,
        export,
        layers,
        losses,
        media,
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
    from keras_gan.files.keras_file import load_model
    from keras_gan.models import GAN, AdversarialModel, Duel, ProgressiveGAN, Rules
    from keras_gan.sampling import Sampling
    from keras_gan.signature import Signature

__version__ = importlib.metadata.version("keras_gan")

__all__ = [
    "GAN",
    "AdversarialModel",
    "Duel",
    "ProgressiveGAN",
    "Rules",
    "Sampling",
    "Signature",
    "augment",
    "callbacks",
    "checkpoints",
    "datasets",
    "errors",
    "explore",
    "export",
    "layers",
    "load_model",
    "losses",
    "media",
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

HOMES = {
    "GAN": "keras_gan.models",
    "AdversarialModel": "keras_gan.models",
    "ProgressiveGAN": "keras_gan.models",
    "Duel": "keras_gan.models",
    "Rules": "keras_gan.models",
    "Sampling": "keras_gan.sampling",
    "Signature": "keras_gan.signature",
    "load_model": "keras_gan.files.keras_file",
}


if not TYPE_CHECKING:  # a checker would take any name

    def __getattr__(name):
        """Imports what the package names (PEP 562)."""
        if name in HOMES:
            return getattr(importlib.import_module(HOMES[name]), name)
        if name in __all__:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})


from keras_gan import registration  # noqa: E402, F401 - needs the names above
