"""What the tests share: tiny networks and the folder of real data sets."""

import contextlib
import gc
import io
import os
import pathlib
import shutil
import subprocess

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
# The tests' networks are so small that most of their time is XLA's compiling: machine code as it
# comes takes it a quarter of the time. Nothing else of what XLA does changes
os.environ.setdefault(
    "XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
)

import keras_gan as kg
from keras_gan import compilation
from keras_gan.networks import compute_dtypes
from keras_gan.runtime import Generator

import keras
import numpy as np
import pytest
import tensorflow as tf

# What takes longest begins first, so that no worker is left alone with it at the end
LONGEST = (
    *("replicas", "parity", "kills", "resume", "cli", "interrupted_runs", "progressive"),
    *("stylegan2", "updates", "fuzz", "gan", "r3gan", "memory", "half_steps", "datasets"),
    *("resnet", "export", "records", "run_evaluation", "verdicts", "sizes", "callbacks"),
    *("windows", "choosing", "recipes", "explore_cli", "step_export", "onnx_options", "schedules"),
)


def pytest_configure(config):
    """xdist hands the files out as they were collected, instead of by their number of tests.

    Tracing makes many small objects at once, few of them garbage: looking for it as often as Python
    does takes a seventh of the time.
    """
    config.option.loadscopereorder = False
    gc.set_threshold(20_000, 20, 100)


def pytest_collection_modifyitems(items):
    """Sorts the files by how long they take."""
    ranks = {f"test_{name}.py": rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.name, len(ranks)))


@pytest.fixture(autouse=True)
def fixed_seed():
    """Every test starts from the same global seed and in float32."""
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("float32")


@pytest.fixture(scope="module", autouse=True)
def forgotten():
    """What a file of tests has traced and compiled doesn't wait for the others' end."""
    yield
    keras.utils.clear_session()
    gc.collect()


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data sets that KERAS_GAN_DATA names."""
    if "KERAS_GAN_DATA" not in os.environ:
        pytest.skip("KERAS_GAN_DATA names no folder of real data sets")
    return pathlib.Path(os.environ["KERAS_GAN_DATA"])


@pytest.fixture
def small_disk(tmp_path):
    """Makes a file system of so many kilobytes, and gives its folder."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "disk"
    folder.mkdir()

    def make(kilobytes):
        mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder]
        if subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("no file system can be mounted here")
        return folder

    yield make
    subprocess.run(["umount", folder], capture_output=True)


def tiny_gan(num_classes=None, size=8, channels=1, dtype=None, seed=0, **networks):
    """A DCGAN of a few thousand weights."""
    shape = (size, size, channels)
    return kg.GAN(
        kg.networks.DCGANGenerator(shape, 6, 4, num_classes, dtype=dtype),
        kg.networks.DCGANDiscriminator(shape, 4, num_classes, dtype=dtype, **networks),
        seed=seed,
    )


def tiny_style_gan(num_classes=None):
    """A StyleGAN2 whose noise and average of w are not the zeros of the beginning."""
    small = {"width": 4, "num_classes": num_classes, "mapping_layers": 1, "max_width": 8}
    gan = kg.GAN(
        kg.networks.StyleGAN2Generator((8, 8, 3), 8, **small),
        kg.networks.StyleGAN2Discriminator((8, 8, 3), **small),
        seed=5,
    )
    for network in (gan.generator, gan.moving_average):
        network.get_layer("mapping").average.assign(np.linspace(-1, 1, 8))
        for layer in network.layers:
            if isinstance(layer, kg.layers.PixelNoise):
                layer.strength.assign(0.3)
    return gan


def random_images(count=32, size=8, channels=1, seed=0):
    """Noise in [-1, 1]."""
    values = np.random.default_rng(seed).uniform(-1, 1, (count, size, size, channels))
    return values.astype("float32")


def spread(gan):
    """A game whose averaged generator has larger weights, so that its pictures differ."""
    random, network = np.random.default_rng(0), gan.moving_average
    weights = [w + random.normal(0, 0.3, w.shape) for w in network.get_weights()]
    for network in (gan.generator, gan.moving_average):
        network.set_weights(weights)
    return gan


@pytest.fixture(scope="session")
def digits_like():
    """A game of three classes, 8x8, whose pictures differ; no test changes it."""
    keras.utils.set_random_seed(0)
    return spread(tiny_gan(num_classes=3))


@pytest.fixture(scope="session")
def plain():
    """A game without classes, 8x8 in colour, whose pictures differ; no test changes it."""
    keras.utils.set_random_seed(0)
    return spread(tiny_gan(channels=3))


@pytest.fixture(scope="session")
def styled():
    """A game whose generator has styles; no test changes it."""
    from tiny_styles import TinyStyles

    keras.utils.set_random_seed(0)
    return kg.GAN(TinyStyles(), kg.networks.DCGANDiscriminator((8, 8, 1), 4))


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A finished tiny run of five steps, and what it told; no test changes it."""
    from commands import train

    folder = tmp_path_factory.mktemp("runs") / "digits"
    with contextlib.redirect_stdout(io.StringIO()) as told:
        assert train(folder, "--steps", 5) == 0
    folder.with_name("told.txt").write_text(told.getvalue())
    return folder


def state_of(gan):
    """Every variable of a model and of its optimizers, by name."""
    variables = [*gan.weights, *gan.other_state()]
    variables = {f"model/{v.path}/{i}": v for i, v in enumerate(variables)}
    for player in gan.players:
        optimizer = getattr(gan, f"{player}_optimizer")
        variables |= {f"{player}/{v.path}/{i}": v for i, v in enumerate(optimizer.variables)}
    return {name: np.array(variable) for name, variable in variables.items()}


def weights_of(network):
    """Copies of what a network learns."""
    return [np.array(weight) for weight in network.trainable_weights]


def moved(before, network):
    """Of each such weight, whether it isn't what it was."""
    pairs = zip(before, network.trainable_weights, strict=True)
    return [not np.array_equal(a, np.array(b)) for a, b in pairs]


def differing(first, second):
    """Names of the entries that are not equal bit for bit."""
    assert len(first) == len(second)
    pairs = zip(first, first.values(), second.values(), strict=True)
    return [name for name, a, b in pairs if a.tobytes() != b.tobytes()]


@contextlib.contextmanager
def without_values():
    """Networks that are built meanwhile know their weights' shapes, and take no memory for them."""
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        keras.utils.clear_session()  # Keras would make the values at the next occasion


def check_twenty_compiled_steps(gan, images, labels=None):
    """Under XLA in bfloat16 all numbers stay finite, and the losses and every weight move."""
    assert gan.jit_compile is True
    assert all("bfloat16" in compute_dtypes(getattr(gan, player)) for player in gan.players)
    before = [np.array(weight) for weight in gan.trainable_weights]
    fit = {"batch_size": 8, "steps_per_epoch": 10, "epochs": 2, "verbose": 0}
    logs = gan.fit(images, labels, **fit).history
    assert int(gan.step) == 20
    assert np.isfinite(list(logs.values())).all()
    assert all(logs[name][0] != logs[name][1] for name in ("d_loss", "g_loss"))
    pairs = zip(gan.trainable_weights, before, strict=True)
    assert [weight.path for weight, old in pairs if np.array_equal(weight, old)] == []
    assert all(np.isfinite(value).all() for value in state_of(gan).values())
    return logs


def check_step_under_xla(make, real):
    """Both players' half-steps are the same compiled by XLA, to 0.001 of a number or 0.0001.

    Args:
        make: `() -> game`, which draws nothing in a step, as XLA draws other numbers.
        real: `(samples, labels)`.
    """
    found = []
    for jit in (False, True):
        keras.utils.set_random_seed(1)
        gan = make()
        shape = (len(real[0]), gan.latent_dim)
        latents = tf.constant(np.random.default_rng(0).normal(size=shape).astype("float32"))
        before = [np.array(weight) for weight in gan.trainable_weights]

        seen, duel = gan.next_duel(real)

        @tf.function(jit_compile=jit, autograph=False)
        def step(gan=gan, jit=jit, seen=seen, duel=duel, latents=latents):
            with compilation.in_this_process(jit):
                noise = kg.models.Noise(latents, kg.noise.make_key(0))
                return gan.shared_step(duel, seen, noise)

        measured = step()
        weights = [np.array(weight) for weight in gan.trainable_weights]
        assert any(map(np.any, map(np.not_equal, weights, before)))
        found.append([*map(float, measured.values()), *weights])
    for plain, compiled in zip(*found, strict=True):
        np.testing.assert_allclose(plain, compiled, rtol=1e-3, atol=1e-4)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server of the shipped digits."""
    from server_process import ServerProcess, copy_digits

    folder = copy_digits(tmp_path_factory.mktemp("served"))
    with ServerProcess(folder, "--timeout", 2, "--max-body", 300_000, "--max-count", 256) as server:
        yield server
        assert "Traceback" not in server.log()


@pytest.fixture(scope="session")
def generator():
    """The shipped digits in the runtime that the server has."""
    from server_process import GENERATOR

    return Generator(GENERATOR)


@pytest.fixture(scope="session")
def browser():
    """A real Chromium without a window, whose console is read."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("no chromium and chromedriver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


ROOT = pathlib.Path(__file__).parents[1]


@pytest.fixture(scope="session")
def node_app(tmp_path_factory):
    """The example app for Node with onnxruntime-node; a copy where that isn't installed."""
    if shutil.which("node") is None:
        pytest.skip("no Node on this machine")
    app = ROOT / "tools" / "node"
    if (app / "node_modules").exists():
        return app
    if shutil.which("npm") is None:
        pytest.skip("no npm on this machine to install onnxruntime-node with")
    copy = tmp_path_factory.mktemp("node")
    for folder in ("tools/node", "keras_gan/runtime"):
        shutil.copytree(ROOT / folder, copy / folder)
    install = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=copy / "tools" / "node", check=True, capture_output=True)
    return copy / "tools" / "node"


def resize(browser, width, height=900):
    """Makes the page as wide as a screen of so many pixels."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
