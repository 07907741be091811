"""Training on several devices or hosts: their strategies, their chief, their common end."""

import contextlib
import functools
import json
import os
import signal
from collections.abc import Callable, Iterator

from keras_gan.errors import ConfigError, RunError, TrainingError, unknown

import keras
import tensorflow as tf

EXAMPLE = json.dumps(
    {
        "cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
        "task": {"type": "worker", "index": 0},
    }
)
LOST = (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError)


def make_strategy(name: str | None) -> tf.distribute.Strategy:
    """Makes a `tf.distribute.Strategy`; it has to precede other uses of TensorFlow.

    Args:
        name: `"mirrored"` (all GPUs of this machine), `"multiworker"` (all machines in the
            environment variable TF_CONFIG), or None for one device.

    Raises:
        ConfigError: If the name is unknown, there are fewer than two devices, or TF_CONFIG is
            missing or invalid.
    """
    if name is None:
        return tf.distribute.get_strategy()
    if name not in STRATEGIES:
        raise unknown("strategy", name, STRATEGIES)
    return STRATEGIES[name]()


def make_mirrored() -> tf.distribute.Strategy:
    """Makes the strategy for all GPUs of this machine, or without any for its CPU devices."""
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        raise ConfigError(
            f"expected two devices or more for mirrored, got {devices[0].name}; omit --distribute."
        )
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def make_multiworker() -> tf.distribute.Strategy:
    """Makes the strategy for all workers in TF_CONFIG."""
    try:
        settings = json.loads(os.environ.get("TF_CONFIG", ""))
        workers = settings["cluster"]["worker"]
        workers[int(settings["task"]["index"])]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigError(
            "expected the environment variable TF_CONFIG with all workers and the index of this "
            f"one, such as {EXAMPLE}; got {os.environ.get('TF_CONFIG')!r} "
            f"({type(error).__name__}: {error})."
        ) from error
    return tf.distribute.MultiWorkerMirroredStrategy()


STRATEGIES = {"mirrored": make_mirrored, "multiworker": make_multiworker}


def num_processes(strategy: tf.distribute.Strategy) -> int:
    """Returns the number of processes that share the training."""
    resolver = strategy.cluster_resolver
    return len(resolver.cluster_spec().as_dict().get("worker", [0])) if resolver else 1


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether this process writes the run folder, as worker 0 does."""
    return num_processes(strategy) == 1 or strategy.cluster_resolver.task_id == 0


def max_over_processes(strategy: tf.distribute.Strategy, number: int) -> int:
    """Returns the maximum of an integer over all processes; waits for all of them."""
    if num_processes(strategy) == 1:
        return number
    return int(make_exchange(strategy)(tf.constant(number, tf.int32)))


@functools.cache
def make_exchange(strategy: tf.distribute.Strategy) -> Callable[[tf.Tensor], tf.Tensor]:
    """Compiles the function that computes the maximum over the processes of a strategy."""
    count = strategy.num_replicas_in_sync

    @tf.function
    def exchange(number):
        def one_hot():
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            return tf.one_hot(index, count, number, 0, dtype=tf.int32)

        return tf.reduce_max(strategy.reduce("SUM", strategy.run(one_hot), axis=None))

    return exchange


def check_same_step(strategy: tf.distribute.Strategy, step: int) -> None:
    """Raises `RunError` unless all processes resume from the same step."""
    if step != max_over_processes(strategy, step):
        raise RunError(
            f"expected all workers to resume from the same step, got {step} here and a later one "
            "elsewhere; give all of them the same run folder, on a file system that they share."
        )


class StopTogether(keras.callbacks.Callback):
    """Callback that stops all processes after a step in which one of them received a signal.

    Other callbacks may only stop the training by `model.stop_training`, and have to precede this
    one.

    Args:
        strategy: The `tf.distribute.Strategy`.
        signals: List of the signals that this process received. A signal that only another process
            received is appended.
    """

    STOP = 1_000  # what a process sends that stops without a signal

    def __init__(self, strategy: tf.distribute.Strategy, signals: list[signal.Signals]):
        super().__init__()
        self.strategy, self.signals = strategy, signals

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Exchanges signals with the other processes."""
        stop = self.STOP if self.model.stop_training else 0
        number = max_over_processes(self.strategy, int(self.signals[0]) if self.signals else stop)
        if number:
            self.model.stop_training = True
        if 0 < number < self.STOP and not self.signals:
            self.signals.append(signal.Signals(number))


@contextlib.contextmanager
def report_lost_workers(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Raises the loss of another process as `TrainingError`."""
    try:
        yield
    except LOST as error:
        if num_processes(strategy) == 1:
            raise
        raise TrainingError(
            f"lost another worker: {str(error).splitlines()[0]} Start all workers again with the "
            "same command; they resume from the newest checkpoint."
        ) from error
