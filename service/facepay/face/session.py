"""The network of this process: one onnxruntime session, made when it is first used.

Rules: a session does not survive a fork, so a forked child makes its own; one thread computes, the
caller's own, because workers already share the cores among them, and it never spins. `run` lets go
of the GIL and needs no lock. Nothing is logged below errors, and nothing of a run is profiled.
"""

import os
from threading import Lock
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from facepay.face import model_cache
from facepay.face.converted import INPUT, OUTPUT
from facepay.face.decode import Pixels

_ERRORS_ONLY = 3

_loading = Lock()
_loaded: dict[int, Any] = {}  # by process id: never more than the own one is used


def run(chips: Pixels) -> NDArray[np.float32]:
    """(N, 128) float32 for (N, 150, 150, 3) uint8 RGB; a fresh array, which the caller overwrites.

    Raises FileNotFoundError without weights, and weights.WeightsError where they are not dlib's.
    """
    (descriptors,) = _session().run([OUTPUT], {INPUT: chips})
    found: NDArray[np.float32] = descriptors
    return found


def open_session(model: bytes) -> Any:
    """A session of one thread on the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _session() -> Any:
    process = os.getpid()
    found = _loaded.get(process)
    if found is not None:
        return found
    with _loading:
        if process not in _loaded:
            _loaded[process] = open_session(model_cache.load_model())
        return _loaded[process]


def _after_fork() -> None:
    """The parent may have been loading in another thread: its lock would never open here."""
    global _loading
    _loading = Lock()


os.register_at_fork(after_in_child=_after_fork)
