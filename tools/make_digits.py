"""Makes saved_models/digits: trains the recipe `dcgan`, a little narrower, and exports it.

    python tools/make_digits.py --run runs/saved_digits --out saved_models/digits

About a quarter of an hour on 2 CPU cores. Going on with an interrupted run and refusing another
run's folder is as in `keras-gan train`.
"""

import argparse
import pathlib
import shutil
import sys

from keras_gan.cli import main as keras_gan

WIDTH, STEPS, EVERY = 48, 8000, 200
EXPORT = ("--serving", "--licence", "Apache-2.0")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=pathlib.Path, default="runs/saved_digits")
    parser.add_argument("--out", type=pathlib.Path, default="saved_models/digits")
    arguments = parser.parse_args()
    settings = ["--width", str(WIDTH), "--steps", str(STEPS), "--every", str(EVERY)]
    code = keras_gan(["train", "dcgan", "--data", "digits", "--out", str(arguments.run), *settings])
    code = code or keras_gan(["export", str(arguments.run), "--out", str(arguments.out), *EXPORT])
    if code == 0:
        grid = arguments.run / "samples" / f"{STEPS:08d}.png"
        shutil.copyfile(grid, arguments.out / "samples.png")
    return code


if __name__ == "__main__":
    sys.exit(main())
