"""The README and its guides: code and commands run as they stand, links lead somewhere."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import keras_gan as kg
from keras_gan.cli import build_parser, main

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
from conftest import tiny_gan

ROOT = pathlib.Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DEPLOYMENT = (ROOT / "saved_models" / "README.md").read_text()
GUIDES = [
    *("README.md", "saved_models/README.md", "tools/README.md", "keras_gan/datasets/README.md"),
    *("keras_gan/explore/README.md", "keras_gan/metrics/README.md", "keras_gan/runs/README.md"),
]
LARGEST_README = 9_500  # bytes: a newcomer is through in five minutes


def blocks(text, language):
    """Returns the code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def block_after(title, language="python", text=README):
    """Returns the first code block of a section."""
    return blocks(text.split(f"## {title}\n", 1)[1], language)[0]


def lines_of(code):
    return [line for line in code.splitlines() if line.strip()]


def run_apps_lines(folder):
    """Returns what the README's lines print for the export in a folder, without TensorFlow."""
    code = block_after("In an app").replace("saved_models/digits", str(folder))
    assert len(lines_of(code)) == 6
    blocked = "import sys\nsys.modules['tensorflow'] = sys.modules['keras'] = None\n"
    return subprocess.run(
        [sys.executable, "-c", blocked + code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_apps_six_lines_run_without_tensorflow(run):
    assert run_apps_lines("saved_models/digits").startswith("(16, 28, 28, 1) -")
    assert run_apps_lines(run / "export").startswith("(16, 28, 28, 1) -")


def test_apps_six_lines_take_latents_of_other_sizes_without_classes(tmp_path):
    gan = tiny_gan()
    kg.export.to_onnx(gan, tmp_path / "generator.onnx")
    shutil.copyfile(ROOT / "keras_gan" / "runtime" / "generator.py", tmp_path / "generator.py")
    assert run_apps_lines(tmp_path).startswith("(16, 8, 8, 1) -")


def assert_ignored(names):
    """Asserts that git ignores files of these names in the repository's root."""
    if not (ROOT / ".git").exists():
        pytest.skip("no clone: there is no git to ask")
    names = sorted(names)
    words = ["git", "check-ignore", "--no-index", *names]
    ignored = subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout
    assert ignored.split() == names


def test_git_ignores_what_the_commands_leave():
    parsed = [
        build_parser().parse_args(words)
        for guide in GUIDES
        for line in "".join(blocks((ROOT / guide).read_text(), "bash")).splitlines()
        for words in commands_in(line.rstrip("\\"))
    ]
    outs = {getattr(each, name, None) for each in parsed for name in ("out", "web")}
    outs = {out for out in outs if out and not out.startswith("/") and not out.isupper()}
    assert {"runs/digits", "sevens.png", "walk.gif", "page"} <= outs
    assert_ignored(outs)


def test_apps_lines_with_the_file_beside_the_model():
    code = block_after("In Python", text=DEPLOYMENT)
    assert code.startswith("from generator import")
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
    code = block_after("With TF Serving", "bash", DEPLOYMENT)
    assert "saved_models/digits" in code
    loaded = tf.saved_model.load(str(ROOT / "saved_models" / "digits" / "1"))
    call = loaded.signatures["sample_png"]
    _, inputs = call.structured_input_signature
    sent = json.loads(re.search(r"-d '(.*?)'", DEPLOYMENT)[1])
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
def test_every_recipe_is_in_the_readme_and_the_listing(recipe, capsys):
    assert f"`{recipe}`" in README
    assert main(["recipes"]) == 0
    listing = capsys.readouterr().out.splitlines()
    (place,) = (index for index, line in enumerate(listing) if line.startswith(f"{recipe} "))
    steps = kg.recipes.numbers_of(kg.recipes.get(recipe))["steps"]
    assert f"steps {steps}, Adam" in listing[place + 1]


def test_the_readme_is_short():
    assert len(README.encode()) <= LARGEST_README


def anchors(path):
    """Returns the anchors of a file's headings, as GitHub generates them."""
    names = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    slugs = [re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in names]
    return [f"{s}-{slugs[:i].count(s)}" if s in slugs[:i] else s for i, s in enumerate(slugs)]


@pytest.mark.parametrize("guide", GUIDES)
def test_links_lead_to_files_and_headings(guide):
    path = ROOT / guide
    links = re.findall(r"\]\(([^)]+)\)", path.read_text())
    assert links
    for link in links:
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("guide", GUIDES)
def test_commands_are_as_the_parser_takes_them(guide):
    text = (ROOT / guide).read_text()
    for script in re.findall(r"\btools/[\w/]+\.\w+", text):
        assert (ROOT / script).exists(), script
    lines = "".join(blocks(text, "bash")).replace("\\\n", "").splitlines()
    commands = [words for line in lines for words in commands_in(line)]
    for words in commands:
        assert callable(build_parser().parse_args(words).command)
    assert commands or guide.startswith("tools")


def commands_in(line):
    """Returns the arguments of each `keras-gan` in a line of shell."""
    parts = re.split(r"&&|\|", re.sub(r"(^|\s)#.*", "", line))
    for words in map(shlex.split, parts):
        if "keras-gan" in words:
            yield words[words.index("keras-gan") + 1 :]


@pytest.mark.parametrize("guide", [name for name in GUIDES if name.startswith("keras_gan")])
def test_guides_code_runs(guide, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    codes = blocks((ROOT / guide).read_text(), "python")
    assert codes
    for code in codes:
        exec(compile(code, guide, "exec"), {})
    assert_ignored(path.name for path in tmp_path.iterdir())


def test_import_is_clean_and_light():
    """Importing gives no warning and loads no heavy library, which are imported on use."""
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
