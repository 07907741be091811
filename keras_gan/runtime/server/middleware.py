"""Middleware: authorization and metrics."""

import hmac
import time

from keras_gan.runtime.server.answers import error_response
from keras_gan.runtime.server.metrics import Metrics

from starlette.types import ASGIApp, Receive, Scope, Send

OPEN_PATHS = ("/healthz", "/readyz")


class TokenMiddleware:
    """Middleware that requires the bearer token, except on health paths."""

    def __init__(self, app: ASGIApp, token: str | None):
        self.app, self.token = app, token and f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Responds 401, or passes the request on."""
        if scope["type"] != "http" or not self.token or scope["path"] in OPEN_PATHS:
            return await self.app(scope, receive, send)
        authorization = dict(scope["headers"]).get(b"authorization", b"")
        if hmac.compare_digest(authorization, self.token):
            return await self.app(scope, receive, send)
        message = "expected the server's token, as in Authorization: Bearer TOKEN."
        response = error_response(401, message, {"WWW-Authenticate": "Bearer"})
        return await response(scope, receive, send)


class MetricsMiddleware:
    """Middleware that counts and times requests."""

    def __init__(self, app: ASGIApp, metrics: Metrics):
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and records its status and time."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start, status = time.perf_counter(), 499

        async def record_status(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, record_status)
        except Exception:
            status = 500
            raise
        finally:
            labels = scope.get("model", "none"), scope.get("signature", "other")
            self.metrics.requests.labels(*labels, status).inc()
            self.metrics.seconds.labels(*labels).observe(time.perf_counter() - start)
