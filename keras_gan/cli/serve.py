"""`keras-gan serve`."""

import argparse

from keras_gan.cli.arguments import add_command
from keras_gan.errors import ServeError, missing_extra


def add_serve(commands: argparse._SubParsersAction) -> None:
    """Adds `keras-gan serve`."""
    serve = add_command(
        commands,
        "serve",
        run_serve,
        "serve an exported generator over HTTP, without TensorFlow",
        "Serve the newest version of a run's export, of a model's folder, or of each model in a "
        "folder, with TF Serving's REST API and onnxruntime. Newer versions are loaded when they "
        "are exported. SIGTERM ends the server after the last response.",
        verbose=True,
        needs_tensorflow=False,
    )
    serve.add_argument(
        "folder",
        metavar="RUN",
        help="a run, a model's folder with folders 1, 2, ..., or a folder of such folders",
    )
    serve.add_argument("--name", help="name of the model in URLs (default: the folder's)")
    serve.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1, this machine)")
    serve.add_argument("--port", type=int, default=8501, help="0 for any (default: 8501)")
    serve.add_argument(
        "--token-file",
        metavar="FILE",
        help="file with the bearer token of clients (default: KERAS_GAN_TOKEN, or none)",
    )
    serve.add_argument(
        "--cors",
        action="store_true",
        help="let web pages of any origin use the server (default: only its own pages)",
    )
    add_limits(serve)


def add_limits(serve: argparse.ArgumentParser) -> None:
    """Adds the limits of requests and batches."""
    limits = serve.add_argument_group("limits")
    for name, default, text in (
        ("--max-count", 1024, "largest number of samples per request"),
        ("--max-body", 2**22, "largest size of a request in bytes"),
        ("--batch-size", 32, "largest number of samples that are computed together"),
        ("--threads", 0, "batches at a time; 0 for as many as there are processors"),
    ):
        limits.add_argument(
            name, type=int, default=default, metavar="N", help=f"{text} (default: {default:,})"
        )
    limits.add_argument(
        "--batch-wait-ms",
        type=float,
        default=0.0,
        metavar="MS",
        help="time that an incomplete batch waits for more requests (default: 0)",
    )
    limits.add_argument(
        "--timeout",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="time for a client to send a request, or its next one (default: 30)",
    )


def run_serve(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM or Ctrl-C."""
    try:
        from keras_gan.runtime.server.serving import serve
    except ImportError as error:
        raise ServeError(missing_extra("serve", "to serve", error)) from error
    return serve(arguments)
