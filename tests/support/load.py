"""kill -9 and failing vaults while requests are under way: a bad day in production."""

import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

from facepay.domain.idempotency import LEASE_DURATION
from tests.support.service import RunningService

LOOK = 0.02  # seconds


@dataclass
class Load:
    """Kills one worker at each count of `kill_at`; calls each outage at its count."""

    service: RunningService
    kill_at: Sequence[int]
    outages: Mapping[int, Callable[[], None]]
    rng: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311
    kills: int = 0
    happened: Counter[str] = field(default_factory=Counter)

    def run(self, done: Callable[[], int], over: Event) -> None:
        """Run until `over`; `done` returns the count. Needs the main thread.

        A server that is started anew ends with the thread that started it.
        """
        kills, outages = sorted(self.kill_at), sorted(self.outages)
        while not over.wait(LOOK):
            if kills and done() >= kills[0]:
                kills.pop(0)
                self._kill()
            if outages and done() >= outages[0]:
                outage = self.outages[outages.pop(0)]
                outage()
                self.happened[outage.__name__] += 1

    def _kill(self) -> None:
        workers = self.service.worker_pids()
        if not workers:
            return
        os.kill(self.rng.choice(workers), signal.SIGKILL)
        self.kills += 1
        # The dead worker's leases are over; nobody sleeps for them.
        self.service.clock.advance(int(LEASE_DURATION.total_seconds()) + 1)
