import contextlib
import csv
import fcntl
import os
import re
import struct
import sys
import termios
import threading
import time
import tty

import keras_gan as kg
from keras_gan import callbacks, penalties, pictures, progress
from keras_gan.errors import ConfigError, NotFiniteError, TrainingError
from keras_gan.files import keras_file

import keras
import numpy as np
import pytest
from conftest import random_images, tiny_gan
from PIL import Image


def compiled(**arguments):
    gan = tiny_gan(**arguments)
    gan.compile()
    return gan


def test_sample_grids_show_the_same_latents_through_training(tmp_path):
    gan = compiled()
    grid = callbacks.SampleGrid(tmp_path / "samples", every=2, rows=2, columns=3, seed=4)
    gan.fit(random_images(8), batch_size=8, epochs=5, verbose=0, callbacks=[grid])
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["00000000.png", "00000002.png", "00000004.png"]
    gan.fit(random_images(8), batch_size=8, verbose=0, callbacks=[grid])
    picture = np.array(Image.open(tmp_path / "samples" / "00000006.png"))
    expected = pictures.grid(gan.sample(6, seed=4), 3)[..., 0]
    assert picture.shape == (16, 24)
    assert np.abs(picture.astype(int) - np.array(expected, int)).max() <= 1


def points_gan(num_classes=None):
    networks = (kg.networks.MLPGenerator, kg.networks.MLPDiscriminator)
    generator, discriminator = (
        network((2,), units=(8,), num_classes=num_classes) for network in networks
    )
    gan = kg.GAN(generator, discriminator)
    gan.compile()
    return gan


def test_points_are_drawn_beside_the_data(tmp_path):
    points = np.random.default_rng(0).normal(size=(30, 2)).astype("float32")
    labels = np.arange(30) % 3
    source = kg.datasets.ArraySource("points", points, labels)
    for gan, batch in ((points_gan(), (points,)), (points_gan(3), (points, labels))):
        plot = callbacks.PointsBesideData(
            tmp_path / "plots", source, every=2, count=20, seed=4, last=3
        )
        gan.fit(*batch, batch_size=10, epochs=1, verbose=0, callbacks=[plot])
        paths = sorted((tmp_path / "plots").iterdir())
        assert [path.name for path in paths] == [f"{step:08d}.png" for step in (0, 2, 3)]
        first, _, last = (np.array(Image.open(path)) for path in paths)
        assert np.array_equal(first[:, :256], last[:, :256])
        assert not np.array_equal(first[:, 258:], last[:, 258:])
        assert plot.data.shape == (20, 2)
        assert {tuple(point) for point in plot.data} <= {tuple(point) for point in points}
    digits = kg.datasets.open_source("digits")
    with pytest.raises(ConfigError, match="expected points, got images; use SampleGrid"):
        callbacks.PointsBesideData(tmp_path, digits)
    with pytest.raises(ConfigError, match="an integer count >= 1, got 0"):
        callbacks.PointsBesideData(tmp_path, source, count=0)


def test_previews_and_metrics_of_a_broken_generator_end_the_training_as_broken_losses_do(tmp_path):
    """So that a run can roll back."""
    gan, points = points_gan(), np.zeros((4, 2), "float32")
    source = kg.datasets.ArraySource("points", points)
    distribution = kg.datasets.open_source("toy:gaussians25").distribution
    evaluator = kg.metrics.Evaluator(source, kg.metrics.get(["frechet"], "values"), count=4)
    weights = gan.moving_average.get_weights()
    gan.moving_average.set_weights([weight * np.nan for weight in weights])
    gan.step.assign(1)  # at which averages may differ
    for callback in (
        callbacks.PointsBesideData(tmp_path / "a", source),
        callbacks.DensityPlot(tmp_path / "b", distribution, count=10),
        callbacks.SampleGrid(tmp_path / "c"),
        callbacks.Evaluate(evaluator, lambda gan: gan.sample, path=tmp_path / "d.csv"),
    ):
        with pytest.raises(NotFiniteError, match="expected finite points, got NaN or infinity in"):
            gan.fit(points, batch_size=4, verbose=0, callbacks=[callback])
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_the_last_step_has_a_grid_whatever_the_interval_is(tmp_path):
    """An interrupted training has none, so that resuming it gives the files of a whole one."""
    for folder, parts in (("whole", [5]), ("interrupted", [1, 4])):
        gan = compiled()
        for steps in parts:
            assert not (tmp_path / folder / "00000005.png").exists()
            grid = callbacks.SampleGrid(tmp_path / folder, every=2, last=5)
            fit = {"batch_size": 8, "steps_per_epoch": steps, "verbose": 0, "callbacks": [grid]}
            gan.fit(random_images(40), **fit)
        names = sorted(path.name for path in (tmp_path / folder).iterdir())
        assert names == [f"{step:08d}.png" for step in (0, 2, 4, 5)]
    with pytest.raises(ConfigError, match="an integer last >= 1, got 0"):
        callbacks.SampleGrid(tmp_path, last=0)


def test_sample_grids_show_one_class_per_column(tmp_path):
    gan = compiled(num_classes=3)
    grid = callbacks.SampleGrid(tmp_path, rows=2)
    gan.fit(random_images(8), np.zeros(8, int), batch_size=8, verbose=0, callbacks=[grid])
    picture = np.array(Image.open(tmp_path / "00000001.png"))
    labels = [0, 1, 2] * 6  # nine columns, three for each class
    expected = pictures.grid(gan.sample(18, labels=labels), 9)[..., 0]
    assert np.abs(picture.astype(int) - np.array(expected, int)).max() <= 1


def test_learning_gif_has_one_frame_per_grid_and_resumes(tmp_path):
    gan = compiled()
    recorders = [
        callbacks.SampleGrid(tmp_path / "samples"),
        callbacks.LearningGIF(tmp_path / "samples", tmp_path / "learning.gif"),
    ]
    frames = []
    for epochs in (3, 2):
        gan.fit(random_images(8), batch_size=8, epochs=epochs, verbose=0, callbacks=recorders)
        with Image.open(tmp_path / "learning.gif") as gif:
            frames.append(gif.n_frames)
    assert frames == [4, 6]


def test_long_films_skip_frames_evenly(tmp_path):
    for step in range(30):
        pictures.save_grid(random_images(4, seed=step), tmp_path / f"{step:08d}.png")
    callbacks.LearningGIF(tmp_path, tmp_path / "film.gif", max_frames=7).on_train_end()
    with Image.open(tmp_path / "film.gif") as gif:
        assert gif.n_frames == 7


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_stop_on_nan_names_the_log_and_the_step(broken):
    gan = compiled()
    images = random_images(8)
    gan.fit(images, batch_size=8, verbose=0)
    gan.discriminator.weights[0].assign(gan.discriminator.weights[0] * broken)
    with pytest.raises(TrainingError, match=r"d_loss = nan.* step 2, with NaN .*; lower the"):
        gan.fit(images, batch_size=8, verbose=0, callbacks=[callbacks.StopOnNaN()])


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_resumed_history_has_no_gap_and_no_duplicate_row(tmp_path):
    gan, history = compiled(), callbacks.HistoryCSV(tmp_path / "history.csv", every=2)
    gan.fit(random_images(40), batch_size=8, verbose=0, callbacks=[history])
    gan.save(tmp_path / "early.keras")
    gan.fit(random_images(40), batch_size=8, verbose=0, callbacks=[history])
    before = read(tmp_path / "history.csv")
    assert [int(row["step"]) for row in before] == [2, 4, 6, 8, 10]
    assert [int(row["images_seen"]) for row in before] == [16, 32, 48, 64, 80]

    resumed = keras.models.load_model(tmp_path / "early.keras")
    history = callbacks.HistoryCSV(tmp_path / "history.csv", every=2)
    resumed.fit(random_images(40), batch_size=8, verbose=0, callbacks=[history])
    after = read(tmp_path / "history.csv")
    assert [row["step"] for row in after] == [row["step"] for row in before]
    assert [row["d_loss"] for row in after[3:]] == [row["d_loss"] for row in before[3:]]


def test_history_rows_are_means_since_the_last_row(tmp_path):
    one, two = compiled(), compiled()
    one.set_weights(two.get_weights())
    for gan, every in ((one, 1), (two, 2)):
        history = callbacks.HistoryCSV(tmp_path / f"{every}.csv", every=every)
        gan.fit(random_images(32), batch_size=8, verbose=0, callbacks=[history])
    single = [float(row["d_loss"]) for row in read(tmp_path / "1.csv")]
    pairs = [float(row["d_loss"]) for row in read(tmp_path / "2.csv")]
    assert pairs == pytest.approx([np.mean(single[:2]), np.mean(single[2:])], rel=1e-5)


def test_a_lazy_penalty_has_entries_only_for_steps_that_computed_it(tmp_path):
    gan = tiny_gan()
    gan.compile(penalties=[penalties.R1(0.1, interval=3)])
    history = callbacks.HistoryCSV(tmp_path / "history.csv", every=1)
    gan.fit(random_images(40), batch_size=8, verbose=0, callbacks=[history])
    assert [bool(row["r1"]) for row in read(tmp_path / "history.csv")] == [
        *(True, False, False),
        *(True, False),
    ]


def test_checkpoints_keep_the_newest_and_leave_other_files_alone(tmp_path):
    gan = compiled()
    for name in ("mine.keras", "00000009.new.keras", "00000009.keras"):  # the last two are left
        (tmp_path / name).write_bytes(b"")  # by a killed process, and of another future
    checkpoint = callbacks.Checkpoint(tmp_path, every=2, keep=2)
    gan.fit(random_images(56), batch_size=8, verbose=0, callbacks=[checkpoint])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["00000006.keras", "00000007.keras", "mine.keras"]
    assert int(checkpoint.checkpoints.load().step) == 7
    assert int(keras.models.load_model(tmp_path / "00000006.keras").step) == 6


def test_equal_models_have_equal_checkpoints_and_flipped_bits_are_detected(tmp_path):
    gan = compiled()
    for name in ("one.keras", "two.keras"):
        keras_file.save_model(gan, tmp_path / name)
    one, two = ((tmp_path / name).read_bytes() for name in ("one.keras", "two.keras"))
    assert one == two
    assert keras_file.is_intact(tmp_path / "one.keras")
    for index in (0, 30, len(one) // 2, len(one) - 100, len(one) - 70, len(one) - 1):
        changed = bytearray(one)
        changed[index] ^= 4
        (tmp_path / "two.keras").write_bytes(changed)
        assert not keras_file.is_intact(tmp_path / "two.keras"), index


def test_means_continue_from_a_checkpoint(tmp_path):
    """A row interrupted by a checkpoint is still the mean of all its steps."""
    uninterrupted, gan = compiled(), compiled()
    gan.set_weights(uninterrupted.get_weights())
    history = callbacks.HistoryCSV(tmp_path / "uninterrupted.csv", every=5)
    uninterrupted.fit(random_images(40), batch_size=8, verbose=0, callbacks=[history])
    parts = [callbacks.HistoryCSV(tmp_path / "parts.csv", every=5)]
    parts += [callbacks.Checkpoint(tmp_path / "checkpoints")]
    gan.fit(random_images(40), batch_size=8, steps_per_epoch=3, verbose=0, callbacks=parts)
    resumed = parts[1].checkpoints.load()
    resumed.fit(random_images(40), batch_size=8, steps_per_epoch=2, verbose=0, callbacks=parts)
    assert (tmp_path / "parts.csv").read_bytes() == (tmp_path / "uninterrupted.csv").read_bytes()


def test_invalid_arguments_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="an integer every >= 1, got 0"):
        callbacks.SampleGrid(tmp_path, every=0)


def read_all(terminal, parts):
    """Reads a pseudo-terminal until its other side is closed, which Linux reports as an error."""
    with contextlib.suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as file:
        while part := file.read(65536):
            parts.append(part)


@contextlib.contextmanager
def terminal(monkeypatch, columns):
    """Makes standard error a pseudo-terminal; yields a list that gets its text at the end."""
    master, slave = os.openpty()
    tty.setraw(slave)
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    chunks, texts = [], []
    reader = threading.Thread(target=read_all, args=(master, chunks))
    reader.start()
    with os.fdopen(slave, "w") as stream, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", stream)
        yield texts
    reader.join()
    texts.append(b"".join(chunks).decode())


@pytest.mark.parametrize("columns", [80, 110])
def test_the_bar_has_room_for_both_losses(monkeypatch, columns):
    with terminal(monkeypatch, columns) as texts:
        bar = callbacks.Progress(20, every=2)
        gan = compiled()
        gan.fit(random_images(160), batch_size=8, verbose=0, callbacks=[bar])
    first, *lines, _ = texts[0].strip("\r").split("\r")
    assert "compiling the first step" in first
    assert all(len(line.rstrip("\n")) < columns for line in (first, *lines))
    last = re.search(r"100%\|(.+)\| 20/20 \[.*, \d+ images/s, (.*)\]", texts[0].split("\r")[-1])
    assert len(last[1]) >= 8
    assert [word.split()[0] for word in last[2].split(", ")][:2] == ["d_loss", "g_loss"]
    assert ("gradient" in last[2]) == (columns == 110)


def test_a_clock_runs_in_a_terminal_and_leaves_nothing(monkeypatch, capsys):
    with terminal(monkeypatch, 80) as texts, progress.clock("exporting"):
        time.sleep(1.5)
    assert "exporting ... 00:00" in texts[0]
    assert "exporting ... 00:01" in texts[0]
    assert texts[0].split("\r")[-2].strip() == ""
    with progress.clock("exporting"):
        pass
    assert capsys.readouterr().err == ""


def test_samples_in_a_terminal_are_shown_at_doubling_intervals(monkeypatch):
    """It runs on a real pseudo-terminal."""
    master, slave = os.openpty()
    tty.setraw(slave)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("COLUMNS", "24")  # three samples of eight pixels
    gan = tiny_gan(num_classes=3)
    gan.compile()
    chunks = []
    reader = threading.Thread(target=read_all, args=(master, chunks))
    reader.start()
    with os.fdopen(slave, "w") as stream:
        gan.fit(
            random_images(8),
            np.arange(8) % 3,
            batch_size=4,
            steps_per_epoch=9,
            verbose=0,
            callbacks=[callbacks.TerminalSamples(2, stream)],
        )
    reader.join()
    text = b"".join(chunks).decode()
    assert re.findall(r"step (\d+)", text) == ["2", "4", "8"]
    assert text.count("▀") == 3 * 24 * 8
    assert len(set(re.findall(r"38;2;(\d+)", text))) > 10


@pytest.mark.parametrize("colours", ["", "truecolor"])
def test_no_picture_without_a_24_bit_colour_terminal(colours, tmp_path, monkeypatch):
    monkeypatch.setenv("COLORTERM", colours)
    gan = tiny_gan()
    gan.compile()
    with (tmp_path / "log.txt").open("w") as stream:
        callback = callbacks.TerminalSamples(1, stream)
        gan.fit(random_images(8), batch_size=4, verbose=0, callbacks=[callback])
    assert (tmp_path / "log.txt").read_text() == ""


def test_half_blocks_are_two_pixels_per_character():
    picture = Image.new("RGB", (1, 3), (1, 2, 3))
    picture.putpixel((0, 1), (4, 5, 6))
    assert callbacks.terminal.half_blocks(picture) == "\x1b[38;2;1;2;3;48;2;4;5;6m▀\x1b[0m"
