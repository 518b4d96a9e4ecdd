"""Count attempts in the database: charged before they are looked at (domain/attempts.py).

The same is written whatever holds, for a counter that rests as for one that does not: who measures
how long an answer takes learns nothing from it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from facepay.domain.attempts import Attempts
from facepay.domain.errors import AlreadyExists
from facepay.usecases.dependencies import Dependencies


def charge(deps: Dependencies, counter: str) -> bool:
    """Count one attempt before it is looked at; False while the counter rests."""
    now = deps.clock()
    with deps.unit_of_work() as uow:
        held = uow.attempts.lock(counter)
        if held is None:
            with suppress(AlreadyExists):  # the first two attempts came at the same moment
                uow.attempts.add(Attempts(counter, 0, None))
            held = uow.attempts.lock(counter)
        if held is None:
            return False
        rests = held.blocked(now)
        uow.attempts.update(held if rests else held.charged(deps.policy, now))
        uow.commit()
    return not rests


def give_back(deps: Dependencies, counters: list[str]) -> None:
    """Undo charges for attempts that nobody could look at."""
    _settle(deps, dict.fromkeys(counters, Attempts.given_back))


def clear(deps: Dependencies, counters: list[str]) -> None:
    """What was right starts the counting anew."""
    settle(deps, dict.fromkeys(counters, True))


def settle(deps: Dependencies, counters: Mapping[str, bool]) -> None:
    """What was right starts its counting anew; the others are written as they are."""
    _settle(deps, {name: Attempts.cleared if right else _same for name, right in counters.items()})


def _settle(deps: Dependencies, counters: Mapping[str, Callable[[Attempts], Attempts]]) -> None:
    if not counters:
        return  # an empty unit of work would still take SQLite's one write lock
    with deps.unit_of_work() as uow:
        for counter in sorted(counters):
            held = uow.attempts.lock(counter)
            if held is not None:
                uow.attempts.update(counters[counter](held))
        uow.commit()


def _same(held: Attempts) -> Attempts:
    return held
