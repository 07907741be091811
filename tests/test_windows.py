"""Native Windows: what it refuses, its encodings and its shells, as far as Linux can tell."""

import ast
import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import keras_gan as kg
from keras_gan import runs
from keras_gan.errors import ConfigError, DataError
from keras_gan.files import atomic
from keras_gan.runs.exporting import file_name
from keras_gan.runtime.server.serving import read_token

import pytest
import windows_like
from conftest import random_images
from PIL import Image

TESTS = pathlib.Path(__file__).parent
ROOT = TESTS.parent
COMMANDS = [
    *("train 0", "train 0", "sample 0", "evaluate 0", "report 0", "export 0", "explore 0"),
    *("served b'\\x89PNG'", "serve 130", "sample 2"),
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A folder in which every command ran as on Windows, and what they wrote to a cp1252 file."""
    folder = tmp_path_factory.mktemp("as on Windows")
    for label, name in enumerate(("猫", "狗")):
        (folder / "数据" / name).mkdir(parents=True)
        for index, image in enumerate(random_images(8, seed=label)):
            picture = Image.fromarray(((image[..., 0] + 1) * 127.5).astype("uint8"))
            picture.save(folder / "数据" / name / f"{index}.png")
    out, err = (folder.parent / name for name in ("stdout.txt", "stderr.txt"))
    with out.open("wb") as stdout, err.open("wb") as stderr:
        ended = subprocess.run(
            [sys.executable, "-X", "warn_default_encoding", "windows_session.py", folder, out],
            cwd=TESTS,
            env={**os.environ, "PYTHONIOENCODING": "cp1252"},
            stdout=stdout,
            stderr=stderr,
            timeout=600,
        )
    assert ended.returncode == 0, err.read_text("cp1252")
    return folder, out.read_text("cp1252"), err.read_text("cp1252")


def test_every_command_works_as_on_windows(session):
    _, told, complained = session
    codes = re.findall(r"^(?:\w+ \d+|served .*)$", told, re.MULTILINE)
    assert codes == COMMANDS, complained
    assert "Traceback" not in complained


def test_what_cp1252_lacks_is_escaped(session):
    _, told, complained = session
    assert "\\u732b.png: 4 samples, seed 0" in told
    assert re.search(r"^http://127\.0\.0\.1:\d+/v1/models/%E6%A8%A1%E5%9E%8B$", told, re.MULTILINE)
    assert "expected a run folder at" in complained
    assert "\\u6ca1\\u6709" in complained


def test_the_files_are_those_of_other_systems(session):
    folder, _, _ = session
    run = folder / "输出" / "猫"
    assert json.loads((run / "config.json").read_bytes())["classes"] == ["狗", "猫"]
    for path in (run / "config.json", run / "sessions.jsonl", run / "report.html"):
        assert b"\r" not in path.read_bytes()
    assert (run / "history.csv").read_bytes().count(b"\r\r") == 0
    assert "狗" in json.dumps(read_report(run / "report.html"), ensure_ascii=False)
    assert [path.name for path in sorted((run / "checkpoints").iterdir())] == [
        *("00000001.keras", "00000002.keras", "00000003.keras")
    ]
    assert not [*folder.rglob("*.new*"), *folder.rglob("*.lock"), *folder.rglob(".export-*")]


def read_report(path):
    """Returns the data in a report."""
    script = r'type="application/json">(.*?)</script>'
    return json.loads(re.search(script, path.read_text("utf-8"), re.DOTALL)[1])


def test_a_file_that_is_open_elsewhere_for_a_moment_is_replaced(tmp_path, monkeypatch):
    refused, really = iter([True, True, False]), pathlib.Path.replace

    def replace(new, path):
        if next(refused):
            raise PermissionError(13, "Permission denied", str(path))
        return really(new, path)

    monkeypatch.setattr(pathlib.Path, "replace", replace)
    atomic.write_text(tmp_path / "history.csv", "step\n")
    assert (tmp_path / "history.csv").read_bytes() == b"step\n"
    assert next(refused, None) is None


def test_a_file_that_stays_open_elsewhere_is_kept(tmp_path, monkeypatch):
    def refuse(new, path):
        raise PermissionError(13, "Permission denied", str(path))

    atomic.write_text(tmp_path / "history.csv", "old")
    monkeypatch.setattr(pathlib.Path, "replace", refuse)
    monkeypatch.setattr(atomic, "REPLACE_SECONDS", 0.0)
    with pytest.raises(PermissionError):
        atomic.write_text(tmp_path / "history.csv", "new")
    assert [path.read_text("utf-8") for path in tmp_path.iterdir()] == ["old"]


def test_a_checkpoint_that_another_program_reads_is_removed_later(tmp_path, monkeypatch):
    def unlink(path, **options):
        if path.name == "00000000.keras":
            raise PermissionError(13, "Permission denied", str(path))
        really(path, **options)

    gan, really = kg.recipes.build("toy1d", (1,), width=8), pathlib.Path.unlink
    kept = kg.checkpoints.Checkpoints(tmp_path, keep=1)
    kept.save(gan)
    gan.step.assign(1)
    with monkeypatch.context() as reading:
        reading.setattr(pathlib.Path, "unlink", unlink)
        kept.save(gan)
    assert [path.stem for path in kept.paths()] == ["00000000", "00000001"]
    gan.step.assign(2)
    kept.save(gan)
    assert [path.stem for path in kept.paths()] == ["00000002"]


def test_the_signal_of_a_closed_window_stops_a_training(monkeypatch):
    monkeypatch.setattr(signal, "SIGBREAK", signal.SIGUSR1, raising=False)
    with runs.signals.catch_signals() as signals:
        signal.raise_signal(signal.SIGBREAK)
    assert signals == [signal.SIGUSR1]


def test_a_runs_data_have_slashes_in_its_settings(monkeypatch):
    source = kg.datasets.open_source("toy:gaussians25")
    settings = runs.Settings("gan", r"data\cats")
    assert settings.config(source)["data"] == r"data\cats"
    monkeypatch.setattr(os, "sep", "\\")
    assert settings.config(source)["data"] == "data/cats"


def test_tfds_sets_say_that_array_record_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="array_record to read tfds:mnist by index"):
        kg.datasets.load("tfds:mnist")


def test_a_token_from_notepad_is_read(tmp_path):
    (tmp_path / "token").write_text("\ufeffsecret\r\n", "utf-8", newline="")
    assert read_token(tmp_path / "token") == "secret"


@pytest.mark.parametrize("name", ["a:b", "aux", "Con.x", "what?", "a/b", "a\\b", "a.", "a ", ""])
def test_a_signature_has_a_name_that_a_file_can_have(name):
    with pytest.raises(ConfigError, match="expected the name of a file that every system can have"):
        file_name(None, name)
    assert file_name(None, "a_to_b") == "a_to_b.onnx"


def test_every_text_file_states_its_encoding():
    """In branches too that no test as on Windows reaches, and in the tools."""
    unstated = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for folder in ("keras_gan", "tools")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and leaves_encoding_open(call)
    ]
    assert unstated == []


def leaves_encoding_open(call):
    """Returns whether a call opens a text file in the system's encoding.

    Our own `limits.read_text(path)` and `write_text(path, text)` know theirs.
    """
    name = getattr(call.func, "attr", getattr(call.func, "id", ""))
    options = {option.arg for option in call.keywords}
    if options & {"encoding", None}:
        return False
    is_own = isinstance(call.func, ast.Name) or ast.unparse(call.func).startswith("limits.")
    if name in ("read_text", "write_text"):
        return not is_own and len(call.args) < (1 if name == "read_text" else 2)
    if name not in ("open", "fdopen", "TemporaryFile", "NamedTemporaryFile"):
        return "text" in options
    is_second = ast.unparse(call.func) in ("open", "os.fdopen")
    modes = [option.value for option in call.keywords if option.arg == "mode"]
    modes += call.args[1:] if is_second else call.args
    mode = modes[0] if modes else ast.Constant("w+b" if "Temporary" in name else "r")
    return isinstance(mode, ast.Constant) and bool(re.fullmatch("[rwax]t?[+]?", str(mode.value)))


def test_every_name_in_the_repository_is_one_that_windows_has():
    names = [
        str(path.relative_to(ROOT))
        for folder in ("keras_gan", "saved_models", "tests", "tools")
        for path in (ROOT / folder).rglob("*")
        if "node_modules" not in path.parts
    ]
    for name in names:
        windows_like.check_name(name)
    assert len({name.lower() for name in names}) == len(names)


def test_the_readmes_commands_work_in_powershell_too():
    blocks = re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert any(line.startswith("keras-gan train") for line in lines)
    for line in lines:
        of_bash = re.search(r"&&|\\$|\$\(|^\w+=|\bsource\b", line)
        assert not of_bash or "# PowerShell: " in line, line
