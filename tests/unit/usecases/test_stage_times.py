"""The time of each stage is recorded for every outcome, and never mixed between requests."""

import threading
from collections.abc import Iterator

import pytest

from facepay.usecases.dependencies import observed
from facepay.usecases.stage_timing import StageClock, start_clock, timed_stage
from tests.fakes.dependencies import FakeDependencies
from tests.fakes.scenario import Customer, Scenario
from tests.fakes.senses import FakeFaces

WITH_FRAMES = ["claim", "load", "observe", "pad", "unseal", "compare", "decide", "commit"]


def whole_seconds() -> Iterator[float]:
    now = 0.0
    while True:
        yield now
        now += 1.0


def test_a_stage_that_fails_or_runs_twice_counts_in_full() -> None:
    ticks = whole_seconds()
    clock = start_clock(lambda: next(ticks))
    with timed_stage("unseal"):
        pass
    with pytest.raises(ValueError, match="broken"), timed_stage("unseal"):
        raise ValueError("broken")
    assert dict(clock.seconds()) == {"unseal": 2.0}
    assert clock.total() == 5.0


def test_requests_on_two_threads_do_not_count_each_others_stages() -> None:
    clocks: list[StageClock] = []

    def other() -> None:
        with timed_stage("before any clock"):
            pass
        clocks.append(start_clock(lambda: 0.0))
        with timed_stage("other"):
            pass

    own = start_clock(lambda: 0.0)
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    with timed_stage("own"):
        pass
    assert list(own.seconds()) == ["own"]
    assert list(clocks[0].seconds()) == ["other"]


def test_every_stage_of_a_payment_is_timed_in_order(scenario: Scenario, ada: Customer) -> None:
    ticks = whole_seconds()
    with_frames = start_clock(lambda: next(ticks))
    intent = scenario.show_face(ada)
    assert [stage for stage in with_frames.seconds() if stage in WITH_FRAMES] == WITH_FRAMES
    with_code = start_clock(lambda: next(ticks))
    scenario.enter_code(intent, scenario.code_of(ada))
    assert list(with_code.seconds()) == [
        "claim",
        "load",
        "second_factor",
        "decide",
        "sign",
        "commit",
    ]


def test_the_engines_own_stages_are_counted_under_it(
    fakes: FakeDependencies, monkeypatch: pytest.MonkeyPatch
) -> None:
    class TellingFaces(FakeFaces):
        seconds = {"decode": 0.25, "detect": 0.5}  # noqa: RUF012

    monkeypatch.setattr(fakes.engine, "observe", lambda _burst: TellingFaces("ada"))
    clock = start_clock(lambda: 0.0)
    with observed(fakes.deps, None):
        pass
    assert dict(clock.seconds()) == {"observe": 0.0, "face.decode": 0.25, "face.detect": 0.5}
