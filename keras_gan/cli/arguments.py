"""Arguments that commands share, and what is checked of them before TensorFlow starts."""

import argparse
import pathlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras_gan as kg
from keras_gan.errors import ConfigError
from keras_gan.files.run_folder import require_run, require_unpublished


def add_command(
    commands: argparse._SubParsersAction,
    name: str,
    command: Callable[[argparse.Namespace], int | None],
    text: str,
    description: str,
    **defaults: Any,
) -> argparse.ArgumentParser:
    """Adds a command.

    Args:
        commands: The subparsers.
        name: Name of the command.
        command: Function that runs it, given the parsed arguments.
        text: Its line in the help of `keras-gan`.
        description: Beginning of its own help.
        defaults: Further defaults, such as `check`, a function that checks the parsed arguments
            before TensorFlow starts.
    """
    parser = commands.add_parser(name, help=text, description=description)
    parser.set_defaults(command=command, **defaults)
    return parser


def add_run(parser: argparse.ArgumentParser) -> None:
    """Adds the run folder, and `--best`."""
    parser.add_argument("run", metavar="RUN", help="the run folder")
    add_best(parser)


def add_shared_run(parser: argparse.ArgumentParser) -> None:
    """Adds the run folder, or a run on the Hugging Face hub, and `--best`."""
    parser.add_argument("run", metavar="RUN", help="the run folder, or hf:OWNER/NAME")
    add_best(parser)


def add_best(parser: argparse.ArgumentParser) -> None:
    """Adds `--best`."""
    parser.add_argument("--best", action="store_true", help="use the best checkpoint")


def add_truncation(parser: argparse.ArgumentParser) -> None:
    """Adds `--truncation`."""
    parser.add_argument(
        "--truncation",
        type=float,
        default=1.0,
        help="from 0 to 1; smaller values give more typical samples (default: 1)",
    )


def check_run_and_out(arguments: argparse.Namespace) -> None:
    """Raises `KerasGanError` unless RUN is a run, and `--out`, if given, can be a file."""
    check_shared_run(arguments.run)
    check_out(arguments)


def check_own_run(folder: str) -> None:
    """Raises `RunError` unless a folder is a run of this machine."""
    require_unpublished(folder)
    require_run(folder)


def check_shared_run(run: str) -> None:
    """Raises `KerasGanError` unless RUN is a run folder, or one of the hub, which it downloads."""
    from keras_gan.files.hub import local_path  # with NumPy, which the parser doesn't need

    require_run(local_path(run))


def check_out(arguments: argparse.Namespace) -> None:
    """Raises `ConfigError` for an `--out` where no file can be."""
    from keras_gan.files.atomic import check_file  # with NumPy, which the parser doesn't need

    if arguments.out is not None:
        check_file(arguments.out)


def check_apart_from_data(run: "kg.runs.Run", out: pathlib.Path) -> None:
    """Raises `ConfigError` for a picture that would become a sample of the run's data."""
    data = run.read_config()["data"]
    if kg.datasets.would_read(data, out):
        raise ConfigError(
            f"expected --out outside of the run's data in {data}, got {out}, which would become "
            f"one of its images; name another folder, such as {run.folder}."
        )


def spell(names: Iterable[str]) -> str:
    """Returns options as they are typed.

    Example:

    >>> spell(["opset", "channels_first"])
    '--opset, --channels-first'
    """
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)


def find_label(word: str | None, classes: Sequence[str] | None) -> int | None:
    """Returns the label of a class from its name or number; None for None.

    Raises:
        ConfigError: For a word that is neither, or for a generator without classes.

    Example:

    >>> find_label("dog", ["cat", "dog"]), find_label("0", ["cat", "dog"])
    (1, 0)
    """
    if word is None:
        return None
    if classes is None:
        raise ConfigError(f"expected a run with classes for the label {word!r}; leave --label out.")
    if word in classes:
        return classes.index(word)
    if word.isascii() and word.isdecimal() and int(word) < len(classes):
        return int(word)
    raise ConfigError(f"expected a --label of {', '.join(classes)}, got {word!r}.")
