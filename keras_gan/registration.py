"""Registers the package's classes with Keras once both are imported, in whatever order.

`keras.models.load_model` finds a class if its module has been imported, and `import keras_gan`
imports none of them. So Keras's import brings them along. Where it is a module of the package that
imports Keras, that one is half imported itself, and the classes wait until it is whole.
"""

import pathlib
import sys

import keras_gan

import wrapt


def module_names():
    """Yields the name of each module of the package, imported or not."""
    root = pathlib.Path(__file__).parent
    for path in root.rglob("*.py"):
        parts = path.relative_to(root.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {"keras", *module_names()} - {__package__}
whole = set()


def register_classes(module):
    """Imports all that the package names, once Keras and what has been begun are whole."""
    whole.add(module.__name__)
    if "keras" in whole and whole >= MODULES & sys.modules.keys():
        for name in keras_gan.__all__:
            getattr(keras_gan, name)


for name in MODULES:
    wrapt.register_post_import_hook(register_classes, name)
