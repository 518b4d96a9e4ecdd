"""Payments by a face against its revocation, all over HTTP and at nearly the same moment.

There are three kinds of payment: a code after a judged face; a capture that is opened and begun;
now and then a real burst and then its code. Delays vary from race to race, and some requests are
sent only after the revocation was acknowledged. A client that loses its connection retries with the
same idempotency key, as SDKs do.

Times are of one clock, in this process. `sent` is taken before the first byte of a request leaves,
`answered` after the last byte of its answer arrived. Their order is therefore certain.
"""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

import requests
from requests.adapters import HTTPAdapter

from facepay_client import (
    Credentials,
    Customer,
    FacepayError,
    KeyPair,
    Problem,
    RetryPolicy,
    Terminal,
    Transport,
    fresh_key,
)
from tests.support.crowd import PORTRAIT, Copy, Payment, Wanted
from tests.support.people import PASSWORD, PointOfSale, Scenario, genuine

PATIENT = RetryPolicy(attempts=120, first_wait=0.05, longest_wait=1.0)
APART = 0.045  # seconds between the first and the last of a race: about what one takes
BURST_TAKES = 2.0  # seconds; a real burst is met by the revocation anywhere in these
AFTERWARDS = 0.15  # the share of payments that wait for the acknowledgement
CODES = 5  # a code expires while its worker is killed: its owner reads the next one
CONNECTIONS = 256


class Way(StrEnum):
    """The credentials that revoke a face."""

    CONSENT = "consent"
    CODE = "code"
    PASSWORD = "password"


class Kind(StrEnum):
    CODE = "code"
    CAPTURE = "capture"
    BURST = "burst"


@dataclass(frozen=True)
class Plan:
    """The parts of a race. Delays are in seconds, None for "once it is acknowledged"."""

    way: Way
    payments: tuple[tuple[Kind, float | None], ...]

    @classmethod
    def draw(cls, rng: random.Random, *, bursts: float) -> "Plan":
        """Draw a plan; `bursts` is the share of races with a real burst."""
        kinds = [Kind.CODE] * rng.choices((1, 2, 3), (65, 25, 10))[0]
        kinds += [Kind.CAPTURE] * (rng.random() < 0.2) + [Kind.BURST] * (rng.random() < bursts)
        earliest = -BURST_TAKES if Kind.BURST in kinds else -APART

        def delay(kind: Kind) -> float | None:
            if kind is Kind.BURST:
                return rng.uniform(earliest, 0.0)
            return None if rng.random() < AFTERWARDS else rng.uniform(-APART, APART)

        way = rng.choices(list(Way), (45, 45, 10))[0]
        return cls(way, tuple((kind, delay(kind)) for kind in kinds))

    @property
    def wanted(self) -> Wanted:
        codes = sum(kind is Kind.CODE for kind, _ in self.payments)
        return Wanted(codes, len(self.payments) - codes, self.way is Way.CODE)

    @property
    def lead(self) -> float:
        """Seconds from the beginning of the first payment to the revocation."""
        return -min((delay for _, delay in self.payments if delay is not None), default=0.0)


@dataclass(frozen=True)
class ClientResult:
    """One client's result: "approved", "declined", "revoked", or the code of a problem."""

    intent_id: str
    outcome: str
    sent: float
    answered: float
    attempts: int


@dataclass(frozen=True)
class RaceResult:
    """All results of a race; `asked_again` counts requests with another code."""

    copy: Copy
    way: Way
    revoked: ClientResult
    asked_again: int
    payments: tuple[ClientResult, ...]


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


class RaceRunner:
    """Runs races. `acts` is a pool with room for every request of every race at once."""

    def __init__(self, scenario: Scenario, acts: ThreadPoolExecutor) -> None:
        self._scenario = scenario
        self._acts = acts
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("http://", HTTPAdapter(pool_maxsize=CONNECTIONS))

    def run(self, copy: Copy, plan: Plan) -> RaceResult:
        acts = self._payments(copy, plan)
        acknowledged = threading.Event()
        begins = time.monotonic() + plan.lead + 0.005

        def pay(act: Callable[[], ClientResult], delay: float | None) -> ClientResult:
            if delay is None:
                acknowledged.wait()
            else:
                time.sleep(max(0.0, begins + delay - time.monotonic()))
            return act()

        def revoke() -> tuple[ClientResult, int]:
            time.sleep(max(0.0, begins - time.monotonic()))
            try:
                return self._revoke(copy, plan.way)
            finally:
                acknowledged.set()

        leaving = self._acts.submit(revoke)
        paying = [
            self._acts.submit(pay, act, delay)
            for act, (_, delay) in zip(acts, plan.payments, strict=True)
        ]
        payments = tuple(each.result() for each in paying)
        revoked, asked_again = leaving.result()
        return RaceResult(copy, plan.way, revoked, asked_again, payments)

    def _payments(self, copy: Copy, plan: Plan) -> list[Callable[[], ClientResult]]:
        waiting, created = iter(copy.waiting), iter(copy.created)
        make = {
            Kind.CODE: lambda: self._code(next(waiting)),
            Kind.CAPTURE: lambda: self._capture(copy, next(created)),
            Kind.BURST: lambda: self._burst(copy, next(created)),
        }
        return [make[kind]() for kind, _ in plan.payments]

    def _code(self, payment: Payment) -> Callable[[], ClientResult]:
        watch = self._transport(payment.pos.transport.key)
        return lambda: watch.record(payment.intent_id, lambda: self._send_code(watch, payment))

    def _capture(self, copy: Copy, payment: Payment) -> Callable[[], ClientResult]:
        watch = self._transport(payment.pos.transport.key)
        terminal = Terminal(watch)

        def act() -> str:
            terminal.begin_capture(terminal.open_capture(payment.intent_id, copy.alias))
            return "begun"

        return lambda: watch.record(payment.intent_id, act)

    def _burst(self, copy: Copy, payment: Payment) -> Callable[[], ClientResult]:
        """Begin the capture and draw its burst beforehand: the race is about sending it."""
        pos = self._patient(payment.pos)
        capture = pos.capture(payment.intent_id, copy.alias, "no_light")
        body = pos.terminal.sign_frames(capture, genuine(PORTRAIT, capture.challenge, 2))
        frames, code = (self._transport(pos.transport.key) for _ in range(2))

        def act() -> ClientResult:
            seen = frames.record(
                payment.intent_id,
                lambda: Terminal(frames).send_body(body, idempotency_key=fresh_key()).outcome,
            )
            if seen.outcome != "accepted":
                return seen
            return code.record(payment.intent_id, lambda: self._send_code(code, payment))

        return act

    def _send_code(self, watch: Stopwatch, payment: Payment) -> str:
        code = payment.authenticator.at(self._scenario.service.clock.now())
        return Terminal(watch).send_code(payment.intent_id, code).state

    def _revoke(self, copy: Copy, way: Way) -> tuple[ClientResult, int]:
        """Return the last result with the time of the first request, and the number of others."""
        result, asked_again = self._ask(copy, way), 0
        while result.outcome == "credentials_rejected" and asked_again < CODES:
            result, asked_again = replace(self._ask(copy, way), sent=result.sent), asked_again + 1
        return result, asked_again

    def _ask(self, copy: Copy, way: Way) -> ClientResult:
        watch = self._transport(copy.device)
        return watch.record("", lambda: self._leave(Customer(watch), copy, way))

    def _leave(self, customer: Customer, copy: Copy, way: Way) -> str:
        if way is Way.CONSENT:
            return "revoked" if customer.withdraw_consent(copy.consent_id).withdrawn_at else "kept"
        if way is Way.PASSWORD:
            return customer.revoke_face(copy.enrolment_id, Credentials(password=PASSWORD)).state
        code = copy.authenticator.at(self._scenario.service.clock.now())
        return customer.revoke_face(copy.enrolment_id, Credentials(code=code)).state

    def _patient(self, pos: PointOfSale) -> PointOfSale:
        transport = self._transport(pos.transport.key)
        return PointOfSale(
            pos.id, pos.merchant_id, transport, Terminal(transport), pos.merchant, pos.clock
        )

    def _transport(self, key: KeyPair) -> Stopwatch:
        clock = self._scenario.service.clock
        return Stopwatch(
            self._scenario.service.url,
            key,
            clock=lambda: clock.now().timestamp(),
            session=self._session,
            retry=PATIENT,
        )
