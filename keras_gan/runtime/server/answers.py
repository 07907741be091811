"""JSON responses, and the handlers of errors."""

from collections.abc import Mapping

from keras_gan.runtime.server.errors import RequestError, invalid, shorten

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send


def is_api(request: Request) -> bool:
    """Returns whether a path is below `/v1`."""
    return request.scope["path"].lower().startswith("/v1/")


def malformed(request: Request) -> RequestError:
    """Makes TF Serving's error for an unknown path of its API."""
    return invalid(f"Malformed request: {request.method} {shorten(request.scope['path'])}")


def json_response(content: object) -> Response:
    """Makes a response of indented JSON."""
    body = orjson.dumps(content, option=orjson.OPT_INDENT_2)
    return Response(body, media_type="application/json")


def error_response(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Makes an error response in the format of TF Serving."""
    body = orjson.dumps({"error": message.encode(errors="replace").decode()})
    return Response(body, status, headers, "application/json")


async def answer_request_error(request: Request, error: RequestError) -> Response:
    """Handles a `RequestError`."""
    return error_response(error.status, error.message, error.headers)


async def answer_http_exception(request: Request, error: HTTPException) -> Response:
    """Handles an unknown path or method."""
    if is_api(request):
        return await answer_request_error(request, malformed(request))
    return error_response(error.status_code, error.detail, error.headers)


async def answer_disconnect(request: Request, error: ClientDisconnect) -> ASGIApp:
    """Handles the loss of a client."""
    return send_nothing


async def answer_exception(request: Request, error: Exception) -> Response:
    """Handles a fault of the server itself; uvicorn logs its traceback."""
    return error_response(500, "the server failed; its log says where.")


async def send_nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Sends no response."""


HANDLERS = {
    RequestError: answer_request_error,
    HTTPException: answer_http_exception,
    ClientDisconnect: answer_disconnect,
    Exception: answer_exception,
}
