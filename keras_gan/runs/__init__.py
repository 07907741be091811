"""Run folders: a training's settings, checkpoints, history, samples and exports.

RUN/config.json        recipe, data and settings; only a command with the same settings resumes
RUN/checkpoints/       the newest checkpoints, <step>.keras, with the whole state of training
RUN/best.keras         the model with the best value of the first metric, if metrics are measured
RUN/history.csv        losses and other logs, a row per interval of steps
RUN/times.csv          seconds of training up to each row of the history
RUN/metrics.csv        metrics, a row per interval of images, if metrics are measured
RUN/samples/*.png      samples of the same latents at each interval of steps, points beside the data
RUN/density/*.png      D, D' and the discriminator, if the data are points of a known distribution
RUN/learning.gif       a film of these pictures
RUN/evaluation.json    results of `keras-gan evaluate`, with neighbours.png
RUN/sessions.jsonl     time, command and machine of each session of training
RUN/throughput.json    time of each part of a step, by `keras-gan report --throughput`
RUN/report.html        all of this in one page
RUN/export/            SavedModel versions, generator.onnx and generator.py
"""

from keras_gan.runs.choosing import auto_facts
from keras_gan.runs.evaluation import MetricOptions, evaluate_run, evaluate_source
from keras_gan.runs.exporting import ExportOptions, compare_quality, export_page, export_run
from keras_gan.runs.folder import Run, open_run
from keras_gan.runs.plan import CheckpointOptions, Result
from keras_gan.runs.publishing import publish
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
    "export_page",
    "export_run",
    "measure_throughput",
    "open_run",
    "publish",
    "train",
    "write_report",
]
