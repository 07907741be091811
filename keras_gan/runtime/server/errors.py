"""Errors of a request; a server that can't start is a `keras_gan.errors.ServeError`."""


class RequestError(Exception):
    """A request that can't be answered.

    Args:
        status: HTTP's number.
        message: What the client is told.
        headers: More headers of the answer.
    """

    def __init__(self, status, message, headers=None):
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


def invalid(message):
    """TF Serving's INVALID_ARGUMENT."""
    return RequestError(400, message)


def shorten(value, length=80):
    """A value as text of bounded length, for a message."""
    text = str(value)
    return text if len(text) <= length else f"{text[:length]}..."
