"""Read recordings of a capture on this machine: video files, frames, capture files, a webcam.

They serve to try the liveness check on one's own face (`facepay pad judge`, `facepay capture
record`); the service itself reads none. Pictures stay in memory. The internal copies of a video
decoder cannot be overwritten from here; they end with the process.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


class RecordingError(ValueError):
    """Signal a recording that cannot be used; the message says why in one line."""


# Receives the finished share of a task, from 0 to 1.
Progress = Callable[[float], None]


def open_file(path: Path) -> BinaryIO:
    """Open a regular file; a pipe could block for ever, and a device never end.

    Raises RecordingError.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise RecordingError(error.strerror or "it cannot be read") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RecordingError("it is not a regular file")
    return os.fdopen(descriptor, "rb")
