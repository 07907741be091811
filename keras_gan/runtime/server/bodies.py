"""Bodies of requests, plain or compressed by gzip."""

import zlib

from keras_gan.runtime.server.errors import RequestError, shorten

GZIP = 16 + zlib.MAX_WBITS  # zlib then expects gzip's header


def decode(body: bytes, encoding: str, limit: int) -> bytes:
    """Returns a body without its compression.

    Args:
        body: The body as sent.
        encoding: The header Content-Encoding; "" for a plain body.
        limit: Largest number of bytes of the result.

    Raises:
        RequestError: For another encoding than gzip, damaged bytes, or a larger result.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise RequestError(
            415,
            f"expected a body without compression or by gzip, got {shorten(encoding)}.",
            {"Accept-Encoding": "gzip"},
        )
    stream = zlib.decompressobj(GZIP)
    try:
        content = stream.decompress(body, limit + 1)
    except zlib.error as error:
        raise RequestError(400, f"expected a body by gzip, but: {error}.") from None
    if len(content) > limit:
        raise RequestError(413, f"expected at most {limit} bytes without gzip, got more.")
    if not stream.eof or stream.unused_data:
        raise RequestError(400, "expected one complete body by gzip, got another number of bytes.")
    return content
