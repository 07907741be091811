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

import keras
import tensorflow as tf

EVERY, ROW, KEEP = 7, 5, 3


def build(jit):
    """A game whose state is of every kind.

    BatchNorm, Dropout, spectral vectors, loss scales, lazy penalties, LeCam's anchors, ADA's
    controller, schedules, a moving average.
    """
    keras.utils.set_random_seed(7)
    gan = kg.GAN(
        kg.networks.DCGANGenerator((8, 8, 1), 6, 4, num_classes=10, dtype="mixed_float16"),
        discriminator("mixed_float16"),
        seed=5,
    )
    gan.compile(
        penalties=[kg.penalties.R1(0.1, interval=2), kg.penalties.LeCam(0.1)],
        augmentation=kg.augment.ADA(("color",), p=0.3, interval=2, images=1000),
        schedules={
            "learning_rate": kg.schedules.Cosine(1e-3, 1e-4, 4000),
            "r1": kg.schedules.Cosine(0.1, 0.01, 4000),
        },
        jit_compile=jit,
    )
    return gan


def discriminator(policy):
    """A small one with Dropout and spectral normalisation."""
    images, labels = keras.Input((8, 8, 1)), keras.Input((), dtype="int32")
    x = keras.layers.Flatten(dtype=policy)(images)
    x = keras.layers.Dropout(0.3, dtype=policy)(x)
    x = kg.layers.SpectralNormalization(keras.layers.Dense(16, dtype=policy))(x)
    x = keras.layers.Multiply()([x, keras.layers.Embedding(10, 16, dtype=policy)(labels)])
    return keras.Model([images, labels], keras.layers.Dense(1, dtype="float32")(x))


def train(out, data, steps, jit):
    """Trains to the last step from the newest checkpoint, or from the beginning."""
    kept = checkpoints.Checkpoints(os.path.join(out, "checkpoints"), KEEP)
    gan = kept.load() if kept.newest() else build(jit)
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
