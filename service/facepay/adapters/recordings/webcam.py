"""A burst from a webcam of this machine, by a fixed clock.

Prompts do not wait until a step is seen, as an SDK's do: somebody slow is recorded as such.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cv2

from facepay.adapters.recordings import RecordingError
from facepay.adapters.recordings.jpeg import Pixels, encoded
from facepay.adapters.recordings.schedule import Moment
from facepay.adapters.recordings.video import hush
from facepay.domain.capture import Frame

_SIZE = (1280, 720)  # asked for; the camera gives what it has


class Camera(Protocol):
    """Gives its next picture, and is closed by whoever opened it."""

    def read(self) -> Pixels:
        """Waits for a picture: (height, width, 3) uint8, blue first, of the caller's own."""

    def close(self) -> None: ...


class Webcam:
    """Camera number `number` of OpenCV. Raises RecordingError where there is none, or it stops."""

    def __init__(self, number: int) -> None:
        hush()
        self._capture: Any = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            raise RecordingError(f"there is no camera {number} that can be opened")
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


# Is told, for each picture of the camera, the step under way and the milliseconds since the first.
Show = Callable[[int, float], None]


def warm_up(camera: Camera, seconds: float, *, clock: Callable[[], float]) -> None:
    """Pictures that nobody keeps, while the camera finds its exposure."""
    until = clock() + seconds
    while clock() < until:
        camera.read().fill(0)


def take(
    camera: Camera, wanted: Sequence[Moment], *, clock: Callable[[], float], show: Show
) -> list[Frame]:
    """The first picture at or after each moment, the first of which is 0; `clock` gives seconds.

    A camera slower than the moments is not hurried: each comes when it has a picture for it.
    """
    pixels = camera.read()
    begun = clock()
    taken: list[Frame] = []
    for moment in wanted:
        if taken:
            pixels = camera.read()
        while (since := (clock() - begun) * 1000) < moment.at_ms:
            show(taken[-1].step, since)
            pixels.fill(0)
            pixels = camera.read()
        show(moment.step, since)
        taken.append(Frame(encoded(pixels), moment.step, round(begun * 1000 + since)))
    return taken
