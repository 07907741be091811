"""Trainings with every kind of state, run by test_kills.py, each in a process that may be killed.

python tests/killed_training.py

Reads commands from standard input, a line of JSON each: `{"out", "data", "steps", "jit"}`. For each
it forks a process, which trains, prints its number, waits for it and prints its exit code. As the
libraries are loaded once, a training that is killed costs no import.
"""

import json
import os
import sys

import keras_gan as kg
from keras_gan import callbacks, checkpoints

import tensorflow as tf
from test_resume import build

EVERY, ROW, KEEP = 7, 5, 3


def train(out, data, steps, jit):
    """Trains to the last step from the newest checkpoint, or from the beginning."""
    kept = checkpoints.Checkpoints(os.path.join(out, "checkpoints"), KEEP)
    gan = kept.load() if kept.newest() else build("mixed_float16", jit, num_classes=10, n_critic=1)
    dataset = kg.datasets.load(data, image_size=8, batch_size=8, labels=True, channels=1)
    remaining = steps - int(gan.step)
    if remaining:
        gan.fit(
            dataset,
            steps_per_epoch=remaining,
            verbose=0,
            callbacks=[
                callbacks.StopOnNaN(),
                callbacks.HistoryCSV(os.path.join(out, "history.csv"), ROW),
                callbacks.Checkpoint(kept.folder, EVERY, KEEP),
            ],
        )


def main():
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            train(**json.loads(line))
            os._exit(0)
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    tf.config.set_visible_devices([], "GPU")
    main()
