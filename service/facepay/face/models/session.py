"""Run a network in this process: one onnxruntime session, created at its first use.

Rules:

- A session does not survive a fork, so a forked child creates its own.
- One thread computes, the caller's own, because workers already share the cores. It never spins.
- `run` releases the GIL and needs no lock.
- onnxruntime logs errors only, and neither profiles nor reports. Official builds otherwise send
  events to their maker and leave an identifier in the home directory.
- Without a memory arena, the memory of a run is freed after it instead of being kept for the next.
"""

import os
import weakref
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

# onnxruntime reads this at its import; afterwards nothing turns telemetry on (its Privacy.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

_ERRORS_ONLY = 3

_networks: "weakref.WeakSet[Network]" = weakref.WeakSet()


class Network:
    """Network whose serialised ONNX model `load` returns; `load` is called once per process."""

    def __init__(self, load: Callable[[], bytes]) -> None:
        self._load = load
        self._loading = Lock()
        # By process id, because a child must never use the session of its parent.
        self._sessions: dict[int, Any] = {}
        _networks.add(self)

    def run(self, output: str, feeds: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the output for a batch as a fresh array, which the caller overwrites.

        Raises any exception that `load` raises.
        """
        (found,) = self._session().run([output], feeds)
        outcome: NDArray[np.float32] = found
        return outcome

    def _session(self) -> Any:
        process = os.getpid()
        found = self._sessions.get(process)
        if found is not None:
            return found
        with self._loading:
            if process not in self._sessions:
                self._sessions[process] = open_session(self._load())
            return self._sessions[process]

    def after_fork(self) -> None:
        """Replace the lock in a forked child.

        A thread of the parent may have held it, and would never release it here.
        """
        self._loading = Lock()


def open_session(model: bytes) -> Any:
    """Open a session with one CPU thread. Raises onnxruntime's errors on an invalid model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _after_fork() -> None:
    for network in list(_networks):
        network.after_fork()


os.register_at_fork(after_in_child=_after_fork)
