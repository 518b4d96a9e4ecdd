"""Judge whether a camera took these pictures, one after the other, of one face.

The measures come from the pictures themselves:

- how many look exactly alike;
- how much neighbours differ (mean absolute difference at about 160x120, in grey levels): even a
  head that holds still before a camera on a stand differs by the noise of the sensor;
- in how many a face was found;
- whether the steps come in order with enough frames each.

`detection.track` has already refused a second face.

Stops: still pictures sent as a video, repeated frames, hands before the face. Cannot stop: scenes
that a camera really filmed, or that were made to look like it.
"""

from collections.abc import Sequence

import numpy as np

from facepay.face.observe import Observation, SeenFrame
from facepay.face.pad.signal import Challenge, Signal, Verdict
from facepay.face.pad.thresholds import Sanity

NAME = "sanity"


def judge(observation: Observation, challenge: Challenge, limits: Sanity) -> Signal:
    """Judge the frames; the score is the share of neighbours that differ as camera pictures do."""
    seen = observation.seen
    steps = [frame.step for frame in seen]
    expected = range(len(challenge.steps) + 1)
    if not challenge.steps or steps != sorted(steps) or not set(steps) <= set(expected):
        return _failed("wrong_order", None)
    repeated = len(seen) - len({frame.fingerprint for frame in seen})
    if repeated > limits.most_repeated_frames:
        return _failed("identical_frames", None)
    differing = _share_differing(seen, limits.least_change)
    if differing < limits.least_share_differing:
        return _failed("frozen_picture", differing)
    return _find_unmeasurable(
        observation, repeated, [steps.count(step) for step in expected], limits
    ) or (Signal(NAME, differing, Verdict.PASS, "as_a_camera_takes_them"))


def _find_unmeasurable(
    observation: Observation, repeated: int, in_steps: Sequence[int], limits: Sanity
) -> Signal | None:
    """Return a fault that a bona fide payer or a poor connection may cause, or None."""
    if repeated:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "repeated_frames")
    if len(observation.seen) < limits.least_share_with_face * observation.sent:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "face_lost")
    if min(in_steps) < limits.least_frames_a_step:
        return Signal(NAME, None, Verdict.NOT_MEASURABLE, "too_few_frames")
    return None


def _share_differing(seen: Sequence[SeenFrame], least: float) -> float:
    """Return the share of neighbours that differ, and 0 where none can be compared.

    The change of a frame is NaN where there was nothing to compare it with, as after a frame of
    another size. Such frames must not hide a frozen picture. A capture in which no two frames can
    be compared shows no life.
    """
    changes = [frame.change for frame in seen[1:] if not np.isnan(frame.change)]
    return sum(change >= least for change in changes) / len(changes) if changes else 0.0


def _failed(reason: str, score: float | None) -> Signal:
    return Signal(NAME, score, Verdict.FAIL, reason)
