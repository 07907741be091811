"""What GPUs need, tested on a processor: settings, scaling, data on the device, true float32."""

import json
import os
import pathlib
import subprocess
import sys

import keras_gan as kg
from keras_gan import environment, media, memory, metrics, runs, scaling
from keras_gan.cli import main
from keras_gan.errors import ConfigError, DataError, OutOfMemoryError
from keras_gan.tf32 import allow_tf32

import keras
import numpy as np
import pytest
import tensorflow as tf
from commands import TRAIN, newest, refused, train, words

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1)).astype("uint8")
SAMPLES = PIXELS.astype("float32") / np.float32(127.5) - np.float32(1)


def tf32_is_allowed():
    return tf.config.experimental.tensor_float_32_execution_enabled()


def game():
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), 4, 4), kg.networks.DCGANDiscriminator((8, 8, 1), 4)
    )
    gan.compile()
    return gan


@pytest.fixture
def gpu_machine(tmp_path, monkeypatch):
    """An environment without GPU settings, on a machine with a GPU's device file."""
    for name in ("TF_FORCE_GPU_ALLOW_GROWTH", "XLA_FLAGS", "TF_XLA_FLAGS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    (tmp_path / "nvidia0").touch()
    monkeypatch.setattr(environment, "GPU_FILES", str(tmp_path / "nvidia[0-9]*"))
    monkeypatch.setenv(environment.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path


def test_a_gpu_gets_its_settings(gpu_machine):
    environment.prepare_gpu()
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    assert os.environ["XLA_FLAGS"] == "--xla_gpu_deterministic_ops=true"
    flag, _, folder = os.environ["TF_XLA_FLAGS"].partition("=")
    assert flag == "--tf_xla_persistent_cache_directory"
    assert os.path.dirname(folder) == str(gpu_machine / "cache")
    assert os.path.isdir(folder)


def test_settings_of_the_user_are_kept(gpu_machine, monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_deterministic_ops=false")
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    monkeypatch.setenv(environment.CACHE_VARIABLE, environment.NO_CACHE)
    environment.prepare_gpu()
    assert os.environ["XLA_FLAGS"] == "--xla_gpu_deterministic_ops=false"
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"
    assert "TF_XLA_FLAGS" not in os.environ


def test_without_a_gpu_nothing_is_set(gpu_machine):
    (gpu_machine / "nvidia0").unlink()
    environment.prepare_gpu()
    assert "XLA_FLAGS" not in os.environ
    assert "TF_XLA_FLAGS" not in os.environ


def test_each_set_of_flags_has_its_cache(gpu_machine, monkeypatch):
    first = environment.compilation_cache()
    monkeypatch.setenv("XLA_FLAGS", "--xla_gpu_deterministic_ops=false")
    assert environment.compilation_cache() != first


def test_another_kind_of_compilation_has_a_cache_of_its_own(gpu_machine):
    environment.prepare_gpu()
    before = os.environ["TF_XLA_FLAGS"]
    for _ in range(2):
        environment.separate_cache("float32")
    assert os.environ["TF_XLA_FLAGS"] == f"{before}/float32"
    assert os.path.isdir(os.environ["TF_XLA_FLAGS"].partition("=")[2])


COMPILE = """
import glob, sys
real, glob.glob = glob.glob, lambda path: [path] if "nvidia" in path else real(path)
for name in sys.argv[1:]:
    __import__(name)
from keras_gan import environment
if sys.argv[1] == "keras_gan":
    environment.separate_cache("float32")
import tensorflow as tf
tf.function(lambda x: x @ x, jit_compile=True)(tf.ones((2, 2)))
"""


@pytest.mark.parametrize("imports", [("tensorflow", "keras", "keras_gan"), ("keras_gan",)])
def test_settings_come_in_time_whatever_is_imported_first(imports, gpu_machine):
    subprocess.run([sys.executable, "-c", COMPILE, *imports], check=True, capture_output=True)
    (compiled,) = (path for path in (gpu_machine / "cache").rglob("*") if path.is_file())
    assert compiled.name.startswith("xla_compile_cache")
    assert (compiled.parent.name == "float32") == (imports == ("keras_gan",))


def test_a_cache_of_the_user_is_kept(gpu_machine, monkeypatch):
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory=/mine")
    environment.separate_cache("float32")
    assert os.environ["TF_XLA_FLAGS"] == "--tf_xla_persistent_cache_directory=/mine"


def test_a_cache_that_cannot_be_made_warns(gpu_machine):
    (gpu_machine / "cache").touch()
    with pytest.warns(UserWarning, match="expected a folder for compiled functions"):
        assert environment.compilation_cache() is None


def test_the_oldest_compiled_functions_are_removed(tmp_path):
    for age in range(4):
        path = tmp_path / f"flags{age % 2}" / f"{age}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 10)
        os.utime(path, (1000 - age, 1000 - age))
    environment.trim(tmp_path, 25)
    assert sorted(path.name for path in tmp_path.rglob("?")) == ["0", "1"]


@pytest.mark.parametrize("medium", [media.Image(), media.Sound(16_000)])
def test_stored_integers_are_scaled_to_the_same_bits_everywhere(medium):
    ((name, (scale, offset)),) = medium.integers.items()
    limits = np.iinfo(name)
    stored = np.arange(limits.min, limits.max + 1).astype(name)
    expected = stored.astype("float32") / np.float32(scale) - np.float32(offset)
    for jit_compile in (False, True):
        function = tf.function(lambda x: scaling.to_floats(x, medium), jit_compile=jit_compile)
        assert np.array_equal(function(tf.constant(stored)), expected)
    assert np.array_equal(scaling.to_floats(stored, medium), expected)


def test_unscalable_integers_are_refused():
    gan = game()
    with pytest.raises(DataError, match="expected images as uint8 or floats, got int32"):
        gan.fit(PIXELS.astype("int32"), batch_size=8, verbose=0)


@pytest.mark.parametrize(
    ("samples", "on_device"), [(PIXELS, False), (SAMPLES, True), (PIXELS, True)]
)
def test_stored_samples_and_data_on_the_device_train_the_same_weights(samples, on_device):
    weights = []
    for x, choice in ((SAMPLES, False), (samples, on_device)):
        keras.utils.set_random_seed(0)
        gan = game()
        for _ in range(2):
            gan.fit(x, batch_size=8, epochs=1, verbose=0, data_on_device=choice)
        weights.append(gan.get_weights())
    for first, second in zip(*weights, strict=True):
        assert np.array_equal(first, second)


def test_other_data_follow_data_on_the_device():
    gan = game()
    gan.fit(PIXELS, batch_size=8, verbose=0, data_on_device=True)
    gan.fit(PIXELS[:16], batch_size=8, verbose=0, data_on_device=True)
    gan.fit(SAMPLES, batch_size=8, verbose=0)
    assert int(gan.step) == 5 + 2 + 5


def resident_bytes():
    pages = pathlib.Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize("choice", [False, True])
def test_memory_does_not_grow_from_fit_to_fit(choice):
    gan = game()
    pixels = np.zeros((2**20, 8, 8, 1), "uint8")  # 64 MiB
    sizes = []
    for _ in range(10):
        gan.fit(pixels, batch_size=8, steps_per_epoch=1, verbose=0, data_on_device=choice)
        sizes.append(resident_bytes())
    assert sizes[-1] - sizes[2] < pixels.nbytes


class Huge(keras.layers.Layer):
    """Multiplies by the mean of more numbers than any memory holds."""

    def call(self, inputs):
        return inputs * tf.reduce_mean(tf.random.normal((2**24, 2**24)))


def test_exhausted_memory_is_named_with_what_helps():
    generator = kg.networks.DCGANGenerator((8, 8, 1), 4, 4)
    inputs = keras.Input((8, 8, 1))
    outputs = keras.layers.Dense(1)(keras.layers.Flatten()(Huge()(inputs)))
    gan = kg.GAN(generator, keras.Model(inputs, outputs))
    gan.compile(run_eagerly=True)  # TensorFlow tries for 10 s, in a graph several times
    with pytest.raises(OutOfMemoryError, match="smaller batch size, accumulation, remat, or bfl"):
        gan.fit(PIXELS, batch_size=8, verbose=0)


def test_the_reason_is_found_in_the_message_of_a_compiled_step():
    message = "Graph execution error:\n\nDetected at node mul\nOOM when allocating tensor [8,4].\n"
    reason = r"got: OOM when allocating tensor \[8,4\]\. Use a"
    remedy = memory.name_remedy(memory.IN_INFERENCE)
    with pytest.raises(OutOfMemoryError, match=reason), remedy:
        raise tf.errors.ResourceExhaustedError(None, None, message)


def test_data_that_cannot_lie_on_the_device_are_refused():
    gan = game()
    dataset = tf.data.Dataset.from_tensor_slices(SAMPLES).batch(8)
    with pytest.raises(ConfigError, match="can't be read by index"):
        gan.fit(dataset, verbose=0, data_on_device=True)
    with pytest.raises(ConfigError, match="True, False or 'auto', got 'always'"):
        gan.fit(SAMPLES, batch_size=8, verbose=0, data_on_device="always")


def test_sources_return_the_same_samples_stored_and_scaled():
    source = kg.datasets.open_source("digits")
    stored = next(iter(source.to_dataset(batch_size=16, shuffle=False, stored=True)))
    scaled = next(iter(source.to_dataset(batch_size=16, shuffle=False)))
    assert stored.dtype == tf.uint8
    assert np.array_equal(scaling.to_floats(stored, source.medium), scaled)


def test_indexed_data_hold_the_samples_in_order():
    source = kg.datasets.ArraySource("pixels", PIXELS)
    data = source.to_dataset(batch_size=8, stored=True).indexed
    assert data.num_bytes == PIXELS.nbytes
    assert np.array_equal(data.read(), PIXELS)


def test_metrics_and_samples_are_computed_in_true_float32():
    """A GPU would round their products to TF32."""
    seen = []

    class Recording(metrics.extractors.Extractor):
        def measure(self, samples):
            seen.append(tf32_is_allowed())
            return samples.reshape(len(samples), -1)[:, :4], None

    def sample(n, seed):
        seen.append(tf32_is_allowed())
        return np.random.default_rng(seed).uniform(-1, 1, (n, 8, 8, 1)).astype("float32")

    source = kg.datasets.ArraySource("pixels", PIXELS)
    assert tf32_is_allowed()
    evaluator = metrics.Evaluator(source, metrics.get(["frechet"], Recording("four")), count=40)
    evaluator.evaluate(sample)
    assert seen
    assert not any(seen)
    assert tf32_is_allowed()


def test_parity_is_checked_in_true_float32():
    from keras_gan.export import parity

    seen = []

    def run(inputs):
        seen.append(tf32_is_allowed())
        return np.zeros((len(inputs["latents"]), 8, 8, 1), "float32")

    signature = game().signatures()["serving_default"]
    parity.check_parity(signature, run, run, (1e-6, 1e-6), "copy")
    assert len(seen) == 2 * len(parity.BATCH_SIZES)
    assert not any(seen)


def test_a_run_keeps_its_choice_of_tf32(tmp_path, capsys):
    seen = []
    settings = runs.Settings(
        "dcgan", "digits", steps=2, batch_size=16, width=2, tf32=False, mixed_precision="float32"
    )
    runs.train(settings, tmp_path / "run", tell=lambda line: seen.append(tf32_is_allowed()))
    assert seen
    assert not any(seen)
    assert tf32_is_allowed()
    assert json.loads((tmp_path / "run/config.json").read_text())["tf32"] is False
    more = ["--out", tmp_path / "run", "--steps", "4"]
    assert "tf32: False there, True now" in refused(capsys, [*TRAIN, *more])
    assert train(tmp_path / "run", "--steps", "4", "--no-tf32") == 0


def test_a_run_with_its_data_on_the_device_trains_the_same_weights(tmp_path):
    for choice in ("yes", "no"):
        assert train(tmp_path / choice, "--steps", "4", "--data-on-device", choice) == 0
    first, second = (kg.load_model(newest(tmp_path / choice)) for choice in ("yes", "no"))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(one, other)


def broken_run(folder):
    """A run that commands begin to read, and refuse."""
    (folder / "config.json").write_text("{}")
    return folder


def test_a_gpu_that_is_missing_is_not_used(tmp_path, capsys):
    error = refused(capsys, ["sample", broken_run(tmp_path), "--device", "gpu"])
    assert "expected a GPU for --device gpu" in error


@pytest.mark.parametrize(
    ("options", "hidden"),
    [
        ([], True),
        (["--count", "65"], False),
        (["--device", "gpu"], False),
        (["--count", "65", "--device", "cpu"], True),
    ],
)
def test_few_samples_are_drawn_without_starting_a_gpu(options, hidden, tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert main(words("sample", broken_run(tmp_path), *options)) == 2
    assert (os.environ["CUDA_VISIBLE_DEVICES"] == "-1") == hidden


def test_tf32_is_restored_after_an_error():
    with pytest.raises(ValueError, match="stop"), allow_tf32(False):
        raise ValueError("stop")
    assert tf32_is_allowed()
