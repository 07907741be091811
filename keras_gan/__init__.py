"""keras_gan: learn the distribution of a data set and sample from it, with Keras.

The modules and classes named here are imported on first use, as TensorFlow takes seconds.
"""

import importlib
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

__version__: str

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

MODULES = {
    "GAN": "keras_gan.models",
    "AdversarialModel": "keras_gan.models",
    "ProgressiveGAN": "keras_gan.models",
    "Duel": "keras_gan.models",
    "Rules": "keras_gan.models",
    "Sampling": "keras_gan.sampling",
    "Signature": "keras_gan.signature",
    "load_model": "keras_gan.files.keras_file",
}


if not TYPE_CHECKING:  # type checkers would accept any name

    def __getattr__(name: str):
        """Imports a public module or class on first use (PEP 562)."""
        if name == "__version__":
            from importlib import metadata

            return metadata.version(__name__)
        if name in MODULES:
            return getattr(importlib.import_module(MODULES[name]), name)
        if name in __all__:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Returns the names of this module, imported or not."""
    return sorted({*globals(), *__all__})


from keras_gan import registration  # noqa: E402, F401 - it uses the names above
