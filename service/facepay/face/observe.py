"""Observe one capture: the face in each frame and its five points.

A second thread decodes the frames in grey and reduced, ahead of the search. An `Observation` keeps
the points, the grey pictures and the encoded ones (`recognition` takes chips from these) until
`wipe`. Pictures without a face are overwritten at once.

This module refuses captures that cannot be used: no face, two faces, a face too small. `pad`
decides whether the presentation is bona fide, and `recognition` whose face it is.
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
from facepay.face.detection.track import TrackedFrame, Tracker
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.decode import Grey, Pixels, decode, decode_reduced, to_grey
from facepay.face.quality import MIN_EYE_WIDTH_PX

MIN_SHARE_WITH_FACE = 0.8
# Largest |yaw| in outer-eye widths. It leaves room for a personal asymmetry of a few hundredths.
NEAR_FRONTAL_YAW = 0.12
# A finer search that finds faces too small for the first one. It only chooses the refusal's kind.
_FINE_SHORT_SIDE = 900
_FINE_MIN_SCORE = 0.5


@dataclass(frozen=True, slots=True)
class SentFrame:
    """A frame as it was sent: the encoded picture, and the number of its challenge step.

    `step` 0 is "hold still"; step n is the n-th step of the challenge. The client declares it, and
    `pad` verifies it. `monotonic_ms` is the device's clock, and `colour` names the colour that its
    screen showed.
    """

    image: bytes
    step: int
    monotonic_ms: int = 0
    colour: str | None = None


@dataclass(slots=True, repr=False)
class SeenFrame:
    """A frame in which a face was found.

    - `position` counts from 0 in the capture as sent.
    - `step` is the number of the challenge step, as in `SentFrame`.
    - `grey` (height, width) uint8 is the picture whose sides were divided by `reduction`, as
      `decode_reduced` returns it.
    - `points` (5, 2) float64 are in pixels of the upright picture as sent.
    - `yaw` is as in `landmarks.yaw`.
    - `change` is the mean absolute difference to the frame before, in grey levels at about 160x120;
      NaN for the first frame.
    - `fingerprint` is a hash of that reduced picture, equal for frames that look exactly alike.
    - `monotonic_ms` and `colour` are as they were sent.
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
        """Overwrite the points and the grey picture, and drop the encoded one."""
        self.points.fill(0)
        self.grey.fill(0)
        self.yaw = self.change = 0.0
        self.image = self.fingerprint = b""

    @property
    def near_frontal(self) -> bool:
        """Return whether |yaw| is at most NEAR_FRONTAL_YAW."""
        return abs(self.yaw) <= NEAR_FRONTAL_YAW


@dataclass(slots=True, repr=False)
class Observation:
    """All data kept of one capture. It is biometric: keep it briefly, then `wipe` it.

    `sent` is the number of frames sent. `best` holds the chips that `recognise` has taken. `probe`
    is the probe's descriptor, where `pad.identity` already computed it. `seconds` is the time of
    each part of the work, by name. Decoding and the search for bystanders run in a second thread;
    `seconds` counts only the time that the first thread waited for them.
    """

    sent: int
    seen: list[SeenFrame] = field(default_factory=list)
    best: list[Pixels] = field(default_factory=list)
    probe: NDArray[np.float64] | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    wiped: bool = False

    def wipe(self) -> None:
        """Overwrite all frames, chips and the probe. A second call does nothing."""
        for frame in self.seen:
            frame.wipe()
        self.seen.clear()
        self.wipe_best()
        if self.probe is not None:
            self.probe.fill(0)
            self.probe = None
        self.wiped = True

    def wipe_best(self) -> None:
        """Overwrite the chips."""
        for chip in self.best:
            chip.fill(0)
        self.best.clear()

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add the time that the block takes to `seconds[part]`."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            taken = time.perf_counter() - begun
            self.seconds[part] = self.seconds.get(part, 0.0) + taken


def observe(
    frames: Sequence[SentFrame], *, mirrored: bool, detector: Detector | None = None
) -> Observation:
    """Decode all frames, find the face in each, and locate its points.

    `mirrored` says that the camera exchanges left and right. `detector` is HOG unless given.

    Raises FaceRefusal of any kind except NOT_FRONTAL and those of `quality`. All pictures kept
    until then are overwritten.
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
            _overwrite_pictures(pictures, keep={frame.position for frame in kept})


_Picture = Future[tuple[Grey, int]]


def _observe(
    frames: Sequence[SentFrame], pictures: list[_Picture], tracker: Tracker, *, mirrored: bool
) -> Observation:
    observation = Observation(sent=len(frames))
    places: list[_LocatedFace] = []
    try:
        for position, (frame, picture) in enumerate(zip(frames, pictures, strict=True)):
            last = position == len(frames) - 1
            places += _track_frame(
                observation, tracker, _BurstFrame(position, frame, picture), last=last
            )
        if not frames or len(places) < MIN_SHARE_WITH_FACE * len(frames):
            small = bool(frames) and not places and _has_small_face(frames[0])
            raise FaceRefusal(RefusalKind.FACE_TOO_SMALL if small else RefusalKind.NO_FACE)
        with observation.timed("landmarks"):
            observation.seen += _locate_points(places, mirrored=mirrored)
        with observation.timed("detect"):
            tracker.finish()
    except BaseException:
        observation.wipe()
        raise
    return observation


def _overwrite_pictures(pictures: list[_Picture], *, keep: Set[int]) -> None:
    for position, picture in enumerate(pictures):
        if position not in keep and not picture.cancel() and picture.exception() is None:
            picture.result()[0].fill(0)


@dataclass(frozen=True, slots=True, repr=False)
class _BurstFrame:
    """A frame, its position in the capture, and the picture that the second thread decodes."""

    position: int
    frame: SentFrame
    picture: _Picture


@dataclass(frozen=True, slots=True, repr=False)
class _LocatedFace:
    """A frame with a face, before its points are located."""

    position: int
    frame: SentFrame
    grey: Grey
    reduction: int
    box: Box
    tracked: TrackedFrame


def _track_frame(
    observation: Observation, tracker: Tracker, sent: _BurstFrame, *, last: bool
) -> list[_LocatedFace]:
    """Return the located face of one frame, or an empty list."""
    try:
        with observation.timed("decode"):
            grey, reduction = sent.picture.result()
    except FaceRefusal as refusal:
        raise FaceRefusal(refusal.kind, frame=sent.position) from None
    with observation.timed("detect"):
        tracked = tracker.follow(grey, last=last)
    if tracked.box is None:
        return []
    return [_LocatedFace(sent.position, sent.frame, grey, reduction, tracked.box, tracked)]


def _locate_points(places: list[_LocatedFace], *, mirrored: bool) -> list[SeenFrame]:
    """Locate the points of all faces together, which is several times faster than one by one."""
    located = find_all_points([(place.grey, place.box) for place in places])
    try:
        return [
            _seen_frame(place, points, mirrored)
            for place, points in zip(places, located, strict=True)
        ]
    except BaseException:
        located.fill(0)
        raise


def _seen_frame(place: _LocatedFace, points: Points, mirrored: bool) -> SeenFrame:
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
        change=place.tracked.change,
        fingerprint=place.tracked.fingerprint,
        monotonic_ms=place.frame.monotonic_ms,
        colour=place.frame.colour,
    )


def _has_small_face(frame: SentFrame) -> bool:
    pixels = decode(frame.image)
    grey = to_grey(pixels)
    try:
        fine = min(_FINE_SHORT_SIDE, 2 * min(grey.shape)) / min(grey.shape)
        boxes = find_faces(grey, area=round(grey.size * fine * fine))
        return bool(boxes) and boxes[0].score >= _FINE_MIN_SCORE
    finally:
        pixels.fill(0)
        grey.fill(0)
