"""Measures the cost of checkpoints, by alternating training steps and saves in one process.

    python tools/benchmark/checkpoints.py

To save a checkpoint means to write, checksum, sync and rename its file, and to remove the oldest of
four. Prints the share of the training time that a checkpoint every `--every` steps takes, and the
figures as a line of JSON.
"""

import argparse
import json
import pathlib
import statistics
import tempfile
import time

import keras_gan as kg
from alternate import spread


def seconds(action):
    """Returns the wall time of a call."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", default="dcgan")
    parser.add_argument("--every", type=int, default=500, help="steps between two checkpoints")
    parser.add_argument("--steps", type=int, default=50, help="steps per round")
    parser.add_argument("--rounds", type=int, default=11)
    arguments = parser.parse_args()
    dataset = kg.datasets.load("digits", batch_size=64, labels=True)
    gan = kg.recipes.build(arguments.recipe, (28, 28, 1), num_classes=10)

    def train():
        gan.fit(dataset, steps_per_epoch=arguments.steps, verbose=0)

    train()  # compiles
    shares, steps, saves = [], [], []
    with tempfile.TemporaryDirectory(dir=".") as folder:  # on a disk, which /tmp may not be
        checkpoints = kg.checkpoints.Checkpoints(folder)
        for _ in range(arguments.rounds):
            training, saving = seconds(train), seconds(lambda: checkpoints.save(gan))
            steps.append(1000 * training / arguments.steps)
            saves.append(1000 * saving)
            shares.append(100 * saves[-1] / (arguments.every * steps[-1]))
        size = max(path.stat().st_size for path in pathlib.Path(folder).iterdir())
    print(f"a step, ms        {spread(steps)}")
    print(f"a checkpoint, ms  {spread(saves)}, {size / 1e6:.1f} MB")
    print(f"share, %          {spread(shares)} at one every {arguments.every} steps")
    print(json.dumps({"steps": steps, "saves": saves, "median": statistics.median(shares)}))


if __name__ == "__main__":
    main()
