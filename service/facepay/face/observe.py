"""One burst, seen: where the face is in each frame, its points, and chips of the frontal frames.

The full pictures do not outlive the loop: each is overwritten as soon as its points and its chip
are taken. What is left (points, chips, descriptors) lives in an `Observation` until `wipe`.
This module refuses bursts that cannot be used (no face, two faces, too small); whether the head
is alive is for `pad` to say, and whose it is for `recognise`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from PIL import Image

from facepay.face.decode import Pixels, decode
from facepay.face.detect import (
    SEARCH_SHORT_SIDE,
    Box,
    find_faces,
    find_near,
    has_second_face,
)
from facepay.face.embed import Descriptor, align
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.landmarks import Points, eye_shift, eye_width, find_points, yaw

MIN_EYE_WIDTH_PX = 40.0
MIN_SHARE_WITH_FACE = 0.8
# In outer-eye widths, absolute: a personal asymmetry of a few hundredths fits in.
NEAR_FRONTAL_YAW = 0.12
_THUMB_SIZE = (160, 120)
# A face too small for the search shows up here; used to say why, never to accept.
_FINE_SHORT_SIDE = 900
_FINE_MIN_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class SentFrame:
    """A frame as it was sent: encoded picture, and the challenge step it claims to belong to."""

    image: bytes
    step: int


@dataclass(slots=True, repr=False)
class SeenFrame:
    """A frame in which a face was found.

    `position` counts from 0 in the burst as sent; `yaw` and `eye_shift` as in
    `landmarks`; `change` is the mean absolute difference to the frame before, in grey levels at
    160x120 (NaN for the first); `chip` is None unless the face is near frontal.
    """

    position: int
    step: int
    points: Points
    yaw: float
    eye_shift: float
    change: float
    fingerprint: bytes
    chip: Pixels | None
    descriptor: Descriptor | None = None


@dataclass(slots=True, repr=False)
class Observation:
    """Everything kept of one burst. Biometric: hold it briefly, then `wipe` it."""

    sent: int
    seen: list[SeenFrame] = field(default_factory=list)
    wiped: bool = False

    def wipe(self) -> None:
        """Overwrite points, chips and descriptors with zeros. Safe to call twice."""
        for frame in self.seen:
            for array in (frame.points, frame.chip, frame.descriptor):
                if array is not None:
                    array.fill(0)
            frame.yaw = frame.eye_shift = frame.change = 0.0
            frame.fingerprint = b""
        self.seen.clear()
        self.wiped = True


def observe(frames: Sequence[SentFrame], *, mirrored: bool) -> Observation:
    """Decode, detect, draw points and align.

    Raises FaceRefusal of any kind but NOT_FRONTAL; whatever was kept until then is overwritten.
    """
    observation = Observation(sent=len(frames))
    eye = _Eye(mirrored=mirrored)
    try:
        for position, frame in enumerate(frames):
            seen = _look(eye, position, frame)
            if seen is not None:
                observation.seen.append(seen)
        if not frames or len(observation.seen) < MIN_SHARE_WITH_FACE * len(frames):
            small = bool(frames) and not observation.seen and _has_tiny_face(frames[0])
            raise FaceRefusal(RefusalKind.FACE_TOO_SMALL if small else RefusalKind.NO_FACE)
    except BaseException:
        observation.wipe()
        raise
    finally:
        eye.close()
    return observation


class _Eye:
    """What carries over from one frame to the next: the last place of the face, a thumbnail."""

    def __init__(self, *, mirrored: bool) -> None:
        self.mirrored = mirrored
        self._last: Box | None = None
        self._thumb: Pixels | None = None

    def find(self, pixels: Pixels, position: int) -> Box | None:
        boxes = find_faces(pixels)
        if has_second_face(boxes):
            raise FaceRefusal(RefusalKind.TWO_FACES, frame=position)
        box = boxes[0] if boxes else None
        if box is None and self._last is not None:
            box = find_near(pixels, self._last)
        self._last = box or self._last
        return box

    def change(self, pixels: Pixels) -> float:
        picture = Image.fromarray(pixels).convert("L").resize(_THUMB_SIZE, Image.Resampling.BOX)
        thumb = np.array(picture, dtype=np.uint8)
        before, self._thumb = self._thumb, thumb
        if before is None:
            return float("nan")
        change = float(np.abs(thumb.astype(np.int16) - before).mean())
        before.fill(0)
        return change

    def close(self) -> None:
        if self._thumb is not None:
            self._thumb.fill(0)


def _look(eye: _Eye, position: int, frame: SentFrame) -> SeenFrame | None:
    try:
        pixels = decode(frame.image)
    except FaceRefusal as refusal:
        raise FaceRefusal(refusal.kind, frame=position) from None
    try:
        change = eye.change(pixels)
        box = eye.find(pixels, position)
        if box is None:
            return None
        points = find_points(pixels, box)
        if eye_width(points) < MIN_EYE_WIDTH_PX:
            raise FaceRefusal(RefusalKind.FACE_TOO_SMALL, frame=position)
        turn = yaw(points, mirrored=eye.mirrored)
        frontal = abs(turn) <= NEAR_FRONTAL_YAW
        return SeenFrame(
            position=position,
            step=frame.step,
            points=points,
            yaw=turn,
            eye_shift=eye_shift(points, mirrored=eye.mirrored),
            change=change,
            fingerprint=blake2b(pixels.data, digest_size=16).digest(),
            chip=align(pixels, box, points) if frontal else None,
        )
    finally:
        pixels.fill(0)


def _has_tiny_face(frame: SentFrame) -> bool:
    pixels = decode(frame.image)
    try:
        fine = max(SEARCH_SHORT_SIDE, min(_FINE_SHORT_SIDE, 2 * min(pixels.shape[:2])))
        boxes = find_faces(pixels, short_side=fine)
        return bool(boxes) and boxes[0].score >= _FINE_MIN_SCORE
    finally:
        pixels.fill(0)
