"""`keras-gan fetch`."""

import argparse

import keras_gan as kg
from keras_gan import options
from keras_gan.cli.arguments import add_command
from keras_gan.cli.lines import print_line


def add_fetch(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan fetch`."""
    fetch = add_command(
        commands,
        "fetch",
        run_fetch,
        "download the networks of published metrics",
        "Download the weights of a network by which published figures are computed, once: "
        "inception for the Frechet inception distance (FID), i3d for that of videos (FVD), lpips "
        "for the perceptual distance of images. They are checked, and read without running code "
        "that comes with them.",
    )
    names = "inception for FID, i3d for FVD, or lpips"
    fetch.add_argument("network", choices=options.PUBLISHED, help=names)
    fetch.add_argument(
        "--from",
        dest="file",
        metavar="FILE",
        help="a file that was downloaded on another machine (default: download it here)",
    )


def run_fetch(arguments: argparse.Namespace) -> None:
    """Fetches the weights of a network; prints where they are."""
    print_line(
        f"Fetched {kg.metrics.published.fetch(arguments.network, arguments.file, print_line)}"
    )
