"""A run folder: what was trained, on what, how far, and what came of it.

RUN/config.json        recipe, data and settings: the same command goes on, another is refused
RUN/checkpoints/       the newest checkpoints, <step>.keras: everything that is needed to go on
RUN/best.keras         the game when its first metric was best, where metrics were asked for
RUN/history.csv        a row every so many steps
RUN/times.csv          the seconds of training up to each of its rows
RUN/metrics.csv        a row every so many images, where metrics were asked for
RUN/samples/*.png      the same latents every so many steps
RUN/density/*.png      D, D' and the discriminator, where the data are points that are known
RUN/learning.gif       the film of them
RUN/evaluation.json    figures of `keras-gan evaluate`, and neighbours.png
RUN/sessions.jsonl     when, by what command and on what machine it was trained
RUN/throughput.json    where a step's time goes, where `keras-gan report --throughput` measured it
RUN/report.html        all of this to look at, in one file
RUN/export/            SavedModel versions, generator.onnx and generator.py
"""

from keras_gan.runs.choosing import auto_facts
from keras_gan.runs.evaluation import MetricOptions, evaluate_run, evaluate_source
from keras_gan.runs.exporting import ExportOptions, compare_quality, export_run
from keras_gan.runs.folder import Run
from keras_gan.runs.plan import CheckpointOptions, Result
from keras_gan.runs.report import write_report
from keras_gan.runs.settings import Settings
from keras_gan.runs.strategies import STRATEGIES
from keras_gan.runs.throughput import measure_throughput
from keras_gan.runs.training import train

__all__ = [
    "STRATEGIES",
    "CheckpointOptions",
    "ExportOptions",
    "MetricOptions",
    "Result",
    "Run",
    "Settings",
    "auto_facts",
    "compare_quality",
    "evaluate_run",
    "evaluate_source",
    "export_run",
    "measure_throughput",
    "train",
    "write_report",
]
