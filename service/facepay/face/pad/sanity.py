"""Are these pictures that a camera took, one after the other, of one face?

Measured on the pictures themselves: how many look exactly alike, how much neighbours differ (mean
absolute difference at about 160x120, in grey levels: even a head that holds still, on a stand,
differs by the sensor's noise), in how many there is a face, and whether the steps come in order
with enough frames each. That there is only one face, `track` has seen to before.

Stops: stills sent as a video, repeated frames, hands and bystanders before the face. Cannot stop:
anything that a camera really filmed, or that was made to look like it.
"""

from collections.abc import Sequence

import numpy as np

from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.signal import Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Sanity

NAME = "sanity"


def judge(observation: Observation, challenge: Challenge, limits: Sanity) -> Signal:
    """The score is the share of neighbours that differ as pictures of a camera do."""
    seen = observation.seen
    steps = [frame.step for frame in seen]
    expected = range(len(challenge.steps) + 1)
    if not challenge.steps or steps != sorted(steps) or not set(steps) <= set(expected):
        return _failed("wrong_order", None)
    repeated = len(seen) - len({frame.fingerprint for frame in seen})
    if repeated > limits.most_repeated_frames:
        return _failed("identical_frames", None)
    differing = _differing(seen, limits.least_change)
    if differing < limits.least_share_differing:
        return _failed("frozen_picture", differing)
    return _enough(observation, repeated, [steps.count(step) for step in expected], limits) or (
        Signal(NAME, differing, Verdict.PASS, "as_a_camera_takes_them")
    )


def _enough(
    observation: Observation, repeated: int, in_steps: Sequence[int], limits: Sanity
) -> Signal | None:
    """What a genuine payer or a poor connection may have caused, or None."""
    if repeated:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "repeated_frames")
    if len(observation.seen) < limits.least_share_with_face * observation.sent:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "face_lost")
    if min(in_steps) < limits.least_frames_a_step:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "too_few_frames")
    return None


def _differing(seen: Sequence[SeenFrame], least: float) -> float:
    """The share of neighbours, and 0 where there are none to compare.

    Not a number is what had nothing to be compared with, as after a frame of another size. It must
    not hide what the other frames show; and a burst in which nothing can be compared shows no life.
    """
    changes = [frame.change for frame in seen[1:] if not np.isnan(frame.change)]
    return sum(change >= least for change in changes) / len(changes) if changes else 0.0


def _failed(reason: str, score: float | None) -> Signal:
    return Signal(NAME, score, Verdict.FAIL, reason)
