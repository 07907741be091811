"""HTTP by uvicorn and httptools, with an end to patience.

uvicorn bounds neither how large a request's headers are, nor how long a client takes for them, nor
how long it leaves an answer in the way; all three would hold a connection for ever.
"""

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

MAX_HEADER_BYTES = 2**15
MAX_CONNECTIONS = 512  # well below the 1,024 files that most systems let a process open


class Protocol(HttpToolsProtocol):
    """A connection.

    Attributes:
        waiting: The future of the samples that its client waits for, cancelled where it goes.
    """

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.waiting = self.timer = self.stalled = None
        self.in_headers, self.received, self.header_bytes, self.unsent = False, True, 0, 0

    # What uvicorn calls.

    def connection_made(self, transport):
        """Sets how long the client may take for its first request's headers."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            self.refuse(503, "too many connections; try again.")
        else:
            self.start_timer()

    def connection_lost(self, exc):
        """Drops what nobody waits for."""
        self.stop_timer()
        if self.stalled is not None:
            self.stalled.cancel()
        if self.waiting is not None:
            self.waiting.cancel()
        super().connection_lost(exc)

    def data_received(self, data):
        """Feeds the parser, and sees that headers end soon."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.in_headers:
            self.header_bytes += len(data)
            if self.header_bytes > MAX_HEADER_BYTES:
                return self.refuse(431, f"expected at most {MAX_HEADER_BYTES} bytes of headers.")
        if self.in_headers or self.draining():
            self.start_timer()
        else:
            self.stop_timer()
            self.wait_for_next()

    def on_message_begin(self):
        """A request begins."""
        super().on_message_begin()
        self.in_headers, self.received, self.header_bytes = True, False, 0
        self.scope["state"]["connection"] = self

    def on_headers_complete(self):
        """Refuses headers that came at once but are too large."""
        self.in_headers = False
        if self.transport.is_closing():
            return
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEADER_BYTES:
            self.refuse(431, f"expected at most {MAX_HEADER_BYTES} bytes of headers.")
        else:
            super().on_headers_complete()

    def on_body(self, body):
        """A part of the body; none is taken after a refusal."""
        if not self.transport.is_closing():
            super().on_body(body)

    def on_message_complete(self):
        """The whole request is there."""
        self.received = True
        if not self.transport.is_closing():
            super().on_message_complete()

    def on_response_complete(self):
        """An answer before the whole request was there: the rest is read, but not for long."""
        self.waiting = None
        super().on_response_complete()
        if self.draining():
            self.start_timer()

    def pause_writing(self):
        """The client takes its answer slowly, or not at all."""
        super().pause_writing()
        self.look_at_unsent()

    def resume_writing(self):
        """The client has taken nearly all."""
        if self.stalled is not None:
            self.stalled.cancel()
            self.stalled = None
        self.unsent = 0
        super().resume_writing()

    def timeout_keep_alive_handler(self):
        """Closes an idle connection, unless an answer is still on its way."""
        if self.stalled is not None:
            self.timeout_keep_alive_task = None
            self.wait_for_next()
        elif self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    def send_400_response(self, msg):
        """What can't be parsed."""
        self.refuse(400, msg)

    # What these need.

    def draining(self):
        """Whether a request is answered that hasn't ended."""
        return not self.received and self.cycle is not None and self.cycle.response_complete

    def start_timer(self):
        """Lets the client's time begin, unless it has."""
        if self.timer is None:
            self.timer = self.loop.call_later(self.timeout_keep_alive, self.late)

    def stop_timer(self):
        """The client was in time."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def wait_for_next(self):
        """Lets the time of an idle connection begin."""
        idle = self.cycle is None or self.cycle.response_complete
        if idle and self.timeout_keep_alive_task is None and not self.transport.is_closing():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def look_at_unsent(self):
        """Cuts a client that has taken nothing of its answer since the last look."""
        left = self.transport.get_write_buffer_size()
        if left == self.unsent:
            self.transport.abort()
        else:
            self.unsent = left
            self.stalled = self.loop.call_later(self.timeout_keep_alive, self.look_at_unsent)

    def late(self):
        """The client took too long."""
        self.timer = None
        if self.in_headers:
            self.refuse(408, f"expected headers within {self.timeout_keep_alive:g} seconds.")
        else:
            self.transport.abort()

    def refuse(self, status, message):
        """Answers what never becomes a request, and closes."""
        body = orjson.dumps({"error": message})
        headers = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        headers += "retry-after: 1\r\n" if status == 503 else ""
        headers += "connection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + headers.encode() + body)
        self.transport.close()
