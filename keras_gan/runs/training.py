"""Training in a run folder, to its end or to a signal."""

import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence

from keras_gan import callbacks, datasets, environment, machine, media, notebook, trackers
from keras_gan.errors import ConfigError, NotFiniteError
from keras_gan.models.data_checks import check_parts
from keras_gan.options import AUTO_PRECISION, FLOAT32
from keras_gan.progress import quiet
from keras_gan.runs import sessions
from keras_gan.runs.choosing import open_data
from keras_gan.runs.evaluation import MetricOptions, evaluation_callback, tell_verdicts
from keras_gan.runs.exporting import export_run
from keras_gan.runs.folder import Run, writing_to
from keras_gan.runs.plan import CheckpointOptions, Plan, Result
from keras_gan.runs.precision import choose_precision
from keras_gan.runs.report import rewrite_report
from keras_gan.runs.same_data import with_fingerprints
from keras_gan.runs.settings import Settings, check_settings, describe_start
from keras_gan.runs.signals import catch_signals, keep_interrupts
from keras_gan.runs.starting import start_or_resume
from keras_gan.runs.strategies import (
    StopTogether,
    check_same_step,
    is_chief,
    make_strategy,
    max_over_processes,
    report_lost_workers,
)
from keras_gan.sampling import Sampling
from keras_gan.tf32 import allow_tf32

import keras
import tensorflow as tf

GPU_STEPS = 10
# Windows sends the last one for Ctrl-Break and when the window is closed; others don't have it


def train(
    settings: Settings,
    out: str | os.PathLike,
    every: int = 50,
    metrics: MetricOptions | None = None,
    checkpoints: CheckpointOptions | None = None,
    distribute: str | None = None,
    export: bool = False,
    log: Sequence[str] = (),
    tell: Callable[[str], None] = quiet,
) -> Result:
    """Trains in a run folder; the same call resumes an interrupted run, bit for bit.

    In a notebook the cell shows the samples, the curves of the losses and, at the end, the report.

    Args:
        settings: `Settings`: recipe, data, number of steps.
        out: The run folder.
        every: Number of steps between two rows of the history, and between two sample grids; the
            last step gets a grid too.
        metrics: `MetricOptions`, to evaluate the generator during training; None for no metrics.
        checkpoints: `CheckpointOptions`: intervals of checkpoints, and roll-backs after non-finite
            values; `CheckpointOptions()` by default.
        distribute: `"mirrored"` for all GPUs of this machine, `"multiworker"` for all machines in
            TF_CONFIG. Each machine makes the same call with a folder that all share, and the first
            one writes. None for one device.
        export: Whether to export the generator of a finished run that is exported already.
        log: Names of trackers that get the figures and the pictures; see `keras_gan.trackers`.
        tell: Function to call with lines of progress, such as `print`.

    Returns:
        A `Result`.

    Raises:
        KerasGanError: If the training is impossible. Existing files are kept.

    Example:

        kg.runs.train(kg.runs.Settings("dcgan", "photos", image_size=64), "runs/photos", tell=print)
    """
    checkpoints = checkpoints or CheckpointOptions()
    check_settings(settings, every, checkpoints)
    strategy = make_strategy(distribute)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    if not settings.tf32:
        environment.separate_cache("float32")
    with report_lost_workers(strategy), allow_tf32(settings.tf32):
        with keep_interrupts():
            plan = make_plan(
                settings, Run(out), every, metrics, checkpoints, strategy, export, log, tell
            )
        gan, interrupted = run_session(plan)
        chief = is_chief(strategy)
        result = finish(gan, plan, interrupted) if chief else Result(gan, interrupted)
        max_over_processes(strategy, 0)  # the others wait, as the first worker coordinates them
    return result


def make_plan(
    settings: Settings,
    run: Run,
    every: int,
    metrics: MetricOptions | None,
    checkpoints: CheckpointOptions,
    strategy: tf.distribute.Strategy,
    export: bool,
    log: Sequence[str],
    tell: Callable[[str], None],
) -> Plan:
    """Collects the inputs of a training; the arguments are those of `train`."""
    chief = is_chief(strategy)
    tell = tell if chief else quiet
    loggers = [
        trackers.get(name, run.folder / "logs" / name, run.folder.name)
        for name in dict.fromkeys(log)
    ]
    deadline = None if settings.hours is None else time.monotonic() + 3600 * settings.hours
    settings, source = open_data(settings, run, tell)
    config = run.keep_first_settings(settings.config(source))
    config = with_fingerprints(run, config, source, tell)
    check_parts(config["batch_size"], config["rules"]["accumulation"])
    for line in describe_start(config, source):
        tell(line)
    dataset = open_dataset(source, config, settings.prefetch)
    if config["mixed_precision"] == AUTO_PRECISION:
        run.check_free()  # before a timing
        config["mixed_precision"] = pick_precision(config, dataset, strategy, tell)
    evaluate = evaluation_callback(run, source, metrics, tell) if metrics and chief else None
    return Plan(
        run=run,
        config=config,
        source=source,
        dataset=dataset,
        every=every,
        evaluate=evaluate,
        checkpoints=checkpoints,
        strategy=strategy,
        tell=tell,
        data_on_device=settings.data_on_device,
        export=export,
        trackers=loggers,
        deadline=deadline,
    )


def open_dataset(source: datasets.Source, config: dict, prefetch: int) -> tf.data.Dataset:
    """Returns the batches of a run."""
    return source.to_dataset(
        config["batch_size"],
        labels=config["classes"] is not None,
        seed=config["seed"],
        prefetch=prefetch,
        stored=bool(machine.gpus()),  # a processor scales them as fast before the step
    )


def pick_precision(
    config: dict,
    dataset: tf.data.Dataset,
    strategy: tf.distribute.Strategy,
    tell: Callable[[str], None],
) -> str:
    """Chooses the precision of a new run, one for all workers, and tells the reason."""
    replicas = strategy.num_replicas_in_sync
    precision, reason = choose_precision(config, dataset, replicas, tell)
    if max_over_processes(strategy, int(precision == FLOAT32)) and precision != FLOAT32:
        precision, reason = FLOAT32, "another worker's device needs it"
    tell(f"precision {precision}: {reason}")
    return precision


def run_session(plan: Plan) -> tuple[keras.Model, signal.Signals | None]:
    """Starts or resumes a run and trains it; returns the model and the interrupting signal."""
    run, chief = plan.run, is_chief(plan.strategy)
    with plan.strategy.scope():
        gan = start_or_resume(run, plan.config, chief, plan.tell)
    check_same_step(plan.strategy, int(gan.step))
    if plan.strategy.num_replicas_in_sync > 1:
        plan.tell(f"On {plan.strategy.num_replicas_in_sync} replicas.")
    if int(gan.step) >= plan.config["steps"]:
        plan.tell(
            f"Nothing is left to do: the run has its {int(gan.step):,} steps. More --steps train "
            "it further."
        )
        if plan.trackers:
            plan.tell("Nothing is sent to the trackers (--log), which get the steps of a training.")
        return gan, None
    if gan.step > 0:
        plan.tell(f"Resuming from step {int(gan.step):,}.")
        tell_end_of_schedules(gan, plan)
    tell_deadline(plan)
    with lock_and_record(run, int(gan.step)) if chief else contextlib.nullcontext():
        return fit_to_end(gan, plan)


def tell_deadline(plan: Plan) -> None:
    """Tells when a session with a limit of time ends."""
    if plan.deadline is not None:
        end = time.localtime(time.time() + plan.deadline - time.monotonic())
        plan.tell(
            f"Ends at step {plan.config['steps']:,}, or after the one in progress at "
            f"{time.strftime('%Y-%m-%d %H:%M', end)}; the same command resumes."
        )


def tell_end_of_schedules(gan: keras.Model, plan: Plan) -> None:
    """Tells if the schedules of a resumed run end before its last step."""
    end = plan.config["schedule_steps"]
    if gan.schedules and end < plan.config["steps"]:
        plan.tell(
            f"The run's schedules, such as learning rates, end at step {end:,} as at its start; "
            "later steps keep their last values."
        )


@contextlib.contextmanager
def lock_and_record(run: Run, step: int) -> Iterator[None]:
    """Locks a run against other trainings, and records a session."""
    with contextlib.ExitStack() as stack:
        with writing_to(run.folder):
            stack.enter_context(sessions.lock(run.sessions_path))
            sessions.record(run.sessions_path, step)
        yield


def finish(gan: keras.Model, plan: Plan, interrupted: signal.Signals | None) -> Result:
    """Exports the model unless the training was interrupted, and writes the report.

    A model that is exported already isn't exported again.
    """
    exported, run = None, plan.run
    tell_verdicts(run, plan.tell)
    if interrupted is None and run.is_exported(int(gan.step)) and not plan.export:
        plan.tell(f"The generator is exported in {run.export_folder}; --export exports it anew.")
    elif interrupted is None:
        if int(gan.step) < plan.config["steps"]:
            plan.tell(f"Ended at step {int(gan.step):,}; the same command resumes from there.")
        plan.tell("Exporting the averaged generator and comparing it with Keras's ...")
        one_replica = plan.strategy.num_replicas_in_sync == 1
        exported = export_run(run, gan if one_replica else run.load())
    for path in rewrite_report(run, plan.tell):
        notebook.show_page(path)
    return Result(gan, interrupted, exported)


def fit_to_end(gan: keras.Model, plan: Plan) -> tuple[keras.Model, signal.Signals | None]:
    """Trains to the end or to a signal; rolls back after non-finite values, if allowed.

    Returns:
        `(gan, interrupted)`: the model, a new object after a roll-back, and the signal or None.
    """
    while True:
        try:
            return gan, fit(gan, plan)
        except NotFiniteError as error:
            if int(gan.roll_backs) >= plan.checkpoints.roll_backs:
                raise
            plan.tell(str(error))
            gan = roll_back(int(gan.roll_backs) + 1, plan)


def roll_back(count: int, plan: Plan) -> keras.Model:
    """Restores the newest checkpoint, or the start, with learning rates halved `count` times."""
    with plan.strategy.scope():
        gan = start_or_resume(plan.run, plan.config, is_chief(plan.strategy))
        gan.roll_backs.assign(count)
    plan.tell(
        f"Roll-back {count} of {plan.checkpoints.roll_backs}: resuming from step "
        f"{int(gan.step):,} with 1/{2**count} of the learning rates."
    )
    return gan


def picture_callbacks(gan: keras.Model, plan: Plan) -> list[keras.callbacks.Callback]:
    """Makes the callbacks that draw pictures of the samples."""
    run, film, last = plan.run, plan.run.folder / "learning.gif", plan.config["steps"]
    if not isinstance(gan.medium, media.Points):
        return [
            callbacks.SampleGrid(run.samples_folder, every=plan.every, last=last),
            callbacks.TerminalSamples(plan.every),
            callbacks.LearningGIF(run.samples_folder, film),
        ]
    if not isinstance(gan, Sampling):
        plan.tell("No pictures are drawn: points of a game without latents have none.")
        return []
    distribution = getattr(plan.source, "distribution", None)
    if distribution is None:
        points = callbacks.PointsBesideData(
            run.samples_folder, plan.source, every=plan.every, last=last
        )
        return [points, callbacks.LearningGIF(run.samples_folder, film)]
    try:
        density = callbacks.DensityPlot(
            run.density_folder, distribution, every=10 * plan.every, last=last
        )
    except ConfigError as error:  # training works without pictures
        plan.tell(f"No pictures are drawn: {error}")
        return []
    return [density, callbacks.LearningGIF(run.density_folder, film)]


def fit(gan: keras.Model, plan: Plan) -> signal.Signals | None:
    """Trains to the last step; returns the signal that interrupted it, or None."""
    run, steps = plan.run, plan.config["steps"]
    remaining = steps - int(gan.step)
    gan.steps_per_execution = math.gcd(
        remaining, plan.every, plan.checkpoints.every, int(gan.step), max_steps_per_execution(gan)
    )
    with catch_signals() as signals, writing_to(run.folder), contextlib.ExitStack() as stack:
        hooks = [callbacks.StopOnNaN()]
        if is_chief(plan.strategy):
            hooks += recording_callbacks(gan, plan, stack)
        hooks += [StopTogether(plan.strategy, signals)]
        gan.fit(
            plan.dataset,
            steps_per_epoch=remaining,
            data_on_device=plan.data_on_device,
            verbose=0,
            callbacks=hooks,
        )
    is_finished = int(gan.step) >= steps
    return None if is_finished or not signals else signals[0]


def recording_callbacks(
    gan: keras.Model, plan: Plan, stack: contextlib.ExitStack
) -> list[keras.callbacks.Callback]:
    """Makes the callbacks that show progress and write into the run folder."""
    run, checkpoints = plan.run, plan.checkpoints
    period = min(plan.every, plan.config["steps"])  # so that each run has a row
    progress = callbacks.Progress(plan.config["steps"])
    stack.callback(progress.close)
    pictures = picture_callbacks(gan, plan)
    logs = log_callbacks(plan, pictures)
    for log in logs:
        stack.callback(log.close)
    return [
        *pictures,  # first, so that a notebook has the bar below them
        progress,
        *([] if plan.evaluate is None else [plan.evaluate]),
        *([] if plan.deadline is None else [callbacks.EndAt(plan.deadline)]),
        callbacks.HistoryCSV(run.history_path, period),
        callbacks.TimesCSV(run.times_path, period),
        *logs,
        callbacks.Checkpoint(run.checkpoints.folder, checkpoints.every, checkpoints.keep),
    ]


def log_callbacks(plan: Plan, pictures: Sequence[keras.callbacks.Callback]) -> list[callbacks.Log]:
    """Makes the callbacks that send the tables and the first of the pictures to trackers."""
    run = plan.run
    tables = run.history_path, run.times_path, run.metrics_path
    folders = [each.folder for each in pictures if isinstance(each, callbacks.Pictures)]
    folder = folders[0] if folders else None
    return [
        callbacks.Log(tracker, tables, folder, plan.config, plan.tell) for tracker in plan.trackers
    ]


def max_steps_per_execution(gan: keras.Model) -> int:
    """Returns the number of steps between callbacks; a GPU waits while these run."""
    if gan.replicated:
        return 1
    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    return max(gan.steps_per_execution, GPU_STEPS) if has_gpu else gan.steps_per_execution
