"""A network of this process: one onnxruntime session, made when it is first used.

Rules: a session does not survive a fork, so a forked child makes its own; one thread computes, the
caller's own, because workers already share the cores among them, and it never spins. `run` lets go
of the GIL and needs no lock. Nothing is logged below errors, nothing of a run is profiled, and
nothing is reported: official builds of onnxruntime otherwise send events to their maker, and leave
an identifier in the home directory. No memory arena: what a run needed is freed after it, instead
of lying about until the next.
"""

import os
import weakref
from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Read when it is imported, and from then on nothing turns it on (onnxruntime's Privacy.md).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime

_ERRORS_ONLY = 3

_networks: "weakref.WeakSet[Network]" = weakref.WeakSet()


class Network:
    """`load` gives the serialised ONNX model, and is asked once a process."""

    def __init__(self, load: Callable[[], bytes]) -> None:
        self._load = load
        self._loading = Lock()
        self._sessions: dict[int, Any] = {}  # by process id: never more than the own one is used
        _networks.add(self)

    def run(self, output: str, feeds: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        """The output for a batch; a fresh array, which the caller overwrites.

        Raises what `load` raises.
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
        """The parent may have been loading in another thread: its lock would never open here."""
        self._loading = Lock()


def open_session(model: bytes) -> Any:
    """A session of one thread on the CPU. Raises onnxruntime's errors on what is no model."""
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
