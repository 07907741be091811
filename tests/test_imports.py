"""`import keras_gan` is quick, and Keras knows its classes in whatever order both are imported."""

import concurrent.futures
import itertools
import pathlib
import subprocess
import sys

import keras_gan as kg
from keras_gan import options
from keras_gan.files.keras_file import save_model

import keras
import numpy as np
import pytest
from commands import words
from conftest import random_images, tiny_gan

PACKAGES = ("keras_gan", "keras", "tensorflow")
ORDERS = [
    *map("import {0[0]}, {0[1]}, {0[2]}".format, itertools.permutations(PACKAGES)),
    "import keras_gan, tensorflow; tensorflow.keras.models",
    # a module of the package is half imported where it imports Keras
    "import keras_gan.networks.dcgan",
    "from keras_gan.losses import Hinge",
    "from keras_gan.files.keras_file import save_model",
]


def in_new_process(code):
    """Runs a program; returns its output."""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return ended.stdout.strip() or ended.stderr


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The output of `keras.models.load_model` on a model, by the imports before it."""
    path = tmp_path_factory.mktemp("imports") / "gan.keras"
    gan = tiny_gan(num_classes=3)
    gan.compile(loss="hinge", penalties=[kg.penalties.R1(1.0)], augmentation="ada")
    gan.fit(random_images(8), np.arange(8) % 3, batch_size=4, verbose=0)
    gan.save(path)
    load = f"import keras; gan = keras.models.load_model({str(path)!r})"
    told = "print(type(gan).__module__, type(gan.rules.loss).__name__, int(gan.step))"
    programs = [f"{imports}\n{load}\n{told}" for imports in ORDERS]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip(ORDERS, pool.map(in_new_process, programs), strict=True))


@pytest.mark.parametrize("imports", ORDERS)
def test_keras_loads_a_game_after_any_order_of_imports(loaded, imports):
    assert loaded[imports] == "keras_gan.models.gan Hinge 2"


def test_importing_keras_registers_every_class():
    code = (
        "import keras_gan, keras, pkgutil, importlib\n"
        "count = lambda: sum(map('keras_gan>'.__lt__, keras.saving.get_custom_objects()))\n"
        "known = [name for name in keras.saving.get_custom_objects()]\n"
        "for module in pkgutil.walk_packages(keras_gan.__path__, 'keras_gan.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(len(known) > 60 and known == list(keras.saving.get_custom_objects()))"
    )
    assert in_new_process(code) == "True"


def test_the_hook_leaves_no_trace():
    """Loaders can be pickled, and the package can be imported anew in the same process."""
    code = (
        "import pickle, sys, keras_gan.errors, keras\n"
        "pickle.dumps([keras.__spec__, keras_gan.errors.__loader__])\n"
        "for name in [name for name in sys.modules if name.startswith('keras_gan')]:\n"
        "    del sys.modules[name]\n"
        "import keras_gan\n"
        "print(len([each for each in sys.meta_path if 'registration' in type(each).__module__]))"
    )
    assert in_new_process(code) == "1"


def test_the_package_and_its_commands_are_light():
    code = (
        "import sys, keras_gan.cli\n"
        "keras_gan.cli.build_parser().format_help()\n"
        "print({'tensorflow', 'keras', 'numpy', 'PIL'} & set(sys.modules))"
    )
    assert in_new_process(code) == "set()"


def test_what_the_package_names_is_there_and_nothing_else():
    assert set(kg.__all__) <= set(dir(kg))
    assert {"GAN", "Rules", "load_model", "media", "runs"} <= set(kg.__all__)
    assert all(getattr(kg, name).__name__.endswith(name) for name in kg.__all__)
    assert kg.GAN is kg.models.GAN
    assert isinstance(kg.__version__, str)
    with pytest.raises(AttributeError, match="module 'keras_gan' has no attribute 'nothing'"):
        kg.nothing  # noqa: B018
    assert (pathlib.Path(kg.__file__).parent / "py.typed").exists()


def test_load_model_brings_back_a_game(tmp_path):
    gan = tiny_gan()
    gan.compile()
    gan.save(tmp_path / "gan.keras")
    again = kg.load_model(tmp_path / "gan.keras")
    assert (again.sample(3, seed=1) == gan.sample(3, seed=1)).all()


def test_load_model_refuses_code_and_what_is_no_model(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]).save(path)
    with pytest.raises(kg.errors.DataError, match=r"could not read a model from .*model\.keras"):
        kg.load_model(path)
    tiny_gan().save(tmp_path / "gan.keras")
    save_model(kg.load_model(tmp_path / "gan.keras"), path)
    content = path.read_bytes()
    path.write_bytes(content.replace(b"\x89HDF", b"\x89HDX"))
    with pytest.raises(kg.errors.DataError, match=r"it is damaged, as its checksum tells; copy"):
        kg.load_model(path)
    path.write_bytes(b"nothing")
    with pytest.raises(kg.errors.DataError, match=r"expected a \.keras file"):
        kg.load_model(path)
    for other in (None, 3, b"model.keras", [path]):
        with pytest.raises(kg.errors.ConfigError, match=r"a path as a str or a pathlib.Path, got "):
            kg.load_model(other)


@pytest.mark.parametrize(
    ("names", "registry"),
    [
        (options.AUGMENTATIONS, kg.augment.AUGMENTATIONS),
        (options.DATA_SETS, kg.datasets.NAMES),
        (options.METRICS, kg.metrics.METRICS),
        (options.STRATEGIES, kg.runs.STRATEGIES),
        (options.TRACKERS, kg.trackers.TRACKERS),
    ],
)
def test_options_are_what_the_registries_hold(names, registry):
    assert names == tuple(registry)


@pytest.mark.parametrize("command", ["", "train", "sample", "evaluate", "export", "recipes"])
def test_help_comes_without_tensorflow(command):
    code = (
        "import sys\nfor name in ('tensorflow', 'keras'): sys.modules[name] = None\n"
        f"from keras_gan.cli import main\nmain({words(*command.split(), '--help')})"
    )
    assert f"usage: keras-gan {command}".strip() in in_new_process(code)
