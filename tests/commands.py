"""The command `keras-gan`, called in this process on tiny trainings."""

import pathlib
import sys

from keras_gan.cli import main

COMMAND = pathlib.Path(sys.executable).with_name("keras-gan")
TRAIN = ["train", "dcgan", "--data", "digits", "--width", "2", "--batch-size", "16", "--every", "2"]


def words(*arguments):
    """Arguments as a command line has them."""
    return [str(argument) for argument in arguments]


def train(out, *more):
    """Trains a tiny DCGAN; the exit code."""
    return main(words(*TRAIN, "--out", out, *more))


def refused(capsys, arguments, code=2):
    """Returns the error of a command that must fail without a traceback."""
    capsys.readouterr()
    assert main(words(*arguments)) == code
    told = capsys.readouterr().err
    assert "Traceback" not in told
    error = told.splitlines()[-1]
    assert error.startswith("keras-gan: ")
    return error


def newest(out):
    """Returns the newest checkpoint of a run."""
    return sorted((out / "checkpoints").iterdir())[-1]
