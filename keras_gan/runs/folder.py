"""The files of a run."""

import contextlib
import json
import pathlib

from keras_gan import media
from keras_gan.checkpoints import Checkpoints, load_game
from keras_gan.errors import ConfigError, DataError, RunError
from keras_gan.files.atomic import write_text
from keras_gan.files.json_file import read_json
from keras_gan.runs.schemas import CONFIG

KEPT_BY_RESUME = ("steps", "schedule_steps", "keras_gan_version")


class Run:
    """The files of a run.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.config_path = self.folder / "config.json"
        self.checkpoints = Checkpoints(self.folder / "checkpoints")
        self.best_path = self.folder / "best.keras"
        self.history_path = self.folder / "history.csv"
        self.times_path = self.folder / "times.csv"
        self.metrics_path = self.folder / "metrics.csv"
        self.samples_folder = self.folder / "samples"
        self.density_folder = self.folder / "density"
        self.export_folder = self.folder / "export"
        self.evaluation_path = self.folder / "evaluation.json"
        self.neighbours_path = self.folder / "neighbours.png"
        self.sessions_path = self.folder / "sessions.jsonl"
        self.throughput_path = self.folder / "throughput.json"
        self.report_path = self.folder / "report.html"

    def read_config(self) -> dict:
        """The settings of the run.

        Raises:
            RunError: If the folder holds no run, or its settings can't be read.
        """
        if not self.config_path.exists():
            raise RunError(
                f"expected a run folder at {self.folder}, found no config.json in it; "
                "make one with: keras-gan train RECIPE --data SOURCE --out RUN."
            )
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
        """Returns the medium of the run's samples; raises as `read_config`."""
        return media.from_config(self.read_config()["medium"])

    def keep_beginning(self, config) -> dict:
        """The settings asked for, with what was settled when the run that is gone on with began.

        These are its schedules, which more steps than it was begun with don't stretch: they hold
        their last values. And the reasons of the recipe `auto`, where that picked its settings.
        """
        if not self.config_path.exists():
            return config
        begun = self.read_config()
        return {**config, **{name: begun.get(name) for name in ("schedule_steps", "choices")}}

    def claim(self, config):
        """Makes the folder this run's own, or sees that it is.

        Args:
            config: The settings asked for.

        Raises:
            RunError: If it holds another run or other files, or can't be written to.
        """
        if self.config_path.exists():
            check_same_run(self.folder, self.read_config(), config)
        elif self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise RunError(
                f"expected a new or empty folder, or a run, at {self.folder}; it holds other "
                "files. Choose another --out."
            )
        with writing_to(self.folder):
            write_text(self.config_path, json.dumps(config, indent=2) + "\n")

    def load(self, best=False):
        """The model of the newest checkpoint, or the best one by the run's metrics.

        Raises:
            RunError: If there is none yet, or it can't be read.
        """
        if not best:
            return self.checkpoints.load()
        if not self.best_path.exists():
            raise RunError(
                f"expected a checkpoint at {self.best_path}, but none was saved yet; train with "
                "--evaluate-every to keep the best."
            )
        return load_game(self.best_path)


def check_same_run(folder, found, wanted):
    """Raises `RunError`, showing the difference, unless both settings are of one run."""
    found, wanted = ({**config, **config.get("rules", {})} for config in (found, wanted))
    keys = [key for key in {**found, **wanted} if key not in (*KEPT_BY_RESUME, "rules")]
    different = [
        f"{key}: {found.get(key)!r} there, {wanted.get(key)!r} now"
        for key in keys
        if found.get(key) != wanted.get(key)
    ]
    if different:
        raise RunError(
            f"{folder} holds another run ({'; '.join(different)}). Choose another --out, or give "
            "the settings of that run to go on with it."
        )


@contextlib.contextmanager
def writing_to(folder):
    """Turns what the file system refuses into a `RunError`."""
    try:
        yield
    except OSError as error:
        raise RunError(
            f"could not write to {folder}: {error.strerror or error}; what was there is whole. "
            "Free some space, or choose an --out that you may write to."
        ) from error
