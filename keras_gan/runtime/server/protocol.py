"""HTTP by uvicorn and httptools, with limits for slow clients.

uvicorn doesn't limit the size of a request's headers, the time that a client takes to send them, or
the time that it takes to read a response. Each could hold a connection forever.
"""

import asyncio

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MAX_HEADER_BYTES = 2**15
MAX_CONNECTIONS = 512  # well below 1,024, the usual limit of open files per process


class Protocol(HttpToolsProtocol):
    """A connection.

    Attributes:
        waiting: The future of the samples for the client, cancelled when it disconnects.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.waiting = self.timer = self.send_timer = None
        self.in_headers, self.is_received, self.header_bytes, self.unsent = False, True, 0, 0

    # Overrides of uvicorn's methods

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Starts the time limit for the headers of the first request."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            self.refuse(503, "too many connections; try again.")
        else:
            self.start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancels the timers, and the samples that nobody waits for."""
        self.stop_timer()
        if self.send_timer is not None:
            self.send_timer.cancel()
        if self.waiting is not None:
            self.waiting.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feeds the parser, and limits the size and time of headers."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.in_headers:
            self.header_bytes += len(data)
            if self.header_bytes > MAX_HEADER_BYTES:
                return self.refuse(431, f"expected at most {MAX_HEADER_BYTES} bytes of headers.")
        if self.in_headers or self.is_draining():
            self.start_timer()
        else:
            self.stop_timer()
            self.start_idle_timer()

    def on_message_begin(self) -> None:
        """Resets the state for a new request."""
        super().on_message_begin()
        self.in_headers, self.is_received, self.header_bytes = True, False, 0
        self.scope["state"]["connection"] = self

    def on_headers_complete(self) -> None:
        """Refuses headers that are too large but arrived in one piece."""
        self.in_headers = False
        if self.transport.is_closing():
            return
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEADER_BYTES:
            self.refuse(431, f"expected at most {MAX_HEADER_BYTES} bytes of headers.")
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Accepts a part of the body, unless the request was refused."""
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Notes that the whole request was received."""
        self.is_received = True
        if not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Limits the time to read the rest of a request that was answered early."""
        self.waiting = None
        super().on_response_complete()
        if self.is_draining():
            self.start_timer()

    def pause_writing(self) -> None:
        """Limits the time of a client that reads its response slowly or not at all."""
        super().pause_writing()
        self.check_unsent()

    def resume_writing(self) -> None:
        """Stops the time limit, as the client has read nearly all of its response."""
        if self.send_timer is not None:
            self.send_timer.cancel()
            self.send_timer = None
        self.unsent = 0
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Closes an idle connection, unless it is still sending a response."""
        if self.send_timer is not None:
            self.timeout_keep_alive_task = None
            self.start_idle_timer()
        elif self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuses a request that can't be parsed."""
        self.refuse(400, msg)

    # Helpers of the overrides

    def is_draining(self) -> bool:
        """Returns whether a request was answered before it was received."""
        return not self.is_received and self.cycle is not None and self.cycle.response_complete

    def start_timer(self) -> None:
        """Starts the time limit of the client, unless it is running."""
        if self.timer is None:
            self.timer = self.loop.call_later(self.timeout_keep_alive, self.on_timeout)

    def stop_timer(self) -> None:
        """Stops the time limit of the client."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def start_idle_timer(self) -> None:
        """Starts the time limit of an idle connection."""
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def check_unsent(self) -> None:
        """Aborts the connection if the client has read nothing since the last check."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == self.unsent:
            self.transport.abort()
        else:
            self.unsent = unsent
            self.send_timer = self.loop.call_later(self.timeout_keep_alive, self.check_unsent)

    def on_timeout(self) -> None:
        """Refuses or aborts a request that took too long."""
        self.timer = None
        if self.in_headers:
            self.refuse(408, f"expected headers within {self.timeout_keep_alive:g} seconds.")
        else:
            self.transport.abort()

    def refuse(self, status: int, message: str) -> None:
        """Responds to an incomplete request, and closes the connection."""
        body = orjson.dumps({"error": message})
        headers = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        headers += "retry-after: 1\r\n" if status == 503 else ""
        headers += "connection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + headers.encode() + body)
        self.transport.close()
