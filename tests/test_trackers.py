"""Experiment trackers: their own readers give what the tables of a training hold."""

import collections
import json
import shutil
import struct
import sys

import keras_gan as kg
from keras_gan.callbacks.table import read_table

import numpy as np
import pytest
from conftest import tiny_gan

COUNT, EVERY = 24, 2
pytestmark = pytest.mark.filterwarnings("ignore")  # of the trackers' packages


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "WANDB_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def hooks(folder, *more, **options):
    table, pictures = folder / "history.csv", folder / "samples"
    return [
        kg.callbacks.HistoryCSV(table, EVERY),
        kg.callbacks.SampleGrid(pictures, EVERY, rows=2, columns=2),
        *more,
        *(kg.callbacks.Log(each, [table], pictures, **options) for each in trackers(folder)),
    ]


def trackers(folder):
    return [kg.trackers.get(name, folder / name, "tiny") for name in kg.trackers.TRACKERS]


def train(folder, gan=None, hooks=hooks, **options):
    if gan is None:
        gan = tiny_gan()
        gan.compile()
    images = np.random.default_rng(0).uniform(-1, 1, (COUNT, 8, 8, 1)).astype("float32")
    gan.fit(images, batch_size=8, epochs=2, verbose=0, callbacks=hooks(folder, **options))
    return gan


def read_tensorboard(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(str(folder), {"tensors": 0})
    events.Reload()
    rows = collections.defaultdict(dict)
    pictures = []
    for tag in events.Tags()["tensors"]:
        for event in events.Tensors(tag):
            if tag == "samples":
                pictures.append(event.step)
            elif tag != "settings":
                rows[event.step][tag] = float(make_ndarray(event.tensor_proto))
    return dict(rows), pictures


def read_mlflow(folder):
    import mlflow

    client = mlflow.MlflowClient((folder / "store").as_uri())
    (run,) = client.search_runs([client.get_experiment_by_name("keras-gan").experiment_id])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "tiny")
    rows = collections.defaultdict(dict)
    for name in run.data.metrics:
        for entry in client.get_metric_history(run.info.run_id, name):
            rows[entry.step][name] = entry.value
    paths = [each.path for each in client.list_artifacts(run.info.run_id, "images")]
    return dict(rows), sorted(int(path.split("+")[2]) for path in paths if path.endswith(".png"))


def wandb_records(content):
    """Yields the records of a file of W&B: blocks of 32 KiB, as in LevelDB's log."""
    position, parts = 7, b""
    while position < len(content):
        left = 32768 - position % 32768
        if left < 7:
            position += left
            continue
        _, size, kind = struct.unpack("<IHB", content[position : position + 7])
        parts += content[position + 7 : position + 7 + size]
        position += 7 + size
        if kind in (1, 4):  # a whole record, or its last part
            yield parts
            parts = b""


def read_wandb(folder):
    from wandb.proto import wandb_internal_pb2

    rows, pictures = collections.defaultdict(dict), []
    for path in sorted(folder.glob("wandb/offline-run-*/*.wandb")):
        for content in wandb_records(path.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(content)
            items = {
                ".".join(item.nested_key) or item.key: json.loads(item.value_json)
                for item in record.history.item
            }
            if "samples.path" in items or "samples" in items:
                pictures.append(items["step"])
            elif items:
                figures = {n: v for n, v in items.items() if n != "step" and n[0] != "_"}
                rows[items["step"]] |= figures
    return dict(rows), pictures


READERS = {"tensorboard": read_tensorboard, "mlflow": read_mlflow, "wandb": read_wandb}


def assert_logged(folder):
    """Compares what each tracker's files hold with the table and the pictures of a training."""
    expected = {int(row.pop("step")): row for row in read_table(folder / "history.csv")}
    steps = sorted(int(path.stem) for path in (folder / "samples").glob("*.png"))
    for name, read in READERS.items():
        rows, pictures = read(folder / name)
        assert rows.keys() == expected.keys(), name
        for step, row in expected.items():
            assert rows[step] == pytest.approx(row, rel=1e-6), name
        assert pictures == steps, name


def test_each_tracker_has_every_row_and_picture_once_also_after_a_resume(tmp_path, capsys):
    gan = train(tmp_path)
    assert_logged(tmp_path)
    train(tmp_path, gan, settings={"seed": 3})
    assert len(read_table(tmp_path / "history.csv")) == 12 // EVERY
    assert_logged(tmp_path)
    assert f"Logging to mlflow: {(tmp_path / 'mlflow/store').as_uri()}" in capsys.readouterr().out


def test_a_training_that_is_tracked_later_sends_its_earlier_rows(tmp_path):
    def untracked(folder):
        return hooks(folder)[:2]

    gan = train(tmp_path, hooks=untracked)
    train(tmp_path, gan)
    assert_logged(tmp_path)


def test_rows_of_an_untracked_resume_are_sent_and_none_twice(tmp_path):
    gan = train(tmp_path)
    gan.save(tmp_path / "old.keras")
    gan = train(tmp_path, gan, hooks=lambda folder: hooks(folder)[:2])
    gan = train(tmp_path, gan)
    assert_logged(tmp_path)
    again = kg.load_model(tmp_path / "old.keras")  # as after a kill
    train(tmp_path, again)
    rows, _ = read_mlflow(tmp_path / "mlflow")
    assert sorted(rows) == [2, 4, 6, 8, 10, 12, 14, 16, 18]
    (run,) = (tmp_path / "mlflow/store").glob("*/*/metrics/d_loss")
    assert len(run.read_text("utf-8").splitlines()) == 9


def test_arguments_of_another_kind_are_refused(tmp_path):
    with pytest.raises(kg.errors.ConfigError, match="expected a tracker, as of"):
        kg.callbacks.Log("tensorboard", ["history.csv"])
    board = kg.trackers.get("tensorboard", tmp_path, "tiny")
    with pytest.raises(kg.errors.ConfigError, match="expected a list of tables, such as"):
        kg.callbacks.Log(board, "history.csv")


def test_settings_are_beside_the_figures(tmp_path):
    import mlflow

    for tracker in trackers(tmp_path):
        assert not tracker.start({"seed": 3, "rules": {"loss": "hinge"}, "text": "x" * 9999})
        tracker.log_figures(2, {"frechet[my net (1)]": 0.5})
        tracker.close()
    client = mlflow.MlflowClient((tmp_path / "mlflow/store").as_uri())
    run = client.get_run(json.loads((tmp_path / "mlflow/run.json").read_text("utf-8"))["id"])
    assert run.data.metrics == {"frechet.my net _1_": 0.5}
    assert run.data.params == {"seed": "3", "rules.loss": "hinge", "text": "x" * 500}
    (events,) = (tmp_path / "tensorboard").iterdir()
    assert b'"loss": "hinge"' in events.read_bytes()


def test_a_tracker_that_fails_doesnt_end_the_training(tmp_path):
    class LoseTheStore(kg.callbacks.Periodic):
        def act(self, logs):
            shutil.rmtree(tmp_path / "mlflow/store", ignore_errors=True)
            (tmp_path / "mlflow/store").write_text("no folder")

    lines = []

    def losing(folder):
        return hooks(folder, LoseTheStore(4), tell=lines.append)

    gan = train(tmp_path, hooks=losing)
    assert int(gan.step) == 6
    (told,) = [line for line in lines if line.startswith("The training goes on without mlflow: ")]
    assert "expected to log to mlflow in file:" in told
    assert read_tensorboard(tmp_path / "tensorboard")[1] == [0, 2, 4, 6]


class Refusing(kg.trackers.Tracker):
    """Keeps the steps of figures in a list; refuses those of one step."""

    package = "json"  # of which it needs nothing

    def __init__(self, folder, steps, refused):
        super().__init__(folder, "tiny")
        self.steps, self.refused = steps, refused

    def start(self, settings):
        return bool(self.steps)

    def log_figures(self, step, figures):
        if step == self.refused:
            raise ConnectionError("no answer.")
        self.steps.append(step)

    def close(self):
        pass


def test_rows_before_a_refused_one_are_not_sent_again(tmp_path):
    def send(refused):
        tracker = Refusing(tmp_path / "log", steps, refused)
        log = kg.callbacks.Log(tracker, [tmp_path / "history.csv"], tell=lines.append)
        train(tmp_path, gan, hooks=lambda folder: [*hooks(folder)[:1], log])

    gan, steps, lines = train(tmp_path, hooks=lambda folder: hooks(folder)[:1]), [], []
    send(refused=4)
    assert steps == [2]
    assert lines[-1].endswith("log, got no answer; mend that, or train without it.")
    send(refused=None)
    assert steps == list(range(2, 19, EVERY))


def test_what_tensorboard_was_sent_is_in_its_file_before_the_end(tmp_path):
    kg.pictures.save_png(np.zeros((4, 4, 3), "uint8"), tmp_path / "0.png")
    board = kg.trackers.get("tensorboard", tmp_path / "board", "tiny")
    board.start({"seed": 3})
    board.log_picture(2, tmp_path / "0.png")
    (events,) = (tmp_path / "board").iterdir()
    assert b'"seed": 3' in events.read_bytes()
    assert read_tensorboard(tmp_path / "board")[1] == [2]
    board.close()


def test_a_tracker_that_cant_start_is_told_before_the_first_step(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nothing://here")
    gan = tiny_gan()
    gan.compile()
    with pytest.raises(kg.errors.TrackerError, match="expected to log to mlflow in nothing://here"):
        train(tmp_path, gan)
    assert int(gan.step) == 0
    (tmp_path / "logs").write_text("a file")
    board = kg.trackers.get("tensorboard", tmp_path / "logs/tensorboard", "tiny")
    with pytest.raises(kg.errors.TrackerError) as told:
        train(tmp_path, gan, hooks=lambda folder: [kg.callbacks.Log(board, [])])
    assert str(told.value) == (
        f"expected to log to tensorboard in {tmp_path}/logs/tensorboard, got {tmp_path}/logs is "
        "not a directory; mend that, or train without it."
    )
    (tmp_path / "mlflow").mkdir()
    (tmp_path / "mlflow/run.json").write_text("{}")
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    with pytest.raises(kg.errors.TrackerError, match=r"^(?!expected to log)expected .*run\.json"):
        train(tmp_path, gan)


def test_other_trackers_and_missing_packages_are_named(tmp_path, monkeypatch):
    with pytest.raises(kg.errors.ConfigError, match=r"unknown tracker 'comet'\. Known: mlflow"):
        kg.trackers.get("comet", tmp_path, "tiny")
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(kg.errors.ConfigError, match="expected the extra wandb to log to it"):
        kg.trackers.get("wandb", tmp_path, "tiny")


def test_a_run_of_points_logs_its_table_and_pictures(tmp_path):
    settings = kg.runs.Settings("toy1d", "toy:gaussians8", steps=2, batch_size=4, width=4)
    log = ("tensorboard", "tensorboard")
    kg.runs.train(settings, tmp_path / "run", every=1, log=log)
    rows, pictures = read_tensorboard(tmp_path / "run/logs/tensorboard")
    expected = read_table(tmp_path / "run/history.csv")
    assert [row["d_loss"] for row in rows.values()] == pytest.approx(
        [row["d_loss"] for row in expected]
    )
    assert [row["seconds"] > 0 for row in rows.values()] == [True, True]
    assert pictures == [0, 2]
