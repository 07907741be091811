"""Registers the package's classes with Keras once both are imported, in whatever order.

`keras.models.load_model` finds a class if its module has been imported, and `import keras_gan`
imports none of them. So Keras's import brings them along. Where it is a module of the package that
imports Keras, that one is half imported itself, and the classes wait until it is whole.
"""

import pathlib
import sys

import keras_gan

import wrapt

whole = set()  # names of the modules whose import has ended


def register_classes(module):
    """Imports all that the package names, once Keras and what has been begun are whole."""
    whole.add(module.__name__)
    if "keras" in whole and whole >= sys.modules.keys() & WATCHED:
        for name in keras_gan.__all__:
            getattr(keras_gan, name)


def module_names():
    """Yields the names of the package's modules, imported or not."""
    root = pathlib.Path(__file__).parent
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        yield ".".join([__package__, *parts]).removesuffix(".__init__")


WATCHED = {"keras", *module_names()} - {__package__}
for name in sorted(WATCHED, key="keras".__eq__):  # Keras last, as it may be there already
    wrapt.register_post_import_hook(register_classes, name)
