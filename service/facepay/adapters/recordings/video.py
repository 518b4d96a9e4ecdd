"""Video files: when each frame is shown, and chosen frames as JPEG.

OpenCV's FFmpeg decodes; it is given an open file and no name, so that nothing in a name or in the
file leads it to other files or addresses. Times are the container's own, so any frame rate will do,
a wandering one too. Rotation by metadata (a phone held upright) is applied; a mirroring matrix is
not. Each picture is overwritten once it is encoded.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2

from facepay.adapters.recordings import Progress, RecordingError, open_file
from facepay.adapters.recordings.container import check_container
from facepay.adapters.recordings.jpeg import encoded
from facepay.adapters.recordings.schedule import LONGEST_MS

# FFmpeg and OpenCV talk to the terminal otherwise; FFmpeg's is read when a first file is opened.
_FFMPEG_LEVEL, _SILENT = "OPENCV_FFMPEG_LOGLEVEL", "-8"


class VideoFile:
    """One video, read twice: for its times, then for pictures. Raises RecordingError throughout."""

    def __init__(self, path: Path) -> None:
        self._path = path
        os.environ.setdefault(_FFMPEG_LEVEL, _SILENT)
        hush()
        self._cv2: Any = cv2
        self.declared = 0  # frames that the container promises, 0 where it does not

    def times_ms(self, progress: Progress) -> list[float]:
        """When each frame is shown, from the first one on, growing."""
        times: list[float] = []
        with self._opened() as capture:
            self.declared = max(0, round(capture.get(self._cv2.CAP_PROP_FRAME_COUNT)))
            rate = capture.get(self._cv2.CAP_PROP_FPS)
            while capture.grab():
                times.append(capture.get(self._cv2.CAP_PROP_POS_MSEC))
                if times[-1] - times[0] > LONGEST_MS:
                    raise RecordingError(
                        f"the recording is longer than the {LONGEST_MS / 1000:.0f} s allowed"
                    )
                progress(len(times) / max(self.declared, len(times)))
        if not times:
            raise RecordingError("not one picture of it can be decoded: convert it to H.264")
        if len(times) > 1 and times[-1] <= times[0]:  # a container without times
            times = [n * 1000 / (rate if rate > 0 else 30) for n in range(len(times))]
        return _growing([at - times[0] for at in times])

    def pictures(self, positions: Collection[int], progress: Progress) -> Iterator[bytes]:
        """JPEG, upright, no side longer than the engine takes; in the order of the video."""
        last = max(positions)
        with self._opened() as capture:
            for position in range(last + 1):
                if not capture.grab():
                    raise RecordingError("the video cannot be read a second time")
                if position in positions:
                    taken, pixels = capture.retrieve()
                    if not taken:
                        raise RecordingError("a picture of the video cannot be decoded")
                    yield encoded(pixels)
                progress((position + 1) / (last + 1))

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            with open_file(self._path) as file:
                check_container(file)
                capture = self._cv2.VideoCapture(file, self._cv2.CAP_FFMPEG, [])
                try:
                    if not capture.isOpened():
                        raise RecordingError("the video is damaged, or none")
                    capture.set(self._cv2.CAP_PROP_ORIENTATION_AUTO, 1)
                    yield capture
                finally:
                    capture.release()
        except OSError as error:
            raise RecordingError(error.strerror or "it cannot be read") from None
        except self._cv2.error:
            raise RecordingError("the video is damaged, or none") from None


def hush() -> None:
    """OpenCV's own log, for this process: what went wrong is told once, and by us."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def _growing(times: list[float]) -> list[float]:
    """A frame that is shown no later than the one before it gets a little time of its own."""
    for n in range(1, len(times)):
        times[n] = max(times[n], times[n - 1] + 0.01)
    return times
