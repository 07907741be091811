"""Training in a run folder, to its end or to a signal."""

import contextlib
import math
import signal
import threading
import time

from keras_gan import callbacks, media
from keras_gan.errors import ConfigError, NotFiniteError, RunError
from keras_gan.runs import sessions
from keras_gan.runs.choosing import open_data
from keras_gan.runs.evaluation import measure_while_training, tell_verdicts
from keras_gan.runs.exporting import export_run
from keras_gan.runs.folder import Run, writing_to
from keras_gan.runs.plan import CheckpointOptions, Plan, Result
from keras_gan.runs.report import write_report
from keras_gan.runs.settings import check_settings, summary
from keras_gan.runs.starting import start_or_resume
from keras_gan.runs.strategies import (
    StopTogether,
    check_same_step,
    is_chief,
    largest,
    make_strategy,
    naming_lost_workers,
)

import tensorflow as tf

GPU_STEPS = 10


def quiet(line):
    """Says nothing."""


def train(
    settings, out, every=50, metrics=None, checkpoints=None, distribute=None, tell=quiet
) -> Result:
    """Trains in a run folder; the same call again goes on with it, bit for bit.

    Args:
        settings: `Settings`: what to train, on what, how far.
        out: The run folder.
        every: Steps between two rows of the history and two sample grids.
        metrics: `MetricOptions`, to measure the generator while it learns; None for no metrics.
        checkpoints: `CheckpointOptions`: how often to save, and what to do where numbers aren't
            finite; `CheckpointOptions()` by default.
        distribute: `"mirrored"` for all GPUs of this machine, `"multiworker"` for all machines that
            TF_CONFIG names; each calls this with the same arguments and a folder that all share,
            and the first one writes. None for one device.
        tell: Called with lines that say what happens, such as `print`.

    Returns:
        A `Result`.

    Raises:
        KerasGanError: For anything that can't work; nothing that was there is lost.

    Example:

        kg.runs.train(kg.runs.Settings("dcgan", "photos", image_size=64), "runs/photos", tell=print)
    """
    checkpoints = checkpoints or CheckpointOptions()
    check_settings(settings, every, checkpoints)
    strategy = make_strategy(distribute)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    plan = make_plan(settings, Run(out), every, metrics, checkpoints, strategy, tell)
    with naming_lost_workers(strategy):
        gan, interrupted = begin_and_play(plan)
        chief = is_chief(strategy)
        result = finish(gan, plan, interrupted) if chief else Result(gan, interrupted)
        largest(strategy, 0)  # the others wait, as the first worker holds them together
    return result


def make_plan(settings, run, every, metrics, checkpoints, strategy, tell) -> Plan:
    """All that a training needs beside the game; arguments as in `train`."""
    chief = is_chief(strategy)
    tell = tell if chief else quiet
    deadline = None if settings.hours is None else time.monotonic() + 3600 * settings.hours
    settings, source = open_data(settings, run, tell)
    for note in source.notes:
        tell(note)
    config = run.keep_beginning(settings.config(source))
    tell(summary(config))
    dataset = source.to_dataset(
        config["batch_size"],
        labels=config["classes"] is not None,
        seed=settings.seed,
        prefetch=settings.prefetch,
    )
    measure = measure_while_training(run, source, metrics) if metrics and chief else None
    return Plan(run, config, source, dataset, every, measure, checkpoints, strategy, tell, deadline)


def begin_and_play(plan):
    """The game, trained from where it stands, and the signal that interrupted it or None."""
    run, chief = plan.run, is_chief(plan.strategy)
    with plan.strategy.scope():
        gan = start_or_resume(run, plan.config, chief)
    check_same_step(plan.strategy, int(gan.step))
    if plan.strategy.num_replicas_in_sync > 1:
        plan.tell(f"On {plan.strategy.num_replicas_in_sync} replicas.")
    if gan.step > 0:
        plan.tell(f"Going on from step {int(gan.step):,}.")
    with writing_in(run, int(gan.step)) if chief else contextlib.nullcontext():
        return play(gan, plan) if int(gan.step) < plan.config["steps"] else (gan, None)


@contextlib.contextmanager
def writing_in(run, step):
    """A session of a run, in which no other process trains."""
    with contextlib.ExitStack() as stack:
        with writing_to(run.folder):
            stack.enter_context(sessions.alone(run.sessions_path))
            sessions.record(run.sessions_path, step)
        yield


def finish(gan, plan, interrupted) -> Result:
    """Exports a finished training, and writes the report of any."""
    exported, run = None, plan.run
    tell_verdicts(run, plan.tell)
    if interrupted is None:
        if int(gan.step) < plan.config["steps"]:
            plan.tell(f"Ended at step {int(gan.step):,}; the same command goes on from there.")
        plan.tell("Exporting the averaged generator and comparing it with Keras's ...")
        alone = plan.strategy.num_replicas_in_sync == 1
        exported = export_run(run, gan if alone else run.load())
    try:
        write_report([run], run.report_path)
    except RunError as error:  # a report is no reason to call a training failed
        plan.tell(f"Without a report: {error}")
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
            if int(gan.roll_backs) >= plan.checkpoints.roll_backs:
                raise
            plan.tell(str(error))
            gan = roll_back(int(gan.roll_backs) + 1, plan)


def roll_back(count, plan):
    """The game of the newest checkpoint, or a new one, with its learning rates halved so often."""
    with plan.strategy.scope():
        gan = start_or_resume(plan.run, plan.config, is_chief(plan.strategy))
        gan.roll_backs.assign(count)
    plan.tell(
        f"Roll-back {count} of {plan.checkpoints.roll_backs}: going on from step {int(gan.step):,} "
        f"with 1/{2**count} of the learning rates."
    )
    return gan


def pictures_of(gan, plan):
    """Returns the callbacks that show what a model's samples look like."""
    run, film = plan.run, plan.run.folder / "learning.gif"
    if not isinstance(gan.medium, media.Points):
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
    run, steps = plan.run, plan.config["steps"]
    remaining = steps - int(gan.step)
    gan.steps_per_execution = math.gcd(
        remaining, plan.every, plan.checkpoints.every, int(gan.step), steps_in_one_go(gan)
    )
    with hear_signals() as received, writing_to(run.folder), contextlib.ExitStack() as stack:
        made = [callbacks.StopOnNaN()]
        if is_chief(plan.strategy):
            made += what_is_left(gan, plan, stack)
        made += [StopTogether(plan.strategy, received)]
        gan.fit(plan.dataset, steps_per_epoch=remaining, verbose=0, callbacks=made)
    finished = int(gan.step) >= steps
    return None if finished or not received else received[0]


def what_is_left(gan, plan, stack):
    """The callbacks that show the learning and leave it in the run folder."""
    run, checkpoints = plan.run, plan.checkpoints
    progress = callbacks.Progress(plan.config["steps"])
    stack.callback(progress.close)
    return [
        progress,
        *pictures_of(gan, plan),
        *([] if plan.measure is None else [plan.measure]),
        *([] if plan.deadline is None else [callbacks.EndAt(plan.deadline)]),
        callbacks.HistoryCSV(run.history_path, plan.every),
        callbacks.TimesCSV(run.times_path, plan.every),
        callbacks.Checkpoint(run.checkpoints.folder, checkpoints.every, checkpoints.keep),
    ]


def steps_in_one_go(gan):
    """Steps between two looks of the callbacks, for which a GPU would have to wait."""
    if gan.replicated:
        return 1
    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    return max(gan.steps_per_execution, GPU_STEPS) if has_gpu else gan.steps_per_execution


@contextlib.contextmanager
def hear_signals():
    """Ctrl-C and SIGTERM are noted, to end the training; a second one ends the process.

    Yields:
        The list of signals received.
    """
    received = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    numbers = (signal.SIGINT, signal.SIGTERM)

    def note(number, frame):
        received.append(signal.Signals(number))
        signal.signal(number, previous[number])

    previous = {number: signal.signal(number, note) for number in numbers}
    try:
        yield received
    finally:
        for number in numbers:
            signal.signal(number, previous[number])
