"""Identity: the person is compared across frames, by a network that reads brightness.

Captures are five points and plain pictures. `tests/attacks` has the same attacks rendered and
judged by the real engine.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from facepay.face.model_store import ModelStore
from facepay.face.models.session import Network
from facepay.face.observe import Observation
from facepay.face.pad import identity
from facepay.face.pad.signal import Signal, Verdict
from facepay.face.pad.thresholds import thresholds
from facepay.face.recognition.embed import Embedder
from tests.support.heads import FixedChallenge, burst

STEPS = ("turn_left", "closer", "look_up")
OWNER, OTHER = 90, 160
NODDING = (
    45  # brightness of the owner nodding, whose descriptor is as far away as a nod may take it
)
SAME_PERSON = 0.3
EVERY_FRAME = range(22)


class BrightnessNetwork(Network):
    """Network for which two people are 1.41 apart, and the owner nodding 0.35 from the owner."""

    def __init__(self) -> None:
        super().__init__(lambda: b"")

    def run(self, output: str, feeds: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
        (chips,) = feeds.values()
        bright = chips.reshape(len(chips), -1).mean(axis=1) > (OWNER + OTHER) / 2
        described = np.zeros((len(chips), 128), dtype=np.float32)
        described[np.arange(len(chips)), bright.astype(int)] = 1
        described[chips.reshape(len(chips), -1).mean(axis=1) < (OWNER + NODDING) / 2, 2] = 0.36
        return described


def picture(brightness: int) -> bytes:
    """Make a picture with enough noise to count as sharp."""
    rng = np.random.default_rng(brightness)
    pixels = np.clip(rng.normal(brightness, 25, (480, 640, 3)), 0, 255).astype(np.uint8)
    stored = BytesIO()
    Image.fromarray(pixels).save(stored, "JPEG", quality=90)
    return stored.getvalue()


PICTURES = {person: picture(person) for person in (OWNER, OTHER, NODDING)}


def shown(other: Sequence[int]) -> Observation:
    """Show the owner, except in the frames at the positions `other`."""
    observation = burst(STEPS)
    for frame in observation.seen:
        frame.image = PICTURES[OTHER if frame.position in other else OWNER]
    return observation


def judged(observation: Observation, same_person: float = SAME_PERSON) -> Signal:
    embedder = Embedder(ModelStore().card("dlib-resnet-v1-int8"), BrightnessNetwork())
    limits = thresholds().identity
    return identity.judge(
        observation, FixedChallenge(STEPS), embedder, limits, same_person=same_person
    )


def said(signal: Signal) -> tuple[Verdict, str]:
    return signal.verdict, signal.reason


def test_one_person_throughout_passes() -> None:
    assert said(judged(shown(()))) == (Verdict.PASS, "one_person")


@pytest.mark.parametrize(
    "other",
    [
        range(4, 22),
        range(4),
        range(10, 16),
        (1, 2),
        (6, 7, 8),  # the turn; the owner is shown at its beginning and end
        (19,),  # the furthest frame of the last step
    ],
    ids=["steps", "hold", "one_step", "compared", "turn", "one_frame"],
)
def test_another_person_in_a_compared_frame_is_refused(other: Sequence[int]) -> None:
    assert said(judged(shown(other))) == (Verdict.FAIL, "another_person")


def test_a_nod_that_the_points_do_not_show_is_not_another_person() -> None:
    observation = shown(())
    rest = observation.seen[0].points
    for frame in observation.seen[17:]:
        frame.image = PICTURES[NODDING]
    observation.seen[16].points[4] += (0, -1)
    observation.seen[18].points[:] = rest
    assert said(judged(observation)) == (Verdict.PASS, "one_person")


def test_another_person_in_a_turn_is_refused_where_the_owners_own_frames_differ() -> None:
    """The mean of frames that differ is short: unscaled, it would be nearer to everybody."""
    observation = shown((7,))
    observation.seen[1].image = PICTURES[NODDING]
    limit = 1.41 / thresholds().identity.turned  # two people are 1.414 apart
    assert said(judged(observation, limit)) == (Verdict.FAIL, "another_person")


@pytest.mark.parametrize(
    ("brightness", "reason"), [(8, "too_dark"), (250, "too_bright")], ids=["dark", "bright"]
)
def test_pictures_too_dark_or_bright_to_compare_are_a_retry(brightness: int, reason: str) -> None:
    observation = shown(())
    for frame in observation.seen:
        frame.image = picture(brightness)
    assert said(judged(observation)) == (Verdict.NOT_MEASURABLE, reason)
