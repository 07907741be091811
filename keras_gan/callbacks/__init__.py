"""Pictures of the learning, a guard against NaN, the history, checkpoints and progress."""

from keras_gan.callbacks.checkpoint import Checkpoint
from keras_gan.callbacks.guards import StopOnNaN
from keras_gan.callbacks.history import HistoryCSV
from keras_gan.callbacks.periodic import Periodic
from keras_gan.callbacks.progress import Progress
from keras_gan.callbacks.samples import LearningGIF, SampleGrid

__all__ = [
    "Checkpoint",
    "HistoryCSV",
    "LearningGIF",
    "Periodic",
    "Progress",
    "SampleGrid",
    "StopOnNaN",
]
