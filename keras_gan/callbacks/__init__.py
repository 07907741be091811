"""Callbacks for previews, metrics, guards, the history, checkpoints and progress."""

from keras_gan.callbacks.checkpoint import Checkpoint
from keras_gan.callbacks.density import DensityPlot
from keras_gan.callbacks.evaluation import Evaluate
from keras_gan.callbacks.guards import EndAt
from keras_gan.callbacks.history import HistoryCSV, TimesCSV
from keras_gan.callbacks.log import Log
from keras_gan.callbacks.periodic import Periodic
from keras_gan.callbacks.pictures import Pictures
from keras_gan.callbacks.progress import Progress
from keras_gan.callbacks.samples import LearningGIF, PointsBesideData, SampleGrid
from keras_gan.callbacks.table import Table, read_table
from keras_gan.callbacks.terminal import TerminalSamples
from keras_gan.finite import StopOnNaN

__all__ = [
    "Checkpoint",
    "DensityPlot",
    "EndAt",
    "Evaluate",
    "HistoryCSV",
    "LearningGIF",
    "Log",
    "Periodic",
    "Pictures",
    "PointsBesideData",
    "Progress",
    "SampleGrid",
    "StopOnNaN",
    "Table",
    "TerminalSamples",
    "TimesCSV",
    "read_table",
]
