"""Registers the package's classes with Keras as soon as both are imported, in any order.

`keras.models.load_model` finds classes that are registered, and importing their modules registers
them. `import keras_gan` imports none of these modules, as TensorFlow takes seconds. So they are
imported after Keras, by a post-import hook.

A module of this package may be the first to import Keras, as in `from keras_gan.losses import
Hinge`. Its own import isn't complete then, and other modules can't import it yet. So the package's
modules have the same hook, which waits until the import of each one that has started is complete.
"""

import pathlib
import sys
import types
from collections.abc import Iterator

import keras_gan

import wrapt

complete = set()  # names of the modules that are imported completely


def register_classes(module: types.ModuleType) -> None:
    """Imports all public modules, if Keras and all modules that have started are complete."""
    complete.add(module.__name__)
    if "keras" in complete and complete >= sys.modules.keys() & HOOKED:
        for name in keras_gan.__all__:
            getattr(keras_gan, name)


def module_names() -> Iterator[str]:
    """Yields the names of all modules of the package."""
    root = pathlib.Path(__file__).parent
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        yield ".".join([__package__, *parts]).removesuffix(".__init__")


HOOKED = {"keras", *module_names()} - {__package__}
for name in sorted(HOOKED, key="keras".__eq__):  # Keras last, as its hook runs now if it is there
    wrapt.register_post_import_hook(register_classes, name)
