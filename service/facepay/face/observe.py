"""One burst, seen: where the face is in each frame and its five points.

Frames are decoded grey and reduced, in a second thread that is ahead of the search. What is left
(points, the grey pictures, and the encoded ones for `recognise` to take chips from) lives in an
`Observation` until `wipe`; pictures without a face are overwritten at once. This module refuses
bursts that cannot be used (no face, two faces, too small); whether the head is alive is for `pad`
to say, and whose it is for `recognise`.
"""

import time
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from facepay.face.detection.detect import Box, Detector, HogDetector, find_faces
from facepay.face.detection.landmarks import Points, eye_width, find_all_points, yaw
from facepay.face.detection.track import Found, Tracker
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.decode import Grey, Pixels, decode, decode_reduced, to_grey
from facepay.face.quality import MIN_EYE_WIDTH_PX

MIN_SHARE_WITH_FACE = 0.8
# In outer-eye widths, absolute: a personal asymmetry of a few hundredths fits in.
NEAR_FRONTAL_YAW = 0.12
# A face too small for the search shows up here; used to say why, never to accept.
_FINE_SHORT_SIDE = 900
_FINE_MIN_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class SentFrame:
    """A frame as it was sent: encoded picture, and the challenge step it claims to belong to.

    `monotonic_ms` is the device's clock, `colour` the name of what its screen showed.
    """

    image: bytes
    step: int
    monotonic_ms: int = 0
    colour: str | None = None


@dataclass(slots=True, repr=False)
class SeenFrame:
    """A frame in which a face was found.

    `position` counts from 0 in the burst as sent; `grey` is the picture whose sides were divided by
    `reduction`, as `decode_reduced` gives it; `points` are in pixels of the picture as sent,
    upright; `yaw` as in `landmarks`; `change` is the mean absolute difference to the frame before,
    in grey levels at about 160x120 (NaN for the first); `fingerprint` is the same for frames that
    look exactly the same there; `monotonic_ms` and `colour` as they were sent.
    """

    position: int
    step: int
    image: bytes
    grey: Grey
    reduction: int
    points: Points
    yaw: float
    change: float
    fingerprint: bytes
    monotonic_ms: int = 0
    colour: str | None = None

    def wipe(self) -> None:
        """Overwrite the points and the grey picture, and let go of the encoded one."""
        self.points.fill(0)
        self.grey.fill(0)
        self.yaw = self.change = 0.0
        self.image = self.fingerprint = b""

    @property
    def near_frontal(self) -> bool:
        return abs(self.yaw) <= NEAR_FRONTAL_YAW


@dataclass(slots=True, repr=False)
class Observation:
    """Everything kept of one burst. Biometric: hold it briefly, then `wipe` it.

    `best` are the chips that `recognise` has taken of it, `probe` is the descriptor of some of them
    where it was made on the way.
    `seconds` are what each part of the work took, by its name; of what a second thread does here,
    decoding and the watch for bystanders, what was waited for.
    """

    sent: int
    seen: list[SeenFrame] = field(default_factory=list)
    best: list[Pixels] = field(default_factory=list)
    probe: NDArray[np.float64] | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    wiped: bool = False

    def wipe(self) -> None:
        """Overwrite all frames. Safe to call twice."""
        for frame in self.seen:
            frame.wipe()
        self.seen.clear()
        self.wipe_best()
        if self.probe is not None:
            self.probe.fill(0)
            self.probe = None
        self.wiped = True

    def wipe_best(self) -> None:
        for chip in self.best:
            chip.fill(0)
        self.best.clear()

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            taken = time.perf_counter() - begun
            self.seconds[part] = self.seconds.get(part, 0.0) + taken


def observe(
    frames: Sequence[SentFrame], *, mirrored: bool, detector: Detector | None = None
) -> Observation:
    """Decode, detect and draw points.

    Raises FaceRefusal of any kind but NOT_FRONTAL and those of `quality`; whatever was kept until
    then is overwritten.
    """
    with ThreadPoolExecutor(1) as pool:
        pictures = [pool.submit(decode_reduced, frame.image) for frame in frames]
        tracker = Tracker(detector or HogDetector(), pool)
        kept: list[SeenFrame] = []
        try:
            observation = _observe(frames, pictures, tracker, mirrored=mirrored)
            kept = observation.seen
            return observation
        finally:
            tracker.close()
            _overwrite(pictures, but={frame.position for frame in kept})


_Picture = Future[tuple[Grey, int]]


def _observe(
    frames: Sequence[SentFrame], pictures: list[_Picture], tracker: Tracker, *, mirrored: bool
) -> Observation:
    observation = Observation(sent=len(frames))
    places: list[_Place] = []
    try:
        for position, (frame, picture) in enumerate(zip(frames, pictures, strict=True)):
            last = position == len(frames) - 1
            places += _look(observation, tracker, _Sent(position, frame, picture), last=last)
        if not frames or len(places) < MIN_SHARE_WITH_FACE * len(frames):
            small = bool(frames) and not places and _has_tiny_face(frames[0])
            raise FaceRefusal(RefusalKind.FACE_TOO_SMALL if small else RefusalKind.NO_FACE)
        with observation.timed("landmarks"):
            observation.seen += _draw(places, mirrored=mirrored)
        with observation.timed("detect"):
            tracker.finish()
    except BaseException:
        observation.wipe()
        raise
    return observation


def _overwrite(pictures: list[_Picture], *, but: Set[int]) -> None:
    for position, picture in enumerate(pictures):
        if position not in but and not picture.cancel() and picture.exception() is None:
            picture.result()[0].fill(0)


@dataclass(frozen=True, slots=True, repr=False)
class _Sent:
    """A frame and its place in the burst, and the picture that the second thread makes of it."""

    position: int
    frame: SentFrame
    picture: _Picture


@dataclass(frozen=True, slots=True, repr=False)
class _Place:
    """A frame that has a face, until its points are drawn."""

    position: int
    frame: SentFrame
    grey: Grey
    reduction: int
    box: Box
    found: Found


def _look(observation: Observation, tracker: Tracker, sent: _Sent, *, last: bool) -> list[_Place]:
    """One frame or none."""
    try:
        with observation.timed("decode"):
            grey, reduction = sent.picture.result()
    except FaceRefusal as refusal:
        raise FaceRefusal(refusal.kind, frame=sent.position) from None
    with observation.timed("detect"):
        found = tracker.follow(grey, last=last)
    if found.box is None:
        return []
    return [_Place(sent.position, sent.frame, grey, reduction, found.box, found)]


def _draw(places: list[_Place], *, mirrored: bool) -> list[SeenFrame]:
    """All at once: drawn one by one, points would cost several times as much."""
    drawn = find_all_points([(place.grey, place.box) for place in places])
    try:
        return [_seen(place, points, mirrored) for place, points in zip(places, drawn, strict=True)]
    except BaseException:
        drawn.fill(0)
        raise


def _seen(place: _Place, points: Points, mirrored: bool) -> SeenFrame:
    points *= place.reduction
    if eye_width(points) < MIN_EYE_WIDTH_PX:
        raise FaceRefusal(RefusalKind.FACE_TOO_SMALL, frame=place.position)
    return SeenFrame(
        position=place.position,
        step=place.frame.step,
        image=place.frame.image,
        grey=place.grey,
        reduction=place.reduction,
        points=points,
        yaw=yaw(points, mirrored=mirrored),
        change=place.found.change,
        fingerprint=place.found.fingerprint,
        monotonic_ms=place.frame.monotonic_ms,
        colour=place.frame.colour,
    )


def _has_tiny_face(frame: SentFrame) -> bool:
    pixels = decode(frame.image)
    grey = to_grey(pixels)
    try:
        fine = min(_FINE_SHORT_SIDE, 2 * min(grey.shape)) / min(grey.shape)
        boxes = find_faces(grey, area=round(grey.size * fine * fine))
        return bool(boxes) and boxes[0].score >= _FINE_MIN_SCORE
    finally:
        pixels.fill(0)
        grey.fill(0)
