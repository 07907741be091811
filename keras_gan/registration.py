"""Registers the package's classes with Keras as soon as both are imported, in any order.

`keras.models.load_model` finds classes that are registered, and importing their modules registers
them. `import keras_gan` imports none of these modules, as TensorFlow takes seconds. So they are
imported after Keras, by a post-import hook.

A module of this package may be the first to import Keras, as in `from keras_gan.losses import
Hinge`. Its own import isn't complete then, and other modules can't import it yet. So the package's
modules have the same hook, which waits until the import of each one that has started is complete.
"""

import importlib.abc
import importlib.machinery
import pathlib
import sys
from collections.abc import Iterator

import keras_gan

complete = set()  # names of the modules that are imported completely


def register_classes(*names: str) -> None:
    """Imports all public modules, if Keras and all modules that have started are complete.

    Args:
        *names: Names of modules that are now imported completely.
    """
    complete.update(names)
    if "keras" in complete and complete >= sys.modules.keys() & HOOKED:
        for name in keras_gan.__all__:
            getattr(keras_gan, name)


def module_names() -> Iterator[str]:
    """Yields the names of all modules of the package."""
    root = pathlib.Path(__file__).parent
    for path in root.rglob("*.py"):
        parts = path.relative_to(root).with_suffix("").parts
        yield ".".join([__package__, *parts]).removesuffix(".__init__")


class PostImportHook:
    """Calls `register_classes` after the import of a module: a finder of `sys.meta_path`."""

    def find_spec(self, name: str, *arguments) -> importlib.machinery.ModuleSpec | None:
        """Returns what the other finders find, with the hook at the end of its loading."""
        if name not in HOOKED or sys.modules.get(__name__) is not THIS:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, (finder.find_spec(name, *arguments) for finder in others)), None)
        if spec and spec.loader:
            load_once(spec.loader, name)
        return spec


def load_once(loader: importlib.abc.Loader, name: str) -> None:
    """Lets a loader call `register_classes` after its next module, and then be as it was."""
    load = loader.exec_module

    def load_and_register(module):
        del loader.exec_module  # pickle refuses functions of functions
        load(module)
        register_classes(name)

    loader.exec_module = load_and_register


HOOKED = {"keras", *module_names()} - {__package__}
# a package that is removed from sys.modules and imported anew has a new hook
THIS = sys.modules[__name__]
sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != __name__]
sys.meta_path.insert(0, PostImportHook())
register_classes(*filter(sys.modules.get, HOOKED))
