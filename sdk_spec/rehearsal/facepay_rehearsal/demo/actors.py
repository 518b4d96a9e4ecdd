"""Who takes part: the operator, a merchant with a till, and Grace with her phone.

Each has a key of its own and speaks to the service through the reference client alone. Passwords
and the TOTP secret live in memory and die with the rehearsal.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import pyotp

from facepay_client import (
    Capture,
    Customer,
    Enrolment,
    Frame,
    FramesAccepted,
    Intent,
    KeyPair,
    Merchant,
    Operator,
    Problem,
    Published,
    Terminal,
    Transport,
)
from facepay_rehearsal.camera import GENUINE, Camera
from facepay_rehearsal.demo.environment import Environment, loopback_session

TOTP_STEP = 30  # seconds
TRIES = 3  # captures that a payment and an enrolment allow
ALIAS = "grace@rehearsal.example"
_ANYBODY = frozenset({"capture_retry"})
# Liveness refuses 3 in 100 rendered payers as well; who is honest opens a new capture then.
_HONEST = _ANYBODY | {"capture_refused"}


@dataclass
class Payer:
    """Grace: what she knows, and the app that shows her codes."""

    password: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)
    secret: str = field(default="", repr=False)
    enrolment: Enrolment | None = None


class Actors:
    """The clients, once they are registered, and the acts that several steps share."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._terminal_key = KeyPair.generate()
        self.camera = Camera()
        self.payer = Payer()
        self.merchant_id = ""
        self._orders = 0

    def transport(self, key: KeyPair | None = None) -> Transport:
        clock, session = self._environment.clock, loopback_session()
        return Transport(self._environment.url, key, clock=clock, session=session)

    @property
    def terminal_transport(self) -> Transport:
        return self.transport(self._terminal_key)

    def meet(self) -> Customer:
        """Register everybody, each by whom the protocol says; returns Grace's device."""
        operator = Operator(self.transport(self._environment.operator_key))
        merchant_key, device_key = KeyPair.generate(), KeyPair.generate()
        merchant = operator.register_merchant("Rehearsal Bakery", merchant_key.public_jwk)
        self.merchant_id = merchant.id
        bakery = Merchant(self.transport(merchant_key))
        bakery.register_terminal("Till 1", self._terminal_key.public_jwk)
        operator.register_customer(ALIAS, self.payer.password, device_key.public_jwk)
        self.published = Published(self.transport())
        self.terminal = Terminal(self.terminal_transport)
        self.customer = Customer(self.transport(device_key))
        return self.customer

    def fresh_code(self) -> str:
        """A code of a step that was not used yet: the clock is turned, nobody waits."""
        self._environment.clock.forward_to_next(TOTP_STEP)
        return pyotp.TOTP(self.payer.secret).at(int(self._environment.clock()))

    def new_intent(self, amount_minor: int = 1250) -> Intent:
        return self.terminal.create_intent(amount_minor, "EUR", self.next_order())

    def next_order(self) -> str:
        self._orders += 1
        return f"order-{self._orders}"

    def record(self, kind: str, portrait: str, capture: Capture) -> list[Frame]:
        """A burst for this capture; the time it takes to record passes at once."""
        frames = self.camera.take(kind, portrait, capture.challenge)
        span = frames[-1].monotonic_ms - frames[0].monotonic_ms
        self._environment.clock.forward(span // 1000 + 1)
        return frames

    def shown_at_terminal(self, intent: Intent, kind: str, portrait: str) -> FramesAccepted:
        """Somebody before the till's camera, claiming to be Grace. Raises Problem."""

        def attempt() -> FramesAccepted:
            capture = self.terminal.begin_capture(self.terminal.open_capture(intent.id, ALIAS))
            frames = self.record(kind, portrait, capture)
            return self.terminal.send_frames(capture, frames)

        return _patiently(attempt, _HONEST if kind == GENUINE else _ANYBODY)

    def shown_to_own_device(self, enrolment: Enrolment) -> FramesAccepted:
        """Grace before her phone, to enrol. Raises Problem."""

        def attempt() -> FramesAccepted:
            reserved = self.customer.open_enrolment_capture(enrolment.id)
            capture = self.customer.begin_capture(reserved)
            frames = self.record(GENUINE, "grace", capture)
            return self.customer.send_frames(capture, frames)

        return _patiently(attempt, _HONEST)

    def seen(self, kind: str = GENUINE, portrait: str = "grace") -> Intent:
        """A fresh payment with a face shown, waiting for its code."""
        intent = self.new_intent()
        self.shown_at_terminal(intent, kind, portrait)
        return intent


def _patiently(
    attempt: Callable[[], FramesAccepted], tried_again: frozenset[str]
) -> FramesAccepted:
    """As an SDK does: on these refusals, and on no others, show the prompts once more."""
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except Problem as problem:
            if problem.code not in tried_again:
                raise
    return attempt()
