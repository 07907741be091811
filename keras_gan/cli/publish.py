"""`keras-gan publish`."""

import argparse
import shlex

import keras_gan as kg
from keras_gan.cli.arguments import add_command, add_run, check_own_run
from keras_gan.cli.lines import print_line


def add_publish(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan publish`."""
    publish = add_command(
        commands,
        "publish",
        run_publish,
        "write a run as a folder to share, and upload it",
        "Write a folder as the Hugging Face hub wants it: a model card with samples, figures and "
        "settings, the model for Keras and as ONNX, and a web page that draws images. --upload "
        "sends it there, with the extra hub and a token; hf:OWNER/NAME is then a RUN for train "
        "--from, sample, explore and export.",
        check=lambda arguments: check_own_run(arguments.run),
    )
    add_run(publish)
    publish.add_argument("folder", metavar="DIR", help="the folder to write, new or empty")
    publish.add_argument(
        "--license",
        "--licence",
        dest="licence",
        metavar="ID",
        help="licence, such as cc-by-4.0 or mit, or a file with the text of another one (default: "
        "none, with which nobody may use the model)",
    )
    publish.add_argument(
        "--upload",
        metavar="OWNER/NAME",
        help="upload the folder to this model repository, which is created if needed",
    )
    publish.add_argument(
        "--private", action="store_true", help="create a repository that only you can see"
    )


def run_publish(arguments: argparse.Namespace) -> None:
    """Publishes a run; prints what was written, and how to show and to upload it."""
    folder = kg.runs.publish(
        kg.runs.Run(arguments.run),
        arguments.folder,
        arguments.licence,
        arguments.best,
        arguments.upload,
        arguments.private,
        tell=print_line,
    )
    if arguments.upload is None:
        print(f"To upload it: hf upload OWNER/NAME {shlex.quote(str(folder))}")
