"""Payments by a face against its revocation, all over HTTP and at nearly the same moment.

There are three kinds of payment: a code after a judged face; a capture that is opened and begun;
now and then a real burst and then its code. Delays vary from race to race, and some requests are
sent only after the revocation was acknowledged (tests/support/racing.py). In some races the client
then asks for the deletion receipt, and OpenBao is asked behind the service's back for the key.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum

from facepay.embedded.openbao_server import EmbeddedOpenBao
from facepay_client import Credentials, Customer, Terminal, fresh_key
from tests.support.crowd import PORTRAIT, Copy, Payment, Wanted
from tests.support.openbao_keys import has_any_key
from tests.support.people import PASSWORD, Scenario, genuine
from tests.support.racing import ClientResult, Racing, draw_delay

BURST_TAKES = 2.0  # seconds; a real burst is met by the revocation anywhere in these
CODES = 5  # a code expires while its worker is killed: its owner reads the next one
RECEIPTS = 0.25  # the share of races after which the customer asks for the receipt


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
    asks_for_receipt: bool = False

    @classmethod
    def draw(cls, rng: random.Random, *, bursts: float) -> "Plan":
        """Draw a plan; `bursts` is the share of races with a real burst."""
        kinds = [Kind.CODE] * rng.choices((1, 2, 3), (65, 25, 10))[0]
        kinds += [Kind.CAPTURE] * (rng.random() < 0.2) + [Kind.BURST] * (rng.random() < bursts)

        def delay(kind: Kind) -> float | None:
            return rng.uniform(-BURST_TAKES, 0.0) if kind is Kind.BURST else draw_delay(rng)

        way = rng.choices(list(Way), (45, 45, 10))[0]
        payments = tuple((kind, delay(kind)) for kind in kinds)
        return cls(way, payments, rng.random() < RECEIPTS)

    @property
    def wanted(self) -> Wanted:
        codes = sum(kind is Kind.CODE for kind, _ in self.payments)
        return Wanted(codes, len(self.payments) - codes, self.way is Way.CODE)


@dataclass(frozen=True)
class RaceResult:
    """All results of a race; `asked_again` counts requests with another code.

    `receipt` is "given", the code of the problem in its place, or None if nobody asked.
    `key_left` tells whether OpenBao still had a key of this face when the receipt was given.
    """

    copy: Copy
    way: Way
    revoked: ClientResult
    asked_again: int
    payments: tuple[ClientResult, ...]
    receipt: str | None = None
    key_left: bool = False


class RaceRunner:
    """Runs races of one service and its OpenBao."""

    def __init__(self, scenario: Scenario, bao: EmbeddedOpenBao, acts: ThreadPoolExecutor) -> None:
        self._racing = Racing(scenario, acts)
        self._bao = bao

    def run(self, copy: Copy, plan: Plan) -> RaceResult:
        acts = zip(self._payments(copy, plan), plan.payments, strict=True)
        (revoked, asked_again), payments = self._racing.race(
            lambda: self._revoke(copy, plan.way), [(act, delay) for act, (_, delay) in acts]
        )
        result = RaceResult(copy, plan.way, revoked, asked_again, payments)
        return self._with_receipt(result) if plan.asks_for_receipt else result

    def _with_receipt(self, result: RaceResult) -> RaceResult:
        copy, watch = result.copy, self._racing.transport(result.copy.device)
        customer = Customer(watch)

        def ask() -> str:
            customer.get_deletion_receipt(copy.enrolment_id)
            return "given"

        receipt = watch.record("", ask).outcome
        key_left = receipt == "given" and has_any_key(self._bao, copy.enrolment_id)
        return replace(result, receipt=receipt, key_left=key_left)

    def _payments(self, copy: Copy, plan: Plan) -> list[Callable[[], ClientResult]]:
        waiting, created = iter(copy.waiting), iter(copy.created)
        make = {
            Kind.CODE: lambda: self._code(next(waiting)),
            Kind.CAPTURE: lambda: self._capture(copy, next(created)),
            Kind.BURST: lambda: self._burst(copy, next(created)),
        }
        return [make[kind]() for kind, _ in plan.payments]

    def _code(self, payment: Payment) -> Callable[[], ClientResult]:
        watch = self._racing.transport(payment.pos.transport.key)
        return lambda: watch.record(
            payment.intent_id, lambda: self._racing.send_code(watch, payment)
        )

    def _capture(self, copy: Copy, payment: Payment) -> Callable[[], ClientResult]:
        watch = self._racing.transport(payment.pos.transport.key)
        terminal = Terminal(watch)

        def act() -> str:
            terminal.begin_capture(terminal.open_capture(payment.intent_id, copy.alias))
            return "begun"

        return lambda: watch.record(payment.intent_id, act)

    def _burst(self, copy: Copy, payment: Payment) -> Callable[[], ClientResult]:
        """Begin the capture and draw its burst beforehand: the race is about sending it."""
        pos = payment.pos.signing_with(self._racing.transport(payment.pos.transport.key))
        capture = pos.capture(payment.intent_id, copy.alias, "no_light")
        body = pos.terminal.sign_frames(capture, genuine(PORTRAIT, capture.challenge, 2))
        frames, code = (self._racing.transport(pos.transport.key) for _ in range(2))

        def act() -> ClientResult:
            seen = frames.record(
                payment.intent_id,
                lambda: Terminal(frames).send_body(body, idempotency_key=fresh_key()).outcome,
            )
            if seen.outcome != "accepted":
                return seen
            return code.record(payment.intent_id, lambda: self._racing.send_code(code, payment))

        return act

    def _revoke(self, copy: Copy, way: Way) -> tuple[ClientResult, int]:
        """Return the last result with the time of the first request, and the number of others."""
        result, asked_again = self._ask(copy, way), 0
        while result.outcome == "credentials_rejected" and asked_again < CODES:
            result, asked_again = replace(self._ask(copy, way), sent=result.sent), asked_again + 1
        return result, asked_again

    def _ask(self, copy: Copy, way: Way) -> ClientResult:
        watch = self._racing.transport(copy.device)
        return watch.record("", lambda: self._leave(Customer(watch), copy, way))

    def _leave(self, customer: Customer, copy: Copy, way: Way) -> str:
        if way is Way.CONSENT:
            return "revoked" if customer.withdraw_consent(copy.consent_id).withdrawn_at else "kept"
        if way is Way.PASSWORD:
            return customer.revoke_face(copy.enrolment_id, Credentials(password=PASSWORD)).state
        code = self._racing.code_of(copy.authenticator)
        return customer.revoke_face(copy.enrolment_id, Credentials(code=code)).state
