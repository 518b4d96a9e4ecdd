"""Count attempts in the database: charged before they are looked at (domain/attempts.py)."""

from collections.abc import Callable
from contextlib import suppress

from facepay.domain.attempts import Attempts
from facepay.domain.errors import AlreadyExists
from facepay.usecases.house import House


def charge(house: House, counter: str) -> bool:
    """Count one attempt before it is looked at; False while the counter rests."""
    now = house.clock()
    with house.unit_of_work() as uow:
        held = uow.attempts.lock(counter)
        if held is None:
            with suppress(AlreadyExists):  # the first two attempts came at the same moment
                uow.attempts.add(Attempts(counter, 0, None))
            held = uow.attempts.lock(counter)
        if held is None or held.blocked(now):
            return False
        uow.attempts.update(held.charged(house.policy, now))
        uow.commit()
    return True


def give_back(house: House, counters: list[str]) -> None:
    """Undo charges for attempts that nobody could look at."""
    _settle(house, counters, Attempts.given_back)


def clear(house: House, counters: list[str]) -> None:
    """What was right starts the counting anew."""
    _settle(house, counters, Attempts.cleared)


def _settle(house: House, counters: list[str], settle: Callable[[Attempts], Attempts]) -> None:
    if not counters:
        return  # an empty unit of work would still take SQLite's one write lock
    with house.unit_of_work() as uow:
        for counter in sorted(counters):
            held = uow.attempts.lock(counter)
            if held is not None:
                uow.attempts.update(settle(held))
        uow.commit()
