"""The server's process: its settings, start and end."""

import argparse
import functools
import ipaddress
import logging
import os
import pathlib
import re
import signal
import socket
import urllib.parse
from collections.abc import Mapping

from keras_gan.errors import ServeError
from keras_gan.files.model_folders import FILE, find_models, way_to_export
from keras_gan.files.run_folder import is_run
from keras_gan.runtime.server.app import build_app
from keras_gan.runtime.server.metrics import Metrics
from keras_gan.runtime.server.protocol import Protocol
from keras_gan.runtime.server.settings import ServerSettings
from keras_gan.runtime.server.versions import Model, Versions

import uvicorn

TOKEN_VARIABLE = "KERAS_GAN_TOKEN"
DRAIN_SECONDS = 30
MAX_PORT = 2**16 - 1
EXIT_SIGNAL = 128
log = logging.getLogger("keras_gan.runtime")


def serve(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM or Ctrl-C; returns the exit code.

    Args:
        arguments: The parsed arguments of `keras-gan serve`.

    Raises:
        ServeError: If there is no version to serve, or a setting is invalid.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    settings = read_settings(arguments)
    models = open_models(arguments)
    listener = listen(arguments.host, arguments.port)
    metrics = Metrics()
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(models, metrics, settings),
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
    print_addresses(listener, models, settings)
    return run(server, listener)


def run(server: uvicorn.Server, listener: socket.socket) -> int:
    """Runs the server; uvicorn raises the signal that ended it again after the last response."""
    signals = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: signals.append(number))
    server.run(sockets=[listener])
    return EXIT_SIGNAL + signals[-1] if signals else 0


def read_settings(arguments: argparse.Namespace) -> ServerSettings:
    """Reads the settings from the command line."""
    for name in ("max_count", "max_body", "batch_size", "timeout"):
        check_positive(name, getattr(arguments, name))
    for name in ("threads", "batch_wait_ms"):
        check_positive(name, getattr(arguments, name), "or 0", lowest=0)
    if not 0 <= arguments.port <= MAX_PORT:
        raise ServeError(f"expected a port from 0 to {MAX_PORT}, got {arguments.port}.")
    return ServerSettings(
        max_count=arguments.max_count,
        max_body=arguments.max_body,
        batch_size=arguments.batch_size,
        batch_wait=arguments.batch_wait_ms / 1000,
        threads=arguments.threads or os.cpu_count(),
        timeout=arguments.timeout,
        token=read_token(arguments.token_file),
        cors=arguments.cors,
    )


def check_positive(name: str, value: float, alternative: str = "", lowest: float = 1e-3) -> None:
    """Raises `ServeError` if a number is too small, too large or NaN."""
    if not lowest <= value < 2**31:
        option = f"--{name.replace('_', '-')}"
        raise ServeError(f"expected a positive {option} {alternative}".rstrip() + f", got {value}.")


def read_token(path: str | None) -> str | None:
    """Reads the token from a file, or by default from the environment; returns None without."""
    if path is None:
        token = os.environ.get(TOKEN_VARIABLE)
    else:
        try:
            token = pathlib.Path(path).read_text("utf-8-sig").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ServeError(f"could not read the token in {path}: {error}.") from error
    if token is not None and not re.fullmatch(r"[!-~]+", token):
        raise ServeError(f"expected a token without spaces in {path or TOKEN_VARIABLE}.")
    return token


def open_models(arguments: argparse.Namespace) -> dict[str, Versions]:
    """Opens what a folder has: a model, a run's export, or a folder of models.

    Returns:
        Name of a model in URLs -> its `Versions`, the newest of which is loaded.

    Raises:
        ServeError: If there is no version to serve, or a name is invalid.
    """
    given = pathlib.Path(arguments.folder)
    found, way = find_models(given), way_to_export(given)
    if not found:
        what = f"an export of the run {given}" if is_run(given) else f"a model's folder at {given}"
        raise ServeError(f"expected {what}, found none; make one by: {way}")
    if arguments.name is None:
        names = list(found)
    elif len(found) == 1:
        names = [arguments.name]
    else:
        raise ServeError(
            f"expected one model for --name, got {len(found)} in {given}, which are named by their "
            "folders; leave it out."
        )
    models, refused = {}, []
    for name, folder in zip(names, found.values(), strict=True):
        try:
            models[name] = open_versions(folder, name, arguments, way)
        except ServeError as error:
            refused.append(error)
    if not models:
        raise refused[0]
    for error in refused:
        log.error("a model is left out: %s", error)
    return models


def open_versions(
    folder: pathlib.Path, name: str, arguments: argparse.Namespace, way: str
) -> Versions:
    """Opens the versions of a model and loads the newest one.

    Args:
        folder: The model's folder.
        name: The model's name in URLs.
        arguments: The parsed arguments of `keras-gan serve`.
        way: Command that makes a version, for an error.
    """
    if not re.fullmatch("[^/:]+", name):
        raise ServeError(f"expected a --name without / and :, got {name!r}.")
    batch_size = min(arguments.batch_size, arguments.max_count)
    versions = Versions(folder, name, functools.partial(Model, batch_size=batch_size))
    versions.refresh()
    if versions.current is None:
        raise ServeError(
            f"expected a version with {FILE} in {folder}, found none that can be served; "
            f"make one by: {way}"
        )
    return versions


def listen(host: str, port: int) -> socket.socket:
    """Opens a listening socket."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=2048)
    except (OSError, OverflowError, UnicodeError) as error:
        raise ServeError(f"could not listen on {host}:{port}: {error}.") from error


def print_addresses(
    listener: socket.socket, models: Mapping[str, Versions], settings: ServerSettings
) -> None:
    """Prints the address of each model; warns if it is reachable by others without a token."""
    host, port = listener.getsockname()[:2]
    bracketed = f"[{host}]" if ":" in host else host
    for name in models:
        path = urllib.parse.quote(name, safe="")
        print(f"http://{bracketed}:{port}/v1/models/{path}", flush=True)
    if not ipaddress.ip_address(host).is_loopback and not settings.token:
        log.warning("anybody who can reach %s has access: use --token-file, or omit --host", host)
