"""What a training needs, and how it ended."""

import collections.abc
import dataclasses
import signal

from keras_gan import datasets, options
from keras_gan.runs.folder import Run

import keras
import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class CheckpointOptions:
    """What is kept of a training while it runs.

    Attributes:
        every: Steps between two checkpoints.
        keep: How many of the newest checkpoints stay.
        roll_backs: How often a training whose numbers aren't finite any more goes back to its
            newest checkpoint, each time with half the learning rates.
    """

    every: int = options.STEPS_BETWEEN_CHECKPOINTS
    keep: int = options.CHECKPOINTS_KEPT
    roll_backs: int = 0


@dataclasses.dataclass(frozen=True)
class Result:
    """How a training ended.

    Attributes:
        gan: The model.
        interrupted: The signal that ended it, or None.
        exported: What was exported, None where it was not finished, or in a worker that isn't
            the first.
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
        checkpoints: `CheckpointOptions`.
        strategy: The `tf.distribute.Strategy`.
        tell: Called with lines that say what happens.
        deadline: When the session ends, on the clock of `time.monotonic`, or None.
    """

    run: Run
    config: dict
    source: datasets.Source
    dataset: tf.data.Dataset
    every: int
    measure: keras.callbacks.Callback | None
    checkpoints: CheckpointOptions
    strategy: tf.distribute.Strategy
    tell: collections.abc.Callable
    deadline: float | None = None
