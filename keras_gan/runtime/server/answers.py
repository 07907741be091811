"""Answers as JSON, and what becomes of errors."""

from keras_gan.runtime.server.errors import RequestError, invalid, shorten

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response


def is_api(request):
    """Whether a path is below `/v1`."""
    return request.scope["path"].lower().startswith("/v1/")


def malformed(request):
    """TF Serving's error for what is no path of its API."""
    return invalid(f"Malformed request: {request.method} {shorten(request.scope['path'])}")


def json_response(content):
    """A JSON answer, laid out to be read."""
    body = orjson.dumps(content, option=orjson.OPT_INDENT_2)
    return Response(body, media_type="application/json")


def error_response(status, message, headers=None):
    """An error as TF Serving tells it."""
    body = orjson.dumps({"error": message.encode(errors="replace").decode()})
    return Response(body, status, headers, "application/json")


async def answer_error(request, error):
    """A `RequestError`."""
    return error_response(error.status, error.message, error.headers)


async def answer_other_path(request, error):
    """A path or method that no route has."""
    if is_api(request):
        return await answer_error(request, malformed(request))
    return error_response(error.status_code, error.detail, error.headers)


async def answer_nobody(request, error):
    """The client is gone."""
    return silence


async def answer_fault(request, error):
    """A fault of the server's own, which uvicorn's log tells with its place."""
    return error_response(500, "the server failed; its log says where.")


async def silence(scope, receive, send):
    """An application that sends nothing."""


HANDLERS = {
    RequestError: answer_error,
    HTTPException: answer_other_path,
    ClientDisconnect: answer_nobody,
    Exception: answer_fault,
}
