"""The architecture: which module may import which.

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
    {"errors", "environment", "compilation", "notebook", "options", "replicas", "tf32"},
    {
        "checks",
        "files",
        "finite",
        "gradients",
        "convolutions",
        "machine",
        "memory",
        "noise",
        "optimizers",
    },
    {"progress", "trackers"},
    {"runtime", "verdicts", "device_arrays"},
    {"pictures", "batches", "layers", "losses", "schedules", "penalties"},
    {"media"},
    {"scaling"},
    {"augment", "networks", "datasets", "signature"},
    {"sampling"},
    {"models", "metrics"},
    {"checkpoints", "export"},
    {"callbacks", "explore"},
    {"recipes"},
    {"runs"},
    {"cli"},
    {"__main__"},
)
MAP = {"keras_gan", "keras_gan.registration"}  # they name what the rooms hold
# Leaves know a model by its public methods alone.
LEAVES = {"callbacks", "datasets", "export", "metrics"}


def read_graph():
    """Returns module -> imported modules of the package, without the map."""
    modules = {name_of(path): path for path in PACKAGE.rglob("*.py")}
    graph = {name: imports_of(path, modules) - {name, *MAP} for name, path in modules.items()}
    return {name: graph[name] for name in graph.keys() - MAP}


def name_of(path):
    """Returns a module's name: `keras_gan.models` for `models/__init__.py`."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path, modules):
    """Returns the modules that import statements name, as exactly as they name them."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in modules else node.module for name in full}
    return names & set(modules)


def room_of(module):
    """Returns `models` for `keras_gan.models.gan`."""
    return module.split(".")[1]


def crossings():
    """Returns `(importing module, imported module)` for imports between rooms."""
    return {
        (module, imported)
        for module, names in read_graph().items()
        for imported in names
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
    assert {room_of(module) for module in read_graph()} <= set(floors), "a room without a floor"
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
        if room_of(module) == "models" and room_of(imported) in LEAVES
    }
    assert not found


def test_the_map_is_for_those_outside():
    """Inside, it would hide the direction of an import; commands import late."""
    modules = {name_of(path): path for path in PACKAGE.rglob("*.py")}
    users = {name for name, path in modules.items() if imports_of(path, modules) & MAP}
    assert {room_of(name) for name in users - MAP} <= {"cli", "__main__"}
