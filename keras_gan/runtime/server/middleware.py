"""What every request passes: the token, and the counters."""

import hmac
import time

from keras_gan.runtime.server.answers import error_response

OPEN_PATHS = ("/healthz", "/readyz")


class Guarded:
    """Asks for the bearer token, but on the health paths."""

    def __init__(self, app, token):
        self.app, self.token = app, token and f"Bearer {token}".encode()

    async def __call__(self, scope, receive, send):
        """Answers 401, or hands on."""
        if scope["type"] != "http" or not self.token or scope["path"] in OPEN_PATHS:
            return await self.app(scope, receive, send)
        given = dict(scope["headers"]).get(b"authorization", b"")
        if hmac.compare_digest(given, self.token):
            return await self.app(scope, receive, send)
        told = "expected the server's token, as in Authorization: Bearer TOKEN."
        answer = error_response(401, told, {"WWW-Authenticate": "Bearer"})
        return await answer(scope, receive, send)


class Metered:
    """Counts and times the requests."""

    def __init__(self, app, metrics):
        self.app, self.metrics = app, metrics

    async def __call__(self, scope, receive, send):
        """Hands on, and looks what is sent."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start, status = time.perf_counter(), 499

        async def watched_send(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched_send)
        except Exception:
            status = 500
            raise
        finally:
            signature = scope.get("signature", "other")
            self.metrics.requests.labels(signature, status).inc()
            self.metrics.seconds.labels(signature).observe(time.perf_counter() - start)
