"""The command `keras-gan`: `serve` by itself, and everything else by `keras_gan.cli`.

The server needs no TensorFlow, which takes seconds to import, so that the script begins here.
"""

import argparse
import sys

from keras_gan_runtime.server.command import add_serve


def main(arguments=None) -> int:
    """Runs a command.

    Args:
        arguments: Words of the command line; the process's own by default.

    Returns:
        See `keras_gan.cli.main`.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] != ["serve"]:
        from keras_gan import cli

        return cli.main(arguments)
    parser = argparse.ArgumentParser(prog="keras-gan")
    add_serve(parser.add_subparsers())
    parsed = parser.parse_args(arguments)
    return parsed.command(parsed)
