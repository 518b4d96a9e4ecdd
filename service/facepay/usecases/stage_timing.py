"""How long each step of one request took: for the operator's own log, and for nobody else.

`with timed_step("unseal"):`, or `@timed_step("commit")` above a function, adds the time to the
clock of the request under way. There is one such clock for each request, in a context variable, so
that no use case has to hand it on; where none runs, nothing is measured. Times are numbers under
the names of steps: nothing of a person, an amount or an outcome may become a name.

It does not log (`web/timing.py` does), and a terminal is never told: how far its request came would
show which step said no.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Ticks = Callable[[], float]  # seconds from any beginning, as of time.perf_counter

_under_way: ContextVar["StageClock | None"] = ContextVar("facepay_step_clock", default=None)


class StageClock:
    """The times of one request, in the order in which its steps were first taken."""

    def __init__(self, ticks: Ticks) -> None:
        self._ticks = ticks
        self._begun = ticks()
        self._seconds: dict[str, float] = {}

    def total(self) -> float:
        return self._ticks() - self._begun

    def seconds(self) -> Mapping[str, float]:
        return self._seconds

    def add(self, name: str, seconds: float) -> None:
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        begun = self._ticks()
        try:
            yield
        finally:
            self.add(name, self._ticks() - begun)


def start_clock(ticks: Ticks) -> StageClock:
    """A new clock for what this thread does from here on."""
    clock = StageClock(ticks)
    _under_way.set(clock)
    return clock


@contextmanager
def timed_stage(name: str) -> Iterator[None]:
    """The time in this block counts as the step `name`, also when it ends with an error."""
    clock = _under_way.get()
    if clock is None:
        yield
        return
    with clock.stage(name):
        yield


def add_stages_within(name: str, seconds: Mapping[str, float]) -> None:
    """What a step's own parts took, as they tell it: `face.decode` and the like."""
    clock = _under_way.get()
    if clock is None:
        return
    for part, taken in seconds.items():
        clock.add(f"{name}.{part}", taken)
