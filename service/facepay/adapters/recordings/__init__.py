"""Recordings of a capture that lie on this machine: video files, frames, capture files, a webcam.

They are for trying the liveness check on faces of one's own (`facepay pad judge`, `facepay capture
record`); the service itself reads none. Pictures are held in memory only. What a video decoder
keeps inside while it works is out of reach: it is gone with the process.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


class RecordingError(ValueError):
    """This recording cannot be used; the message says why, in a line, and shows nothing of it."""


# Is told how far a work is, from 0 to 1.
Progress = Callable[[float], None]


def open_file(path: Path) -> BinaryIO:
    """An ordinary file: a pipe would wait for ever, a device never end. Raises RecordingError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise RecordingError(error.strerror or "it cannot be read") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RecordingError("not an ordinary file")
    return os.fdopen(descriptor, "rb")
