"""Trainings that are killed by SIGKILL end as if nothing had been.

A few kills in the suite, twenty of each kind with: pytest -m slow tests/test_kills.py
"""

import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import zipfile

from keras_gan.callbacks.table import read_table

import h5py
import numpy as np
import pytest
from killed_training import BATCH, FADE, ROW, STABLE
from PIL import Image

STEPS_A_KILL = 50  # more than a killed part gets to train, so that all kills meet a training


@pytest.fixture(scope="module")
def trainer():
    """Starts trainings in processes of their own: `start(**settings) -> (number, wait)`.

    XLA optimizes these as it does for users.
    """
    script = pathlib.Path(__file__).with_name("killed_training.py")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    usual = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    with subprocess.Popen([sys.executable, script], env=usual, **pipes) as process:

        def start(**settings):
            process.stdin.write(json.dumps(settings) + "\n")
            process.stdin.flush()
            number = int(process.stdout.readline())
            return number, lambda: int(process.stdout.readline())

        yield start


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of images of two classes, which is streamed."""
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(0)
    for index in range(40):
        path = folder / str(index % 2) / f"{index}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(generator.integers(0, 256, (12, 12), "uint8")).save(path)
    return folder


def checkpoints_of(out):
    return {path.name for path in (out / "checkpoints").glob("*.keras")}


def wait_for(moment, process_ended):
    """Waits for an event of a running training."""
    begun = time.monotonic()
    while not moment():
        assert not process_ended(), "the training ended before it was killed"
        assert time.monotonic() - begun < 300, "the training makes no checkpoints"
        time.sleep(0.002)


def kill_at_random(start, settings, out, chance, while_saving):
    """Trains until a random moment after the next checkpoint, then kills; whether while saving."""
    before = checkpoints_of(out)
    number, wait = start(out=str(out), **settings)
    ended = lambda: not pathlib.Path(f"/proc/{number}").exists()  # noqa: E731
    saving = lambda: any(".new" in name for name in checkpoints_of(out))  # noqa: E731
    wait_for(lambda: any(n[:-6].isdigit() for n in checkpoints_of(out) - before), ended)
    time.sleep(chance.uniform(0.0, 0.5))
    if while_saving:
        wait_for(lambda: saving() and stopped_while(saving, number, chance), ended)
    os.kill(number, signal.SIGKILL)
    assert wait() == -9
    return saving()


def stopped_while(saving, number, chance):
    """Stops a process after a moment; resumes it if that was too late for its current work."""
    time.sleep(chance.uniform(0.0, 0.02))
    os.kill(number, signal.SIGSTOP)
    wait_for(lambda: state_of(number) == "T", lambda: False)
    if saving():
        return True
    os.kill(number, signal.SIGCONT)
    return False


def state_of(number):
    """Returns the letter of a process's state: T if it is stopped."""
    return pathlib.Path(f"/proc/{number}/stat").read_text().rpartition(") ")[2][0]


def contents(path):
    """Returns the content of a file: for a checkpoint all numbers and settings, else its bytes.

    The bytes of a checkpoint also hold the names that Keras counts up, which mean nothing.
    """
    if path.suffix != ".keras":
        return path.read_bytes()
    found = {}
    with zipfile.ZipFile(path) as file:
        found["config"] = file.read("config.json")
        weights = h5py.File(io.BytesIO(file.read("model.weights.h5")))
    weights.visititems(lambda name, item: found.update(bytes_of(name, item)))
    assert len(found) > 80
    return found


def bytes_of(name, item):
    return {name: item[()].tobytes()} if isinstance(item, h5py.Dataset) else {}


def kill_and_compare(start, tmp_path, data, jit, kills, seed):
    """Checks that a repeatedly killed training leaves the same files as one that wasn't killed."""
    settings = {"data": str(data), "jit": jit, "steps": STEPS_A_KILL * kills}
    out, whole, chance = tmp_path / "killed", tmp_path / "whole", random.Random(seed)
    halves = [kill_at_random(start, settings, out, chance, k % 2 == 0) for k in range(kills)]
    print(f"{kills} kills, {sum(halves)} of them while a checkpoint was being written")
    assert any(halves), "no kill met a checkpoint that was being written"
    end_and_compare(start, settings, out, whole)


def end_and_compare(start, settings, out, whole):
    """Checks that a resumed training leaves the same files as one that never stopped."""
    for folder in (out, whole):
        _, wait = start(out=str(folder), **settings)
        assert wait() == 0
    names = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(out) for path in out.rglob("*") if path.is_file())
    assert len(names) == 5  # three checkpoints, the history and samples
    different = [str(n) for n in names if contents(out / n) != contents(whole / n)]
    assert different == []


@pytest.mark.parametrize(("data", "jit", "kills"), [("digits", False, 2), ("photos", True, 1)])
def test_a_killed_training_ends_bit_for_bit_as_one_that_was_not(
    trainer, photos, tmp_path, data, jit, kills
):
    data = photos if data == "photos" else data
    kill_and_compare(trainer, tmp_path, data, jit, kills, seed=time.time_ns())


def test_a_training_killed_in_a_fade_ends_bit_for_bit_as_one_that_was_not(trainer, tmp_path):
    """ProGAN between 4x4 and 8x8; the number of its steps is known within two bounds."""
    settings = {"data": "digits", "jit": False, "steps": 90, "grows": True}
    out, whole = tmp_path / "killed", tmp_path / "whole"
    kill_at_random(trainer, settings, out, random.Random(time.time_ns()), while_saving=False)
    saved = max(int(path.stem) for path in (out / "checkpoints").glob("[0-9]*[0-9].keras"))
    rows = read_table(out / "history.csv")
    least, most = max(saved, rows[-1]["step"]), rows[-1]["step"] + ROW
    alphas = [(BATCH * (step - 1) - STABLE) / FADE for step in (saved, least, most)]
    print(f"killed between steps {least} and {most}, alpha {alphas[1]:.3f} to {alphas[2]:.3f}")
    assert 0 < min(alphas) <= max(alphas) < 1
    end_and_compare(trainer, settings, out, whole)
    last = read_table(out / "history.csv")[-1]
    assert (last["step"], last["level"]) == (90, 1)


@pytest.mark.slow
@pytest.mark.parametrize("data", ["digits", "photos"])
@pytest.mark.parametrize("jit", [False, True])
def test_twenty_kills(trainer, photos, tmp_path, data, jit):
    """Run by: pytest -m slow -s tests/test_kills.py."""
    data = photos if data == "photos" else data
    kill_and_compare(trainer, tmp_path, data, jit, kills=20, seed=time.time_ns())
