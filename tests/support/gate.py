"""A gate in front of a server: a loopback TCP proxy that can delay requests.

With it a test stops a worker at a known place (waiting for OpenBao) instead of hoping for the right
moment. `hold` keeps back requests that contain certain bytes, until `release`.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self
from urllib.parse import urlsplit

from facepay.embedded.openbao_server import EmbeddedOpenBao


class Gate:
    """`with Gate(port) as gate:` listens on `gate.port` and passes on to `port`."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._held_bytes: bytes | None = None
        self._open = threading.Event()
        self._open.set()
        self.arrived = threading.Event()
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.set()
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.close()

    @contextmanager
    def hold(self, containing: bytes) -> Iterator[threading.Event]:
        """Hold back requests with these bytes; yields an event set when one has arrived."""
        self.arrived.clear()
        self._open.clear()
        self._held_bytes = containing
        try:
            yield self.arrived
        finally:
            self.release()

    def release(self) -> None:
        self._held_bytes = None
        self._open.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target_port))
                self._sockets += [client, server]
                threading.Thread(
                    target=self._pass, args=(client, server, True), daemon=True
                ).start()
                threading.Thread(
                    target=self._pass, args=(server, client, False), daemon=True
                ).start()

    def _pass(self, source: socket.socket, sink: socket.socket, may_hold: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(65536):
                held = self._held_bytes
                if may_hold and held is not None and held in chunk:
                    self.arrived.set()
                    self._open.wait()
                sink.sendall(chunk)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class GatedBao:
    """The same OpenBao, reached through a gate."""

    def __init__(self, bao: EmbeddedOpenBao, gate: Gate) -> None:
        self.url = f"http://127.0.0.1:{gate.port}"
        self.role_id, self.secret_id = bao.role_id, bao.secret_id


def gate_before(bao: EmbeddedOpenBao) -> Gate:
    return Gate(urlsplit(bao.url).port or 0)
