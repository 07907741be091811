"""TensorFlow's messages stay off the terminal, and are shown if the command fails."""

import os
import pathlib
import re
import signal
import subprocess
import sys

from keras_gan import machine
from keras_gan.cli import main

import pytest
from commands import COMMAND, TRAIN, words

SAID = b"E0000 00:00:1.1 1 said.cc:1] said by C++"
PROGRAM = f"""
import logging, os, signal, sys, time, warnings
from keras_gan.cli.quiet import quiet_terminal
from keras_gan.errors import ConfigError

def said():
    os.write(2, {SAID!r} + b"\\n")
    logging.getLogger("tensorflow").warning("said by a logger")
    print("shown", file=sys.stderr)
    warnings.warn("warned")

"""


def run(code, **options):
    """Runs a program with much output; returns its result."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM + code], capture_output=True, text=True, **options
    )


def test_only_python_writes_to_the_terminal_while_all_is_well():
    ended = run("with quiet_terminal(): said()")
    assert ended.returncode == 0
    lines = ended.stderr.splitlines()
    assert lines[0] == "shown"
    assert "UserWarning: warned" in lines[1]
    assert "said" not in ended.stderr.replace("said()", "")


def test_tensorflow_starts_quietly_in_a_program_of_ones_own():
    code = "import keras_gan as kg\nwith quiet_terminal(): kg.recipes.build('gan', (2,), width=8)"
    ended = run(code, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"})
    assert (ended.returncode, ended.stderr) == (0, "")


def test_after_it_all_is_as_before():
    ended = run("with quiet_terminal(): pass\nsaid()")
    assert SAID.decode() in ended.stderr
    assert ended.stderr.count("shown") == 1


def test_an_exception_shows_all_and_its_traceback():
    ended = run("with quiet_terminal(ConfigError): said(); 1 / 0")
    assert ended.returncode == 1
    assert SAID.decode() in ended.stderr
    assert "said by a logger" in ended.stderr
    assert ended.stderr.splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_an_expected_exception_shows_nothing():
    ended = run("with quiet_terminal(ConfigError): said(); raise ConfigError('no')")
    assert SAID.decode() not in ended.stderr
    assert ended.stderr.splitlines()[-1] == "keras_gan.errors.ConfigError: no"


@pytest.mark.parametrize("end", ["os.abort()", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_process_that_dies_shows_all(end):
    ended = run(f"with quiet_terminal(): said(); {end}")
    assert ended.returncode < 0
    assert SAID.decode() in ended.stderr


def test_ctrl_c_reaches_the_command_and_shows_nothing():
    code = (
        "print('ready', flush=True)\n"
        "with quiet_terminal(KeyboardInterrupt):\n    said()\n    while True: time.sleep(0.1)"
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAM + code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr.readline() == "shown\n"
    os.killpg(process.pid, signal.SIGINT)
    _, told = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert SAID.decode() not in told
    assert told.splitlines()[-1] == "KeyboardInterrupt"


def test_a_system_without_fork_has_no_quiet_terminal(monkeypatch, capfd):
    """As Windows; the command works all the same."""
    monkeypatch.delattr(os, "fork")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    monkeypatch.setattr(sys, "argv", ["keras-gan", "recipes"])
    assert main() == 0
    assert "dcgan" in capfd.readouterr().out
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "2"


STARTED = "InitializeLog"  # a line that TensorFlow begins with


def command(*arguments):
    """Runs `keras-gan`; returns its exit code and stderr."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"}
    line = words(COMMAND, *arguments)
    ended = subprocess.run(line, capture_output=True, text=True, env=environment)
    return ended.returncode, ended.stderr


def train(out, *more):
    """Runs a tiny training; returns its exit code and stderr."""
    return command(*TRAIN, "--out", out, *more)


def test_a_training_shows_its_progress_alone(tmp_path):
    code, told = train(tmp_path / "run", "--steps", 2)
    assert code == 0
    assert told.strip().splitlines()[-1].startswith("100%")
    assert all(re.match(r" *\d+%\|.*\| \d/2 \[.*\]$", line) for line in told.split("\r")[1:])


def test_verbose_shows_what_tensorflow_says(tmp_path):
    code, told = train(tmp_path / "run", "--steps", 2, "--verbose")
    assert code == 0
    assert STARTED in told
    code, told = command("--verbose", "sample", tmp_path / "run", "--out", tmp_path / "x.png")
    assert code == 0
    assert STARTED in told


def test_a_gpu_that_is_not_used_is_told_of(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(machine, "gpus", list)
    (tmp_path / "nvidia0").touch()
    for pattern, told in (("nvidia[0-9]*", True), ("amd*", False)):
        monkeypatch.setattr(machine, "GPU_FILES", str(tmp_path / pattern))
        assert machine.has_unused_gpu() == told
        assert main(words(*TRAIN, "--out", tmp_path / "run", "--steps", 0)) == 2
        assert ("doesn't use this machine's GPU" in capsys.readouterr().out) == told
    monkeypatch.setattr(machine, "GPU_FILES", str(tmp_path / "nvidia[0-9]*"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert not machine.has_unused_gpu()


def test_a_broken_tensorflow_is_told_of(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os\nos.write(2, b'no libcudart\\n')\nraise ImportError('broken')"
    )
    places = [str(tmp_path), str(pathlib.Path(__file__).parents[1]), os.environ.get("PYTHONPATH")]
    ended = subprocess.run(
        words(sys.executable, "-m", "keras_gan", *TRAIN, "--out", tmp_path / "run"),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))},
    )
    assert ended.returncode == 1
    assert "no libcudart" in ended.stderr
    assert ended.stderr.splitlines()[-1] == "ImportError: broken"
