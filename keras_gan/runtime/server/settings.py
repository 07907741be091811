"""Settings of the server."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class ServerSettings:
    """Settings of the server; see `keras-gan serve --help`.

    Attributes:
        max_count: Largest number of samples per request.
        max_body: Largest number of bytes per request.
        batch_size: Largest number of samples that are computed together.
        batch_wait: Seconds that an incomplete batch waits for further requests.
        threads: Number of threads that compute batches.
        timeout: Seconds that a client may take to send a request, or its next one.
        token: Bearer token that clients have to send, or None.
        cors: Whether pages of any origin may use the server, as with TF Serving's option
            `rest_api_enable_cors_support`.
    """

    max_count: int
    max_body: int
    batch_size: int
    batch_wait: float
    threads: int
    timeout: float
    token: str | None
    cors: bool = False
