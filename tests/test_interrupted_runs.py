"""Runs that are interrupted, damaged or cut short keep their files, and resume."""

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import time

import keras_gan as kg
from keras_gan import pictures, runs
from keras_gan.cli import main
from keras_gan.errors import RunError
from keras_gan.metrics.known import plots

import keras
import numpy as np
import processes
import pytest
from commands import COMMAND, TRAIN, newest, refused, train, words
from conftest import differing, random_images, state_of


def flipped(content, index):
    return content[:index] + bytes([content[index] ^ 1]) + content[index + 1 :]


@pytest.fixture(scope="module")
def checkpointed(tmp_path_factory):
    """A run of nine steps with three checkpoints."""
    out = tmp_path_factory.mktemp("runs") / "nine"
    assert train(out, "--steps", 9, "--checkpoint-every", 2) == 0
    names = [path.name for path in sorted((out / "checkpoints").iterdir())]
    assert names == ["00000006.keras", "00000008.keras", "00000009.keras"]
    return out


@pytest.mark.parametrize("damage", [lambda x: x[: len(x) // 2], lambda x: flipped(x, len(x) // 3)])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(checkpointed, tmp_path, damage):
    out = shutil.copytree(checkpointed, tmp_path / "run")
    newest(out).write_bytes(damage(newest(out).read_bytes()))
    with pytest.warns(UserWarning, match=r"00000009.keras is damaged"):
        assert train(out, "--steps", 9, "--checkpoint-every", 2) == 0
    assert differing(*(state_of(runs.Run(path).load()) for path in (checkpointed, out))) == []
    assert (out / "history.csv").read_bytes() == (checkpointed / "history.csv").read_bytes()


def test_a_run_without_a_whole_checkpoint_says_so(run, tmp_path, capsys):
    out = shutil.copytree(run, tmp_path / "run")
    for path in (out / "checkpoints").iterdir():
        path.write_bytes(path.read_bytes()[:1000])
    with pytest.warns(UserWarning, match="is damaged"):
        assert "are damaged" in refused(capsys, ["export", out])


def test_a_full_disk_keeps_the_last_checkpoint(run, small_disk, capsys):
    folder = small_disk(3500)
    out = shutil.copytree(run, folder / "run")
    checkpoint = newest(out).read_bytes()
    free = shutil.disk_usage(folder).free
    (folder / "filler").write_bytes(bytes(free - len(checkpoint) // 2))
    error = refused(capsys, [*TRAIN, "--out", out, "--steps", 7])
    assert "could not write to" in error
    assert "existing files are intact" in error
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["00000005.keras"]
    assert newest(out).read_bytes() == checkpoint
    assert not list(out.rglob("*.new*"))
    (folder / "filler").unlink()
    assert train(out, "--steps", 7) == 0


def test_a_full_disk_keeps_whole_pictures_and_sessions(small_disk):
    folder = small_disk(24)
    small, large = (random_images(1, size)[0] * 127 + 128 for size in (8, 128))
    mixture = kg.datasets.open_source("toy:gaussians25").distribution
    points = mixture.sample(1_000, 0)

    (folder / "filler").write_bytes(bytes(16 * 1024))
    for write, name in (
        (lambda picture, path: pictures.save_png(picture, path), "a.png"),
        (lambda picture, path: pictures.save_gif([picture] * 3, path), "a.gif"),
    ):
        path = folder / name
        write(small.astype("uint8"), path)
        before = path.read_bytes()
        with pytest.raises(OSError, match="No space left"):
            write(large.astype("uint8"), path)
        assert path.read_bytes() == before
        path.unlink()
    with pytest.raises(OSError, match="No space left"):
        plots.plot_for(2)(mixture, points, folder / "plot.png")
    runs.sessions.record(folder / "sessions.jsonl", 0)
    (folder / "rest").write_bytes(bytes(shutil.disk_usage(folder).free))
    with pytest.raises(OSError, match="No space left"):
        runs.sessions.record(folder / "sessions.jsonl", 5)
    (folder / "rest").unlink()
    runs.sessions.record(folder / "sessions.jsonl", 7)
    assert [session["step"] for session in runs.sessions.read(folder / "sessions.jsonl")] == [0, 7]
    assert {path.name for path in folder.iterdir()} == {"filler", "sessions.jsonl"}


def test_two_trainings_in_one_run_at_once_are_refused(run, tmp_path, capsys):
    out = shutil.copytree(run, tmp_path / "run")
    with runs.sessions.lock(out / "sessions.jsonl"):
        error = refused(capsys, [*TRAIN, "--out", out, "--steps", 6])
    assert "expected no other training in" in error
    assert newest(out).name == "00000005.keras"
    assert train(out, "--steps", 6) == 0


def hold_lock(path):
    """Locks a run until the process is killed."""
    with runs.sessions.lock(path):
        path.with_name("held").touch()
        time.sleep(600)


def test_a_killed_training_leaves_its_run_unlocked(tmp_path):
    path, begun = tmp_path / "sessions.jsonl", time.monotonic()
    process = processes.start(hold_lock, path)
    while not (tmp_path / "held").exists():
        assert process.is_alive()
        assert time.monotonic() - begun < 300
        time.sleep(0.02)
    with pytest.raises(RunError, match="expected no other training in"), runs.sessions.lock(path):
        pass
    process.kill()
    processes.exit_codes(process)
    with runs.sessions.lock(path):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["held"]


class Breaks(keras.callbacks.Callback):
    """Makes a weight NaN after step 7, as an instability would that lower rates avoid."""

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == 7 and self.model.roll_backs == 0:
            weight = self.model.generator.weights[0]
            weight.assign(weight * np.nan)


@pytest.fixture
def breaking(monkeypatch):
    """Trainings of this test have a weight that becomes NaN after step 7."""
    original = runs.training.picture_callbacks
    monkeypatch.setattr(
        runs.training, "picture_callbacks", lambda gan, plan: [*original(gan, plan), Breaks()]
    )


def test_nan_stops_the_run_and_keeps_the_checkpoint(tmp_path, capsys, breaking):
    out = tmp_path / "run"
    arguments = [*TRAIN, "--out", out, "--steps", 9, "--checkpoint-every", 3]
    error = refused(capsys, arguments, code=1)
    assert "expected finite losses, got d_gradient = nan, d_loss = nan" in error
    assert "at step 8, with NaN or infinity in" in error
    assert [path.name for path in sorted((out / "checkpoints").iterdir())] == [
        *("00000003.keras", "00000006.keras")
    ]


def test_a_weight_that_is_nan_is_not_saved(tmp_path, capsys, breaking):
    out = tmp_path / "run"
    error = refused(capsys, [*TRAIN, "--out", out, "--steps", 7, "--checkpoint-every", 3], code=1)
    assert "expected a finite state to save at step 7, got NaN or infinity in" in error
    assert newest(out).name == "00000006.keras"


def test_a_roll_back_goes_on_with_lower_rates_and_is_counted(tmp_path, capsys, breaking):
    out = tmp_path / "run"
    assert train(out, "--steps", 9, "--checkpoint-every", 3, "--roll-backs", 1) == 0
    assert "Roll-back 1 of 1: resuming from step 6 with 1/2" in capsys.readouterr().out
    gan = runs.Run(out).load()
    assert (int(gan.step), int(gan.roll_backs)) == (9, 1)
    with (out / "history.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["2", "4", "6", "8"]


# Interruption.


def test_ctrl_c_outside_of_the_training_says_what_is_saved(
    checkpointed, tmp_path, capsys, monkeypatch
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(runs.training, "open_data", interrupted)
    error = refused(capsys, [*TRAIN, "--out", tmp_path / "new"], code=130)
    assert f"stopped before a step was saved in {tmp_path / 'new'}; the same command" in error
    error = refused(capsys, [*TRAIN, "--out", checkpointed], code=130)
    assert f"stopped; {checkpointed} holds a checkpoint of step 9, from which the" in error


STEPS = 155  # not a multiple of --every: the last step has a grid all the same


def interrupt(out, number):
    """Trains in another process and sends it a signal; returns its exit code and output."""
    arguments = words(*TRAIN, "--out", out, "--steps", STEPS, "--every", 10)
    told, begun = out.with_name("told.txt"), time.monotonic()
    process = processes.start(main, arguments, output=told)
    while not (out / "samples" / "00000010.png").exists():
        assert process.is_alive(), told.read_text()
        assert time.monotonic() - begun < 300
        time.sleep(0.02)
    os.kill(process.pid, number)
    return *processes.exit_codes(process), told.read_text()


def test_a_run_after_ctrl_c_goes_on_bit_for_bit(tmp_path):
    out, whole = tmp_path / "interrupted", tmp_path / "whole"
    code, told = interrupt(out, signal.SIGINT)
    stopped = int(runs.Run(out).load().step)
    assert code == 130
    assert 10 <= stopped < STEPS
    assert f"Stopped at step {stopped} by SIGINT, saved in {out}" in told
    assert not (out / "export").exists()
    for folder in (out, whole):
        assert train(folder, "--steps", STEPS, "--every", 10) == 0
    assert differing(*(state_of(runs.Run(folder).load()) for folder in (out, whole))) == []
    for name in ("history.csv", "learning.gif", *(f"samples/{k:08d}.png" for k in (0, 10, STEPS))):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    with (out / "times.csv").open() as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == [*range(10, STEPS + 1, 10)]


def test_the_same_command_twice_gives_the_same_bytes(tmp_path):
    """In the deterministic mode, in two processes at the same time."""
    arguments = [COMMAND, *TRAIN, "--steps", "6", "--deterministic", "--augment", "ada"]
    outs = [tmp_path / "one", tmp_path / "two"]
    started = [subprocess.Popen([*arguments, "--out", out]) for out in outs]
    assert [process.wait(timeout=300) for process in started] == [0, 0]
    same = ["checkpoints/00000006.keras", "config.json", "history.csv", "learning.gif"]
    same += [f"samples/{step:08d}.png" for step in (0, 2, 4, 6)]
    for name in same:
        assert (outs[0] / name).read_bytes() == (outs[1] / name).read_bytes(), name


def test_sigterm_saves_too_and_has_its_own_code(tmp_path):
    code, told = interrupt(tmp_path / "run", signal.SIGTERM)
    assert code == 143
    assert "by SIGTERM, saved in" in told
    assert int(runs.Run(tmp_path / "run").load().step) >= 10


DCGAN = ["train", "dcgan", "--width", "2", "--batch-size", "8", "--unconditional"]
ON_PHOTOS = [*DCGAN, "--set", "r1=0.5", "--set", "loss=hinge", "--update", "shared"]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of 18 pictures in two classes; no test changes it."""
    folder = tmp_path_factory.mktemp("data") / "photos"
    for index, pixels in enumerate(random_images(18, 8)):
        path = folder / "ab"[index % 2] / f"{index}.png"
        pictures.save_grid(pixels[None], path)
    return folder


@pytest.fixture(scope="module")
def photos_run(photos, tmp_path_factory):
    """A run of two steps with changed numbers on those pictures."""
    out = tmp_path_factory.mktemp("runs") / "photos"
    assert main(words(*ON_PHOTOS, "--data", photos, "--out", out, "--steps", 2)) == 0
    return out


def test_changes_of_the_recipe_are_kept_told_and_compared(photos, photos_run, tmp_path, capsys):
    config = runs.Run(photos_run).read_config()
    assert config["changes"] == {"r1": 0.5, "loss": "hinge", "update": "shared"}
    assert (config["rules"]["loss"], config["rules"]["update"]) == ("hinge", "shared")
    gan = runs.Run(photos_run).load()
    assert [(each.name, each.weight) for each in gan.rules.penalties] == [("r1", 0.5)]
    assert "with update=shared, r1=0.5, loss=hinge" in (photos_run / "report.html").read_text()
    others = [*DCGAN, "--set", "r1=0.25", "--update", "shared"]
    error = refused(capsys, [*others, "--data", photos, "--out", photos_run, "--steps", 3])
    assert "r1: 0.5 there, 0.25 now" in error
    assert "loss: 'hinge' there, 'non_saturating' now" in error
    for words_of_it, message in (
        (["--set", "r1"], "expected --set NAME=VALUE, such as --set r1=0.5, got 'r1'"),
        (["--set", "r1=2"], "expected r1 once, got it twice"),
        (["--set", "update=alternating"], "expected update once, got it twice"),
        (["--set", "n_critics=2"], "unknown setting 'n_critics'; did you mean 'n_critic'"),
    ):
        out = tmp_path / "new"
        assert message in refused(
            capsys, [*ON_PHOTOS, *words_of_it, "--data", photos, "--out", out]
        )
        assert not out.exists()


def test_a_run_goes_on_where_its_data_have_moved(photos, photos_run, tmp_path, capsys):
    out, moved = shutil.copytree(photos_run, tmp_path / "run"), tmp_path / "moved"
    for path in shutil.copytree(photos, moved).rglob("*.png"):
        os.utime(path, (10**9, 10**9))
    capsys.readouterr()
    assert main(words(*ON_PHOTOS, "--data", moved, "--out", out, "--steps", 3)) == 0
    told = capsys.readouterr().out
    assert f"The data are now at {moved}: the same samples as at {photos} before." in told
    assert "Changed from the recipe: loss hinge instead of non_saturating" in told
    assert runs.Run(out).read_config()["data"] == str(moved)
    archive = shutil.make_archive(tmp_path / "zipped", "zip", moved)
    zipped = kg.datasets.open_source(archive)
    assert runs.same_data.is_same(
        runs.Run(out).read_config(), runs.same_data.fingerprints(zipped, None)
    )


def test_data_that_changed_are_named(photos, photos_run, tmp_path, capsys):
    out, changed = shutil.copytree(photos_run, tmp_path / "run"), tmp_path / "changed"
    shutil.copytree(photos, changed)
    first = next(changed.rglob("*.png"))
    pictures.save_grid(random_images(1, 8, seed=7), first)
    config = json.loads((out / "config.json").read_text())
    (out / "config.json").write_text(json.dumps({**config, "data": str(changed)}))
    arguments = [*ON_PHOTOS, "--data", changed, "--out", out, "--steps", 3]
    error = refused(capsys, arguments)
    assert f"{changed} has 18 samples as then, of which some have changed, or their names" in error
    assert f"--from {out} --out NEW" in error
    told = []
    runs.evaluation.open_run_source(runs.Run(out), tell=told.append)
    assert told[0].startswith("The data aren't those of the training: ")
    shutil.copy(first, changed / "a" / "more.png")
    assert "has 19 samples instead of 18" in refused(capsys, arguments)
    shutil.rmtree(changed)
    for command in (["evaluate", out], ["explore", out, "neighbours"]):
        assert "if they have moved, name the new path by --data" in refused(capsys, command)
    error = refused(capsys, [*TRAIN, "--out", photos_run, "--steps", 3])
    assert f"holds another run (data: '{photos.as_posix()}' there, 'digits' now" in error


def test_a_finished_run_is_exported_once(run, tmp_path, capsys):
    out = shutil.copytree(run, tmp_path / "run")
    sessions = (out / "sessions.jsonl").read_bytes()
    capsys.readouterr()
    assert train(out, "--steps", 3) == 0
    told = capsys.readouterr().out
    assert "Nothing is left to do: the run has its 5 steps." in told
    assert f"The generator is exported in {out / 'export'}; --export exports it anew." in told
    assert runs.Run(out).read_config()["steps"] == 5
    assert [path.name for path in (out / "export").iterdir() if path.is_dir()] == ["1"]
    assert (out / "sessions.jsonl").read_bytes() == sessions
    assert train(out, "--steps", 5, "--export") == 0
    assert (out / "export" / "2").is_dir()


def test_an_export_of_another_step_or_that_was_removed_is_none(tmp_path):
    run = runs.Run(tmp_path)
    assert not run.is_exported(5)
    run.exported_path.write_text('{"step": 5}')
    assert not run.is_exported(5)
    (run.export_folder / "1").mkdir(parents=True)
    assert run.is_exported(5)
    assert not run.is_exported(6)  # as after a kill between the last step and its export


def lose_an_interrupt(done):
    """Goes on after Ctrl-C, as TensorFlow does where it has called Python."""
    with runs.signals.keep_interrupts():
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        done.append("the rest")


@pytest.fixture
def interruptible():
    """Python's handler of Ctrl-C, which shells take from programs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_tensorflow_drops_still_stops(interruptible):
    done = []
    with pytest.raises(KeyboardInterrupt):
        lose_an_interrupt(done)
    assert done == ["the rest"]
    with runs.signals.keep_interrupts():
        done.append("without one")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
