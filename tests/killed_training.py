"""Trainings with every kind of state, run by test_kills.py, each in a process that may be killed.

python tests/killed_training.py

Reads commands from standard input, a line of JSON each: `{"out", "data", "steps", "jit"}`, and
"grows" for a game that grows. For each it forks a process, which trains, prints its number, waits
for it and prints its exit code. As the libraries are loaded once, a training that is killed costs
no import.
"""

import json
import os
import sys
import traceback

import keras_gan as kg
from keras_gan import callbacks, checkpoints

import keras
import numpy as np
import tensorflow as tf
from test_resume import build

EVERY, ROW, KEEP = 7, 5, 3
BATCH = 8
STABLE, FADE = 4 * BATCH, 76 * BATCH  # images


def build_growing(jit):
    """Builds a ProGAN that fades from 4x4 to 8x8 between its steps 4 and 80."""
    keras.utils.set_random_seed(7)
    shape, labels = (8, 8, 1), {"num_classes": 10}
    gan = kg.ProgressiveGAN(
        kg.networks.ProgressiveGenerator(shape, 6, 4, **labels),
        kg.networks.ProgressiveDiscriminator(shape, 4, **labels),
        seed=5,
    )
    gan.compile(
        loss="wasserstein",
        penalties=[kg.penalties.GradientPenalty(10.0), kg.penalties.Drift()],
        schedules={"level": kg.schedules.Growth(STABLE, FADE)},
        jit_compile=jit,
    )
    return gan


def begin(jit, grows):
    """Builds the untrained model."""
    return build_growing(jit) if grows else build("mixed_float16", jit, num_classes=10, n_critic=1)


def train(out, data, steps, jit, grows=False):
    """Trains to the last step from the newest checkpoint, or from the beginning, and samples."""
    kept = checkpoints.Checkpoints(os.path.join(out, "checkpoints"), KEEP)
    gan = kept.load() if kept.newest() else begin(jit, grows)
    dataset = kg.datasets.load(data, image_size=8, batch_size=BATCH, labels=True, channels=1)
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
    np.save(os.path.join(out, "samples.npy"), gan.sample(4, seed=1))


def main():
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            try:
                train(**json.loads(line))
                os._exit(0)
            except Exception:
                traceback.print_exc()
                os._exit(1)
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    tf.config.set_visible_devices([], "GPU")
    main()
