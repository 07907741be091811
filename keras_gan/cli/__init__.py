"""The command `keras-gan`."""

import argparse
import contextlib
import importlib
import io
import os
import sys
from collections.abc import Sequence

import keras_gan as kg
from keras_gan.cli.evaluate import add_evaluate
from keras_gan.cli.explore import add_explore
from keras_gan.cli.export import add_export
from keras_gan.cli.fetch import add_fetch
from keras_gan.cli.publish import add_publish
from keras_gan.cli.quiet import quiet_terminal
from keras_gan.cli.recipes import add_recipes
from keras_gan.cli.report import add_report
from keras_gan.cli.sample import add_sample
from keras_gan.cli.serve import add_serve
from keras_gan.cli.train import EXIT_SIGNAL, add_train
from keras_gan.errors import (
    ConfigError,
    DataError,
    HubError,
    KerasGanError,
    RunError,
    ServeError,
    TrackerError,
)

EXIT_FAILED, EXIT_BAD_INPUT = 1, 2
EXIT_CLOSED_PIPE = EXIT_SIGNAL + 13  # SIGPIPE, which ends other programs in this case
BAD_INPUT = ConfigError, DataError, RunError, ServeError
EXITS = KeyboardInterrupt, SystemExit, BrokenPipeError
QUIET = *BAD_INPUT, HubError, TrackerError, *EXITS  # of which TensorFlow's messages say nothing


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command.

    Args:
        arguments: Arguments of the command line; by default those of the process, whose terminal
            is then kept quiet (see `keras_gan.cli.quiet`).

    Returns:
        0 for success, 1 for a failure, 2 for bad input, 130 after Ctrl-C, 143 after SIGTERM, 141
        if the reader of the output has gone, as in `keras-gan recipes | head -1`.
    """
    try:
        try:
            return run(arguments)
        finally:
            sys.stdout.flush()  # not at the interpreter's exit, where an error can't be handled
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLOSED_PIPE


def run(arguments: Sequence[str] | None) -> int:
    """Runs a command, and prints its errors; arguments and result are those of `main`."""
    options = None
    try:
        if arguments is None:
            open_missing_streams()
        escape_unknown_characters()
        options = build_parser().parse_args(arguments)
        is_quiet = arguments is None and not options.verbose
        with quiet_terminal(*QUIET) if is_quiet else contextlib.nullcontext():
            if options.check is not None:
                options.check(options)
            if options.needs_tensorflow:
                start_tensorflow()
            return options.command(options) or 0
    except BAD_INPUT as error:
        return print_error(error, EXIT_BAD_INPUT)
    except KerasGanError as error:
        return print_error(error, EXIT_FAILED)
    except KeyboardInterrupt:
        return print_error(describe_stop(options), EXIT_SIGNAL + 2)


def start_tensorflow() -> None:
    """Imports what the commands use, which takes seconds, with a clock in a terminal."""
    from keras_gan.progress import clock

    with clock("starting TensorFlow"):
        importlib.import_module("keras_gan.runs")


def describe_stop(options: argparse.Namespace | None) -> str:
    """Returns the line after Ctrl-C; for a training with what is saved of it."""
    describe_saved = getattr(options, "describe_saved", None)
    return f"stopped{describe_saved(options) if describe_saved else ''}"


def open_missing_streams() -> None:
    """Opens the null device as stdin, stdout or stderr, where the shell has closed them.

    Else a file that a command opens later would get the descriptor, and TensorFlow's messages.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def escape_unknown_characters() -> None:
    r"""Lets stdout print any text, such as paths and classes in Chinese, in any encoding.

    Characters that its encoding lacks are escaped, such as `\u732b`; stderr does that by itself.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def print_error(error: Exception | str, code: int) -> int:
    """Prints an error and returns the exit code."""
    print(f"keras-gan: {error}", file=sys.stderr)
    return code


class Parser(argparse.ArgumentParser):
    """A parser that accepts `--verbose` after each command."""

    def __init__(self, **options):
        super().__init__(**options)
        self.add_argument(
            "--verbose",
            action="store_true",
            default=argparse.SUPPRESS,
            help="show TensorFlow's messages (default: only if the command fails)",
        )


class VersionAction(argparse.Action):
    """Prints the version, which is read only then: that takes as long as the rest of the parser."""

    def __call__(self, parser: argparse.ArgumentParser, *_) -> None:
        """Prints the version and exits."""
        print(f"keras-gan {kg.__version__}")
        parser.exit()


def build_parser() -> Parser:
    """Builds the parser of the command line, without importing TensorFlow."""
    parser = Parser(
        prog="keras-gan",
        description="Learn the distribution of a data set with a generative adversarial network, "
        "draw samples, and export the generator for other programs.",
    )
    parser.set_defaults(verbose=False, check=None, needs_tensorflow=True)
    parser.add_argument("--version", action=VersionAction, nargs=0, help="show the version")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_train(commands)
    add_sample(commands)
    add_evaluate(commands)
    add_report(commands)
    add_export(commands)
    add_explore(commands)
    add_publish(commands)
    add_serve(commands)
    add_recipes(commands)
    add_fetch(commands)
    return parser
