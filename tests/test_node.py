"""The exported generator in Node, beside onnxruntime and NumPy in Python."""

import json
import pathlib
import subprocess
import sys

from keras_gan import export, pictures
from keras_gan.runtime import generator as python

import numpy as np
import pytest
from conftest import tiny_gan, tiny_style_gan
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))

import parity_runtimes

ROOT = pathlib.Path(__file__).parents[1]
DIGITS = ROOT / "saved_models" / "digits" / "generator.onnx"
SEEDS = (0, 1, 12345, 2**32 + 5, 2**53 - 1, 2**53 + 1, 2**63 - 1)


@pytest.fixture(scope="session")
def colours(tmp_path_factory):
    """A tiny generator of three classes of RGB images."""
    path = tmp_path_factory.mktemp("colours") / "generator.onnx"
    return export.to_onnx(tiny_gan(3, channels=3), path).path


def node(*words, **options):
    """Runs a program in Node."""
    return subprocess.run(
        ["node", *map(str, words)], capture_output=True, text=True, timeout=60, **options
    )


def evaluated(code, *names):
    """Evaluates an expression with the functions of generator.js; returns its value."""
    module = (ROOT / "keras_gan" / "runtime" / "generator.js").as_uri()
    program = (
        f"import {{ {', '.join(names)} }} from '{module}';\nconsole.log(JSON.stringify({code}))"
    )
    told = node("--input-type=module", "-e", program)
    assert told.returncode == 0, told.stderr
    return json.loads(told.stdout)


def test_noise_is_the_same_as_in_python():
    seeds = ", ".join(f"{seed}n" for seed in SEEDS)
    code = (
        f"[{seeds}].map((seed) => [bits(4099, seed), normal(bits(4099, seed)), unit(bits(9, seed))]"
    )
    found = evaluated(f"{code}.map((values) => Array.from(values)))", "bits", "normal", "unit")
    for seed, (bits, normal, unit) in zip(SEEDS, found, strict=True):
        numbers = python.bits([4099], [seed])
        assert np.array_equal(bits, numbers.reshape(-1))
        expected = python.normal(numbers).reshape(-1)
        received = np.array(normal, "float32")
        apart = np.abs(received.view("int32").astype(int) - expected.view("int32"))
        assert apart.max() <= 3  # units in the last place
        assert np.array_equal(unit, python.unit(python.bits([9], [seed])).reshape(-1))


def test_pixels_are_rounded_half_to_even_and_clipped():
    values = [-2, -1, 0, 1, 2, *((2 * k + 1) / 255 - 1 for k in range(6))]
    found = evaluated(f"Array.from(toUint8(Float32Array.from({values})))", "toUint8")
    assert found == python.to_uint8(np.array(values, "float32")).tolist()


@pytest.mark.parametrize("seed", ["-1", "-1n", "2 ** 53", "1.5", "2n ** 63n", "NaN", "'7'", "null"])
def test_what_is_no_seed_is_refused(seed):
    code = (
        f"(() => {{ try {{ return bits(4, {seed}) }} catch (error) {{ return error.message }} }})()"
    )
    assert "seed" in evaluated(code, "bits")


@pytest.mark.parametrize("model", ["digits", "colours"])
@pytest.mark.parametrize(("seed", "label"), [(0, None), (2**63 - 1, 1)])
def test_png_is_the_same_as_in_python(node_app, colours, tmp_path, model, seed, label):
    model = DIGITS if model == "digits" else colours
    out = tmp_path / "samples.png"
    words = [model, out, "--count", 7, "--seed", seed, "--truncation", 0.7]
    told = node("sample.mjs", *words, *(["--label", label] if label else []), cwd=node_app)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == f"{out}: 7 samples, seed {seed}\n"
    generator = python.Generator(model)
    labels = np.arange(7) % len(generator.classes) if label is None else label
    expected = pictures.grid(generator.sample(7, seed, labels, truncation=0.7)).numpy()
    received = np.array(Image.open(out), int).reshape(expected.shape)
    assert np.abs(received - expected).max() <= 1


def test_a_network_that_truncates_itself(node_app, tmp_path):
    """Truncates by the file's input; without it, values below 1 are refused."""
    gan, out, found = tiny_style_gan(), tmp_path / "samples.png", {}
    for given in (False, True):
        path = tmp_path / f"{given}.onnx"
        export.to_onnx(gan, path, interface=export.Interface(truncation=given))
        found[given] = node("sample.mjs", path, out, "--truncation", 0.5, cwd=node_app)
    assert "export it with keras-gan export --truncation" in found[False].stderr
    assert (found[True].returncode, found[True].stderr) == (0, "")
    expected = pictures.grid(gan.sample(16, truncation=0.5)).numpy()
    received = np.array(Image.open(out), int).reshape(expected.shape)
    assert np.abs(received - expected).max() <= 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected a model and a picture"),
        ([ROOT / "README.md", "x.png"], "expected a generator that keras_gan exported"),
        ([DIGITS, "x.png", "--label", "10"], "expected every label from 0 to 9, got 10"),
        ([DIGITS, "x.png", "--label", "three"], "expected one integer label or 16"),
        ([DIGITS, "x.png", "--seed=-1"], "expected a seed from 0"),
        ([DIGITS, "x.png", "--seed", str(2**63)], "expected seed from 0 to"),
        ([DIGITS, "x.png", "--count", "0"], "expected count from 1"),
        ([DIGITS, "x.png", "--truncation", "2"], "expected truncation from 0 to 1, got 2"),
    ],
)
def test_bad_words_are_told_without_a_picture(node_app, words, message):
    told = node("sample.mjs", *words, cwd=node_app)
    assert told.returncode == 1
    assert message in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert not (node_app / "x.png").exists()


def test_parity_is_measured_in_node(node_app):
    generator = python.Generator(DIGITS)
    latents, labels = generator.latents(5, seed=3), np.arange(5, dtype="int32")
    found = parity_runtimes.in_node(DIGITS, latents, labels, repeats=2, app=node_app)
    (expected,) = generator.session.run(["images"], {"latents": latents, "labels": labels})
    assert np.abs(found["samples"] - expected).max() <= 1e-5
    assert set(found["milliseconds"]) == {1, 64}
    assert found["cold_start"] > 0
