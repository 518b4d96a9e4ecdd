"""Which moments of a recording become frames, and to which step each belongs: numbers only.

A recording is cut into windows: the hold, then one for each step, from its prompt to the next one.
Within a window frames are as far apart as an SDK takes them; where that would be more than a
capture holds they are spread, so that every step keeps its share.
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
    """When a frame of a step should be taken."""

    step: int
    at_ms: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """A frame of a recording, by its position there."""

    position: int
    step: int


def even_windows(steps: int, *, hold_ms: float, length_ms: float) -> list[Window]:
    """The hold, and the rest in equal parts. Raises RecordingError where too little is left."""
    each = (length_ms - hold_ms) / steps
    return prompted_windows([hold_ms + n * each for n in range(steps)], length_ms=length_ms)


def prompted_windows(prompts_ms: Sequence[float], *, length_ms: float) -> list[Window]:
    """From prompt to prompt, the hold before the first one.

    Raises RecordingError where the recording is too long, or leaves a step less than three frames.
    """
    if length_ms > LONGEST_MS:
        raise RecordingError(f"the recording is longer than the {LONGEST_MS / 1000:.0f} s allowed")
    bounds = [0.0, *prompts_ms, length_ms]
    windows = [Window(step, *bound) for step, bound in enumerate(pairwise(bounds))]
    for window in windows:
        if window.end_ms - window.begin_ms < LEAST_FRAMES_A_STEP * INTERVAL_MS * 0.9:
            raise RecordingError(
                f"too short: it lasts {length_ms / 1000:.1f} s, and "
                f"{max(0, window.end_ms - window.begin_ms) / 1000:.1f} s of it for {_name(window)}"
            )
    return windows


def moments(windows: Sequence[Window]) -> list[Moment]:
    """At most MAX_FRAMES, in order, the first of each window at its beginning."""
    steps = len(windows) - 1
    found: list[Moment] = []
    for window in windows:
        share = (MAX_FRAMES - HOLD_FRAMES) // steps if window.step else HOLD_FRAMES
        length = window.end_ms - window.begin_ms
        count = max(1, min(round(length / INTERVAL_MS), share))
        found += [Moment(window.step, window.begin_ms + n * length / count) for n in range(count)]
    return found


def choose(wanted: Sequence[Moment], times_ms: Sequence[float]) -> list[Chosen]:
    """The frame nearest to each moment; none is chosen twice. `times_ms` must grow.

    Raises RecordingError where a step is left with less than three frames.
    """
    chosen: dict[int, Chosen] = {}
    for moment in wanted:
        position = _nearest(times_ms, moment.at_ms)
        chosen.setdefault(position, Chosen(position, moment.step))
    for step in range(wanted[-1].step + 1):
        count = sum(one.step == step for one in chosen.values())
        if count < LEAST_FRAMES_A_STEP:
            raise RecordingError(
                f"too few pictures: {count} for {_name(step)}, {LEAST_FRAMES_A_STEP} are needed"
            )
    return list(chosen.values())


def _nearest(times_ms: Sequence[float], at_ms: float) -> int:
    after = bisect_left(times_ms, at_ms)
    around = [n for n in (after - 1, after) if 0 <= n < len(times_ms)]
    return min(around, key=lambda n: math.fabs(times_ms[n] - at_ms))


def _name(part: Window | int) -> str:
    step = part.step if isinstance(part, Window) else part
    return f"step {step}" if step else "the hold"
