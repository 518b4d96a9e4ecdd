"""A proxy in front of OpenBao that answers some requests itself, as a bad day's proxies do."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from facepay.embedded.openbao_server import EmbeddedOpenBao


@dataclass(frozen=True)
class Lie:
    """An answer that OpenBao did not give."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    location: str | None = None


@dataclass(frozen=True)
class Target:
    """The requests that are answered with the lie, by method and by a part of the path."""

    method: str
    path: str

    def matches(self, method: str, path: str) -> bool:
        return method == self.method and self.path in path


class LyingVault:
    """The login of a real OpenBao, and a proxy's address instead of its own."""

    def __init__(self, bao: EmbeddedOpenBao) -> None:
        self.role_id, self.secret_id = bao.role_id, bao.secret_id
        self.target_port = urlsplit(bao.url).port or 0
        self._told: tuple[Target, Lie] | None = None
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def lie_for(self, method: str, path: str) -> Lie | None:
        """Return the answer to tell instead of OpenBao's, or None to pass the request on."""
        told = self._told
        return told[1] if told and told[0].matches(method, path) else None

    @contextmanager
    def answering(self, target: Target, lie: Lie) -> Iterator[None]:
        """Answer these requests with the lie; OpenBao never sees them."""
        self._told = (target, lie)
        try:
            yield
        finally:
            self._told = None

    @contextmanager
    def running(self) -> Iterator["LyingVault"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, vault: LyingVault) -> None:
        self.vault = vault
        super().__init__(("127.0.0.1", 0), _Proxied)


class _Proxied(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment an answer: two would wait for each other (Nagle, delayed ACK)
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = self.server.vault.lie_for(self.command, self.path)
        if told is not None:
            self._send(told.status, told.body, told.content_type, told.location)
            return
        real = http.client.HTTPConnection("127.0.0.1", self.server.vault.target_port, timeout=20)
        try:
            real.request(self.command, self.path, body or None, dict(self.headers))
            answer = real.getresponse()
            self._send(answer.status, answer.read(), answer.headers.get_content_type(), None)
        except OSError:
            self.close_connection = True  # OpenBao is away: nobody answers
        finally:
            real.close()

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815

    def _send(self, status: int, body: bytes, content_type: str, location: str | None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        if location:
            self.send_header("Location", location)
        if status != http.client.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != http.client.NO_CONTENT:
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
