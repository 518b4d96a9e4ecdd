"""kill -9 and restarts while requests are under way: a bad day in production."""

import os
import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event

from facepay.domain.idempotency import LEASE_DURATION
from facepay.embedded.openbao_server import EmbeddedOpenBao
from tests.support.service import RunningService

LOOK = 0.02  # seconds


@dataclass
class Load:
    """Kills one worker at each count of `kill_at`, restarts OpenBao at each of `restart_at`."""

    service: RunningService
    bao: EmbeddedOpenBao
    kill_at: Sequence[int]
    restart_at: Sequence[int]
    rng: random.Random = field(default_factory=lambda: random.Random(5))  # noqa: S311
    kills: int = 0
    restarts: int = 0

    def run(self, done: Callable[[], int], over: Event) -> None:
        """Run until `over`; `done` returns the count. Needs the main thread.

        A server that is started anew ends with the thread that started it.
        """
        kills, restarts = sorted(self.kill_at), sorted(self.restart_at)
        while not over.wait(LOOK):
            if kills and done() >= kills[0]:
                kills.pop(0)
                self._kill()
            if restarts and done() >= restarts[0]:
                restarts.pop(0)
                self.bao.restart()
                self.restarts += 1

    def _kill(self) -> None:
        workers = self.service.worker_pids()
        if not workers:
            return
        os.kill(self.rng.choice(workers), signal.SIGKILL)
        self.kills += 1
        # The dead worker's leases are over; nobody sleeps for them.
        self.service.clock.advance(int(LEASE_DURATION.total_seconds()) + 1)
