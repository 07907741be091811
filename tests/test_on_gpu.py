"""`tools/on_gpu.py`: its questions end in time, its answers stay, and its parts come home."""

import doctest
import importlib
import json
import os
import pathlib
import subprocess
import sys
import time

import numpy as np
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools" / "benchmark"))

from gpu import packing, plan, questions, tasks

TOOLS = pathlib.Path(__file__).parents[1] / "tools"
ASKED = """
import os, pathlib, sys, types
sys.path.insert(0, {tools!r})
from gpu import plan

def hang(options):
    code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(60)"
    command = [sys.executable, "-c", code, options.out / "child"]
    plan.run_limited(command, options.out / "child.log", 60, own_group=False)

def skip(options):
    raise plan.Skipped("no torch")

asks = dict(
    speed=lambda options: {{"ms": 1.5, "flag": os.environ["FLAG"]}}, hang=hang, skip=skip,
    crash=lambda options: 1 / 0, kill=lambda options: os.abort(),
)
options = types.SimpleNamespace(out=pathlib.Path(sys.argv[2]))
plan.write_answer(sys.argv[1], plan.Question(asks[sys.argv[1]], 9), options)
"""


def is_running(process):
    """Whether a process runs; a zombie doesn't."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def ask_all(tmp_path):
    """Asks questions of `ASKED` and returns their rows by name."""
    script = tmp_path / "asked.py"
    script.write_text(ASKED.format(tools=str(TOOLS)))

    def run(budget, **seconds):
        answers = plan.Answers(tmp_path / "figures.json")
        asked = {
            name: plan.Question(None, limit, name in ("speed", "hang"), {"FLAG": "up"})
            for name, limit in seconds.items()
        }
        command = [sys.executable, script]
        plan.ask_all(
            asked, lambda n: [*command, n, tmp_path], tmp_path, plan.Budget(budget), answers, 2
        )
        rows = json.loads((tmp_path / "figures.json").read_text())
        assert rows == answers.rows
        return {row["question"]: row for row in rows}

    return run


def test_no_question_ends_the_others(ask_all, tmp_path, capsys):
    rows = ask_all(100, hang=5, crash=30, kill=30, skip=30, speed=30)
    assert {name: row["status"] for name, row in rows.items()} == {
        "crash": "failed",
        "kill": "failed",
        "skip": "skipped",
        "hang": "timed out",
        "speed": "answered",
    }
    assert "ZeroDivisionError" in rows["crash"]["reason"]
    assert rows["skip"]["reason"] == "no torch"
    assert rows["speed"]["figures"] == {"ms": 1.5, "flag": "up"}
    child = (tmp_path / "child").read_text()
    while is_running(child):  # killed, perhaps not gone yet
        time.sleep(0.1)
    lines = plan.table(rows.values()).splitlines()
    assert "| skip (0 s) | skipped | no torch |" in lines
    assert "|  | flag | up |" in lines
    assert "speed: answered" in capsys.readouterr().out


def test_questions_without_time_are_not_asked(ask_all):
    rows = ask_all(2, speed=30)
    assert rows["speed"] == {
        "question": "speed",
        "status": "not asked",
        "seconds": 0.0,
        "reason": "no time left",
    }


def test_parts_come_home(tmp_path):
    run, parts = tmp_path / "run", tmp_path / "parts"
    (run / "samples").mkdir(parents=True)
    content = np.random.default_rng(0).bytes(250_000)
    (run / "samples" / "last.png").write_bytes(content)
    (tmp_path / "figures.json").write_text("[]")
    paths = [tmp_path / "figures.json", tmp_path / "missing", run]
    assert len(packing.pack(paths, parts / "on_gpu.tar", part_bytes=10_000)) > 25
    found = packing.pack(paths, parts / "on_gpu.tar", part_bytes=100_000)
    assert sorted(parts.iterdir()) == found  # none of the older ones
    assert [path.stat().st_size for path in found[:-1]] == [100_000] * (len(found) - 1)
    subprocess.run(packing.join_line(parts / "on_gpu.tar"), shell=True, cwd=parts, check=True)
    assert (parts / "run" / "samples" / "last.png").read_bytes() == content
    assert (parts / "figures.json").read_text() == "[]"


@pytest.mark.parametrize("module", [packing, plan])
def test_examples_run(module):
    results = doctest.testmod(module)
    assert results.attempted
    assert not results.failed


def test_every_question_has_a_function():
    for name, question in {"machine": questions.MACHINE, **questions.all_questions()}.items():
        module, function, *arguments = question.ask.args
        assert callable(getattr(importlib.import_module(f"gpu.{module}"), function)), name
        assert set(arguments) <= set(tasks.SIZES), name


def test_processes_choose_their_own_flags(monkeypatch):
    ours = "--xla_gpu_deterministic_ops=true"
    monkeypatch.setenv("XLA_FLAGS", f"--xla_gpu_cuda_data_dir=/cuda {ours}")
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_persistent_cache_directory=/cache")
    assert tasks.unset_flags() == {
        "XLA_FLAGS": "--xla_gpu_cuda_data_dir=/cuda",
        "TF_XLA_FLAGS": "",
    }
    flags = tasks.allow_any_kernels()["XLA_FLAGS"].split()
    assert flags == ["--xla_gpu_cuda_data_dir=/cuda", "--xla_gpu_deterministic_ops=false"]


def test_an_unknown_question_is_named(tmp_path):
    command = [sys.executable, TOOLS / "on_gpu.py", "--out", tmp_path / "out", "--only", "speed"]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    assert run.returncode == 1
    assert "expected a question, got 'speed'; known: machine, float64" in run.stderr
    assert not (tmp_path / "out").exists()
