"""keras_gan: learn the distribution of a data set and sample from it, with Keras.

The names in `__init__.pyi`, which type checkers read, are imported on first use, as TensorFlow
takes seconds.
"""

import ast
import importlib
import pathlib

import keras_gan.environment  # noqa: F401 - before anything imports TensorFlow


def read_names() -> dict[str, str]:
    """Reads the public names from `__init__.pyi`, as name -> module that holds it."""
    stub = ast.parse(pathlib.Path(__file__).with_suffix(".pyi").read_text("utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module for node in imports for alias in node.names}


MODULES = read_names()
__all__ = sorted(MODULES)


def __getattr__(name: str):
    """Imports a public module or class on first use (PEP 562)."""
    if name == "__version__":
        from importlib import metadata

        return metadata.version(__name__)
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if MODULES[name] == __name__:
        return importlib.import_module(f"{__name__}.{name}")
    return getattr(importlib.import_module(MODULES[name]), name)


def __dir__() -> list[str]:
    """Returns the names of this module, imported or not."""
    return sorted({*globals(), *__all__})


from keras_gan import registration  # noqa: E402, F401 - it uses the names above
