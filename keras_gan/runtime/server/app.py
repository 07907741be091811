"""The paths of the server: TF Serving's API below `/v1`, and a few others."""

import asyncio
import contextlib
import functools
import logging
import re
import urllib.parse
from collections.abc import AsyncIterator, Callable, Mapping

from keras_gan.runtime.server import answers, bodies, pages, rest, sampling
from keras_gan.runtime.server.answers import is_api, json_response, malformed
from keras_gan.runtime.server.batching import Batcher, Job
from keras_gan.runtime.server.errors import RequestError, invalid, shorten
from keras_gan.runtime.server.metrics import Metrics
from keras_gan.runtime.server.middleware import MetricsMiddleware, TokenMiddleware
from keras_gan.runtime.server.png import grid, png
from keras_gan.runtime.server.settings import ServerSettings
from keras_gan.runtime.server.signatures import make_metadata
from keras_gan.runtime.server.versions import Model, Versions

import numpy as np
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

MODEL = r"/v1/models(?:/([^/:]+))?(?:/versions/(\d+)|/labels/([^/:]+))?"
PREDICT = re.compile(rf"{MODEL}:(classify|regress|predict)", re.IGNORECASE)
STATUS = re.compile(rf"{MODEL}(/metadata)?", re.IGNORECASE)
PICTURE = re.compile(r"/v1/models/([^/:]+)/sample\.png", re.IGNORECASE)
MANY_VALUES = 2**16
POLL_SECONDS = 1.0
# No cookies or passwords of the browser: a page sends the token itself, if it has it
ANY_ORIGIN = {"allow_origins": ("*",), "allow_methods": ("GET", "POST"), "allow_headers": ("*",)}
log = logging.getLogger("keras_gan.runtime")


def build_app(
    models: Mapping[str, Versions], metrics: Metrics, settings: ServerSettings
) -> Starlette:
    """Builds the application.

    Args:
        models: Name of a model -> its `Versions`, one of which is loaded.
        metrics: The `Metrics`.
        settings: The `ServerSettings`.
    """
    api = Api(models, metrics, settings)
    app = Starlette(
        routes=[
            Route("/", api.index),
            Route("/metrics", api.metrics_page),
            Route("/healthz", api.alive),
            Route("/readyz", api.ready),
            Route("/{rest:path}", api.answer, methods=["GET", "POST"]),
        ],
        middleware=[
            *([Middleware(CORSMiddleware, **ANY_ORIGIN)] if settings.cors else []),
            Middleware(MetricsMiddleware, metrics),
            Middleware(TokenMiddleware, settings.token),
        ],
        exception_handlers=answers.HANDLERS,
        lifespan=api.lifespan,
    )
    app.router.redirect_slashes = False
    return app


class Api:
    """The handlers of the paths.

    Args:
        models: Name of a model -> its `Versions`, one of which is loaded.
        metrics: The `Metrics`.
        settings: The `ServerSettings`.
    """

    def __init__(self, models: Mapping[str, Versions], metrics: Metrics, settings: ServerSettings):
        self.models, self.metrics, self.settings = models, metrics, settings
        self.batcher = None

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        """Starts and ends the threads of batches and the watch for new versions."""
        settings = self.settings
        self.batcher = Batcher(settings, self.metrics)
        self.record_versions()
        watch = asyncio.create_task(self.watch())
        yield
        watch.cancel()
        await asyncio.to_thread(self.batcher.close)

    async def watch(self) -> None:
        """Looks for newer versions every second."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            for versions in self.models.values():
                try:
                    await asyncio.to_thread(versions.refresh)
                except Exception:  # the watch must go on
                    log.exception("could not look for versions of %s", versions.name)
            self.record_versions()

    def record_versions(self) -> None:
        """Sets the metric of the versions that are served."""
        for name, versions in self.models.items():
            self.metrics.version.labels(name).set(versions.current.version)

    async def answer(self, request: Request) -> Response:
        """Handles all paths below `/v1`, ignoring case."""
        path = request.scope["raw_path"].decode()
        if request.method == "POST" and (match := PREDICT.fullmatch(path)):
            return await self.predict(request, *match.groups())
        if request.method == "GET" and (match := PICTURE.fullmatch(path)):
            return await self.picture(request, match[1])
        if request.method == "GET" and (match := STATUS.fullmatch(path)):
            return self.status(request, *match.groups())
        raise malformed(request) if is_api(request) else HTTPException(404)

    async def predict(
        self,
        request: Request,
        name: str | None,
        version: str | None,
        label: str | None,
        method: str,
    ) -> Response:
        """Handles `POST NAME:predict`."""
        check_name(name, label)
        content, key = rest.parse(await self.read_body(request))
        model = self.find(name, version, request)
        signature = rest.find_signature(model, key)
        request.scope["signature"] = key
        if method.lower() != "predict":
            raise invalid(
                f"Expected signature method_name to be tensorflow/serving/{method.lower()}. Was: "
                "tensorflow/serving/predict"
            )
        arrays, rows = rest.read_inputs(content, signature)
        if key == "serving_default":
            job = sampling.latents_job(model, arrays, self.settings.max_count)
        else:
            values = {name: array.item() for name, array in arrays.items()}
            job = sampling.seed_job(model, values, self.settings.max_count)
        samples = await self.compute(request, job)
        if key == "sample_png":
            body = rest.respond_bytes(await self.encode(make_png, samples))
        else:
            body = await self.encode(functools.partial(rest.respond, rows=rows), samples)
        return Response(body, media_type="application/json")

    async def picture(self, request: Request, name: str) -> Response:
        """Handles `GET NAME/sample.png`: a grid for browsers."""
        request.scope["signature"] = "sample.png"
        model = self.find(name, None, request)
        if not model.is_images:
            raise RequestError(404, "no picture: the samples of this model are no images.")
        values = sampling.query_values(model, request.query_params)
        job = sampling.seed_job(model, values, self.settings.max_count)
        samples = await self.compute(request, job)
        return Response(await self.encode(make_png, samples), media_type="image/png")

    def status(
        self,
        request: Request,
        name: str | None,
        version: str | None,
        label: str | None,
        metadata: str | None,
    ) -> Response:
        """Handles `GET NAME` and `GET NAME/metadata`."""
        check_name(name, label)
        if metadata:
            model = self.find(name, version, request)
            name = urllib.parse.unquote(name)
            return json_response(make_metadata(model.signatures, name, model.version))
        name = urllib.parse.unquote(name)
        states = self.models[name].states if name in self.models else {}
        if version is not None:
            states = {key: states[key] for key in (parse_version(version),) if key in states}
        if not states:
            missing = "any versions" if version is None else f"version {int(version)}"
            raise RequestError(
                404, f"Could not find {missing} of model {shorten(name)}; {self.served()}"
            )
        return json_response({"model_version_status": version_status(states)})

    def find(self, name: str, version: str | None, request: Request) -> Model:
        """Returns the model that a request's path names, and notes it for the metrics."""
        name = urllib.parse.unquote(name)
        number = None if version is None else parse_version(version)
        model = self.models[name].current if name in self.models else None
        if model is None or number not in (None, model.version):
            servable = f"Latest({name})" if number is None else f"Specific({name}, {number})"
            raise RequestError(
                404, f"Servable not found for request: {shorten(servable)}; {self.served()}"
            )
        request.scope["model"] = name
        return model

    def served(self) -> str:
        """Returns what this server has, for errors."""
        models = self.models.values()
        return "this server has " + "; ".join(
            f"{versions.name}, version {versions.current.version}" for versions in models
        )

    async def read_body(self, request: Request) -> bytes:
        """Reads a request's body within the limits of size and time."""
        limit, body = self.settings.max_body, bytearray()
        declared = request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > limit:
            raise RequestError(413, f"expected at most {limit} bytes, got {declared}.")
        try:
            async with asyncio.timeout(self.settings.timeout):
                async for part in request.stream():
                    body += part
                    if len(body) > limit:
                        raise RequestError(413, f"expected at most {limit} bytes, got more.")
        except TimeoutError:
            message = f"expected a whole request within {self.settings.timeout:g} seconds."
            raise RequestError(408, message, {"Connection": "close"}) from None
        return bodies.decode(bytes(body), request.headers.get("content-encoding", ""), limit)

    async def compute(self, request: Request, job: Job) -> np.ndarray:
        """Computes a job's samples; cancels the job if its client disconnects."""
        future = self.batcher.submit(job)
        connection = request.scope.get("state", {}).get("connection")
        if connection is not None:  # a `Protocol`; other servers don't report disconnections
            connection.waiting = future
        try:
            return await future
        except asyncio.CancelledError:
            if future.cancelled():
                raise ClientDisconnect from None
            raise

    async def encode(self, encoder: Callable[[np.ndarray], bytes], samples: np.ndarray) -> bytes:
        """Calls an encoder with samples; in a thread if there are many."""
        if samples.size < MANY_VALUES:
            return encoder(samples)
        return await asyncio.to_thread(encoder, samples)

    async def index(self, request: Request) -> Response:
        """Handles `GET /`."""
        return HTMLResponse(pages.index({name: each.current for name, each in self.models.items()}))

    async def metrics_page(self, request: Request) -> Response:
        """Handles `GET /metrics`."""
        return PlainTextResponse(self.metrics.text())

    async def alive(self, request: Request) -> Response:
        """Handles `GET /healthz`: the event loop is running."""
        return PlainTextResponse("ok\n")

    async def ready(self, request: Request) -> Response:
        """Handles `GET /readyz`: a version of each model is loaded."""
        models = self.models.items()
        lines = (f"{name} version {versions.current.version}\n" for name, versions in models)
        return PlainTextResponse("".join(lines))


def make_png(samples: np.ndarray) -> bytes:
    """Encodes a grid of samples as PNG."""
    return png(grid(samples))


def check_name(name: str | None, label: str | None) -> None:
    """Raises `RequestError` if a path has no name, or a version label."""
    if name is None:
        raise invalid("Missing model name in request.")
    if label is not None:
        label = urllib.parse.unquote(label)
        raise invalid(f"Unrecognized servable version label: {shorten(label)}")


def parse_version(text: str) -> int:
    """Parses the version in a path."""
    if len(text) > 19 or int(text) > 2**63 - 1:
        raise invalid(f"Failed to convert version: {shorten(text)} to numeric.")
    return int(text)


def version_status(states: Mapping[int, tuple[str, str]]) -> list[dict]:
    """Makes the `model_version_status` of versions, newest first."""
    return [
        {
            "version": str(version),
            "state": state,
            "status": {"error_code": "UNKNOWN" if error else "OK", "error_message": error},
        }
        for version, (state, error) in sorted(states.items(), reverse=True)
    ]
