"""Training in a run folder, to its end or to a signal."""

import collections.abc
import contextlib
import dataclasses
import json
import math
import signal
import threading

from keras_gan import callbacks, datasets, recipes
from keras_gan.errors import ConfigError, NotFiniteError, RunError
from keras_gan.runs import sessions
from keras_gan.runs.evaluation import measure_while_training, tell_verdicts
from keras_gan.runs.exporting import export_run
from keras_gan.runs.folder import Run, writing_to
from keras_gan.runs.report import write_report
from keras_gan.runs.settings import check_numbers, summary

import keras
import tensorflow as tf

GPU_STEPS = 10


@dataclasses.dataclass(frozen=True)
class Keeping:
    """What is kept of a training while it runs.

    Attributes:
        every: Steps between two checkpoints.
        keep: How many of the newest checkpoints stay.
        roll_backs: How often a training whose numbers aren't finite any more goes back to its
            newest checkpoint, each time with half the learning rates.
    """

    every: int = 500
    keep: int = 3
    roll_backs: int = 0


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


@dataclasses.dataclass(frozen=True)
class Plan:
    """All that a training needs beside the game.

    Attributes:
        run: The `Run`.
        config: Its settings.
        source: The opened `Source`.
        dataset: Its batches.
        every: Steps between two rows of the history and two sample grids.
        measure: Callback that measures the game, or None.
        keeping: A `Keeping`.
        tell: Called with lines that say what happens.
    """

    run: Run
    config: dict
    source: datasets.Source
    dataset: tf.data.Dataset
    every: int
    measure: keras.callbacks.Callback | None
    keeping: Keeping
    tell: collections.abc.Callable


def train(
    settings, out, every=50, measuring=None, keeping=Keeping(), tell=lambda line: None
) -> Result:
    """Trains in a run folder; the same call again goes on with it, bit for bit.

    Args:
        settings: `Settings`: what to train, on what, how far.
        out: The run folder.
        every: Steps between two rows of the history and two sample grids.
        measuring: A `Measuring`, to measure the generator while it learns; None for no metrics.
        keeping: A `Keeping`: how often to save, and what to do where numbers aren't finite.
        tell: Called with lines that say what happens, such as `print`.

    Returns:
        A `Result`.

    Raises:
        KerasGanError: For anything that can't work; nothing that was there is lost.

    Example:

        kg.runs.train(kg.runs.Settings("dcgan", "photos", image_size=64), "runs/photos", tell=print)
    """
    recipes.get(settings.recipe)
    check_numbers(settings, every, keeping)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    source = datasets.open_source(
        settings.data, settings.image_size, settings.channels, settings.skip_corrupt
    )
    run = Run(out)
    config = run.keep_schedules(settings.config(source))
    tell(summary(config))
    labels = config["classes"] is not None
    dataset = source.to_dataset(config["batch_size"], labels, seed=settings.seed)
    gan = start_or_resume(run, config)
    with writing_to(run.folder):
        sessions.record(run.sessions_path, int(gan.step))
    if gan.step > 0:
        tell(f"Going on from step {int(gan.step):,}.")
    interrupted = None
    if int(gan.step) < config["steps"]:
        measure = measuring and measure_while_training(run, source, measuring)
        plan = Plan(run, config, source, dataset, every, measure, keeping, tell)
        gan, interrupted = play(gan, plan)
    return finish(gan, run, interrupted, tell)


def finish(gan, run, interrupted, tell) -> Result:
    """Exports a finished training, and writes the report of any."""
    exported = None
    tell_verdicts(run, tell)
    if interrupted is None:
        tell("Exporting the averaged generator and comparing it with Keras's ...")
        exported = export_run(run, gan)
    try:
        write_report([run], run.report_path)
    except RunError as error:  # a report is no reason to call a training failed
        tell(f"Without a report: {error}")
    return Result(gan, interrupted, exported)


def play(gan, plan):
    """Trains to the end or to a signal; goes back to the newest checkpoint where it may.

    Returns:
        `(gan, interrupted)`: the game, another object after a roll-back, and the signal or None.
    """
    while True:
        try:
            return gan, fit(gan, plan)
        except NotFiniteError as error:
            if int(gan.roll_backs) >= plan.keeping.roll_backs:
                raise
            plan.tell(str(error))
            gan = roll_back(int(gan.roll_backs) + 1, plan)


def roll_back(count, plan):
    """The game of the newest checkpoint, or a new one, with its learning rates halved so often."""
    gan = start_or_resume(plan.run, plan.config)
    gan.roll_backs.assign(count)
    plan.tell(
        f"Roll-back {count} of {plan.keeping.roll_backs}: going on from step {int(gan.step):,} "
        f"with 1/{2**count} of the learning rates."
    )
    return gan


def start_or_resume(run, config):
    """The model of the run's checkpoint, or a new one in a new run folder.

    Raises:
        RunError: For another run's folder, or a checkpoint of another recipe.
    """
    gan = build(config)
    run.claim(config)
    if not run.checkpoints.paths():
        return gan
    saved = run.load()
    if describe(saved) != describe(gan):
        raise RunError(
            f"expected a checkpoint of {config['recipe']} in {run.checkpoints.folder}, got "
            f"one of another game ({difference(describe(saved), describe(gan))}). Choose another "
            "--out, or remove the checkpoints to begin again."
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
        jit_compile=config["jit"],
        images=config["schedule_steps"] * config["batch_size"],
        augmentation=config["augmentation"],
        moments=config["moments"],
        update=config["update"],
        accumulation=config["accumulation"],
        remat=config["remat"],
    )


def describe(gan):
    """What a model was built and compiled from, as JSON text by player and setting."""
    facts = {**gan.get_config(), **gan.get_compile_config()}
    return {key: json.dumps(value, sort_keys=True, default=str) for key, value in facts.items()}


def difference(found, wanted):
    """The names of the facts that differ."""
    return ", ".join(k for k in {**found, **wanted} if found.get(k) != wanted.get(k))


def pictures_of(gan, plan):
    """The callbacks that show what a game's samples look like."""
    run, film = plan.run, plan.run.folder / "learning.gif"
    if len(gan.sample_shape) == 3:
        return [
            callbacks.SampleGrid(run.samples_folder, every=plan.every),
            callbacks.TerminalSamples(plan.every),
            callbacks.LearningGIF(run.samples_folder, film),
        ]
    distribution = getattr(plan.source, "distribution", None)
    if distribution is None:
        return []
    try:
        density = callbacks.DensityPlot(run.density_folder, distribution, every=10 * plan.every)
    except ConfigError as error:  # pictures are no reason not to train
        plan.tell(f"Without pictures: {error}")
        return []
    return [density, callbacks.LearningGIF(run.density_folder, film)]


def fit(gan, plan):
    """Trains up to the last step; returns the signal that ended it earlier, or None."""
    run, keeping, steps = plan.run, plan.keeping, plan.config["steps"]
    remaining = steps - int(gan.step)
    gan.steps_per_execution = math.gcd(
        remaining, plan.every, keeping.every, int(gan.step), steps_in_one_go(gan)
    )
    progress = callbacks.Progress(steps)
    with stop_on_signal(gan) as received, writing_to(run.folder), contextlib.closing(progress):
        gan.fit(
            plan.dataset,
            steps_per_epoch=remaining,
            verbose=0,
            callbacks=[
                callbacks.StopOnNaN(),
                progress,
                *pictures_of(gan, plan),
                *([] if plan.measure is None else [plan.measure]),
                callbacks.HistoryCSV(run.history_path, plan.every),
                callbacks.TimesCSV(run.times_path, plan.every),
                callbacks.Checkpoint(run.checkpoints.folder, keeping.every, keeping.keep),
            ],
        )
    finished = int(gan.step) >= steps
    return None if finished or not received else received[0]


def steps_in_one_go(gan):
    """Steps between two looks of the callbacks, for which a GPU would have to wait."""
    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    return max(gan.steps_per_execution, GPU_STEPS) if has_gpu else gan.steps_per_execution


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
