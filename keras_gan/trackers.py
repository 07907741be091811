"""Experiment trackers: TensorBoard, MLflow, and Weights & Biases.

Each needs a package of its own, which is imported when a tracker is made. The files of a tracker,
and the name by which it knows the run, are in one folder, so that a resumed run goes on there.
"""

import contextlib
import importlib
import json
import os
import pathlib
import re
import secrets
import time
from collections.abc import Iterator

from keras_gan.errors import ConfigError, TrackerError, missing_extra, reason_of, unknown
from keras_gan.files.atomic import check_path, write_text
from keras_gan.files.json_file import read_json

import numpy as np
from PIL import Image

PROJECT = "keras-gan"  # MLflow's experiment, and the project in Weights & Biases
PICTURE = "samples"
MAX_TEXT = 500  # characters of a setting; MLflow refuses long ones


class Tracker:
    """Base class of the trackers.

    Attributes:
        package: Name of the package that it needs, and of the extra that holds it.
        place: Where the figures go, for a line of progress.

    Args:
        folder: Folder of the tracker's files; created at its start.
        name: Name of the run, as the tracker shows it.

    Raises:
        ConfigError: If the package is missing.
    """

    package = ""

    def __init__(self, folder: str | os.PathLike, name: str) -> None:
        self.folder, self.name, self.place = check_path(folder), name, str(folder)
        try:
            self.api = importlib.import_module(self.package)
        except ImportError as error:
            message = missing_extra(self.package, "to log to it", error)
            raise ConfigError(message) from error

    def start(self, settings: dict) -> bool:
        """Starts the tracker's run, or continues it; returns whether it was continued.

        Args:
            settings: The settings of the training, to show beside the figures.
        """
        raise NotImplementedError(f"{type(self).__name__} defines no start.")

    def log_figures(self, step: int, figures: dict[str, float]) -> None:
        """Logs the figures of a step."""
        raise NotImplementedError(f"{type(self).__name__} defines no log_figures.")

    def log_picture(self, step: int, path: pathlib.Path) -> None:
        """Logs the picture of a step, a PNG file."""
        raise NotImplementedError(f"{type(self).__name__} defines no log_picture.")

    def close(self) -> None:
        """Writes what is left, and ends the session of the tracker."""
        raise NotImplementedError(f"{type(self).__name__} defines no close.")

    @contextlib.contextmanager
    def reporting(self) -> Iterator[None]:
        """Raises whatever goes wrong in the tracker, its files or its network as `TrackerError`."""
        try:
            yield
        except TrackerError:
            raise
        except Exception as error:
            raise TrackerError(
                f"expected to log to {self.package} in {self.place}, got {reason_of(error)}; mend "
                "that, or train without it."
            ) from error

    def read_id(self) -> str | None:
        """Returns the name by which the tracker knows the run; None before its first start."""
        path = self.folder / "run.json"
        return read_json(path, {"id": str}, TrackerError)["id"] if path.exists() else None

    def read_sent(self) -> dict[str, int]:
        """Returns the last step that was sent of each table or folder, by its name."""
        path = self.folder / "sent.json"
        return read_json(path, {str: int}, TrackerError) if path.exists() else {}

    def write_sent(self, steps: dict[str, int]) -> None:
        """Keeps the last step that was sent of each table or folder, by its name."""
        write_text(self.folder / "sent.json", json.dumps(steps) + "\n")

    def write_id(self, identifier: str) -> None:
        """Keeps the name by which the tracker knows the run."""
        write_text(self.folder / "run.json", json.dumps({"id": identifier}) + "\n")


class TensorBoard(Tracker):
    """Event files for TensorBoard: `tensorboard --logdir FOLDER`."""

    package = "tensorboard"

    def start(self, settings: dict) -> bool:
        """Opens a new event file; TensorBoard joins all of the folder."""
        import tensorflow as tf

        is_continued = any(self.folder.glob("events.out.tfevents.*"))
        self.summary, self.writer = tf.summary, tf.summary.create_file_writer(str(self.folder))
        if not is_continued:
            with self.writing():
                tf.summary.text("settings", f"```\n{json.dumps(settings, indent=2)}\n```", step=0)
        return is_continued

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Writes what is logged meanwhile to the file, where a kill leaves it."""
        with self.writer.as_default():
            yield
        self.writer.flush()

    def log_figures(self, step: int, figures: dict[str, float]) -> None:
        """Logs scalars."""
        with self.writing():
            for name, value in figures.items():
                self.summary.scalar(name, value, step=step)

    def log_picture(self, step: int, path: pathlib.Path) -> None:
        """Logs an image."""
        with self.writing():
            self.summary.image(PICTURE, read_pixels(path)[None], step=step)

    def close(self) -> None:
        """Closes the event file."""
        self.writer.close()


class MLflow(Tracker):
    """A run of MLflow, at MLFLOW_TRACKING_URI or else in a file store in the folder.

    The experiment is that of MLFLOW_EXPERIMENT_NAME, or `keras-gan`.
    """

    package = "mlflow"

    def start(self, settings: dict) -> bool:
        """Creates a run, or sets it to running again."""
        uri = os.environ.get("MLFLOW_TRACKING_URI")
        if uri is None:
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")  # MLflow prefers a database
            uri = (self.folder.resolve() / "store").as_uri()
        self.place = uri
        self.client = self.api.MlflowClient(tracking_uri=uri)
        self.id = self.read_id()
        if self.id is not None:
            self.client.update_run(self.id, status="RUNNING")
            return True
        self.id = self.client.create_run(self.find_experiment(), run_name=self.name).info.run_id
        for name, value in flatten(settings).items():
            self.client.log_param(self.id, name, str(value)[:MAX_TEXT])
        self.write_id(self.id)
        return False

    def find_experiment(self) -> str:
        """Returns the number of the experiment, which is created if needed."""
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", PROJECT)
        experiment = self.client.get_experiment_by_name(name)
        return experiment.experiment_id if experiment else self.client.create_experiment(name)

    def log_figures(self, step: int, figures: dict[str, float]) -> None:
        """Logs metrics, under names that MLflow allows."""
        now = int(1000 * time.time())
        metrics = [
            self.api.entities.Metric(allowed_name(name), value, now, step)
            for name, value in figures.items()
        ]
        self.client.log_batch(self.id, metrics=metrics)

    def log_picture(self, step: int, path: pathlib.Path) -> None:
        """Logs an image of a step."""
        self.client.log_image(self.id, read_pixels(path), key=PICTURE, step=step, synchronous=True)

    def close(self) -> None:
        """Sets the run to finished."""
        self.client.set_terminated(self.id)


class WeightsAndBiases(Tracker):
    """A run of Weights & Biases, in the project of WANDB_PROJECT or `keras-gan`.

    With WANDB_MODE=offline it stays in the folder, until `wandb sync` uploads it.
    """

    package = "wandb"

    def start(self, settings: dict) -> bool:
        """Starts a run, or resumes it by its name."""
        identifier = self.read_id()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.session = self.api.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            name=self.name,
            id=identifier or secrets.token_hex(8),
            resume="allow",
            dir=str(self.folder),
            config=settings,
            settings=self.api.Settings(silent=True, console="off"),
        )
        self.session.define_metric("*", step_metric="step")
        self.place = str(self.folder) if self.session.offline else self.session.url
        self.write_id(self.session.id)
        return identifier is not None

    def log_figures(self, step: int, figures: dict[str, float]) -> None:
        """Logs figures beside their step."""
        self.session.log({"step": step, **figures})

    def log_picture(self, step: int, path: pathlib.Path) -> None:
        """Logs an image beside its step."""
        self.session.log({"step": step, PICTURE: self.api.Image(str(path))})

    def close(self) -> None:
        """Uploads what is left."""
        self.session.finish()


TRACKERS = {"tensorboard": TensorBoard, "wandb": WeightsAndBiases, "mlflow": MLflow}


def get(name: str, folder: str | os.PathLike, run: str) -> Tracker:
    """Makes a tracker.

    Args:
        name: One of `"tensorboard"`, `"wandb"` and `"mlflow"`.
        folder: Folder of its files.
        run: Name of the run, as the tracker shows it.

    Raises:
        ConfigError: For another name, or if the tracker's package is missing.

    Example:

        log = kg.callbacks.Log(kg.trackers.get("tensorboard", "logs", "cats"), ["history.csv"])
    """
    if name not in TRACKERS:
        raise unknown("tracker", name, TRACKERS)
    return TRACKERS[name](folder, run)


def read_pixels(path: pathlib.Path) -> np.ndarray:
    """Reads a PNG file as (height, width, 3 or 4) uint8."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGBA" if image.mode == "RGBA" else "RGB"))


def allowed_name(name: str) -> str:
    """Returns a figure's name as MLflow allows it, without brackets and other signs.

    Example:

    >>> allowed_name("frechet[digits]"), allowed_name("frechet[my net (1)]")
    ('frechet.digits', 'frechet.my net _1_')
    """
    return re.sub(r"[^\w./: -]", "_", re.sub(r"\[(.*)\]", r".\1", name))


def flatten(settings: dict, prefix: str = "") -> dict[str, object]:
    """Returns nested settings as one dict, whose names are joined by dots.

    Example:

    >>> flatten({"seed": 0, "rules": {"loss": "hinge"}})
    {'seed': 0, 'rules.loss': 'hinge'}
    """
    flat = {}
    for name, value in settings.items():
        inner = flatten(value, f"{name}.") if isinstance(value, dict) else {name: value}
        flat |= {f"{prefix}{key}": entry for key, entry in inner.items()}
    return flat
