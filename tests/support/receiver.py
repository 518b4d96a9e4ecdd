"""A receiver of events on loopback: a real HTTP server that records requests, or misbehaves."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

Answering = Callable[[BaseHTTPRequestHandler], None]


def well(request: BaseHTTPRequestHandler) -> None:
    request.send_response(204)
    request.end_headers()


@dataclass
class Came:
    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> Any:
        """Return the event after the receivers' library verified its signature."""
        return Webhook(secret).verify(self.body, self.headers)


@dataclass
class Receiver:
    """`answering` handles each request, and can be changed at any time."""

    port: int
    came: list[Came] = field(default_factory=list)
    answering: Answering = well

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    def wait_for(self, count: int, seconds: float = 20) -> list[Came]:
        deadline = time.monotonic() + seconds
        while len(self.came) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.came


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            receiver.came.append(Came(self.path, dict(self.headers), body))
            receiver.answering(self)

        def do_GET(self) -> None:
            receiver.came.append(Came(self.path, dict(self.headers), b"GET"))
            well(self)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: Any) -> None:
            pass  # a sender that hung up, as tests want

    server = Server(("127.0.0.1", 0), Handler)
    receiver = Receiver(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
