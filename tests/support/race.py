"""Threads that begin their acts at the same moment, or a little apart."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from facepay.domain.errors import FacepayError

Result = TypeVar("Result")


def together(acts: Sequence[Callable[[], Result]]) -> list[Result | FacepayError]:
    """Return each act's result, or the facepay error that ended it; raise other errors."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result | FacepayError:
        start.wait()
        try:
            return act()
        except FacepayError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def apart(
    number: int, one: Callable[[], Result], other: Callable[[], Result]
) -> list[Callable[[], Result]]:
    """Delay the two acts by another time in every race, so that they meet at every step."""
    lag = (number % 20) * 0.0005

    def later(act: Callable[[], Result]) -> Result:
        time.sleep(lag)
        return act()

    return [one, lambda: later(other)] if number % 2 else [lambda: later(one), other]
