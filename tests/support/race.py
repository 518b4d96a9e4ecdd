"""Threads that begin their acts at the same moment."""

import threading
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
