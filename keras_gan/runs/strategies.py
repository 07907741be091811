"""One training on several devices or hosts: who they are, who writes, how they stop together."""

import contextlib
import functools
import json
import os
import signal

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


def make_strategy(name):
    """The `tf.distribute.Strategy` of a name; call it before anything else of TensorFlow.

    Args:
        name: `"mirrored"` (all GPUs of this machine), `"multiworker"` (all machines that the
            environment variable TF_CONFIG names), or None for one device.

    Raises:
        ConfigError: For another name, fewer than two devices, or a missing or wrong TF_CONFIG.
    """
    if name is None:
        return tf.distribute.get_strategy()
    if name not in STRATEGIES:
        raise unknown("strategy", name, STRATEGIES)
    return STRATEGIES[name]()


def mirrored():
    """All GPUs of this machine; where there are none, its logical CPU devices."""
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) < 2:
        raise ConfigError(
            f"expected two devices or more for mirrored, got {devices[0].name}; leave --distribute "
            "out."
        )
    return tf.distribute.MirroredStrategy([device.name for device in devices])


def multiworker():
    """All workers that TF_CONFIG names."""
    try:
        settings = json.loads(os.environ.get("TF_CONFIG", ""))
        workers = settings["cluster"]["worker"]
        workers[int(settings["task"]["index"])]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ConfigError(
            f"expected the environment variable TF_CONFIG to name the workers and which of them "
            f"this one is, such as {EXAMPLE}; got {os.environ.get('TF_CONFIG')!r} "
            f"({type(error).__name__}: {error})."
        ) from error
    return tf.distribute.MultiWorkerMirroredStrategy()


STRATEGIES = {"mirrored": mirrored, "multiworker": multiworker}


def num_processes(strategy) -> int:
    """How many processes share the training."""
    resolver = strategy.cluster_resolver
    return len(resolver.cluster_spec().as_dict().get("worker", [0])) if resolver else 1


def is_chief(strategy) -> bool:
    """Whether this process is the one that writes: worker 0."""
    return num_processes(strategy) == 1 or strategy.cluster_resolver.task_id == 0


def largest(strategy, number) -> int:
    """The largest of a whole number that each process has; waits for them all."""
    if num_processes(strategy) == 1:
        return number
    return int(exchange(strategy)(tf.constant(number, tf.int32)))


@functools.cache
def exchange(strategy):
    """The compiled exchange of numbers by a strategy's processes, which gives the largest."""
    count = strategy.num_replicas_in_sync

    @tf.function
    def largest_of(number):
        def in_own_place():
            place = tf.distribute.get_replica_context().replica_id_in_sync_group
            return tf.one_hot(place, count, number, 0, dtype=tf.int32)

        return tf.reduce_max(strategy.reduce("SUM", strategy.run(in_own_place), axis=None))

    return largest_of


def check_same_step(strategy, step):
    """Raises `RunError` unless all processes go on from the same step."""
    if step != largest(strategy, step):
        raise RunError(
            f"expected all workers to go on from one step, got {step} here and a later one "
            "elsewhere; give all of them the same run folder, on a file system that they share."
        )


class StopTogether(keras.callbacks.Callback):
    """Ends the training of all processes after the step in which one of them is told to end.

    Nothing else may end it, but for a callback before this one, which sets `model.stop_training`.

    Args:
        strategy: The `tf.distribute.Strategy`.
        received: Signals that this process received; one that another received is added.
    """

    STOP = 1_000  # what a process says that ends without a signal

    def __init__(self, strategy, received):
        super().__init__()
        self.strategy, self.received = strategy, received

    def on_train_batch_end(self, batch, logs=None):
        """Asks all."""
        own = self.STOP if self.model.stop_training else 0
        told = largest(self.strategy, int(self.received[0]) if self.received else own)
        if told:
            self.model.stop_training = True
        if 0 < told < self.STOP and not self.received:
            self.received.append(signal.Signals(told))


@contextlib.contextmanager
def naming_lost_workers(strategy):
    """Turns the loss of another process into a `TrainingError`."""
    try:
        yield
    except LOST as error:
        if num_processes(strategy) == 1:
            raise
        raise TrainingError(
            f"lost another worker: {str(error).splitlines()[0]} Start all workers again with the "
            "same command; they go on from the newest checkpoint."
        ) from error
