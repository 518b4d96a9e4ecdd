"""What tracker and watch notice between two searches of the whole picture, and what they let pass.

The pictures are patterns, and the detector is one that knows where the test has put faces.
"""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np
import pytest

from facepay.face.detection.bystanders import FINAL_SEARCH_AFTER, SEARCH_EVERY
from facepay.face.detection.detect import Box, centred
from facepay.face.detection.track import Tracker
from facepay.face.errors import FaceRefusal, RefusalKind
from facepay.face.frames.decode import Grey

PAYER = centred(320, 240, 160, 1.0)
BYSTANDER = centred(560, 200, 120, 0.9)
ROOM = np.random.default_rng(1).integers(60, 100, (480, 640), dtype=np.uint8)
FACES = np.random.default_rng(2).integers(0, 256, (4, 8, 8), dtype=np.uint8)
ANNA, BERT, HAND = range(3)


def scene(who: int | None = ANNA, *, box: Box = PAYER, beside: bool = False) -> Grey:
    """A room with a face of a coarse pattern of its own, and maybe somebody bright beside it."""
    picture = ROOM.copy()
    if who is not None:
        left, top, right, bottom = box.corners()
        picture[top:bottom, left:right] = np.kron(FACES[who], np.ones((20, 20), np.uint8))
    if beside:
        left, top, right, bottom = BYSTANDER.corners()
        picture[top:bottom, left:right] = 220
    return picture


class KnowingDetector:
    """`detect.Detector`: finds what it is told, and counts how often it was asked."""

    def __init__(self) -> None:
        self.there: list[Box] = [PAYER]
        self.searches = self.looks = 0

    def find_faces(self, grey: Grey) -> list[Box]:
        self.searches += 1
        return list(self.there)

    def find_near(self, grey: Grey, last: Box) -> Box | None:
        self.looks += 1
        return next((box for box in self.there if box.overlap(last) > 0.3), None)


@pytest.fixture
def detector() -> KnowingDetector:
    return KnowingDetector()


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def tracker(detector: KnowingDetector, pool: Executor) -> Tracker:
    return Tracker(detector, pool)


def test_a_payer_who_holds_still_is_searched_for_once(
    tracker: Tracker, detector: KnowingDetector
) -> None:
    for _ in range(SEARCH_EVERY):
        assert tracker.follow(scene(), last=False).box == PAYER
    assert (detector.searches, detector.looks) == (1, 0)


def test_a_bystander_who_stays_ends_the_capture_within_seven_frames(
    tracker: Tracker, detector: KnowingDetector
) -> None:
    tracker.follow(scene(), last=False)
    detector.there = [PAYER, BYSTANDER]  # dressed like the wall: nothing of the picture changes
    for _ in range(SEARCH_EVERY - 1):
        tracker.follow(scene(), last=False)
    tracker.follow(scene(), last=False)
    with pytest.raises(FaceRefusal) as refused:
        tracker.finish()
    assert (refused.value.kind, refused.value.frame) == (RefusalKind.TWO_FACES, SEARCH_EVERY)


def test_a_bystander_who_steps_in_is_seen_in_that_very_frame(
    tracker: Tracker, detector: KnowingDetector
) -> None:
    tracker.follow(scene(), last=False)
    detector.there = [PAYER, BYSTANDER]
    tracker.follow(scene(beside=True), last=False)
    with pytest.raises(FaceRefusal) as refused:
        tracker.finish()
    assert (refused.value.kind, refused.value.frame) == (RefusalKind.TWO_FACES, 1)


def test_a_bystander_who_comes_last_is_seen_unless_the_picture_was_just_searched(
    tracker: Tracker, detector: KnowingDetector, pool: Executor
) -> None:
    for _ in range(FINAL_SEARCH_AFTER):
        tracker.follow(scene(), last=False)
    tracker.follow(scene(), last=True)
    tracker.finish()
    assert detector.searches == 2
    again = KnowingDetector()
    short = Tracker(again, pool)
    short.follow(scene(), last=False)
    short.follow(scene(), last=True)
    short.finish()
    assert again.searches == 1


def test_a_bystander_seen_early_is_not_forgotten_when_the_next_search_begins(
    tracker: Tracker, detector: KnowingDetector
) -> None:
    tracker.follow(scene(), last=False)
    detector.there = [PAYER, BYSTANDER]
    tracker.follow(scene(beside=True), last=False)
    detector.there = [PAYER]
    with pytest.raises(FaceRefusal) as refused:
        tracker.follow(scene(), last=False)
    assert (refused.value.kind, refused.value.frame) == (RefusalKind.TWO_FACES, 1)


def test_a_hand_before_the_face_is_no_face(tracker: Tracker, detector: KnowingDetector) -> None:
    tracker.follow(scene(), last=False)
    detector.there = []
    assert tracker.follow(scene(HAND), last=False).box is None
    detector.there = [PAYER]
    assert tracker.follow(scene(), last=False).box == PAYER


def test_another_face_in_the_same_place_is_not_taken_for_granted(
    tracker: Tracker, detector: KnowingDetector
) -> None:
    tracker.follow(scene(), last=False)
    tracker.follow(scene(BERT), last=False)
    assert detector.looks == 1


def test_a_face_that_moved_is_followed_to_its_new_place(
    tracker: Tracker, detector: KnowingDetector
) -> None:
    tracker.follow(scene(), last=False)
    moved = centred(350, 250, 160, 1.0)
    detector.there = [moved]
    assert tracker.follow(scene(box=moved), last=False).box == moved


def test_frames_of_another_size_in_the_middle_of_a_capture_are_looked_at_anew(
    tracker: Tracker, detector: KnowingDetector
) -> None:
    tracker.follow(scene(), last=False)
    turned = np.ascontiguousarray(scene().T)
    found = tracker.follow(turned, last=False)
    assert np.isnan(found.change)
    assert detector.searches == 2


def test_looking_at_a_face_that_fills_the_frame_leaves_the_frame_as_it_is(pool: Executor) -> None:
    whole = centred(320, 240, 640, 1.0)
    near = KnowingDetector()
    near.there = [whole]
    tracker, picture = Tracker(near, pool), scene()
    before = picture.copy()
    tracker.follow(picture, last=False)
    tracker.follow(picture, last=False)
    assert np.array_equal(picture, before)


def test_the_same_picture_again_has_the_same_fingerprint(tracker: Tracker) -> None:
    first, again, other = (
        tracker.follow(one, last=False) for one in (scene(), scene(), scene(BERT))
    )
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert again.change == 0.0 < other.change
