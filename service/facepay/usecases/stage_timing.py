"""Time the stages of one request, for the operator's own log only.

`with timed_stage("unseal"):`, or `@timed_stage("commit")` above a function, adds the time to the
clock of the current request. The clock is in a context variable, so that use cases do not pass it
on. Without a clock nothing is measured. Stage names must not contain a person, an amount or an
outcome.

This module does not log; `web/timing.py` does. Terminals never get these times: they would show
which stage refused a request.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Ticks = Callable[[], float]  # seconds since an arbitrary start, like time.perf_counter

_current: ContextVar["StageClock | None"] = ContextVar("facepay_stage_clock", default=None)


class StageClock:
    """The stage times of one request in seconds, in the order in which stages first ran."""

    def __init__(self, ticks: Ticks) -> None:
        self._ticks = ticks
        self._begun = ticks()
        self._seconds: dict[str, float] = {}

    def total(self) -> float:
        """Return the seconds since this clock started."""
        return self._ticks() - self._begun

    def seconds(self) -> Mapping[str, float]:
        """Return the seconds of each stage."""
        return self._seconds

    def add(self, name: str, seconds: float) -> None:
        """Add seconds to a stage."""
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time this block as the stage `name`, also when it ends with an error."""
        begun = self._ticks()
        try:
            yield
        finally:
            self.add(name, self._ticks() - begun)


def start_clock(ticks: Ticks) -> StageClock:
    """Start a new clock for the current context, which replaces the one before."""
    clock = StageClock(ticks)
    _current.set(clock)
    return clock


@contextmanager
def timed_stage(name: str) -> Iterator[None]:
    """Time this block as the stage `name` of the current request, also after an error."""
    clock = _current.get()
    if clock is None:
        yield
        return
    with clock.stage(name):
        yield


def add_stages_within(name: str, seconds: Mapping[str, float]) -> None:
    """Add the seconds that parts of a stage reported, under names like `face.decode`."""
    clock = _current.get()
    if clock is None:
        return
    for part, taken in seconds.items():
        clock.add(f"{name}.{part}", taken)
