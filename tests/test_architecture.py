"""The house: what may import what.

Imports are read from the source, also those inside functions, which would hide a circle.
"""

import ast
import graphlib
import pathlib

import keras_gan

import pytest

PACKAGE = pathlib.Path(keras_gan.__file__).parent

# From the ground up: a room imports from the floors below its own alone.
FLOORS = (
    {"errors", "environment", "compilation", "machine", "replicas"},
    {"checks", "files", "gradients", "noise", "progress", "optimizers", "verdicts"},
    {"pictures", "batches", "layers", "losses", "schedules", "augment", "penalties"},
    {"networks", "datasets"},
    {"models", "metrics"},
    {"checkpoints", "export"},
    {"callbacks", "explore"},
    {"recipes"},
    {"runs"},
    {"cli"},
)
# Leaves know a model by its public methods alone.
LEAVES = {"callbacks", "datasets", "export", "metrics", "pictures"}


def read_graph():
    """Module -> the modules of the package that it imports."""
    modules = {name_of(path): path for path in PACKAGE.rglob("*.py")}
    return {name: imports_of(path, modules) - {name} for name, path in modules.items()}


def name_of(path):
    """`keras_gan.models.gan` of `models/gan.py`, `keras_gan.models` of `models/__init__.py`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path, modules):
    """The modules, as exactly as its import statements name them."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in modules else node.module for name in full}
    return names & set(modules)


def room_of(module):
    """`models` of `keras_gan.models.gan`."""
    return module.split(".")[1]


def crossings():
    """`(importing module, imported module)` of different rooms; the map itself is in none."""
    graph = read_graph()
    del graph["keras_gan"]
    return {
        (module, imported)
        for module, names in graph.items()
        for imported in names - {"keras_gan"}
        if room_of(module) != room_of(imported)
    }


def test_no_import_circle():
    graph = read_graph()
    assert len(graph) > 100
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(f"modules import each other: {' -> '.join(error.args[1])}")


def test_arrows_point_one_way():
    floors = {room: number for number, floor in enumerate(FLOORS) for room in floor}
    rooms = {room_of(module) for module in read_graph() if module != "keras_gan"}
    assert rooms == set(floors), "a room without a floor, or a floor without its room"
    wrong = {
        f"{module} -> {imported}"
        for module, imported in crossings()
        if floors[room_of(module)] <= floors[room_of(imported)]
    }
    assert not wrong


def test_leaves_know_a_model_by_its_public_methods():
    games = {"models", "recipes", "runs", "explore", "cli"}
    found = {
        f"{module} -> {imported}"
        for module, imported in crossings()
        if room_of(module) in LEAVES and room_of(imported) in games
    }
    assert not found


def test_models_know_no_leaf():
    found = {
        f"{module} -> {imported}"
        for module, imported in crossings()
        if room_of(module) == "models" and room_of(imported) in {*LEAVES, "files"}
    }
    assert not found
