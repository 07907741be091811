"""A run folder: what was trained, on what, how far, and what came of it.

RUN/config.json        recipe, data and settings: the same command goes on, another is refused
RUN/model.keras        the newest checkpoint: everything that is needed to go on
RUN/history.csv        a row every so many steps
RUN/samples/*.png      the same latents at every such step
RUN/learning.gif       the film of them
RUN/export/            SavedModel versions and generator.onnx
"""

import contextlib
import dataclasses
import importlib.metadata
import json
import pathlib
import signal
import threading

import keras

from keras_gan import callbacks, datasets, export, recipes
from keras_gan.errors import ConfigError, RunError
from keras_gan.models.checks import check_seed

KEPT_BY_RESUME = ("steps", "keras_gan_version")


@dataclasses.dataclass(frozen=True)
class Settings:
    """What to train, on what, and how far.

    Attributes:
        recipe: Name of a recipe.
        data: A source, as in `keras_gan.datasets.load`.
        steps: Step at which to end; the recipe's by default.
        batch_size: Samples a step; the recipe's by default.
        width: The networks' width; the recipe's by default.
        seed: Decides the initial weights, the noise and the order of the data.
        image_size: As in `keras_gan.datasets.load`.
        channels: Likewise.
        skip_corrupt: Likewise.
        conditional: Whether to learn the classes; where the data have labels by default.
        mixed_precision: `"bfloat16"` or `"float16"`; float32 by default.
        jit: Whether to compile with XLA; on a GPU by default.
    """

    recipe: str
    data: str
    steps: int | None = None
    batch_size: int | None = None
    width: int | None = None
    seed: int = 0
    image_size: int | None = None
    channels: int | None = None
    skip_corrupt: bool = False
    conditional: bool | None = None
    mixed_precision: str | None = None
    jit: bool | None = None

    def config(self, source) -> dict:
        """All of a run's settings, with the recipe's and the data's own filled in.

        Args:
            source: The opened `Source`.
        """
        recipe = recipes.get(self.recipe)
        if self.conditional:
            source.require_labels()
        classes = None if self.conditional is False else source.class_names
        return {
            "keras_gan_version": importlib.metadata.version("keras_gan"),
            "recipe": self.recipe,
            "data": str(self.data),
            "samples": len(source),
            "skipped": source.skipped,
            "sample_shape": list(source.sample_shape),
            "classes": classes and list(classes),
            "steps": recipe.steps if self.steps is None else self.steps,
            "batch_size": recipe.batch_size if self.batch_size is None else self.batch_size,
            "width": recipe.width if self.width is None else self.width,
            "seed": self.seed,
            "mixed_precision": self.mixed_precision,
            "jit": self.jit,
        }


@dataclasses.dataclass(frozen=True)
class Result:
    """How a training ended.

    Attributes:
        gan: The model.
        interrupted: The signal that ended it, or None.
        exported: What was exported, None where it was not asked for or not finished.
    """

    gan: keras.Model
    interrupted: signal.Signals | None = None
    exported: tuple | None = None


class Run:
    """The files of a run.

    Args:
        folder: The run folder.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.config_path = self.folder / "config.json"
        self.checkpoint_path = self.folder / "model.keras"
        self.samples_folder = self.folder / "samples"
        self.export_folder = self.folder / "export"

    def read_config(self) -> dict:
        """The settings of the run.

        Raises:
            RunError: If the folder holds no run.
        """
        try:
            return json.loads(self.config_path.read_text())
        except FileNotFoundError:
            raise RunError(
                f"expected a run folder at {self.folder}, found no config.json in it; "
                "make one with: keras-gan train RECIPE --data SOURCE --out RUN."
            ) from None
        except (OSError, ValueError) as error:
            raise RunError(f"could not read {self.config_path}: {error}.") from error

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
            self.folder.mkdir(parents=True, exist_ok=True)
            new = self.config_path.with_suffix(".new")
            new.write_text(json.dumps(config, indent=2) + "\n")
            new.replace(self.config_path)

    def load(self):
        """The model of the newest checkpoint.

        Raises:
            RunError: If there is none yet, or it can't be read.
        """
        if not self.checkpoint_path.exists():
            raise RunError(
                f"expected a checkpoint at {self.checkpoint_path}, but none was saved yet."
            )
        try:
            return keras.models.load_model(self.checkpoint_path)
        except Exception as error:  # Keras, h5py and zipfile raise errors of many kinds
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise RunError(
                f"could not read the checkpoint {self.checkpoint_path}: {reason}. If it is "
                "damaged, remove it and train again."
            ) from error


def check_same_run(folder, found, wanted):
    """Raises `RunError`, showing the difference, unless both settings are of one run."""
    keys = [key for key in {**found, **wanted} if key not in KEPT_BY_RESUME]
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


def train(settings, out, every=50, tell=lambda line: None) -> Result:
    """Trains in a run folder; the same call again goes on with it.

    Args:
        settings: `Settings`: what to train, on what, how far.
        out: The run folder.
        every: Steps between two rows of the history and two sample grids.
        tell: Called with lines that say what happens, such as `print`.

    Returns:
        A `Result`.

    Raises:
        KerasGanError: For anything that can't work; nothing that was there is lost.

    Example:

        kg.runs.train(kg.runs.Settings("dcgan", "photos", image_size=64), "runs/photos", tell=print)
    """
    recipes.get(settings.recipe)
    check_numbers(settings, every)
    source = datasets.open_source(
        settings.data, settings.image_size, settings.channels, settings.skip_corrupt
    )
    config = settings.config(source)
    tell(summary(config))
    labels = config["classes"] is not None
    dataset = source.to_dataset(config["batch_size"], labels, seed=settings.seed)
    run = Run(out)
    gan = start_or_resume(run, config)
    if gan.step > 0:
        tell(f"Going on from step {int(gan.step):,}.")
    interrupted = None
    if int(gan.step) < config["steps"]:
        interrupted = fit(gan, dataset, run, config, every)
    exported = None
    if interrupted is None:
        tell("Exporting the averaged generator and comparing it with Keras's ...")
        exported = export_run(run, gan)
    return Result(gan, interrupted, exported)


def summary(config):
    """What is about to be trained, in a line."""
    shape = "x".join(map(str, config["sample_shape"]))
    classes = f" in {len(config['classes'])} classes" if config["classes"] else ""
    skipped = f", {config['skipped']} corrupt files skipped" if config["skipped"] else ""
    return (
        f"{config['recipe']} on {config['data']}: {config['samples']:,} samples of {shape}{classes}"
        f"{skipped}; {config['steps']:,} steps of {config['batch_size']}"
    )


def check_numbers(settings, every):
    """Raises `ConfigError` for a number that is out of range."""
    numbers = {name: getattr(settings, name) for name in ("batch_size", "width", "steps")}
    for name, value in {**numbers, "every": every}.items():
        if value is not None and value < 1:
            raise ConfigError(f"expected {name.replace('_', '-')} of 1 or more, got {value}.")
    check_seed(settings.seed)


def start_or_resume(run, config):
    """The model of the run's checkpoint, or a new one in a new run folder.

    Raises:
        RunError: For another run's folder, or a checkpoint of another recipe.
    """
    gan = build(config)
    run.claim(config)
    if not run.checkpoint_path.exists():
        return gan
    saved = run.load()
    if describe(saved) != describe(gan):
        raise RunError(
            f"expected a checkpoint of {config['recipe']} in {run.checkpoint_path}, got one of "
            f"another game ({difference(describe(saved), describe(gan))}). Choose another --out, "
            "or remove the checkpoint to begin again."
        )
    return saved


def build(config):
    """The new model that a run's settings describe."""
    keras.utils.set_random_seed(config["seed"])
    policy = config["mixed_precision"]
    return recipes.build(
        config["recipe"],
        tuple(config["sample_shape"]),
        num_classes=config["classes"] and len(config["classes"]),
        seed=config["seed"],
        width=config["width"],
        dtype=policy and f"mixed_{policy}",
        jit_compile="auto" if config["jit"] is None else config["jit"],
    )


def describe(gan):
    """What a model was built and compiled from, as JSON text by player and setting."""
    facts = {**gan.get_config(), **gan.get_compile_config()}
    return {key: json.dumps(value, sort_keys=True, default=str) for key, value in facts.items()}


def difference(found, wanted):
    """The names of the facts that differ."""
    return ", ".join(k for k in {**found, **wanted} if found.get(k) != wanted.get(k))


def fit(gan, dataset, run, config, every):
    """Trains up to the last step; returns the signal that ended it earlier, or None."""
    images = len(gan.sample_shape) == 3
    pictures = [
        callbacks.SampleGrid(run.samples_folder, every=every),
        callbacks.LearningGIF(run.samples_folder, run.folder / "learning.gif"),
    ]
    progress = callbacks.Progress(config["steps"])
    with stop_on_signal(gan) as received, writing_to(run.folder), contextlib.closing(progress):
        gan.fit(
            dataset,
            steps_per_epoch=config["steps"] - int(gan.step),
            verbose=0,
            callbacks=[
                callbacks.StopOnNaN(),
                callbacks.Checkpoint(run.checkpoint_path),
                progress,
                *(pictures if images else ()),
                callbacks.HistoryCSV(run.folder / "history.csv", every=every),
            ],
        )
    finished = int(gan.step) >= config["steps"]
    return None if finished or not received else received[0]


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


@contextlib.contextmanager
def stop_on_signal(gan):
    """Ctrl-C and SIGTERM end the training after their step; a second one ends the process.

    Yields:
        The list of signals received.
    """
    received = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    numbers = (signal.SIGINT, signal.SIGTERM)

    def stop(number, frame):
        received.append(signal.Signals(number))
        gan.stop_training = True
        signal.signal(number, previous[number])

    previous = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield received
    finally:
        for number in numbers:
            signal.signal(number, previous[number])


def export_run(run, gan=None, out=None, opset=18):
    """Exports a run's generator as SavedModel and ONNX.

    Args:
        run: A `Run`.
        gan: Its model; of the newest checkpoint by default.
        out: The folder; `RUN/export` by default.
        opset: Of the ONNX file.

    Returns:
        The two `Exported`, SavedModel first.
    """
    config = run.read_config()
    gan = gan or run.load()
    out = pathlib.Path(out or run.export_folder)
    return (
        export.to_saved_model(gan, out),
        export.to_onnx(
            gan,
            out / "generator.onnx",
            opset,
            recipe=config.get("recipe"),
            class_names=config.get("classes"),
        ),
    )
