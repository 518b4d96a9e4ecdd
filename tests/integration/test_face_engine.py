"""Comparison, references and memory of the real engine on rendered captures."""

import subprocess
import sys
from functools import partial

import pytest

from facepay.adapters.dlib_face import DlibFaceEngine
from facepay.domain.capture import Burst
from facepay.domain.errors import (
    FaceUnavailable,
    NotFrontal,
    SealBroken,
)
from facepay.face.model_store import ModelStore
from facepay.face.observe import Observation
from tests.support import engine_captures
from tests.support.engine_captures import (
    CHALLENGES,
    ENGINE,
    LEFT,
    PAD,
    RIGHT,
    SAME_PERSON,
    SECRET,
    TWO_PEOPLE,
    Look,
    asked,
    genuine,
)
from tests.support.race import together

observed = engine_captures.observed


@pytest.mark.parametrize("name", ["eileen", "grace"])
def test_a_payer_is_recognised_in_another_capture(observed: Look, name: str) -> None:
    reference = ENGINE.reference(observed(genuine(name, CHALLENGES[0], 3)), SECRET)
    for steps in CHALLENGES[1:]:
        assert ENGINE.distance(observed(genuine(name, steps, 3)), reference, SECRET) < SAME_PERSON


def test_a_payer_enrolled_at_a_plain_camera_pays_at_a_mirrored_one(observed: Look) -> None:
    reference = ENGINE.reference(observed(genuine("eileen", CHALLENGES[0], 3)), SECRET)
    probe = observed(genuine("eileen", CHALLENGES[1], 3, True))
    assert ENGINE.distance(probe, reference, SECRET) < SAME_PERSON


def test_a_stranger_is_not_taken_for_the_payer(observed: Look) -> None:
    for steps in CHALLENGES:
        reference = ENGINE.reference(observed(genuine("grace", steps, 3)), SECRET)
        distance = ENGINE.distance(observed(genuine("eileen", steps, 3)), reference, SECRET)
        assert distance > TWO_PEOPLE


def test_a_reference_without_its_secret_matches_nobody(observed: Look) -> None:
    faces = observed(genuine("eileen", CHALLENGES[0], 3))
    reference = ENGINE.reference(faces, SECRET)
    assert len(reference) == 129
    assert ENGINE.distance(faces, reference, bytearray(32)) > 1.0, "as far as chance takes it"


def test_a_renewed_reference_matches_its_owner_and_the_old_one_does_not(
    observed: Look,
) -> None:
    new_secret = bytearray(reversed(range(32)))
    old = ENGINE.reference(observed(genuine("eileen", CHALLENGES[0], 3)), SECRET)
    renewed = ENGINE.renewed(old, SECRET, new_secret)
    probe = observed(genuine("eileen", CHALLENGES[1], 3))
    assert ENGINE.distance(probe, renewed, new_secret) < SAME_PERSON
    assert ENGINE.distance(probe, old, new_secret) > 1.0
    assert ENGINE.distance(probe, renewed, SECRET) > 1.0


@pytest.mark.parametrize("sealed", [b"", b"\x01" + bytes(128), bytes(512)])
def test_malformed_references_are_refused_and_never_compared(observed: Look, sealed: bytes) -> None:
    faces = observed(genuine("eileen", CHALLENGES[0], 3))
    with pytest.raises(SealBroken):
        ENGINE.distance(faces, bytearray(sealed), SECRET)


def test_an_enrolment_without_a_frontal_frame_is_refused() -> None:
    whole = genuine("eileen", (LEFT, LEFT), 3)
    turned = tuple(frame for frame in whole.frames if frame.step and frame.monotonic_ms)
    extremes = Burst((turned[1], turned[2], turned[5], turned[6]), False)
    with pytest.raises(NotFrontal):
        ENGINE.reference(ENGINE.observe(extremes), SECRET)


def test_the_liveness_check_does_not_change_the_comparison(observed: Look) -> None:
    reference = ENGINE.reference(observed(genuine("eileen", CHALLENGES[0], 3)), SECRET)
    straight, judged = (ENGINE.observe(genuine("eileen", CHALLENGES[1], 3)) for _ in range(2))
    PAD.judge(judged, asked(*CHALLENGES[1]))
    apart = ENGINE.distance(straight, reference, SECRET)
    assert ENGINE.distance(judged, reference, SECRET) == apart
    assert ENGINE.distance(judged, reference, SECRET) == apart, "comparing uses nothing up"


def test_after_the_wipe_no_pixels_or_descriptors_are_left() -> None:
    faces = ENGINE.observe(genuine("grace", (LEFT, RIGHT), 3))
    assert isinstance(faces, Observation)
    ENGINE.reference(faces, SECRET)
    PAD.judge(faces, asked(LEFT, RIGHT))
    seen, kept = list(faces.seen), [*faces.best, faces.probe]
    assert all(one is not None and one.any() for one in kept)
    assert len(seen) > 10
    assert all(frame.points.any() and frame.image for frame in seen)
    faces.wipe()
    faces.wipe()
    assert not any(frame.points.any() or frame.image or frame.fingerprint for frame in seen)
    assert not any(one is not None and one.any() for one in kept)
    with pytest.raises(RuntimeError):
        ENGINE.reference(faces, SECRET)


def test_the_text_of_an_observation_shows_no_face(observed: Look) -> None:
    faces = observed(genuine("eileen", CHALLENGES[0], 3))
    assert isinstance(faces, Observation)
    assert "array" not in repr(faces) + repr(faces.seen[0])
    assert len(repr(faces.seen)) < 4000


def test_the_first_payer_after_a_start_does_not_wait_for_the_models() -> None:
    """A fresh process, like a worker, loads everything before a burst arrives."""
    script = """
from facepay.adapters.dlib_face import DlibFaceEngine
from facepay.face.detection.dlib_models import models
from facepay.face.model_store import ModelStore
embedder = ModelStore().embedder()
DlibFaceEngine(embedder).prepare()
assert models._loaded and embedder._network._sessions
"""
    subprocess.run([sys.executable, "-W", "error", "-c", script], check=True, timeout=120)


def test_captures_beyond_capacity_are_refused_instead_of_queued() -> None:
    """Passwords and revocations get through while a hostile terminal sends burst after burst."""
    engine = DlibFaceEngine(ModelStore().embedder(), bursts_at_once=1)
    rush = [genuine("eileen", (LEFT, RIGHT), 3)] * 4
    outcomes = together([partial(engine.observe, each) for each in rush])
    refused = [each for each in outcomes if isinstance(each, FaceUnavailable)]
    assert 1 <= len(refused) < len(rush)
    assert not isinstance(engine.observe(rush[0]), FaceUnavailable), "places become free again"
