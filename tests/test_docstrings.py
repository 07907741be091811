"""The examples in docstrings run, and public names have docstrings."""

import doctest
import importlib
import inspect
import pkgutil

import keras_gan

import pytest

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(keras_gan.__path__, prefix="keras_gan.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    results = doctest.testmod(importlib.import_module(name), raise_on_error=False)
    assert results.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    modules = [importlib.import_module(name) for name in MODULES]
    examples = [test for module in modules for test in finder.find(module) if test.examples]
    assert len(examples) >= 10


def test_what_the_map_names_is_there_and_documented():
    for name in keras_gan.__all__:
        public = getattr(keras_gan, name)
        assert inspect.getdoc(public), name
        for inner in getattr(public, "__all__", ()):
            value = getattr(public, inner)
            assert not callable(value) or inspect.getdoc(value), f"{name}.{inner}"
