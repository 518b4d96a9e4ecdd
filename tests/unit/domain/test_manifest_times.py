"""Times and colours of a manifest: no camera's clock, too long a burst, or another light."""

from dataclasses import replace
from datetime import timedelta

import pytest

from facepay.domain.capture import LIFETIME, MAX_FRAMES
from facepay.domain.challenge import Colour
from facepay.domain.manifest import (
    LONGEST_GAP_MS,
)
from tests.support.burst_manifests import (
    DARK,
    GOOD,
    LONG,
    NOW,
    chained,
    evenly,
    reason,
    retimed,
    verified,
)


@pytest.mark.parametrize(
    ("times", "why"),
    [
        pytest.param([*evenly(220)[:3], 1440, *evenly(220)[4:]], "clock_backwards", id="stands"),
        pytest.param([*evenly(220)[:3], 0, *evenly(220)[4:]], "clock_backwards", id="runs back"),
        pytest.param(evenly(29), "clock_leaps", id="quicker than a camera"),
        pytest.param([0, *evenly(220)[1:8], 5041], "clock_leaps", id="a gap of 2.5 s and more"),
    ],
)
def test_times_that_no_camera_makes_are_refused(times: list[int], why: str) -> None:
    assert reason(lambda: verified(retimed(*times), expected=DARK, at=NOW + LONG)) == why


@pytest.mark.parametrize("gap", [30, 2500])
def test_a_quick_and_a_slow_camera_are_accepted(gap: int) -> None:
    assert verified(retimed(*evenly(gap)), expected=DARK, at=NOW + LONG)


def test_a_burst_longer_than_its_recording_time_is_refused() -> None:
    """Nine frames at 1 s take 8 s: recorded in 6 s, with 2 s for clocks and networks."""
    slow = retimed(*evenly(1000))
    assert verified(slow, expected=DARK, at=NOW + timedelta(seconds=6))
    just_before = NOW + timedelta(seconds=5.999)
    assert reason(lambda: verified(slow, expected=DARK, at=just_before)) == "clock_ahead"


def test_no_burst_is_longer_than_the_life_of_a_capture() -> None:
    """The limits of gaps and frames imply it."""
    assert timedelta(milliseconds=(MAX_FRAMES - 1) * LONGEST_GAP_MS) <= LIFETIME


@pytest.mark.parametrize(
    ("since_first", "colour", "taken"),
    [
        (270, "green", True),
        (269, "green", False),
        (330, "red", True),
        (389, "red", True),
        (390, "red", False),
        (330, "green", True),
        (330, "blue", False),
    ],
)
def test_a_screen_may_show_either_colour_near_a_slot_border(
    since_first: int, colour: str, taken: bool
) -> None:
    """The first two slots are red and green; the border lies at 330 ms."""
    records = list(GOOD.frames)
    records[2] = replace(records[2], monotonic_ms=1000 + since_first, colour=Colour(colour))
    bent = replace(GOOD, frames=chained(records))
    if taken:
        assert verified(bent)
    else:
        assert reason(lambda: verified(bent)) == "wrong_colour"


def test_a_capture_without_light_has_no_colours() -> None:
    assert reason(lambda: verified(GOOD, expected=DARK)) == "wrong_colour"
    assert verified(retimed(*evenly(220)), expected=DARK)
