"""Choose the moments of a recording that become frames, and the step of each.

A recording is divided into windows: the hold, then a window for each step, from its prompt to the
next one. Frames in a window are as far apart as those of an SDK. If a capture cannot hold that
many, they are farther apart, so that every step has its share.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from facepay.adapters.recordings import RecordingError
from facepay.domain.capture import LIFETIME, MAX_FRAMES

INTERVAL_MS = 220
HOLD_FRAMES = 4
LEAST_FRAMES_A_STEP = 3
MOST_STEPS = (MAX_FRAMES - HOLD_FRAMES) // LEAST_FRAMES_A_STEP
LONGEST_MS = LIFETIME.total_seconds() * 1000


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a recording that belongs to a step; milliseconds from its first frame."""

    step: int
    begin_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Moment:
    """The time at which a frame of a step should be taken."""

    step: int
    at_ms: float


@dataclass(frozen=True, slots=True)
class ChosenFrame:
    """A frame of a recording, by its position in the recording, and its step."""

    position: int
    step: int


def even_windows(steps: int, *, hold_ms: float, length_ms: float) -> list[Window]:
    """Return a window for the hold and equal windows for the steps.

    Raises RecordingError when a window is too short.
    """
    each = (length_ms - hold_ms) / steps
    return prompted_windows([hold_ms + n * each for n in range(steps)], length_ms=length_ms)


def prompted_windows(prompts_ms: Sequence[float], *, length_ms: float) -> list[Window]:
    """Return a window for the hold, and one from each prompt to the next.

    Raises RecordingError when the recording is too long or a window too short for three frames.
    """
    if length_ms > LONGEST_MS:
        raise RecordingError(f"the recording is longer than the {LONGEST_MS / 1000:.0f} s allowed")
    bounds = [0.0, *prompts_ms, length_ms]
    windows = [Window(step, *bound) for step, bound in enumerate(pairwise(bounds))]
    for window in windows:
        if window.end_ms - window.begin_ms < LEAST_FRAMES_A_STEP * INTERVAL_MS * 0.9:
            raise RecordingError(
                f"too short: it lasts {length_ms / 1000:.1f} s, "
                f"{max(0, window.end_ms - window.begin_ms) / 1000:.1f} s of it for {_name(window)}"
            )
    return windows


def moments(windows: Sequence[Window]) -> list[Moment]:
    """Return at most MAX_FRAMES moments in order; each window has one at its beginning."""
    steps = len(windows) - 1
    found: list[Moment] = []
    for window in windows:
        share = (MAX_FRAMES - HOLD_FRAMES) // steps if window.step else HOLD_FRAMES
        length = window.end_ms - window.begin_ms
        count = max(1, min(round(length / INTERVAL_MS), share))
        found += [Moment(window.step, window.begin_ms + n * length / count) for n in range(count)]
    return found


def choose(planned: Sequence[Moment], times_ms: Sequence[float]) -> list[ChosenFrame]:
    """Choose the frame nearest to each moment, none twice. `times_ms` must increase.

    Raises RecordingError when a step has fewer than three frames.
    """
    chosen: dict[int, ChosenFrame] = {}
    for moment in planned:
        position = _nearest(times_ms, moment.at_ms)
        chosen.setdefault(position, ChosenFrame(position, moment.step))
    for step in range(planned[-1].step + 1):
        count = sum(one.step == step for one in chosen.values())
        if count < LEAST_FRAMES_A_STEP:
            raise RecordingError(
                f"too few pictures: {count} for {_name(step)}; it needs {LEAST_FRAMES_A_STEP}"
            )
    return list(chosen.values())


def _nearest(times_ms: Sequence[float], at_ms: float) -> int:
    after = bisect_left(times_ms, at_ms)
    around = [n for n in (after - 1, after) if 0 <= n < len(times_ms)]
    return min(around, key=lambda n: math.fabs(times_ms[n] - at_ms))


def _name(part: Window | int) -> str:
    step = part.step if isinstance(part, Window) else part
    return f"step {step}" if step else "the hold"
