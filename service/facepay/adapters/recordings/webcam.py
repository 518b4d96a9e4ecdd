"""Record a burst from a webcam of this machine at fixed times.

Prompts do not wait until a step was seen, unlike those of an SDK. A person who is slow is recorded
as slow.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cv2

from facepay.adapters.recordings import RecordingError
from facepay.adapters.recordings.jpeg import Pixels, encode_jpeg
from facepay.adapters.recordings.schedule import Moment
from facepay.adapters.recordings.video import silence_opencv
from facepay.domain.capture import Frame

_SIZE = (1280, 720)  # requested; the camera may give another size


class Camera(Protocol):
    """A source of pictures; the caller that opened it closes it."""

    def read(self) -> Pixels:
        """Wait for a new picture, (height, width, 3) uint8, blue first, owned by the caller."""

    def close(self) -> None: ...


class Webcam:
    """OpenCV's camera `number`. Raises RecordingError when it cannot be opened, or stops."""

    def __init__(self, number: int) -> None:
        silence_opencv()
        self._capture: Any = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            raise RecordingError(f"camera {number} cannot be opened")
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, _SIZE[0])
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, _SIZE[1])

    def read(self) -> Pixels:
        taken, pixels = self._capture.read()
        if not taken:
            raise RecordingError("the camera stopped")
        found: Pixels = pixels
        return found

    def close(self) -> None:
        self._capture.release()


# Receives the current step and the milliseconds since the first picture, for each picture.
Show = Callable[[int, float], None]


def warm_up(camera: Camera, seconds: float, *, clock: Callable[[], float]) -> None:
    """Read and overwrite pictures for some seconds, while the camera adjusts its exposure."""
    until = clock() + seconds
    while clock() < until:
        camera.read().fill(0)


def record_frames(
    camera: Camera, planned: Sequence[Moment], *, clock: Callable[[], float], show: Show
) -> list[Frame]:
    """Take the first picture at or after each moment; the first moment is 0.

    `clock` gives seconds. A camera that is slower than the moments gives later pictures.
    """
    pixels = camera.read()
    begun = clock()
    taken: list[Frame] = []
    for moment in planned:
        if taken:
            pixels = camera.read()
        while (since := (clock() - begun) * 1000) < moment.at_ms:
            show(taken[-1].step, since)
            pixels.fill(0)
            pixels = camera.read()
        show(moment.step, since)
        taken.append(Frame(encode_jpeg(pixels), moment.step, round(begun * 1000 + since)))
    return taken
