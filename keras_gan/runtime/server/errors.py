"""Errors of requests. A server that can't start raises `keras_gan.errors.ServeError`."""

from collections.abc import Mapping


class RequestError(Exception):
    """A request that is refused.

    Args:
        status: HTTP status code.
        message: Message for the client.
        headers: Additional headers of the response.
    """

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


def invalid(message: str) -> RequestError:
    """Makes the error that TF Serving calls INVALID_ARGUMENT."""
    return RequestError(400, message)


def shorten(value: object, length: int = 80) -> str:
    """Returns a value as text of bounded length."""
    text = str(value)
    return text if len(text) <= length else f"{text[:length]}..."
