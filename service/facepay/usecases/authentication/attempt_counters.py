"""Count attempts in the database, before the secret is compared (domain/attempts.py).

A blocked counter is written like an open one, so that an answer's time does not show which it was.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress

from facepay.domain.attempts import Attempts
from facepay.domain.errors import AlreadyExists
from facepay.usecases.dependencies import Dependencies


def count_attempt(deps: Dependencies, counter: str) -> bool:
    """Count an attempt before its secret is compared; return False while the counter is blocked."""
    now = deps.clock()
    with deps.unit_of_work() as uow:
        locked_row = uow.attempts.lock(counter)
        if locked_row is None:
            with suppress(AlreadyExists):  # the first two attempts came at the same moment
                uow.attempts.add(Attempts(counter, 0, None))
            locked_row = uow.attempts.lock(counter)
        if locked_row is None:
            return False
        blocked = locked_row.blocked(now)
        uow.attempts.update(locked_row if blocked else locked_row.counted(deps.policy, now))
        uow.commit()
    return not blocked


def uncount_attempts(deps: Dependencies, counters: list[str]) -> None:
    """Take back attempts whose secret could not be compared, because a dependency failed."""
    _update(deps, dict.fromkeys(counters, Attempts.uncounted))


def clear_attempts(deps: Dependencies, counters: list[str]) -> None:
    """Reset the counters of secrets that were right."""
    _update(deps, dict.fromkeys(counters, Attempts.cleared))


def record_outcomes(deps: Dependencies, right: Mapping[str, bool]) -> None:
    """Reset each counter whose secret was right, and write the others unchanged.

    All counters are written in one transaction, so that the work does not show which was right.
    """
    _update(deps, {name: Attempts.cleared if ok else _unchanged for name, ok in right.items()})


def _update(deps: Dependencies, counters: Mapping[str, Callable[[Attempts], Attempts]]) -> None:
    if not counters:
        return  # an empty unit of work would still take SQLite's one write lock
    with deps.unit_of_work() as uow:
        for counter in sorted(counters):
            locked_row = uow.attempts.lock(counter)
            if locked_row is not None:
                uow.attempts.update(counters[counter](locked_row))
        uow.commit()


def _unchanged(locked_row: Attempts) -> Attempts:
    return locked_row
