"""The paths of the server: TF Serving's below `/v1`, and a few of its own."""

import asyncio
import contextlib
import functools
import logging
import re
import urllib.parse

from keras_gan.runtime.server import answers, pages, rest, sampling
from keras_gan.runtime.server.answers import is_api, json_response, malformed
from keras_gan.runtime.server.batching import Batcher
from keras_gan.runtime.server.errors import RequestError, invalid, shorten
from keras_gan.runtime.server.middleware import Guarded, Metered
from keras_gan.runtime.server.png import grid, png
from keras_gan.runtime.server.signatures import metadata_of

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

MODEL = r"/v1/models(?:/([^/:]+))?(?:/versions/(\d+)|/labels/([^/:]+))?"
PREDICT = re.compile(rf"{MODEL}:(classify|regress|predict)", re.IGNORECASE)
STATUS = re.compile(rf"{MODEL}(/metadata)?", re.IGNORECASE)
PICTURE = re.compile(r"/v1/models/([^/:]+)/sample\.png")
MANY_VALUES = 2**16
POLL_SECONDS = 1.0
log = logging.getLogger("keras_gan.runtime")


def build_app(versions, metrics, settings):
    """The application.

    Args:
        versions: The `Versions`, with one that is loaded.
        metrics: The `Metrics`.
        settings: The `ServerSettings`.
    """
    api = Api(versions, metrics, settings)
    app = Starlette(
        routes=[
            Route("/", api.index),
            Route("/metrics", api.metrics_page),
            Route("/healthz", api.alive),
            Route("/readyz", api.ready),
            Route("/{rest:path}", api.answer, methods=["GET", "POST"]),
        ],
        middleware=[Middleware(Metered, metrics), Middleware(Guarded, settings.token)],
        exception_handlers=answers.HANDLERS,
        lifespan=api.lifespan,
    )
    app.router.redirect_slashes = False
    return app


class Api:
    """The answers."""

    def __init__(self, versions, metrics, settings):
        self.versions, self.metrics, self.settings = versions, metrics, settings
        self.batcher = None

    @contextlib.asynccontextmanager
    async def lifespan(self, app):
        """Starts the batches' threads and the watch for new versions, and ends them."""
        settings = self.settings
        self.batcher = Batcher(settings, self.metrics)
        self.metrics.version.set(self.versions.current.version)
        watch = asyncio.create_task(self.watch())
        yield
        watch.cancel()
        await asyncio.to_thread(self.batcher.close)

    async def watch(self):
        """Looks for a newer version every second."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await asyncio.to_thread(self.versions.refresh)
            except Exception:  # the watch must go on
                log.exception("could not look for versions")
            self.metrics.version.set(self.versions.current.version)

    async def answer(self, request):
        """All paths below `/v1`, in whatever case."""
        path = request.scope["raw_path"].decode()
        if request.method == "POST" and (found := PREDICT.fullmatch(path)):
            return await self.predict(request, *found.groups())
        if request.method == "GET" and (found := PICTURE.fullmatch(path)):
            return await self.picture(request, found[1])
        if request.method == "GET" and (found := STATUS.fullmatch(path)):
            return self.status(*found.groups())
        raise malformed(request) if is_api(request) else HTTPException(404)

    async def predict(self, request, name, version, label, method):
        """`POST NAME:predict`."""
        check_name(name, label)
        content, wanted = rest.parse(await self.read_body(request))
        model = self.find(name, version)
        signature = rest.find_signature(model, wanted)
        request.scope["signature"] = wanted
        if method.lower() != "predict":
            raise invalid(
                f"Expected signature method_name to be tensorflow/serving/{method.lower()}. Was: "
                "tensorflow/serving/predict"
            )
        arrays, rows = rest.read_inputs(content, signature)
        if wanted == "serving_default":
            job = sampling.given_job(model, arrays, self.settings.max_count)
        else:
            values = {name: array.item() for name, array in arrays.items()}
            job = sampling.drawn_job(model, values, self.settings.max_count)
        samples = await self.compute(request, job)
        if wanted == "sample_png":
            body = rest.respond_bytes(await self.encode(make_png, samples))
        else:
            body = await self.encode(functools.partial(rest.respond, rows=rows), samples)
        return Response(body, media_type="application/json")

    async def picture(self, request, name):
        """`GET NAME/sample.png`: a grid for a browser."""
        request.scope["signature"] = "sample.png"
        model = self.find(name, None)
        if not model.is_images:
            raise RequestError(404, "no picture: the samples of this model are no images.")
        values = sampling.query_values(model, request.query_params)
        job = sampling.drawn_job(model, values, self.settings.max_count)
        samples = await self.compute(request, job)
        return Response(await self.encode(make_png, samples), media_type="image/png")

    def status(self, name, version, label, metadata):
        """`GET NAME` and `GET NAME/metadata`."""
        if name is None:
            raise invalid("Missing model name in request.")
        check_name(name, label)
        if metadata:
            return json_response(metadata_of(self.find(name, version), self.versions.name))
        known = self.versions.states if urllib.parse.unquote(name) == self.versions.name else {}
        if version is not None:
            known = {key: known[key] for key in (int_version(version),) if key in known}
        if not known:
            what = "any versions" if version is None else f"version {int(version)}"
            told = urllib.parse.unquote(name)
            raise RequestError(404, f"Could not find {what} of model {shorten(told)}")
        return json_response({"model_version_status": states(known)})

    def find(self, name, version):
        """The model that a path names."""
        model, name = self.versions.current, urllib.parse.unquote(name)
        wanted = None if version is None else int_version(version)
        if name != self.versions.name or wanted not in (None, model.version):
            told = f"Latest({name})" if wanted is None else f"Specific({name}, {wanted})"
            raise RequestError(404, f"Servable not found for request: {shorten(told)}")
        return model

    async def read_body(self, request):
        """A request's body, as long and as late as it may be."""
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
            told = f"expected a whole request within {self.settings.timeout:g} seconds."
            raise RequestError(408, told, {"Connection": "close"}) from None
        return bytes(body)

    async def compute(self, request, job):
        """A job's samples; the job is dropped where its client is gone."""
        future = self.batcher.submit(job)
        connection = request.scope.get("state", {}).get("connection")
        if connection is not None:  # a `Protocol`; other servers of this app tell of no loss
            connection.waiting = future
        try:
            return await future
        except asyncio.CancelledError:
            if future.cancelled():
                raise ClientDisconnect from None
            raise

    async def encode(self, make, samples):
        """What a function makes of samples; of many in a thread, beside the other requests."""
        if samples.size < MANY_VALUES:
            return make(samples)
        return await asyncio.to_thread(make, samples)

    async def index(self, request):
        """`GET /`."""
        return HTMLResponse(pages.index(self.versions.current, self.versions.name))

    async def metrics_page(self, request):
        """`GET /metrics`."""
        return PlainTextResponse(self.metrics.text())

    async def alive(self, request):
        """`GET /healthz`: the loop turns."""
        return PlainTextResponse("ok\n")

    async def ready(self, request):
        """`GET /readyz`: a version is loaded."""
        return PlainTextResponse(f"version {self.versions.current.version}\n")


def make_png(samples):
    """The grid of samples."""
    return png(grid(samples))


def check_name(name, label):
    """Raises `RequestError` for a path without a name, or with a version's label."""
    if name is None:
        raise invalid("Missing model name in request.")
    if label is not None:
        label = urllib.parse.unquote(label)
        raise invalid(f"Unrecognized servable version label: {shorten(label)}")


def int_version(text):
    """A version of a path."""
    if len(text) > 19 or int(text) > 2**63 - 1:
        raise invalid(f"Failed to convert version: {shorten(text)} to numeric.")
    return int(text)


def states(known):
    """The `model_version_status` of versions, the newest first."""
    return [
        {
            "version": str(version),
            "state": state,
            "status": {"error_code": "UNKNOWN" if error else "OK", "error_message": error},
        }
        for version, (state, error) in sorted(known.items(), reverse=True)
    ]
