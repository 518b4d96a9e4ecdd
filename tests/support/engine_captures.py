"""The real face engine and rendered captures of two public-domain portraits for its tests."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from io import BytesIO

import pytest
from PIL import Image

from facepay.adapters.dlib_face import DlibFaceEngine, SignalsPadDetector
from facepay.domain.capture import Burst, Frame
from facepay.domain.challenge import Challenge, Profile, Step
from facepay.face.model_store import ModelStore
from facepay.ports import FaceEngine, ObservedFaces, PadDetector
from facepay_rehearsal import bursts
from tests.support.renders import rendered

LEFT, RIGHT = Step.TURN_LEFT, Step.TURN_RIGHT
CHALLENGES = [(LEFT, LEFT), (LEFT, RIGHT), (RIGHT, LEFT), (RIGHT, RIGHT)]
# The policy's limit is calibrated elsewhere; these two show that the engine leaves room for one.
SAME_PERSON, TWO_PEOPLE = 0.25, 0.40
SECRET = bytearray(range(32))
EMBEDDER = ModelStore().embedder()
ENGINE: FaceEngine = DlibFaceEngine(EMBEDDER)
PAD: PadDetector = SignalsPadDetector(EMBEDDER, same_person=0.3)


def burst(shots: Sequence[bursts.Shot], *, mirrored: bool = False) -> Burst:
    frames = tuple(Frame(shot.jpeg, shot.step, shot.monotonic_ms) for shot in shots)
    return Burst(frames=frames, mirrored=mirrored)


def asked(*steps: Step) -> Challenge:
    return Challenge(Profile.NO_LIGHT, steps, ())


@cache
def genuine(name: str, steps: tuple[Step, ...], seed: int, mirrored: bool = False) -> Burst:
    shots = rendered(bursts.genuine, name, steps, seed, mirrored=mirrored)
    return burst(shots, mirrored=mirrored)


def every_frame(whole: Burst, change: Callable[[Image.Image], bytes]) -> Burst:
    frames = [
        Frame(change(Image.open(BytesIO(frame.image))), frame.step, frame.monotonic_ms)
        for frame in whole.frames
    ]
    return Burst(tuple(frames), whole.mirrored)


def encoded(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    stored = BytesIO()
    image.save(stored, kind, **options)
    return stored.getvalue()


@pytest.fixture(scope="session")
def observed() -> Iterator[Callable[[Burst], ObservedFaces]]:
    """Return a function that observes each burst once a session; wipe all at the end."""
    seen: dict[Burst, ObservedFaces] = {}

    def look(one: Burst) -> ObservedFaces:
        if one not in seen:
            seen[one] = ENGINE.observe(one)
        return seen[one]

    yield look
    for faces in seen.values():
        faces.wipe()


Look = Callable[[Burst], ObservedFaces]
