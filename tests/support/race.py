"""Many threads that begin one act at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from facepay.domain.errors import FacepayError

Result = TypeVar("Result")


def together(acts: Sequence[Callable[[], Result]]) -> list[Result | FacepayError]:
    """What each act returned, or with which of facepay's errors it ended; others are raised."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Result]) -> Result | FacepayError:
        start.wait()
        try:
            return act()
        except FacepayError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
