"""The tracker and the search for bystanders: what they find between two full searches.

Pictures are patterns, and the detector returns the faces that the test sets.
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


def scene(who: int | None = ANNA, *, box: Box = PAYER, bystander: bool = False) -> Grey:
    """Make a room with a face of a coarse pattern, and a bright bystander where asked."""
    picture = ROOM.copy()
    if who is not None:
        left, top, right, bottom = box.corners()
        picture[top:bottom, left:right] = np.kron(FACES[who], np.ones((20, 20), np.uint8))
    if bystander:
        left, top, right, bottom = BYSTANDER.corners()
        picture[top:bottom, left:right] = 220
    return picture


class FixedDetector:
    """Detector that returns the boxes of `faces` and counts its searches."""

    def __init__(self) -> None:
        self.faces: list[Box] = [PAYER]
        self.searches = self.local_searches = 0

    def find_faces(self, grey: Grey) -> list[Box]:
        self.searches += 1
        return list(self.faces)

    def find_near(self, grey: Grey, last: Box) -> Box | None:
        self.local_searches += 1
        return next((box for box in self.faces if box.overlap(last) > 0.3), None)


@pytest.fixture
def detector() -> FixedDetector:
    return FixedDetector()


@pytest.fixture
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def tracker(detector: FixedDetector, pool: Executor) -> Tracker:
    return Tracker(detector, pool)


def test_a_payer_holding_still_is_searched_once(tracker: Tracker, detector: FixedDetector) -> None:
    for _ in range(SEARCH_EVERY):
        assert tracker.follow(scene(), last=False).box == PAYER
    assert (detector.searches, detector.local_searches) == (1, 0)


def test_a_bystander_who_stays_is_refused_within_seven_frames(
    tracker: Tracker, detector: FixedDetector
) -> None:
    tracker.follow(scene(), last=False)
    detector.faces = [PAYER, BYSTANDER]  # the bystander looks like the wall, so no pixel changes
    for _ in range(SEARCH_EVERY - 1):
        tracker.follow(scene(), last=False)
    tracker.follow(scene(), last=False)
    with pytest.raises(FaceRefusal) as refused:
        tracker.finish()
    assert (refused.value.kind, refused.value.frame) == (RefusalKind.TWO_FACES, SEARCH_EVERY)


def test_a_bystander_who_steps_in_is_refused_in_that_frame(
    tracker: Tracker, detector: FixedDetector
) -> None:
    tracker.follow(scene(), last=False)
    detector.faces = [PAYER, BYSTANDER]
    tracker.follow(scene(bystander=True), last=False)
    with pytest.raises(FaceRefusal) as refused:
        tracker.finish()
    assert (refused.value.kind, refused.value.frame) == (RefusalKind.TWO_FACES, 1)


def test_the_last_frame_is_searched_unless_one_just_before_was(
    tracker: Tracker, detector: FixedDetector, pool: Executor
) -> None:
    for _ in range(FINAL_SEARCH_AFTER):
        tracker.follow(scene(), last=False)
    tracker.follow(scene(), last=True)
    tracker.finish()
    assert detector.searches == 2
    again = FixedDetector()
    short = Tracker(again, pool)
    short.follow(scene(), last=False)
    short.follow(scene(), last=True)
    short.finish()
    assert again.searches == 1


def test_a_bystander_found_in_one_search_is_refused_before_the_next_begins(
    tracker: Tracker, detector: FixedDetector
) -> None:
    tracker.follow(scene(), last=False)
    detector.faces = [PAYER, BYSTANDER]
    tracker.follow(scene(bystander=True), last=False)
    detector.faces = [PAYER]
    with pytest.raises(FaceRefusal) as refused:
        tracker.follow(scene(), last=False)
    assert (refused.value.kind, refused.value.frame) == (RefusalKind.TWO_FACES, 1)


def test_a_frame_with_a_hand_before_the_face_has_no_face(
    tracker: Tracker, detector: FixedDetector
) -> None:
    tracker.follow(scene(), last=False)
    detector.faces = []
    assert tracker.follow(scene(HAND), last=False).box is None
    detector.faces = [PAYER]
    assert tracker.follow(scene(), last=False).box == PAYER


def test_another_face_in_the_same_place_starts_a_search(
    tracker: Tracker, detector: FixedDetector
) -> None:
    tracker.follow(scene(), last=False)
    tracker.follow(scene(BERT), last=False)
    assert detector.local_searches == 1


def test_a_moved_face_is_followed_to_its_new_place(
    tracker: Tracker, detector: FixedDetector
) -> None:
    tracker.follow(scene(), last=False)
    moved = centred(350, 250, 160, 1.0)
    detector.faces = [moved]
    assert tracker.follow(scene(box=moved), last=False).box == moved


def test_a_frame_of_another_size_is_searched_as_a_whole(
    tracker: Tracker, detector: FixedDetector
) -> None:
    tracker.follow(scene(), last=False)
    turned = np.ascontiguousarray(scene().T)
    found = tracker.follow(turned, last=False)
    assert np.isnan(found.change)
    assert detector.searches == 2


def test_tracking_a_face_that_fills_the_frame_leaves_the_frame_unchanged(pool: Executor) -> None:
    whole = centred(320, 240, 640, 1.0)
    near = FixedDetector()
    near.faces = [whole]
    tracker, picture = Tracker(near, pool), scene()
    before = picture.copy()
    tracker.follow(picture, last=False)
    tracker.follow(picture, last=False)
    assert np.array_equal(picture, before)


def test_equal_pictures_have_equal_fingerprints(tracker: Tracker) -> None:
    first, again, other = (
        tracker.follow(one, last=False) for one in (scene(), scene(), scene(BERT))
    )
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert again.change == 0.0 < other.change
