"""Send requests over HTTP at nearly the same moment, from clients with stopwatches.

Times are of one clock, in this process. `sent` is taken before the first byte of a request leaves,
`answered` after the last byte of its answer arrived. Their order is therefore certain. A client
that loses its connection retries with the same idempotency key, as SDKs do.
"""

import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import pyotp
import requests
from requests.adapters import HTTPAdapter

from facepay_client import FacepayError, KeyPair, Problem, RetryPolicy, Terminal, Transport
from tests.support.crowd import Payment
from tests.support.people import Scenario

PATIENT = RetryPolicy(attempts=120, first_wait=0.05, longest_wait=1.0)
APART = 0.045  # seconds between the first and the last of a race: about what one takes
AFTERWARDS = 0.15  # the share of payments that wait for the acknowledgement
CONNECTIONS = 256

Ended = TypeVar("Ended")


def draw_delay(rng: random.Random) -> float | None:
    """Draw when a payment begins, in seconds; None for "once the ending is acknowledged"."""
    return None if rng.random() < AFTERWARDS else rng.uniform(-APART, APART)


@dataclass(frozen=True)
class ClientResult:
    """One client's result: "approved", "declined", "revoked", or the code of a problem."""

    intent_id: str
    outcome: str
    sent: float
    answered: float
    attempts: int


class Stopwatch(Transport):
    """Remembers when its first request was sent, and when its last answer arrived."""

    sent = answered = 0.0
    attempts = 0

    def send_once(self, prepared: requests.PreparedRequest) -> requests.Response:
        self.attempts += 1
        self.sent = self.sent or time.monotonic()
        try:
            return super().send_once(prepared)
        finally:
            self.answered = time.monotonic()

    def record(self, intent_id: str, act: Callable[[], str]) -> ClientResult:
        try:
            outcome = act()
        except Problem as problem:
            outcome = problem.code
        except FacepayError as error:
            outcome = type(error).__name__
        return ClientResult(intent_id, outcome, self.sent, self.answered, self.attempts)


class Racing:
    """Clients of one service. `acts` is a pool with room for every request of every race."""

    def __init__(self, scenario: Scenario, acts: ThreadPoolExecutor) -> None:
        self.scenario = scenario
        self._acts = acts
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))

    def now(self) -> float:
        return self.scenario.service.clock.now().timestamp()

    def transport(self, key: KeyPair) -> Stopwatch:
        return Stopwatch(
            self.scenario.service.url, key, clock=self.now, session=self._session, retry=PATIENT
        )

    def code_of(self, authenticator: pyotp.TOTP) -> str:
        return authenticator.at(self.scenario.service.clock.now())

    def send_code(self, watch: Stopwatch, payment: Payment) -> str:
        code = self.code_of(payment.authenticator)
        return Terminal(watch).send_code(payment.intent_id, code).state

    def race(
        self,
        end: Callable[[], Ended],
        payments: Sequence[tuple[Callable[[], ClientResult], float | None]],
    ) -> tuple[Ended, tuple[ClientResult, ...]]:
        """Run `end` and every payment at its delay from it; return what each answered."""
        acknowledged = threading.Event()
        lead = -min((delay for _, delay in payments if delay is not None), default=0.0)
        begins = time.monotonic() + max(lead, 0.0) + 0.005

        def pay(act: Callable[[], ClientResult], delay: float | None) -> ClientResult:
            if delay is None:
                acknowledged.wait()
            else:
                time.sleep(max(0.0, begins + delay - time.monotonic()))
            return act()

        def leave() -> Ended:
            time.sleep(max(0.0, begins - time.monotonic()))
            try:
                return end()
            finally:
                acknowledged.set()

        leaving = self._acts.submit(leave)
        paying = [self._acts.submit(pay, act, delay) for act, delay in payments]
        results = tuple(each.result() for each in paying)
        return leaving.result(), results
