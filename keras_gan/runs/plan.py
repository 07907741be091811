"""The inputs and the result of a training."""

import collections.abc
import dataclasses
import signal

from keras_gan import datasets, export, options, trackers
from keras_gan.runs.folder import Run

import keras
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class CheckpointOptions:
    """Options of checkpoints and roll-backs.

    Attributes:
        every: Number of steps between two checkpoints.
        keep: Number of checkpoints to keep.
        roll_backs: Number of times that a training with non-finite values may return to its newest
            checkpoint, each time with half the learning rates.
    """

    every: int = options.STEPS_BETWEEN_CHECKPOINTS
    keep: int = options.CHECKPOINTS_KEPT
    roll_backs: int = 0


@dataclasses.dataclass(frozen=True)
class Result:
    """The result of a training.

    Attributes:
        gan: The model.
        interrupted: The signal that ended the training, or None.
        exported: The exported files; None if the training was interrupted, if the same step is
            exported already, or in workers other than the first.
    """

    gan: keras.Model
    interrupted: signal.Signals | None = None
    exported: list[export.Exported] | None = None


@dataclasses.dataclass(frozen=True)
class Plan:
    """The inputs of a training besides the model.

    Attributes:
        run: The `Run`.
        config: Its settings.
        source: The opened `Source`.
        dataset: Batches of the source.
        every: Number of steps between two rows of the history, and between two sample grids; the
            last step gets a grid too.
        evaluate: Callback that evaluates the model, or None.
        checkpoints: `CheckpointOptions`.
        strategy: The `tf.distribute.Strategy`.
        tell: Function to call with lines of progress.
        data_on_device: As in `AdversarialModel.fit`.
        export: Whether to export a model that is exported already.
        trackers: Trackers that get the figures and the pictures.
        deadline: End of the session on the clock of `time.monotonic`, or None.
    """

    run: Run
    config: dict
    source: datasets.Source
    dataset: tf.data.Dataset
    every: int
    evaluate: keras.callbacks.Callback | None
    checkpoints: CheckpointOptions
    strategy: tf.distribute.Strategy
    tell: collections.abc.Callable[[str], None]
    data_on_device: bool | str
    export: bool
    trackers: list[trackers.Tracker]
    deadline: float | None
