"""What the README shows must run as it stands."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import keras_gan as kg

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block_after(title, language="python"):
    """The first code block of a section."""
    section = README.split(f"## {title}\n", 1)[1]
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)[1]


def lines_of(code):
    return [line for line in code.splitlines() if line.strip()]


def test_keras_users_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = block_after("In your own code")
    assert len(lines_of(code)) <= 15
    assert "epochs=5" in code
    short = code.replace("epochs=5", "epochs=1, steps_per_epoch=3")
    names = {}
    exec(compile(short, "README.md", "exec"), names)
    assert names["images"].shape == (64, 28, 28, 1)
    assert int(names["gan"].step) == 3
    assert {"digits.keras", "digits.onnx", "samples", "served"} <= {
        path.name for path in tmp_path.iterdir()
    }


def test_apps_six_lines_run_without_tensorflow():
    code = block_after("In an app")
    assert len(lines_of(code)) == 6
    blocked = "import sys\nsys.modules['tensorflow'] = sys.modules['keras'] = None\n"
    told = subprocess.run(
        [sys.executable, "-c", blocked + code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert told.startswith("(16, 28, 28, 1) -")


def test_apps_lines_with_the_file_beside_the_model():
    code = re.search(r"```python\n(from generator import .*?)```", README, re.DOTALL)[1]
    blocked = "import sys\nsys.modules['tensorflow'] = sys.modules['keras'] = None\n"
    told = subprocess.run(
        [sys.executable, "-c", f"{blocked}{code}print(threes.shape, threes.dtype)"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "saved_models" / "digits")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.strip() == "(16, 28, 28, 1) uint8"


def test_serving_call_fits_the_signature():
    code = block_after("With TF Serving", "bash")
    assert "saved_models/digits" in code
    loaded = tf.saved_model.load(str(ROOT / "saved_models" / "digits" / "1"))
    call = loaded.signatures["sample_png"]
    _, inputs = call.structured_input_signature
    sent = json.loads(re.search(r"-d '(.*?)'", README)[1])
    assert sent["signature_name"] == "sample_png"
    assert set(inputs) == set(sent["inputs"])
    tensors = {name: tf.constant(sent["inputs"][name], spec.dtype) for name, spec in inputs.items()}
    content = call(**tensors)["png_bytes"]
    assert tf.io.decode_png(content).shape == (112, 112, 1)


def test_both_shipped_generators_make_the_same_digits():
    folder = ROOT / "saved_models" / "digits"
    loaded = tf.saved_model.load(str(folder / "1"))
    session = onnxruntime.InferenceSession(folder / "generator.onnx")
    latents = np.random.default_rng(1).standard_normal((64, 32), "float32")
    labels = np.arange(64, dtype="int32") % 10
    served = loaded.signatures["serving_default"](
        latents=tf.constant(latents), labels=tf.constant(labels)
    )["images"]
    run = session.run(["images"], {"latents": latents, "labels": labels})[0]
    assert np.abs(run - served).max() <= 1e-5
    runtime = ROOT / "keras_gan" / "runtime" / "generator.py"
    assert (folder / "generator.py").read_text() == runtime.read_text()
    served = folder / "1" / "assets.extra" / "generator.onnx"
    assert served.read_bytes() == (folder / "generator.onnx").read_bytes()
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".png"]
    contents = {path.read_bytes() for path in files}  # a clone has equal files once
    assert sum(map(len, contents)) < 3e6


@pytest.mark.parametrize("recipe", kg.recipes.RECIPES)
def test_every_recipe_is_in_the_readme(recipe):
    assert f"| `{recipe}` |" in README
    assert f"{kg.recipes.get(recipe).steps:,} steps" in README


def test_import_is_clean_and_light():
    """No warning, and nothing heavy: those libraries are imported where they are used."""
    code = (
        "import sys, keras\n"
        "before = set(sys.modules)\n"
        "import keras_gan\n"
        "heavy = ('tf2onnx', 'onnx', 'onnxruntime', 'matplotlib', 'tensorflow_datasets', 'PIL')\n"
        "print([name for name in heavy if name in set(sys.modules) - before])"
    )
    told = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"
    assert "Warning" not in told.stderr


def test_console_script_is_installed():
    command = pathlib.Path(sys.executable).with_name("keras-gan")
    assert shutil.which(command)
