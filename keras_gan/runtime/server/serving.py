"""The server's process: what it is told, how it starts and how it ends."""

import dataclasses
import functools
import ipaddress
import logging
import os
import pathlib
import re
import signal
import socket

from keras_gan.errors import ServeError
from keras_gan.runtime.server.app import build_app
from keras_gan.runtime.server.metrics import Metrics
from keras_gan.runtime.server.protocol import Protocol
from keras_gan.runtime.server.versions import FILE, Model, Versions

import uvicorn

TOKEN_VARIABLE = "KERAS_GAN_TOKEN"
DRAIN_SECONDS = 30
EXIT_SIGNAL = 128
log = logging.getLogger("keras_gan.runtime")


@dataclasses.dataclass(frozen=True)
class ServerSettings:
    """What requests may ask for, and who may ask; see `keras-gan serve --help`."""

    max_count: int
    max_body: int
    batch_size: int
    batch_wait: float
    threads: int
    timeout: float
    token: str | None


def serve(arguments):
    """Serves until SIGTERM or Ctrl-C; returns the exit code.

    Args:
        arguments: Those of `add_serve`.

    Raises:
        ServeError: If there is nothing to serve, or a setting doesn't fit.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    settings = read_settings(arguments)
    versions = open_versions(arguments)
    listener = listen(arguments.host, arguments.port)
    metrics = Metrics()
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(versions, metrics, settings),
            http=Protocol,
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=settings.timeout,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
    )
    tell_address(listener, versions, settings)
    return run(server, listener)


def run(server, listener):
    """Runs the server; uvicorn hands the signal that ended it back once all is answered."""
    signals = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: signals.append(number))
    server.run(sockets=[listener])
    return EXIT_SIGNAL + signals[-1] if signals else 0


def read_settings(arguments):
    """The settings of a command line."""
    for name in ("max_count", "max_body", "batch_size", "timeout"):
        check_positive(name, getattr(arguments, name))
    for name in ("threads", "batch_wait_ms"):
        check_positive(name, getattr(arguments, name), "or 0", lowest=0)
    return ServerSettings(
        max_count=arguments.max_count,
        max_body=arguments.max_body,
        batch_size=arguments.batch_size,
        batch_wait=arguments.batch_wait_ms / 1000,
        threads=arguments.threads or os.cpu_count(),
        timeout=arguments.timeout,
        token=read_token(arguments.token_file),
    )


def check_positive(name, value, more="", lowest=1e-3):
    """Raises `ServeError` for a number that is none, or too small."""
    if not lowest <= value < 2**31:
        option = f"--{name.replace('_', '-')}"
        raise ServeError(f"expected a positive {option} {more}".rstrip() + f", got {value}.")


def read_token(path):
    """The token of a file, or of the environment; None for none."""
    if path is None:
        token = os.environ.get(TOKEN_VARIABLE)
    else:
        try:
            token = pathlib.Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ServeError(f"could not read the token in {path}: {error}.") from error
    if token is not None and not re.fullmatch(r"[!-~]+", token):
        raise ServeError(f"expected a token without spaces in {path or TOKEN_VARIABLE}.")
    return token


def open_versions(arguments):
    """The versions of a folder, the newest loaded."""
    folder = pathlib.Path(arguments.folder)
    name = folder.resolve().name if arguments.name is None else arguments.name
    if not re.fullmatch("[^/:]+", name):
        raise ServeError(f"expected a --name without / and :, got {name!r}.")
    load = functools.partial(Model, batch_size=min(arguments.batch_size, arguments.max_count))
    versions = Versions(folder, name, load)
    versions.refresh()
    if versions.current is None:
        raise ServeError(
            f"expected a version with {FILE} in {folder}, found none that can be served; "
            f"make one by: keras-gan export RUN --out {folder}"
        )
    return versions


def listen(host, port):
    """A socket that listens."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=2048)
    except (OSError, OverflowError, UnicodeError) as error:
        raise ServeError(f"could not listen on {host}:{port}: {error}.") from error


def tell_address(listener, versions, settings):
    """Says where it is, and warns where anybody may ask."""
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"http://{shown}:{port}/v1/models/{versions.name}", flush=True)
    if not ipaddress.ip_address(host).is_loopback and not settings.token:
        log.warning("anybody who reaches %s may ask: give --token-file, or leave --host away", host)
