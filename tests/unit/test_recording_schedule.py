"""The schedule chooses the frames of a recording that are judged: numbers in, numbers out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facepay.adapters.recordings import RecordingError
from facepay.adapters.recordings.schedule import (
    MOST_STEPS,
    choose,
    even_windows,
    moments,
    prompted_windows,
)
from facepay.domain.capture import MAX_FRAMES


def test_a_recording_is_cut_as_an_sdk_takes_a_burst() -> None:
    wanted = moments(even_windows(3, hold_ms=880, length_ms=4840))
    assert [moment.step for moment in wanted] == [0] * 4 + [1] * 6 + [2] * 6 + [3] * 6
    apart = [later.at_ms - one.at_ms for one, later in pairwise(wanted)]
    assert apart == pytest.approx([220] * 21)


def test_each_step_begins_at_its_prompt() -> None:
    wanted = moments(prompted_windows([1000, 2000, 5000], length_ms=6000))
    assert [next(m.at_ms for m in wanted if m.step == n) for n in (1, 2, 3)] == [1000, 2000, 5000]


@given(
    steps=st.integers(1, MOST_STEPS),
    hold=st.floats(600, 10_000),
    more=st.floats(0, 1),
    fps=st.floats(10, 240),
)
def test_no_recording_gives_more_than_a_capture_holds_or_starves_a_step(
    steps: int, hold: float, more: float, fps: float
) -> None:
    shortest = hold + steps * 660
    length = shortest + more * (60_000 - shortest)
    times = [n * 1000 / fps for n in range(int(length * fps / 1000))]
    chosen = choose(moments(even_windows(steps, hold_ms=hold, length_ms=length)), times)
    assert len(chosen) <= MAX_FRAMES
    assert min(sum(one.step == n for one in chosen) for n in range(steps + 1)) >= 3
    assert all(one.position < later.position for one, later in pairwise(chosen))
    assert [one.step for one in chosen] == sorted(one.step for one in chosen)


def test_frames_that_come_at_uneven_times_are_chosen_by_their_time() -> None:
    times = [0, 10, 20, 230, 430, 660, 880, 1090, 1100, 1110, 1330, 1540, 1750]
    wanted = moments(even_windows(1, hold_ms=880, length_ms=1970))
    assert [times[one.position] for one in choose(wanted, times)] == [
        0, 230, 430, 660, 880, 1100, 1330, 1540, 1750,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "hold", "length", "message"),
    [
        (2, 880, 1500, "too short"),
        (2, 880, 800, "too short"),
        (1, 100, 3000, "0.1 s of it for the hold"),
        (3, 880, 61_000, "longer than the 60 s"),
    ],
)
def test_too_short_and_too_long_recordings_are_reported(
    steps: int, hold: int, length: int, message: str
) -> None:
    with pytest.raises(RecordingError, match=message):
        even_windows(steps, hold_ms=hold, length_ms=length)


def test_a_recording_of_too_few_pictures_is_reported() -> None:
    wanted = moments(even_windows(1, hold_ms=880, length_ms=3000))
    with pytest.raises(RecordingError, match="2 for the hold; it needs 3"):
        choose(wanted, [0, 500, 1000, 1500, 2000, 2500])
