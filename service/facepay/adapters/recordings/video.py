"""Read video files: the time of each frame, and chosen frames as JPEG.

OpenCV's FFmpeg decodes an open file without a name, so neither a name nor the file's content can
lead it to other files or addresses. Times are those of the container, so any frame rate works, also
a variable one. Rotation by metadata (a phone held upright) is applied; a mirroring matrix is not.
Each picture is overwritten after it is encoded.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2

from facepay.adapters.recordings import Progress, RecordingError, open_file
from facepay.adapters.recordings.container import check_container
from facepay.adapters.recordings.jpeg import encode_jpeg
from facepay.adapters.recordings.schedule import LONGEST_MS

# Keeps FFmpeg from printing to the terminal; it reads the variable when it opens its first file.
_FFMPEG_LEVEL, _SILENT = "OPENCV_FFMPEG_LOGLEVEL", "-8"


class VideoFile:
    """One video, read twice: for times, then for pictures. All methods raise RecordingError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        os.environ.setdefault(_FFMPEG_LEVEL, _SILENT)
        silence_opencv()
        self._cv2: Any = cv2
        self.declared = 0  # the number of frames in the container's header, or 0 without one

    def times_ms(self, progress: Progress) -> list[float]:
        """Return the time of each frame after the first one, in increasing milliseconds."""
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
            raise RecordingError("none of its pictures can be decoded: convert it to H.264")
        if len(times) > 1 and times[-1] <= times[0]:  # a container without times
            times = [n * 1000 / (rate if rate > 0 else 30) for n in range(len(times))]
        return _increasing([at - times[0] for at in times])

    def pictures(self, positions: Collection[int], progress: Progress) -> Iterator[bytes]:
        """Yield the pictures at `positions` as upright JPEG, in the order of the video.

        No side is longer than the engine accepts.
        """
        last = max(positions)
        with self._opened() as capture:
            for position in range(last + 1):
                if not capture.grab():
                    raise RecordingError("the video cannot be read a second time")
                if position in positions:
                    taken, pixels = capture.retrieve()
                    if not taken:
                        raise RecordingError("a picture of the video cannot be decoded")
                    yield encode_jpeg(pixels)
                progress((position + 1) / (last + 1))

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            with open_file(self._path) as file:
                check_container(file)
                capture = self._cv2.VideoCapture(file, self._cv2.CAP_FFMPEG, [])
                try:
                    if not capture.isOpened():
                        raise RecordingError("the file is damaged or is not a video")
                    capture.set(self._cv2.CAP_PROP_ORIENTATION_AUTO, 1)
                    yield capture
                finally:
                    capture.release()
        except OSError as error:
            raise RecordingError(error.strerror or "it cannot be read") from None
        except self._cv2.error:
            raise RecordingError("the file is damaged or is not a video") from None


def silence_opencv() -> None:
    """Turn off OpenCV's log in this process; the console reports each error itself."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def _increasing(times: list[float]) -> list[float]:
    """Move each frame that is not later than its predecessor to 0.01 ms after it."""
    for n in range(1, len(times)):
        times[n] = max(times[n], times[n - 1] + 0.01)
    return times
