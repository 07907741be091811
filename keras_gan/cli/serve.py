"""`keras-gan serve`."""

from keras_gan.errors import ServeError


def add_serve(commands):
    """`keras-gan serve`."""
    serve = commands.add_parser(
        "serve",
        help="serve an exported generator over HTTP, without TensorFlow",
        description="Serve the newest version in a model's folder by TF Serving's REST API, over "
        "onnxruntime. A version that is exported later is loaded by itself. SIGTERM ends it once "
        "all requests are answered.",
    )
    serve.set_defaults(command=run_serve, verbose=True)  # without TensorFlow nothing is to be kept
    serve.add_argument("folder", metavar="DIR", help="the model's folder, with folders 1, 2, ...")
    serve.add_argument("--name", help="of the model in URLs (default: the folder's)")
    serve.add_argument("--host", default="127.0.0.1", help="(default: 127.0.0.1: this machine)")
    serve.add_argument("--port", type=int, default=8501, help="0 for any (default: 8501)")
    serve.add_argument(
        "--token-file",
        metavar="FILE",
        help="asks clients for its content as a bearer token (default: KERAS_GAN_TOKEN, or none)",
    )
    add_limits(serve)


def add_limits(serve):
    """How much at once."""
    limits = serve.add_argument_group("how much at once")
    for name, default, told in (
        ("--max-count", 1024, "samples a request may ask for"),
        ("--max-body", 2**22, "bytes that a request may have"),
        ("--batch-size", 32, "samples that are computed together"),
        ("--threads", 0, "batches at a time; 0 for as many as there are processors"),
    ):
        limits.add_argument(
            name, type=int, default=default, metavar="N", help=f"{told} (default: {default:,})"
        )
    limits.add_argument(
        "--batch-wait-ms",
        type=float,
        default=0.0,
        metavar="MS",
        help="how long a batch that isn't full waits for others (default: 0)",
    )
    limits.add_argument(
        "--timeout",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="for a client to send a request, or the next one (default: 30)",
    )


def run_serve(arguments):
    """Serves until it is told to stop."""
    try:
        from keras_gan.runtime.server.serving import serve
    except ImportError as error:
        raise ServeError(
            f'expected what a server needs ({error}); install it: pip install "keras_gan[serve]".'
        ) from error
    return serve(arguments)
