"""Two real OpenBao nodes that share their storage: one is active, the other stands by.

With two nodes a raft cluster has no majority once one is gone. So nothing fails over here: the
other node answers with errors and redirects, which is what a client must not take for success.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from facepay.embedded.children import LOOPBACK, free_port
from facepay.embedded.openbao_server import EmbeddedOpenBao

PATIENCE = 60.0  # seconds until both nodes agree on who is active
LONGER_THAN_A_CLIENT_WAITS = 2.0  # seconds


class Node(EmbeddedOpenBao):
    """One node with a cluster address of its own, which the other node can reach."""

    def __init__(self, directory: Path, name: str) -> None:
        super().__init__(directory)
        self._name = name
        self._cluster_port = free_port()

    def _configuration(self) -> dict[str, Any]:
        settings = super()._configuration()
        address = f"{LOOPBACK}:{self._cluster_port}"
        settings["cluster_addr"] = f"https://{address}"
        settings["listener"][0]["tcp"]["cluster_address"] = address
        settings["storage"]["raft"]["node_id"] = self._name
        return settings

    def kill_and_restart(self) -> None:
        """End the process without a farewell, and start it again on the same port."""
        assert self.pid is not None
        os.kill(self.pid, signal.SIGKILL)
        self.stop()
        self.start()

    def hang_for_a_while(self) -> None:
        """Hang for longer than a client waits."""
        with self.hung():
            time.sleep(LONGER_THAN_A_CLIENT_WAITS)

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Stop the process as a hung machine does: connections open, and nobody answers."""
        assert self.pid is not None
        os.kill(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.pid, signal.SIGCONT)


class Standby(Node):
    """A node that joins `active` instead of beginning a storage of its own."""

    def __init__(self, directory: Path, active: Node) -> None:
        super().__init__(directory, "standby")
        self._active = active

    def _open(self, child: Any) -> None:
        self._keys = self._active._started_keys()
        join = {"leader_api_addr": self._active.url}
        requests.post(f"{self.url}/v1/sys/storage/raft/join", json=join, timeout=20)
        unseal = {"key": self._keys.unseal_key}
        until(lambda: _health(self.url).get("initialized", False))
        requests.post(f"{self.url}/v1/sys/unseal", json=unseal, timeout=20)
        until(lambda: _health(self.url).get("standby", False) and not _health(self.url)["sealed"])


def until(holds: Callable[[], bool]) -> None:
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < PATIENCE, "the nodes did not get there in time"
        time.sleep(0.05)


def is_active(node: EmbeddedOpenBao) -> bool:
    found = _health(node.url)
    return bool(found) and not found["standby"] and not found["sealed"]


def _health(url: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = requests.get(f"{url}/v1/sys/health", timeout=2).json()
    except (requests.RequestException, ValueError):
        return {}
    return found
