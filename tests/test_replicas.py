"""One batch on several replicas: virtual devices of one process, and processes on loopback.

All that TensorFlow has to be started for is done by train_on_replicas.py and by the command.
"""

import csv
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

from keras_gan import runs
from keras_gan.cli import main

import numpy as np
import pytest
from conftest import differing, state_of

HERE = pathlib.Path(__file__).parent
COMMAND = pathlib.Path(sys.executable).with_name("keras-gan")


def workers(count):
    """Returns the TF_CONFIG of each worker, on free ports of this machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    cluster = {"worker": [f"127.0.0.1:{s.getsockname()[1]}" for s in sockets]}
    for open_socket in sockets:
        open_socket.close()
    return [
        json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
        for index in range(count)
    ]


def start_workers(arguments):
    """Two processes of one command, as the workers of a cluster."""
    return [
        subprocess.Popen(
            list(map(str, arguments)),
            env={**os.environ, "TF_CONFIG": settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for settings in workers(2)
    ]


def ends_of(processes):
    """Exit code and output of each, when all have ended."""
    completed = [process.communicate(timeout=300)[0] for process in processes]
    return [process.returncode for process in processes], completed


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Trains in one process, on two virtual devices, and with two workers; returns the files."""
    folder = tmp_path_factory.mktemp("replicas")
    script = [sys.executable, HERE / "train_on_replicas.py", folder]
    subprocess.run([*script, "alone", "mirrored", "compiled"], check=True)
    codes, completed = ends_of(start_workers([*script, "worker"]))
    assert codes == [0, 0], completed
    return folder


def state_in(file):
    """Variables by the order of their names without what Keras counts up."""
    names = [name for name in file.files if name.startswith("state:")]
    return [file[name] for name in sorted(names, key=lambda n: int(re.search(r"\d+$", n)[0]))]


@pytest.mark.parametrize("name", ["mirrored", "worker0", "worker1"])
def test_the_same_batches_give_the_same_losses_on_any_number_of_replicas(trained, name):
    with np.load(trained / "alone.npz") as alone, np.load(trained / f"{name}.npz") as other:
        assert alone["logs"].shape == (50, 10)
        np.testing.assert_allclose(other["logs"], alone["logs"], rtol=1e-5, atol=1e-5)
        assert np.abs(np.diff(alone["logs"], axis=0)).max(axis=0).min() > 0  # each log moves
        pairs = zip(state_in(alone), state_in(other), strict=True)
        assert max(np.abs(a.astype("float64") - b).max() for a, b in pairs) < 1e-4


def test_networks_compiled_by_xla_give_the_same_losses(trained):
    with np.load(trained / "alone.npz") as alone, np.load(trained / "compiled.npz") as compiled:
        np.testing.assert_allclose(compiled["plain"], alone["plain"], rtol=1e-5, atol=1e-5)
        assert alone["plain"].shape[0] == 10


def test_replicas_in_bfloat16_equal_one_process_to_its_rounding(trained):
    with np.load(trained / "alone.npz") as alone, np.load(trained / "mirrored.npz") as mirrored:
        one, two = alone["narrow"], mirrored["narrow"]
        accuracies = (8 * one % 1 == 0).all(axis=0)  # a sample near 0 may change sides
        assert accuracies.sum() == 2
        np.testing.assert_allclose(two[:, ~accuracies], one[:, ~accuracies], rtol=0.02, atol=1e-3)
        np.testing.assert_allclose(two[:, accuracies], one[:, accuracies], atol=1 / 8)
        assert not np.array_equal(alone["narrow"], alone["plain"][:4])


def test_replicas_draw_different_noise_that_is_the_whole_batch_together(trained):
    with np.load(trained / "mirrored.npz") as mirrored:
        parts, full = mirrored["parts"], mirrored["whole"]
    assert np.array_equal(np.concatenate(parts), full)
    assert np.abs(parts[0] - parts[1]).min() > 0
    for index in (0, 1):
        with np.load(trained / f"worker{index}.npz") as worker:
            assert np.array_equal(worker["part"], parts[index])


def test_replicas_stay_in_step_and_measure_as_one(trained):
    results = json.loads((trained / "mirrored.json").read_text())
    assert results["out_of_step"] == []
    assert set(results["measured"]) == {"d_loss", "g_loss", "real_accuracy", "fake_accuracy"}


def test_what_replicas_cannot_do_is_refused(trained):
    completed = json.loads((trained / "mirrored.json").read_text())["refused"]
    for words, text in zip(
        (
            "steps_per_execution=1 on 2 replicas, got steps_per_execution=2",
            "accumulation=1 on 2 replicas, got accumulation=2",
            "a batch size that 2 replicas can share evenly, got 7",
            "pool_size=0 on several replicas, got 2",
        ),
        completed,
        strict=True,
    ):
        assert f"expected {words}" in text


def test_a_training_that_lacks_devices_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    train = ["train", "gan", "--data", "digits", "--out", str(tmp_path / "run"), "--distribute"]
    assert main([*train, "mirrored"]) == 2
    assert "expected two devices or more for mirrored" in capsys.readouterr().err
    for wrong in (None, "{", "[]", '{"cluster": {"worker": ["a:1"]}, "task": {"index": 3}}'):
        if wrong is not None:
            monkeypatch.setenv("TF_CONFIG", wrong)
        assert main([*train, "multiworker"]) == 2
        assert "expected the environment variable TF_CONFIG" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["slurm.sh", "kubernetes.yaml"])
def test_the_commands_for_clusters_say_which_worker_is_which(name, tmp_path):
    """Their shell text, as far as it makes TF_CONFIG, run by a real shell."""
    text = (HERE.parent / "tools" / "distribute" / name).read_text()
    lines = re.search(r"( +workers=.*\n)?( +export TF_CONFIG=(?:.|\n)*?)\n +exec", text)[0]
    script = lines.rsplit("\n", 1)[0] + '\necho "$TF_CONFIG"'
    places = {"hosts": "keras-gan-0,keras-gan-1", "SLURM_PROCID": "1", "JOB_COMPLETION_INDEX": "1"}
    completed = subprocess.run(
        ["bash", "-euc", script], env=places, capture_output=True, text=True, check=True
    )
    settings = json.loads(completed.stdout)
    assert settings["task"] == {"type": "worker", "index": 1}
    hosts = [re.split(r"[.:]", address)[0] for address in settings["cluster"]["worker"]]
    assert hosts == ["keras-gan-0", "keras-gan-1"]
    assert all(address.endswith(":2222") for address in settings["cluster"]["worker"])
    subprocess.run(["bash", "-nc", text if name.endswith(".sh") else script], check=True)


# The command on two workers, one of which is told to end, or dies.

TRAIN = ["train", "gan", "--data", "digits", "--width", "10", "--batch-size", "16", "--every", "50"]
TRAIN += ["--steps", "400", "--checkpoint-every", "20", "--distribute", "multiworker"]


def train(out):
    return start_workers([COMMAND, *TRAIN, "--out", out])


def wait_for_checkpoint(out, processes):
    """Waits until a checkpoint is there that wasn't before."""
    folder, begun = out / "checkpoints", time.monotonic()
    before = set(folder.glob("*.keras"))
    while not {path for path in folder.glob("*.keras") if path.stem.isdigit()} - before:
        assert all(process.poll() is None for process in processes), ends_of(processes)
        assert time.monotonic() - begun < 300
        time.sleep(0.01)


def test_a_job_whose_workers_end_or_die_goes_on_and_ends_as_if_they_had_not(tmp_path):
    out, full = tmp_path / "broken", tmp_path / "whole"
    completed = []
    for number in (signal.SIGTERM, signal.SIGKILL):  # to the worker that doesn't write
        processes = train(out)
        wait_for_checkpoint(out, processes)
        processes[1].send_signal(number)
        codes, texts = ends_of(processes)
        completed.append((codes, *texts))
    assert completed[0][0] == [143, 143], completed[0]
    assert "by SIGTERM, saved in" in completed[0][1]
    assert completed[1][0] == [1, -9], completed[1]
    assert "keras-gan: lost another worker: " in completed[1][1]
    assert "Traceback" not in completed[1][1]
    for folder in (out, full):
        codes, texts = ends_of(train(folder))
        assert codes == [0, 0], texts
    assert differing(*(state_of(runs.Run(folder).load()) for folder in (out, full))) == []
    assert (out / "history.csv").read_bytes() == (full / "history.csv").read_bytes()
    with (out / "history.csv").open() as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == [*range(50, 401, 50)]
    assert (out / "export" / "1").is_dir()
