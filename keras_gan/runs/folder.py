"""The files of a run."""

import contextlib
import json
import os
import pathlib
from collections.abc import Iterator

from keras_gan import media
from keras_gan.checkpoints import Checkpoints, load_checkpoint, step_of
from keras_gan.errors import ConfigError, DataError, RunError
from keras_gan.files import run_folder
from keras_gan.files.atomic import IN_THE_WAY, check_path, write_text
from keras_gan.files.hub import local_path
from keras_gan.files.json_file import read_json
from keras_gan.options import AUTO_PRECISION
from keras_gan.runs.schemas import CONFIG, EXPORTED

import keras

# settings that may differ when a run resumes, and what a comparison doesn't show
MAY_DIFFER = ("steps", "schedule_steps", "keras_gan_version", "stamp", "weights_from")
UNSHOWN = (*MAY_DIFFER, "fingerprint", "rules", "changes")


class Run:
    """The files of a run.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder: str | os.PathLike):
        self.folder = check_path(folder)
        self.config_path = self.folder / run_folder.CONFIG
        self.checkpoints = Checkpoints(self.folder / "checkpoints")
        self.best_path = self.folder / "best.keras"
        self.published_path = self.folder / run_folder.PUBLISHED
        self.history_path = self.folder / "history.csv"
        self.times_path = self.folder / "times.csv"
        self.metrics_path = self.folder / "metrics.csv"
        self.samples_folder = self.folder / "samples"
        self.density_folder = self.folder / "density"
        self.export_folder = self.folder / run_folder.EXPORT
        self.exported_path = self.folder / "exported.json"
        self.evaluation_path = self.folder / "evaluation.json"
        self.neighbours_path = self.folder / "neighbours.png"
        self.sessions_path = self.folder / "sessions.jsonl"
        self.throughput_path = self.folder / "throughput.json"
        self.report_path = self.folder / "report.html"

    def read_config(self) -> dict:
        """Reads the settings of the run.

        Raises:
            RunError: If the folder isn't a run, or its settings can't be read.
        """
        run_folder.require_run(self.folder)
        config = read_json(self.config_path, CONFIG, RunError)
        try:
            medium = media.from_config(config["medium"])
            medium.check_shape(config["sample_shape"], self.config_path)
        except (ConfigError, DataError) as error:
            raise RunError(
                f"expected a run's settings in {self.config_path}, but: {error}"
            ) from error
        return config

    def read_medium(self) -> media.Medium:
        """Reads the medium of the run's samples; raises the errors of `read_config`."""
        return media.from_config(self.read_config()["medium"])

    def keep_first_settings(self, config: dict) -> dict:
        """Returns new settings, with those that the run keeps from its start.

        Schedules keep their length if a run resumes with more steps; they hold their last values.
        The reasons of the recipe `auto` are kept too, and the precision that was chosen, and the
        number of steps if the run has more than the new one.
        """
        if not self.config_path.exists():
            return config
        first = self.read_config()
        chosen = ("mixed_precision",) if config["mixed_precision"] == AUTO_PRECISION else ()
        names = ("schedule_steps", "choices", *chosen)
        if self.checkpoints.paths():  # which hold the weights of the other run already
            names = (*names, "weights_from")
        if self.trained_steps() >= config["steps"]:  # nothing is left to do
            names = (*names, "steps")
        return {**config, **{name: first.get(name) for name in names}}

    def claim(self, config: dict) -> None:
        """Writes the settings into a new run folder, or checks that the run there is the same.

        Args:
            config: The settings.

        Raises:
            RunError: If the folder holds another run or other files, or isn't writable.
        """
        self.check_unpublished()
        if self.config_path.exists():
            check_same_run(self.folder, self.read_config(), config)
        else:
            self.check_free()
        with writing_to(self.folder):
            write_text(self.config_path, json.dumps(config, indent=2) + "\n")

    def check_unpublished(self) -> None:
        """Raises `RunError` for a published run, which has one model and isn't changed."""
        run_folder.require_unpublished(self.folder)

    def check_free(self) -> None:
        """Raises `RunError` unless the folder is missing or empty."""
        run_folder.require_free(self.folder)

    def trained_steps(self) -> int:
        """Returns the step of the newest checkpoint, intact or not; 0 without one."""
        paths = self.checkpoints.paths()
        return step_of(paths[-1]) if paths else 0

    def is_exported(self, step: int) -> bool:
        """Returns whether the run's export folder holds an export from the run as of a step."""
        folder = self.export_folder
        if not self.exported_path.exists() or not folder.is_dir():
            return False
        has_version = any(entry.name.isdigit() for entry in folder.iterdir())
        return has_version and read_json(self.exported_path, EXPORTED, RunError)["step"] == step

    def load(self, best: bool = False) -> keras.Model:
        """Loads the model of the newest checkpoint, or the best model by the run's metrics.

        Raises:
            RunError: If the folder isn't a run, there is no checkpoint yet, or it can't be read.
        """
        return load_checkpoint(self.model_path(best))

    def model_path(self, best: bool = False) -> pathlib.Path:
        """Returns the file that `load` reads; raises the `RunError`s of `load`."""
        self.read_config()
        if not best:
            is_published = self.published_path.exists()
            return self.published_path if is_published else self.checkpoints.require_newest()
        if not self.best_path.exists():
            advice = (
                "a published run has one model; leave --best out."
                if self.published_path.exists()
                else "none was saved yet; train with --evaluate-every to keep the best."
            )
            raise RunError(f"expected a checkpoint at {self.best_path}, but {advice}")
        return self.best_path


def open_run(source: str | os.PathLike) -> Run:
    """Opens a run to read: a run folder, a published folder, or one on the Hugging Face hub.

    Args:
        source: The folder, or `hf:OWNER/NAME` or `hf:OWNER/NAME@REVISION`, which is downloaded.

    Raises:
        ConfigError: For a repository without the extra `hub`.
        HubError: If the repository can't be read.

    Example:

        gan = kg.runs.open_run("hf:OWNER/NAME").load()
    """
    return Run(local_path(source))


def check_same_run(folder: pathlib.Path, old: dict, new: dict) -> None:
    """Raises `RunError`, with the differences, if two settings belong to different runs."""
    old, new = ({**config, **config.get("rules", {}), **config["changes"]} for config in (old, new))
    keys = [key for key in {**old, **new} if key not in UNSHOWN]
    if old["fingerprint"] == new["fingerprint"]:
        keys.remove("data")  # the same samples, which have moved
    differences = [
        f"{key}: {old.get(key)!r} there, {new.get(key)!r} now"
        for key in keys
        if old.get(key) != new.get(key)
    ]
    if differences:
        raise RunError(
            f"{folder} holds another run ({'; '.join(differences)}). Choose another --out, or use "
            "the settings of that run to resume it."
        )


@contextlib.contextmanager
def writing_to(folder: pathlib.Path) -> Iterator[None]:
    """Raises errors of the file system as `RunError`."""
    try:
        yield
    except BrokenPipeError:  # of a progress bar whose reader has gone, as in 2>&1 | head
        raise
    except OSError as error:
        raise RunError(
            f"could not write to {folder}: {error.strerror or error}; existing files are intact. "
            f"{way_to_write(error)}"
        ) from error


def way_to_write(error: OSError) -> str:
    """Returns a sentence on what to do about a folder that can't be written."""
    if isinstance(error, IN_THE_WAY):
        return "A file is in the way; choose another --out."
    return (
        "Free some space, close programs that have them open, or choose an --out that you may "
        "write to."
    )
